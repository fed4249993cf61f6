"""targets: what can turn a case into bytecode, one file each.

Claim: a target's module, and with it torch, is imported only when the target is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

from harness.targets.base import Target


class MissingTargetError(Exception):
    """A target that cannot run here; the message says what it needs."""


def _own() -> Target:
    from harness.targets.own import OwnTarget

    return OwnTarget()


def _torch() -> Target:
    if find_spec("torch") is None:
        raise MissingTargetError("target torch needs torch: pip install torch (see ci/constraints.txt)")
    import torch

    # one worker a core: torch's own threads would only contend, and do not survive a fork
    torch.set_num_threads(1)
    from harness.targets.dynamo import DynamoTarget

    return DynamoTarget()


def _dropin() -> Target:
    _torch()
    from harness.targets.dropin import DropinTarget

    return DropinTarget()


def _peers() -> Target:
    _torch()
    from harness.targets.peers import PeersTarget

    return PeersTarget()


TARGETS: dict[str, Callable[[], Target]] = {"own": _own, "torch": _torch, "dropin": _dropin, "peers": _peers}
"""The targets by name; calling the entry loads it."""

CODEGENS = ("own", "torch")
"""The targets that are judged where none is named: the others are made of these."""


def load(name: str) -> Target:
    """A new target; raises MissingTargetError where it cannot run here."""
    return TARGETS[name]()
