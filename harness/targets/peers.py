"""The target named `peers`: torch's codegen and ours on every case, held against each other.

Claim: a difference between the two that no row of `DIFFERENCES` (`oracles/peers.py`) explains is a finding.
A row is not believed: the switch that makes ours differ is put back to torch's way for that case, and the two
must then be the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeAlias

from generators.case import Case
from harness.codegen.profiles import Profile
from harness.targets.base import world_of
from harness.targets.dropin import DropinPyCodegen, DropinTarget
from harness.targets.dynamo import DynamoTarget
from oracles import peers
from oracles.run import PASSED, Emission, Finding, Refused, TargetError, Verdict, failed

End: TypeAlias = "Emission | Refused | TargetError"
"""How the emission of a case ended."""


ORDERS = 12
"""Times that a case with a set is emitted anew, for its elements to come in another order."""


BOOKKEEPING = ("uses", "temporaries")
"""Invariants that are looked at only where the code is the same."""


class PeersTarget(DropinTarget):
    """Ours in torch's place; `compare` holds each end against that of torch's own class."""

    name = "peers"

    def __init__(self) -> None:
        super().__init__()
        self.other = DynamoTarget()
        self.keeping = self.other.keeping = True

    def compare(self, case: Case, mine: End) -> Verdict:
        """Do both codegens end alike? The reason of a verdict that passed names the row that explains why
        not."""
        theirs = self._theirs(case)
        for end in (mine, theirs):
            unlike = peers.assembled_alike(end) if isinstance(end, Emission) else None
            if unlike is not None:
                return failed(unlike)
        finding = _difference(case, mine, theirs)
        kinds = case.kinds()
        any_order = not peers.ANY_ORDER.isdisjoint(kinds)
        if finding is not None and any_order:
            # what is generated for one element may be on top for the next, in one order and not in another
            finding = self._in_another_order(case, finding)
        if finding is None:
            return PASSED
        for row in peers.DIFFERENCES:
            if row.kinds.isdisjoint(kinds):
                continue
            with _switched(row.switch, row.theirs):
                again = _end(self, case)
            if _difference(case, again, theirs) is None:
                alone = f", {finding.invariant} alone" if finding.invariant in BOOKKEEPING else ""
                return replace(PASSED, reason=f"differs from torch's on purpose: {row.name}{alone}")
        if any_order and finding.invariant == "instruction":
            # addresses may repeat, and with them the order
            return replace(PASSED, reason="peers: the elements of a set came in different orders")
        return failed(finding)

    def _theirs(self, case: Case) -> End:
        with self.other.as_current():
            return _end(self.other, case)

    def _in_another_order(self, case: Case, finding: Finding) -> Finding | None:
        """None if both end alike in one of several orders of the elements of sets, which hashes decide."""
        pairs = ((_end(self, case), self._theirs(case)) for _ in range(ORDERS))
        return finding if all(_difference(case, *pair) is not None for pair in pairs) else None


def _end(target: DynamoTarget, case: Case) -> End:
    try:
        return target.emit(case, world_of(target, case))
    except (Refused, TargetError) as end:
        return end


def _difference(case: Case, mine: End, theirs: End) -> Finding | None:
    if isinstance(mine, Emission) and isinstance(theirs, Emission):
        any_order = not peers.ANY_ORDER.isdisjoint(case.kinds())
        return peers.first_difference(mine, theirs, dict(case.globals), any_order=any_order)
    if _category(mine) == _category(theirs):
        return None
    told = f"ends with {_category(mine)}, and torch's with {_category(theirs)}"
    return Finding("peers", "end", _category(mine), told)


def _category(end: End) -> str:
    match end:
        case Refused():
            return f"the graph break {end.reason or end.absent!r}"
        case TargetError():
            return "an error"
    return "code"


@contextmanager
def _switched(switch: str, value: Any) -> Iterator[None]:
    """While this goes on, ours has the switch so."""
    before: Profile = DropinPyCodegen.profile
    changed: Any = {switch: value}
    DropinPyCodegen.profile = replace(before, **changed)
    try:
        yield
    finally:
        DropinPyCodegen.profile = before
