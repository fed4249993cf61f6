"""The steps of the reducer: what may be tried to make a failing case smaller.

Claim: every candidate is well-formed and no harder than the case, and no step knows what the case fails with.

What is plainer for a reader is said in `plainness.py`.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from generators.case import CLAIMED, Case, ChainedSource, Effect, LocalName, Options
from generators.graph import on_a_cycle
from generators.links import children, member_count, with_children, without_member
from generators.nodes import CellNode, ConstantNode, FunctionNode, ListNode, Node
from generators.steps import VIAS, Step
from harness.reducer.draft import Draft
from harness.reducer.plainness import SIMPLEST, plainer_fields, plainer_kinds, uses, weight

FEW_MEMBERS = 8
"""Up to so many members are taken out, or replaced, one by one; of more, first many at a time."""

MOST_CHUNKS = 16
"""Places of one node that are tried for each number of members at a time, from the end."""

# --- what takes much away -----------------------------------------------------------------------------


def _edited(case: Case, edit: Callable[..., object], *arguments: Any) -> Iterator[Case]:
    """The case that `edit(draft, *arguments)` leaves, if it is well-formed and no harder."""
    draft = Draft(case)
    edit(draft, *arguments)
    edited = draft.case()
    if edited is not None and weight(edited) <= weight(case):
        yield edited


def _from_the_top(case: Case) -> Iterator[tuple[int, Node]]:
    """The nodes, parents before children: what takes most away first."""
    for at in reversed(range(len(case.nodes))):
        yield at, case.nodes[at]


def _set_effects(draft: Draft, effects: list[Effect]) -> None:
    draft.effects = effects


def _ask_for(draft: Draft, at: int, unsourced: list[int]) -> None:
    draft.roots, draft.effects = [at], []
    for index in unsourced:
        draft.unsource(index)


def _ask_for_stored(draft: Draft, at: int) -> None:
    stored = draft.effects.pop(at).value
    if stored is not None:
        draft.roots.append(stored)


def _set_options(draft: Draft, options: Options) -> None:
    draft.options = options


def _compact(case: Case) -> Iterator[Case]:
    yield from _edited(case, lambda draft: None)


def _one_root(case: Case) -> Iterator[Case]:
    for index in dict.fromkeys(case.roots):
        yield from _edited(case, Draft.keep_roots, [case.roots.index(index)])


def _inner_root(case: Case) -> Iterator[Case]:
    """One node, and nothing else, is asked for, where no constant but itself is looked up."""
    constants = [at for at, node in enumerate(case.nodes) if isinstance(node, ConstantNode)]
    for at in range(len(case.nodes)):
        yield from _edited(case, _ask_for, at, constants)
        if at in constants and case.nodes[at].source is not None:
            yield from _edited(case, _ask_for, at, [index for index in constants if index != at])


def _drop_root(case: Case) -> Iterator[Case]:
    if len(case.roots) > 1:
        for at in reversed(range(len(case.roots))):
            yield from _edited(case, Draft.keep_roots, _without(tuple(range(len(case.roots))), at))


def _without(entries: tuple[Any, ...], at: int) -> list[Any]:
    return [*entries[:at], *entries[at + 1 :]]


def _drop_effect(case: Case) -> Iterator[Case]:
    if case.effects:
        yield from _edited(case, _set_effects, [])
    for at in reversed(range(len(case.effects))):
        yield from _edited(case, _set_effects, _without(case.effects, at))


def _root_for_effect(case: Case) -> Iterator[Case]:
    """What an effect stores is asked for instead."""
    for at in reversed(range(len(case.effects))):
        if case.effects[at].value is not None:
            yield from _edited(case, _ask_for_stored, at)


def _drop_override(case: Case) -> Iterator[Case]:
    overrides = case.options.overrides
    for at in reversed(range(len(overrides))):
        kept = dataclasses.replace(case.options, overrides=tuple(_without(overrides, at)))
        yield from _edited(case, _set_options, kept)


def _hoist_child(case: Case) -> Iterator[Case]:
    """A node becomes one of its children; an alias its node, a partial its function, a function what is in
    its cells."""
    for at, node in _from_the_top(case):
        for child in dict.fromkeys(children(node)):
            held = case.nodes[child]
            inner = held.contents if isinstance(held, CellNode) else child
            if inner is not None and inner != at:
                yield from _edited(case, Draft.redirect, at, inner)


def _hoist_base(case: Case) -> Iterator[Case]:
    """What no other node holds, a slice or a class, becomes the value that it is of."""
    targets = case.source_targets()
    for at, node in _from_the_top(case):
        source = None if node.source is None else case.sources[node.source]
        named = getattr(source, "base", None) if isinstance(source, CLAIMED) else None
        if named is not None:
            base = targets[named]
            if base is not None:
                yield from _edited(case, Draft.redirect, at, base)


def _roots_for_children(case: Case) -> Iterator[Case]:
    """What a root holds is asked for instead of it."""
    for place, root in enumerate(case.roots):
        held = list(dict.fromkeys(children(case.nodes[root])))
        if len(held) > 1:
            yield from _edited(case, Draft.replace_root, place, held)


def _holder_for_root(case: Case) -> Iterator[Case]:
    """What holds a root is asked for instead, without it."""
    for place, root in enumerate(case.roots):
        for at, node in enumerate(case.nodes):
            for position in range(member_count(node)) if root in children(node) else ():
                if root not in children(without_member(node, position)):
                    yield from _edited(case, _ask_for_holder, place, at, position)
                    break


def _ask_for_holder(draft: Draft, place: int, at: int, position: int) -> None:
    draft.replace_root(place, [at])
    draft.drop_member(at, position)


def _constant_for_node(case: Case) -> Iterator[Case]:
    for at, node in _from_the_top(case):
        if not isinstance(node, ConstantNode):
            yield from _edited(case, Draft.put, at, ConstantNode(SIMPLEST[0], node.source))


def _drop_members(case: Case) -> Iterator[Case]:
    """All members of a node, or many, or one; a cell's contents."""
    for at, node in _from_the_top(case):
        count = member_count(node)
        for size in _sizes(count):
            for end in itertools.islice(range(count, 0, -size), MOST_CHUNKS):
                yield from _edited(case, _drop_range, at, max(0, end - size), end)
        if isinstance(node, CellNode) and node.contents is not None:
            yield from _edited(case, Draft.put, at, CellNode(None, node.source))


def _sizes(count: int) -> list[int]:
    """How many of `count` members to take at a time: all, then ever fewer."""
    sizes = [count] if count > 1 else []
    while sizes and sizes[-1] > FEW_MEMBERS:
        sizes.append(sizes[-1] // 2)
    return [*sizes, 1] if count else []


def _drop_range(draft: Draft, at: int, start: int, end: int) -> None:
    for position in reversed(range(start, end)):
        draft.drop_member(at, position)


# --- what existed beforehand --------------------------------------------------------------------------


def _unsource(case: Case) -> Iterator[Case]:
    """An existing value is new, with all that is in it or alone."""
    for at, node in _from_the_top(case):
        if node.source is not None:
            yield from _edited(case, Draft.unsource, at)
            yield from _edited(case, Draft.put, at, dataclasses.replace(node, source=None))


def _bind_directly(case: Case) -> Iterator[Case]:
    """An existing value that is reached through others, or as a global, gets a local of its own."""
    for at, node in _from_the_top(case):
        if node.source is not None and type(case.sources[node.source]) is not LocalName:
            yield from _edited(case, Draft.bind, at)


# --- sharing and cycles -------------------------------------------------------------------------------


def _constant_for_use(case: Case) -> Iterator[Case]:
    """One mention of a node that is named elsewhere too, a cycle's own among them, becomes a constant."""
    shared = {
        at for at, count in uses(case).items() if count > 1 and not isinstance(case.nodes[at], ConstantNode)
    }
    for at, node in _from_the_top(case):
        places: dict[int, list[int]] = {}
        for place, child in enumerate(children(node)):
            places.setdefault(child, []).append(place)
        for named in [places[child] for child in places if child in shared]:
            yield from _edited(case, _replace_uses, at, named)
            for place in named if len(named) <= FEW_MEMBERS else ():
                yield from _edited(case, _replace_uses, at, [place])
    for place, root in enumerate(case.roots):
        if root in shared:
            yield from _edited(case, _replace_root, place)
    for place, effect in enumerate(case.effects):
        for field in ("value", "key"):
            if getattr(effect, field) in shared:
                yield from _edited(case, _replace_in_effect, place, field)


def _replace_uses(draft: Draft, at: int, places: list[int]) -> None:
    count = itertools.count()
    new = draft.stand_in()
    draft.put(at, with_children(draft.nodes[at], lambda child: new if next(count) in places else child))


def _replace_root(draft: Draft, place: int) -> None:
    draft.roots[place] = draft.stand_in()


def _replace_in_effect(draft: Draft, place: int, field: str) -> None:
    new: dict[str, Any] = {field: draft.stand_in()}
    draft.effects[place] = dataclasses.replace(draft.effects[place], **new)


def _enter_cycle(case: Case) -> Iterator[Case]:
    """A cycle is asked for at one of its nodes, and what leads back to that one is a constant."""
    cyclic = on_a_cycle(case.nodes)
    for at in sorted(cyclic):
        yield from _edited(case, _cut, at, [at if root in cyclic else root for root in case.roots])


def _cut(draft: Draft, at: int, roots: list[int]) -> None:
    new = draft.stand_in()
    draft.roots = roots
    for index, node in enumerate(draft.nodes):
        if at in children(node):
            draft.put(index, with_children(node, lambda child: new if child == at else child))


def _merge_nodes(case: Case) -> Iterator[Case]:
    """One leaf for two of a kind, and one tree for two that are alike: less at the price of more sharing."""
    first: dict[object, int] = {}
    alike = list(range(len(case.nodes)))
    for at, node in enumerate(case.nodes):
        exists = node.source is not None
        shape: object = type(node)
        if children(node):
            shape = dataclasses.replace(with_children(node, alike.__getitem__), source=None)
        alike[at] = first.setdefault((shape, exists), at)
        if alike[at] != at:
            yield from _edited(case, Draft.redirect, at, alike[at])


# --- what a reader need not know ----------------------------------------------------------------------


def _plainer_kind(case: Case) -> Iterator[Case]:
    for at, node in _from_the_top(case):
        for new in plainer_kinds(node):
            yield from _edited(case, Draft.put, at, new)
        if isinstance(node, FunctionNode) and node.closure:
            # a cell is in nothing but functions, what it holds may be in a list
            held = (getattr(case.nodes[cell], "contents", None) for cell in node.closure)
            yield from _edited(
                case, Draft.put, at, ListNode(tuple([each for each in held if each is not None]), node.source)
            )


def _plainer_field(case: Case) -> Iterator[Case]:
    for at, node in enumerate(case.nodes):
        for new in plainer_fields(node):
            yield from _edited(case, Draft.put, at, new)


def _plainer_effect(case: Case) -> Iterator[Case]:
    """What is stored is appended, or stored in the first place."""
    for place, effect in enumerate(case.effects):
        plainer = [dataclasses.replace(effect, index=0)] if effect.index else []
        if effect.operation in _PLAINER_EFFECTS:
            plainer.append(dataclasses.replace(effect, operation=_PLAINER_EFFECTS[effect.operation]))
        if effect.operation == "set_default":
            plainer.append(dataclasses.replace(effect, operation="set_key"))
        if effect.value is not None:
            plainer.insert(0, Effect("append", effect.on, value=effect.value))
        for new in plainer:
            effects = [new if at == place else other for at, other in enumerate(case.effects)]
            yield from _edited(case, _set_effects, effects)


_PLAINER_EFFECTS = {
    "pop_left": "clear",
    "pop": "clear",
    "pop_item": "clear",
    "pop_first": "clear",
    "pop_key": "delete_key",
    "extend": "append",
    "extend_left": "append_left",
    "replace": "append",
    "rebind_cell": "rebind_global",
}
"""Operation -> a plainer one that takes the same fields."""


def _fewer_options(case: Case) -> Iterator[Case]:
    options = case.options
    marks = options.temporaries
    fewer: list[dict[str, Any]] = [
        {**dataclasses.asdict(Options()), **({"passes": 1} if case.kind == "script" else {})},
        {"temporaries": ()},
        *([] if case.kind == "script" else [{"passes": 2}]),
        {"value_from_source": True},
        {"inlined": False},
        {"export": False},
        {"profile": Options().profile},
        {"lazy": ()},
        {"realized": False},
        *(
            {name: getattr(Options(), name)}
            for name in ("replay", "modes", "resumed", "reported", "logged", "called")
        ),
        *({"lazy": tuple(_without(options.lazy, at))} for at in range(len(options.lazy))),
        *({"logged": tuple(_without(options.logged, at))} for at in range(len(options.logged))),
        *({"temporaries": tuple(_without(marks, at))} for at in range(len(marks))),
    ]
    for changes in fewer:
        yield from _edited(case, _set_options, dataclasses.replace(options, **changes))


# --- scripts --------------------------------------------------------------------------------------------


def _set_steps(draft: Draft, steps: list[Step]) -> None:
    draft.steps = steps


def _drop_steps(case: Case) -> Iterator[Case]:
    """Many steps in a row, or one; what is left over then has its NULL or its variable missing, or not."""
    count = len(case.steps)
    for size in [*_sizes(count), *range(min(count, FEW_MEMBERS), 1, -1)]:
        for end in range(count, size - 1, -1):
            yield from _edited(case, _set_steps, [*case.steps[: end - size], *case.steps[end:]])


def _drop_pair_of_steps(case: Case) -> Iterator[Case]:
    """A step and a later one: what pushes and what takes it off again."""
    for first, second in itertools.combinations(range(len(case.steps)), 2):
        yield from _edited(
            case, _set_steps, [step for at, step in enumerate(case.steps) if at not in (first, second)]
        )


def _drop_argument(case: Case) -> Iterator[Case]:
    """A step goes, and a later one takes one value less; or one takes a value less where it is."""
    for second, later in enumerate(case.steps):
        if not later.count:
            continue
        fewer = dataclasses.replace(later, count=later.count - 1)
        for new in _with_fewer_names(fewer):
            steps = [*case.steps[:second], new, *case.steps[second + 1 :]]
            yield from _edited(case, _set_steps, steps)
            for first in range(second):
                yield from _edited(case, _set_steps, [*steps[:first], *steps[first + 1 :]])


def _with_fewer_names(step: Step) -> Iterator[Step]:
    yield step
    if step.names:
        yield dataclasses.replace(step, names=step.names[:-1])


def _plainer_step(case: Case) -> Iterator[Case]:
    """Fewer nodes and names; a plainer way to a callable, flag or node; a constant for a value."""
    for at, step in enumerate(case.steps):
        changes: list[dict[str, Any]] = [
            *({"nodes": tuple(_without(step.nodes, place))} for place in range(len(step.nodes))),
            *({"names": tuple(_without(step.names, place))} for place in range(len(step.names))),
            *({"via": via} for via in VIAS[: VIAS.index(step.via) if step.via else 0]),
            *({name: True} for name in ("from_source", "inner") if getattr(step, name) is False),
            *({name: False} for name in ("null", "ex") if getattr(step, name)),
        ]
        for change in changes:
            new = dataclasses.replace(step, **change)
            yield from _edited(case, _set_steps, [*case.steps[:at], new, *case.steps[at + 1 :]])
        yield from _edited(case, _push_constant, at)


def _push_constant(draft: Draft, at: int) -> None:
    draft.steps[at] = Step("tracker", nodes=(draft.stand_in(),))


def _fewer_conversions(case: Case) -> Iterator[Case]:
    for at in range(len(case.as_tensor)):
        yield from _edited(case, _set_conversions, _without(case.as_tensor, at))


def _set_conversions(draft: Draft, positions: list[int]) -> None:
    draft.as_tensor = positions


def _holder_for_argument(case: Case) -> Iterator[Case]:
    """What an argument is reached through is passed instead of it."""
    for place, root in enumerate(case.roots) if case.kind == "call" else ():
        source = case.nodes[root].source
        entry = None if source is None else case.sources[source]
        if isinstance(entry, ChainedSource):
            for at in [at for at, node in enumerate(case.nodes) if node.source == entry.base]:
                yield from _edited(case, Draft.replace_root, place, [at])


STEPS: tuple[Callable[[Case], Iterator[Case]], ...] = (
    _compact,
    _drop_steps,
    _drop_pair_of_steps,
    _drop_argument,
    _one_root,
    _inner_root,
    _drop_root,
    _drop_effect,
    _root_for_effect,
    _hoist_child,
    _hoist_base,
    _roots_for_children,
    _holder_for_root,
    _constant_for_node,
    _drop_override,
    _drop_members,
    _unsource,
    _bind_directly,
    _merge_nodes,
    _enter_cycle,
    _constant_for_use,
    _plainer_kind,
    _plainer_field,
    _plainer_effect,
    _plainer_step,
    _fewer_options,
    _fewer_conversions,
    _holder_for_argument,
)
"""The steps in the order they are tried: what takes most away first."""
