"""What a verification says: violations, notes, the depth, and the stack before each instruction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from .paths import Hops
from .slots import Slot


@dataclass(frozen=True)
class Violation:
    """Something that makes the code wrong.

    `invariant` is a stable kebab-case name; `offset` is in bytes and counts to the opcode itself, behind its
    EXTENDED_ARGs, as in `dis`; `stack` is the one before the instruction, bottom first (for a join: the one
    that arrives). `path`: the jumps and exceptions on the shortest way there, as pairs of offsets; for a join
    `other_path` is the way by which the other stack came, and the last hop of both leads to `offset`.
    """

    invariant: str
    offset: int
    opcode: str
    message: str
    stack: tuple[Slot, ...] = ()
    path: Hops = ()
    other_path: Hops | None = None

    def __str__(self) -> str:
        return f"{self.invariant} at {self.offset} {self.opcode}: {self.message}"


@dataclass(frozen=True)
class Note:
    """Something worth knowing that is legal: what may raise cleanly, or what the code takes for granted."""

    name: str
    offset: int
    opcode: str
    message: str


@dataclass(frozen=True)
class Report:
    """The verdict over one code object; nested code objects are verified on their own.

    `max_depth` is the deepest stack reached, in slots. `states` has only instructions that can be reached.
    """

    violations: tuple[Violation, ...]
    notes: tuple[Note, ...]
    max_depth: int
    offsets: list[int] = field(repr=False)
    befores: list[tuple[Slot, ...] | None] = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with the code; notes do not count."""
        return not self.violations

    @cached_property
    def states(self) -> Mapping[int, tuple[Slot, ...]]:
        """The stack before the instruction at each reachable byte offset, bottom first."""
        pairs = zip(self.offsets, self.befores, strict=True)
        return {offset: before for offset, before in pairs if before is not None}
