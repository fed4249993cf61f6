"""harness: the targets, the campaign and the command line.

Claim: importing it, and everything but the targets `torch`, `dropin` and `peers`, imports no torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.programs import Checked


def check(make: Callable[[], Any], **options: Any) -> Checked:
    """`stackproof check` of the program that `make` makes: see `harness.programs.check`."""
    from harness.programs import check as checked

    return checked(make, **options)
