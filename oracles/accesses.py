"""How often, and in what order, the emitted code of a call reads what its arguments are reached through.

Claim: a passed run computed every source that the arguments need exactly once, in the order in which plain
Python, evaluating the arguments from left to right, first needs it (what it is based on before itself).

Locals, globals and cells of the frame are not counted: to read one again costs nothing and shows nothing.
Nor is what cannot be noted: see LINKS and HOLDERS. Where an object is reached in two ways, two sources make
the same access, and it is due as often.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from generators.case import (
    SOURCE_LINKS,
    Attribute,
    Case,
    ChainedSource,
    DictItem,
    DictItemByKey,
    Item,
    RandomValue,
    SliceItem,
    sources_in,
)
from generators.nodes import (
    ConstantNode,
    DefaultDictNode,
    DequeNode,
    DictNode,
    InstanceNode,
    ListNode,
    NamedTupleNode,
    ObjectNode,
    OrderedDictNode,
    PartialNode,
    SliceNode,
    TupleNode,
)
from oracles.run import PASSED, Finding, Run, Verdict, failed, inconclusive
from oracles.values import atom_text
from oracles.world import ABSENT, World

Read: TypeAlias = "int | str | tuple[int | None, ...] | None"
"""The name, the index, the bounds and step of a slice, or the node of a key; None for a key that the case
does not have."""


@dataclass(frozen=True, slots=True)
class Access:
    """One attribute or item read: `holder` is the node of the object, None for what is none of the case's;
    `link` what was read of it.

    `source`: one that makes this access; it does not count where two are compared.
    """

    holder: int | None
    link: Read
    source: int | None = field(default=None, compare=False)


def judge(run: Run) -> Verdict:
    """Hold the accesses that were noted while the emission ran against those that are due."""
    if run.world.notes is None:
        return inconclusive("accesses: the code did not run to its end")
    wanted, made = due(run.case), seen(run.world)
    if made == wanted:
        return PASSED
    if any(_key_of_a_users(run.case)):
        return inconclusive("accesses: what the key of a user's mapping is reached through is not counted")
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
        for needed in sources_in(entry):
            compute(needed)
        done.add(same[source])
        holder = case.same_object(targets[entry.base])
        if _is_noted(case, entry, holder):
            accesses.append(Access(holder, LINKS[type(entry)](entry, targets), source))

    for root in case.roots:
        at = case.nodes[root].source
        if at is not None:
            compute(at)
    return accesses


def _key_of_a_users(case: Case) -> Iterator[bool]:
    """For each item by key: is it one of an instance of a user's class?

    What the key itself is reached through may be computed again there: the documented search for what is used
    twice goes through the keys of plain dicts alone (`DictGetItemSource`).
    """
    targets = case.source_targets()
    for entry in case.sources:
        if isinstance(entry, DictItemByKey):
            holder = case.same_object(targets[entry.base])
            yield holder is not None and isinstance(case.nodes[holder], InstanceNode)


MAPPINGS = (DictNode, OrderedDictNode, DefaultDictNode)

HOLDERS = (
    *MAPPINGS,
    *(ListNode, TupleNode, DequeNode, ObjectNode, NamedTupleNode, SliceNode, PartialNode),
)
"""Kinds whose values note what is read of them. A class of a compiler's own, a struct sequence, a function, a
cell and a weak reference cannot; nor can what a slice makes, which is a plain list or tuple."""

LINKS: dict[type[Any], Callable[[Any, list[int | None]], Read]] = {
    Attribute: lambda entry, targets: entry.name,
    Item: lambda entry, targets: entry.index,
    SliceItem: lambda entry, targets: (entry.start, entry.stop, entry.step),
    DictItem: lambda entry, targets: entry.key,
    DictItemByKey: lambda entry, targets: targets[entry.by],
    RandomValue: lambda entry, targets: entry.index,
}
"""Kind of chained source -> what it reads of its holder, given what the sources lead to. The other kinds
read by no item and by no attribute that is noted: a dict's key and a set's element come of iterating, a class
of `type`, a mark of nothing, and the rest of functions, cells, weak references, classes and tensors."""


def _is_noted(case: Case, entry: Any, holder: int | None) -> bool:
    node = None if holder is None else case.nodes[holder]
    return type(entry) in LINKS and isinstance(node, HOLDERS) and not case.is_made_by_loading(node)


def _same_sources(case: Case) -> list[int]:
    """For each source the first that loads the same in the same way."""
    first: dict[object, int] = {}
    same: list[int] = []
    for at, entry in enumerate(case.sources):
        key: object = entry
        if isinstance(entry, ChainedSource):
            named: dict[str, Any] = {
                field: same[getattr(entry, field)]
                for field, what in SOURCE_LINKS[type(entry)]
                if what == "source"
            }
            key = dataclasses.replace(entry, **named)
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
    if isinstance(node, MAPPINGS):
        # as the dict itself finds it: True, 1 and 1.0 are one key
        keys = {world.objects[key]: key for key, _ in node.items}
        return Access(holder, keys.get(link))
    if isinstance(link, slice):
        return Access(holder, (link.start, link.stop, link.step))
    return Access(holder, link if isinstance(link, int | str) else None)


def spell(case: Case, access: Access) -> str:
    """The access in words: `item 0 of node 3`."""
    node = None if access.holder is None else case.nodes[access.holder]
    where = "something that is no node" if node is None else f"node {access.holder}, {_a(node.kind)}"
    if isinstance(node, MAPPINGS):
        return f"{_key_text(case, access.link)} of {where}"
    if isinstance(access.link, tuple):
        bounds = ":".join("" if bound is None else str(bound) for bound in access.link)
        return f"items {bounds} of {where}"
    return f"{'attribute' if isinstance(access.link, str) else 'item'} {access.link} of {where}"


def _key_text(case: Case, link: Read) -> str:
    if not isinstance(link, int):
        return "an unknown key"
    node = case.nodes[link]
    return f"key {atom_text(node.value)}" if isinstance(node, ConstantNode) else f"key at node {link}"


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
