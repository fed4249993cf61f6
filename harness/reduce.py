"""The reducer: a failing case made small, as data, without the generator that drew it.

Claim: what it returns is well-formed, is in the same bucket as the case it was given, and none of the
reducer's steps makes it smaller and keeps it there (unless the attempts ran out). It is deterministic.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from generators.case import Case, ChainedSource, Options
from generators.codec import dumps
from generators.nodes import ConstantNode, DictNode, ListNode, TupleNode, children
from harness.draft import Draft, member_count

ATTEMPTS = 1_500
"""Candidates tried at most; a case of 40 nodes needs about 300."""

SIMPLEST = (0, None, False)
"""Constants that a reader takes for a placeholder, simplest first."""


PLAINNESS = ("constant", "tensor", "list", "tuple", "dict", "object")
"""Kinds of nodes, the plainest first."""


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
                    key = dumps(candidate)
                    if key in seen or not _simpler(candidate, case):
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


def weight(case: Case) -> tuple[int, ...]:
    """What the reducer makes smaller, the most important first: nodes, edges, roots, sources, effects, how
    much a reader has to know of the kinds, constants that are not plain, options that are not the default."""
    default = Options()
    return (
        len(case.nodes),
        sum(len(children(node)) for node in case.nodes),
        len(case.roots),
        len(case.sources),
        len(case.effects),
        sum(PLAINNESS.index(node.kind) for node in case.nodes),
        sum(_constant_weight(node) for node in case.nodes if isinstance(node, ConstantNode)),
        len(case.options.temporaries),
        (case.options.passes != default.passes)
        + (case.options.value_from_source != default.value_from_source),
    )


def _constant_weight(node: ConstantNode) -> int:
    for rank, value in enumerate(SIMPLEST):
        if type(node.value) is type(value) and node.value == value:
            return rank
    return len(SIMPLEST)


def _simpler(candidate: Case, case: Case) -> bool:
    return weight(candidate) < weight(case)


def _edited(case: Case, edit: Callable[[Draft], None]) -> Iterator[Case]:
    draft = Draft(case)
    edit(draft)
    edited = draft.case()
    if edited is not None:
        yield edited


def _compact(case: Case) -> Iterator[Case]:
    yield from _edited(case, lambda draft: None)


def _one_root(case: Case) -> Iterator[Case]:
    for index in dict.fromkeys(case.roots):
        yield from _edited(case, lambda draft, index=index: setattr(draft, "roots", [index]))  # type: ignore[misc]


def _drop_root(case: Case) -> Iterator[Case]:
    if len(case.roots) > 1:
        for at in reversed(range(len(case.roots))):
            yield from _edited(case, lambda draft, at=at: draft.roots.pop(at))  # type: ignore[misc]


def _drop_effect(case: Case) -> Iterator[Case]:
    if case.effects:
        yield from _edited(case, lambda draft: draft.effects.clear())
    for at in reversed(range(len(case.effects))):
        yield from _edited(case, lambda draft, at=at: draft.effects.pop(at))  # type: ignore[misc]


def _hoist_child(case: Case) -> Iterator[Case]:
    """A root becomes its children's child; a node becomes one of its children."""
    for at in reversed(range(len(case.nodes))):
        for child in dict.fromkeys(children(case.nodes[at])):
            yield from _edited(case, lambda draft, at=at, child=child: draft.redirect(at, child))  # type: ignore[misc]


def _constant_for_node(case: Case) -> Iterator[Case]:
    for at in reversed(range(len(case.nodes))):
        node = case.nodes[at]
        if not isinstance(node, ConstantNode):
            replacement = ConstantNode(SIMPLEST[0], node.source)
            yield from _edited(case, lambda draft, at=at, new=replacement: draft.nodes.__setitem__(at, new))  # type: ignore[misc]


def _drop_member(case: Case) -> Iterator[Case]:
    for at in reversed(range(len(case.nodes))):
        for position in reversed(range(member_count(case.nodes[at]))):
            yield from _edited(case, lambda draft, at=at, position=position: draft.drop_member(at, position))  # type: ignore[misc]


def _plainer_container(case: Case) -> Iterator[Case]:
    """A dict becomes a list of its values, a new tuple a list."""
    for at in reversed(range(len(case.nodes))):
        node = case.nodes[at]
        if isinstance(node, DictNode):
            new = ListNode(tuple(value for _, value in node.items), node.source)
        elif isinstance(node, TupleNode):
            new = ListNode(node.items, node.source)
        else:
            continue
        yield from _edited(case, lambda draft, at=at, new=new: draft.nodes.__setitem__(at, new))  # type: ignore[misc]


def _bind_directly(case: Case) -> Iterator[Case]:
    """An existing value that is reached through others gets a local of its own."""
    for at in reversed(range(len(case.nodes))):
        source = case.nodes[at].source
        if source is not None and isinstance(case.sources[source], ChainedSource):
            yield from _edited(case, lambda draft, at=at: draft.bind(at))  # type: ignore[misc]


def _unsource(case: Case) -> Iterator[Case]:
    for at in reversed(range(len(case.nodes))):
        if case.nodes[at].source is not None:
            yield from _edited(case, lambda draft, at=at: draft.unsource(at))  # type: ignore[misc]


def _merge_nodes(case: Case) -> Iterator[Case]:
    """One leaf for two of a kind: fewer nodes at the price of more sharing."""
    first: dict[tuple[type, int | None], int] = {}
    for at, node in enumerate(case.nodes):
        if not children(node):
            earlier = first.setdefault((type(node), node.source), at)
            if earlier != at:
                yield from _edited(case, lambda draft, at=at, to=earlier: draft.redirect(at, to))  # type: ignore[misc]


def _simpler_constant(case: Case) -> Iterator[Case]:
    for at, node in enumerate(case.nodes):
        if isinstance(node, ConstantNode):
            for value in SIMPLEST[: _constant_weight(node)]:
                new = dataclasses.replace(node, value=value)
                yield from _edited(case, lambda draft, at=at, new=new: draft.nodes.__setitem__(at, new))  # type: ignore[misc]


def _fewer_options(case: Case) -> Iterator[Case]:
    options = case.options
    for simpler in (
        Options(),
        dataclasses.replace(options, temporaries=()),
        dataclasses.replace(options, passes=2),
        dataclasses.replace(options, value_from_source=True),
        *(
            dataclasses.replace(
                options, temporaries=tuple(other for other in options.temporaries if other != mark)
            )
            for mark in options.temporaries
        ),
    ):
        yield dataclasses.replace(case, options=simpler)


STEPS: tuple[Callable[[Case], Iterator[Case]], ...] = (
    _compact,
    _one_root,
    _drop_root,
    _drop_effect,
    _hoist_child,
    _constant_for_node,
    _drop_member,
    _unsource,
    _bind_directly,
    _merge_nodes,
    _plainer_container,
    _simpler_constant,
    _fewer_options,
)
"""The steps in the order they are tried: what takes most away first."""
