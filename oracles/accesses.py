"""How often, and in what order, the emitted code of a call reads what its arguments are reached through.

Claim: a passed run computed every source that the arguments need exactly once, in the order in which plain
Python, evaluating the arguments from left to right, first needs it (what it is based on before itself).

Locals and globals are not counted: to read one again costs nothing and shows nothing. Where an object is
reached in two ways, two sources make the same access, and it is due as often.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from generators.case import Attribute, Case, ChainedSource, DictItem, Item
from generators.nodes import DictNode, OrderedDictNode
from oracles.run import PASSED, Finding, Run, Verdict, failed, inconclusive
from oracles.values import atom_text
from oracles.world import ABSENT, World


@dataclass(frozen=True, slots=True)
class Access:
    """One attribute or item read: `holder` is the node of the object, None for what is none of the case's;
    `link` the name, the index, or the node of the key, None for a key that the case does not have.

    `source`: one that makes this access; it does not count where two are compared.
    """

    holder: int | None
    link: int | str | None
    source: int | None = field(default=None, compare=False)


def judge(run: Run) -> Verdict:
    """Hold the accesses that were noted while the emission ran against those that are due."""
    if run.world.notes is None:
        return inconclusive("accesses: the code did not run to its end")
    wanted, made = due(run.case), seen(run.world)
    if made == wanted:
        return PASSED
    for access in dict.fromkeys([*wanted, *made]):
        times, right = made.count(access), wanted.count(access)
        if times != right:
            invariant = "computed twice" if times > right else "not computed"
            told = f"{spell(run.case, access)} was read {times} times, and should be {right} times"
            return failed(_finding(run.case, invariant, access, told))
    first, instead = next(pair for pair in zip(wanted, made, strict=True) if pair[0] != pair[1])
    told = f"{spell(run.case, instead)} was read where {spell(run.case, first)} is due"
    return failed(_finding(run.case, "computed out of order", first, told))


def due(case: Case) -> list[Access]:
    """The accesses that plain Python makes when it evaluates the arguments from left to right and keeps what
    it has computed."""
    targets = case.source_targets()
    same = _same_sources(case)
    done: set[int] = set()
    accesses: list[Access] = []

    def compute(source: int) -> None:
        entry = case.sources[source]
        if not isinstance(entry, ChainedSource) or same[source] in done:
            return
        for needed in _needed(entry):
            compute(needed)
        done.add(same[source])
        accesses.append(Access(case.same_object(targets[entry.base]), _link(entry), source))

    for root in case.roots:
        at = case.nodes[root].source
        if at is not None:
            compute(at)
    return accesses


def _needed(entry: Attribute | Item | DictItem) -> tuple[int, ...]:
    """The sources that have to be computed for this one, in order."""
    return (entry.base,)


def _link(entry: Attribute | Item | DictItem) -> int | str:
    match entry:
        case Attribute(_, name):
            return name
        case Item(_, index):
            return index
        case DictItem(_, key):
            return key


def _same_sources(case: Case) -> list[int]:
    """For each source the first that loads the same in the same way."""
    first: dict[object, int] = {}
    same: list[int] = []
    for at, entry in enumerate(case.sources):
        key: object = entry
        if isinstance(entry, ChainedSource):
            key = (entry.kind, tuple([same[needed] for needed in _needed(entry)]), _link(entry))
        same.append(first.setdefault(key, at))
    return same


def seen(world: World) -> list[Access]:
    """The accesses that were noted while the code ran in this world."""
    case = world.case
    node_of: dict[int, int | None] = {}
    for at, value in enumerate(world.objects):
        if value is not ABSENT:
            node_of.setdefault(id(value), case.same_object(at))
    return [
        _seen(world, node_of.get(id(value)), link)
        for value, link in ((note[0], note[2]) for note in world.notes or ())
    ]


def _seen(world: World, holder: int | None, link: Any) -> Access:
    node = None if holder is None else world.case.nodes[holder]
    if isinstance(node, DictNode | OrderedDictNode):
        # as the dict itself finds it: True, 1 and 1.0 are one key
        keys = {world.objects[key]: key for key, _ in node.items}
        return Access(holder, keys.get(link))
    return Access(holder, link if isinstance(link, int | str) else None)


def spell(case: Case, access: Access) -> str:
    """The access in words: `item 0 of node 3`."""
    node = None if access.holder is None else case.nodes[access.holder]
    where = "something that is no node" if node is None else f"node {access.holder}, {_a(node.kind)}"
    if isinstance(node, DictNode | OrderedDictNode):
        key: Any = None if access.link is None else case.nodes[int(access.link)]
        return f"{'an unknown key' if key is None else 'key ' + atom_text(key.value)} of {where}"
    return f"{'attribute' if isinstance(access.link, str) else 'item'} {access.link} of {where}"


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _finding(case: Case, invariant: str, access: Access, message: str) -> Finding:
    source = access.source
    return Finding(
        oracle="accesses",
        invariant=invariant,
        subject="unknown" if source is None else case.sources[source].kind,
        message=message,
        node=None if source is None else case.source_targets()[source],
    )
