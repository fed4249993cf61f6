"""What a campaign and its shards on other machines tell each other: pickled objects, each after its length.

Claim: both ends are this project at the same version, which the shard checks before anything else is read.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from harness.chunks import Bucket, Part, Plan
from harness.corpus import Known

_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Order:
    """What a shard has to run: the plan's shard but for the chunks that are done, for what is left of the
    time. `versions` are those of the campaign's own machine."""

    target: str
    plan: Plan
    known: tuple[Known, ...]
    done: frozenset[int]
    spent: float
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """A new cause, or a better example of one."""

    bucket: Bucket


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a chunk."""

    part: Part


@dataclass(frozen=True, slots=True)
class End:
    """The shard is over; `failure` says why, where the harness failed in it."""

    failure: str | None = None


Told = Seen | Done | End


def send(file: IO[bytes], message: object) -> None:
    """Write one object and flush it."""
    data = pickle.dumps(message)
    file.write(len(data).to_bytes(_LENGTH, "big") + data)
    file.flush()


def received(file: IO[bytes]) -> Iterator[object]:
    """The objects in the order of their sending, until the other end closes or dies."""
    while len(head := file.read(_LENGTH)) == _LENGTH:
        data = file.read(int.from_bytes(head, "big"))
        if len(data) < int.from_bytes(head, "big"):
            return
        yield pickle.loads(data)
