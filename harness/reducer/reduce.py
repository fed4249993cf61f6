"""The reducer: a failing case made small, as data, without the generator that drew it.

Claim: what it returns is well-formed, is in the same bucket as the case it was given, and none of the
reducer's steps makes it smaller and keeps it there (unless the attempts ran out). It is deterministic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from generators.case import Case
from generators.codec import dumps
from harness.reducer.plainness import weight
from harness.reducer.steps import STEPS

__all__ = ["ATTEMPTS", "STEPS", "Reduced", "reduce", "weight"]

ATTEMPTS = 1_500
"""Candidates tried at most; a case of 17 nodes needs about 20, one of 40 nodes about 100."""


@dataclass(frozen=True, slots=True)
class Reduced:
    """The smaller case, and how many candidates were tried for it."""

    case: Case
    attempts: int


def reduce(case: Case, same_bucket: Callable[[Case], bool], attempts: int = ATTEMPTS) -> Reduced:
    """Shrink the case as long as `same_bucket` says that a candidate fails for the same cause."""
    tried = 0
    seen: set[str] = set()
    smaller = True
    while smaller:
        smaller = False
        for step in STEPS:
            progress = True
            while progress:
                progress = False
                for candidate in step(case):
                    if not weight(candidate) < weight(case):
                        continue
                    key = dumps(candidate)
                    if key in seen:
                        continue
                    if tried >= attempts:
                        return Reduced(case, tried)
                    seen.add(key)
                    tried += 1
                    if same_bucket(candidate):
                        case = candidate
                        smaller = progress = True
                        break
    return Reduced(case, tried)
