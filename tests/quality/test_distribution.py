"""What the drawn cases are like: floors that a later change must not fall below."""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Callable

import pytest

from generators import Case, limits, seeded_case
from generators.case import COMPILER_SOURCES, REBINDING, ChainedSource, GlobalName, LocalName, Wrapped
from generators.cases import drawn_case
from generators.compiler_sources import WRAPPERS
from generators.effects import family_of
from generators.graph import depths, on_a_cycle
from generators.instances import USER_CLASSES
from generators.links import children
from generators.makers_contexts import CONTEXTS
from generators.makers_exceptions import EXCEPTIONS
from generators.nodes import (
    GRAPH_OUTPUTS,
    CellNode,
    ConstantNode,
    DefaultDictNode,
    DictNode,
    FunctionNode,
    InstanceNode,
    MadeNode,
    Node,
    OrderedDictNode,
)
from harness.chunks import KINDS

CASES = 5_000
SEED = 77
EACH_KIND = 1.0
"""Percent of the cases that each kind of node and source is in at least.

A case has nine nodes and few sources, and there are some thirty kinds of nodes and some forty of sources:
a higher floor would be one for the size of cases.
"""

EACH_EFFECT = 0.1
"""The same for each effect, of which a case has few and there are many."""

EACH_OF_A_COMPILER = 0.4
"""The same for each source that only a compiler makes, and for each mark; those of arguments are in calls."""


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [seeded_case(SEED, index) for index in range(CASES)]


def mentions(case: Case) -> Counter[int]:
    stored = [effect.value for effect in case.effects if effect.value is not None]
    return Counter([child for node in case.nodes for child in children(node)] + list(case.roots) + stored)


def shares_a_node(case: Case) -> bool:
    return any(
        count > 1 and not (isinstance(case.nodes[at], ConstantNode) and case.nodes[at].source is None)
        for at, count in mentions(case).items()
    )


def uses_an_output_twice(case: Case) -> bool:
    asked: Counter[int] = Counter()
    for at, count in mentions(case).items():
        node = case.nodes[at]
        if isinstance(node, GRAPH_OUTPUTS):
            asked[node.output] += count
    return any(count > 1 for count in asked.values())


def has_a_new_cycle(case: Case) -> bool:
    return any(case.nodes[at].source is None for at in on_a_cycle(case.nodes))


def has_a_mixed_chain(case: Case) -> bool:
    for source in case.sources:
        links = set()
        while isinstance(source, ChainedSource):
            links.add(source.kind)
            source = case.sources[source.base]
        if len(links) > 1:
            return True
    return False


def is_wide(node: Node) -> bool:
    return len(children(node)) > 255


def has_made(*names: str, existing: bool | None = None) -> Callable[[Case], bool]:
    """Does a case have what one of these makers makes, new or existing as is said?"""

    def has(case: Case) -> bool:
        return any(
            isinstance(node, MadeNode)
            and node.name in names
            and (existing is None or existing == (node.source is not None))
            for node in case.nodes
        )

    return has


def has_a_key_that_is_an_enum_member(case: Case) -> bool:
    def is_one(at: int) -> bool:
        node = case.nodes[at]
        return isinstance(node, MadeNode) and node.name == "enum_member"

    return any(
        any(is_one(key) for key, _ in node.items)
        for node in case.nodes
        if isinstance(node, DictNode | OrderedDictNode | DefaultDictNode)
    )


def has_a_cell_of_two_functions(case: Case) -> bool:
    holders = Counter(
        cell for node in case.nodes if isinstance(node, FunctionNode) for cell in dict.fromkeys(node.closure)
    )
    return any(count > 1 for count in holders.values())


def has_a_function_with_more_than_its_code(case: Case) -> bool:
    return any(
        isinstance(node, FunctionNode) and (node.attributes or node.annotations or node.doc is not None)
        for node in case.nodes
    )


def has_a_default_that_is_named_elsewhere(case: Case) -> bool:
    counts = mentions(case)
    return any(
        isinstance(node, FunctionNode)
        and any(
            counts[at] > 1 and not isinstance(case.nodes[at], ConstantNode)
            for at in (*node.defaults, *(index for _, index in node.keyword_defaults))
        )
        for node in case.nodes
    )


def has_a_hostile_name(case: Case) -> bool:
    hostile = {*limits.HOSTILE_LOCALS, *limits.HOSTILE_CELLS, *limits.HOSTILE_FREE, *limits.HOSTILE_GLOBALS}
    return any(name in hostile for _, _, name, _ in case.bindings())


def has_a_global_that_hides_a_builtin(case: Case) -> bool:
    return any(hasattr(builtins, name) for name, _ in case.globals)


def has_more_than_255(case: Case) -> bool:
    return len(case.roots) > 255 or any(map(is_wide, case.nodes))


def stores_what_it_changes(case: Case) -> bool:
    """Is an object changed, and stored in another one or in a variable as well?"""
    stored = {
        (effect.value, effect.on if effect.operation not in REBINDING else -1) for effect in case.effects
    }
    return any(value in changed(case) and value != on for value, on in stored)


def changed(case: Case) -> set[int]:
    return {effect.on for effect in case.effects if effect.operation not in REBINDING}


def changes(*families: str) -> Callable[[Case], bool]:
    return lambda case: any(family_of(case.nodes[at]) in families for at in changed(case))


def has_an_instance(*names: str) -> Callable[[Case], bool]:
    return lambda case: any(isinstance(node, InstanceNode) and node.name in names for node in case.nodes)


def has_a_frame_cell(case: Case) -> bool:
    return any(isinstance(node, CellNode) and node.variable is not None for node in case.nodes)


CONTAINERS = (
    *("list", "dict", "set", "deque", "ordered_dict", "defaultdict"),
    *("SubList", "SubDict", "SubSet", "SubOrderedDict", "SubDefaultDict"),
)
FLOORS = {
    **{f"{kind} changed": (3, changes(kind)) for kind in CONTAINERS},
    "an object of a class changed": (3, changes("object", "Plain", "Slotted")),
    "a deque of a user's class changed": (1, changes("SubDeque")),
    "a tuple of a user's class changed": (1, changes("SubTuple")),
    "attributes of a tensor changed": (1, changes("tensor")),
    "a new object changed": (3, lambda case: any(case.nodes[at].source is None for at in changed(case))),
    "an object changed and stored": (10, stores_what_it_changes),
    "a variable bound anew": (4, lambda case: any(e.operation in REBINDING for e in case.effects)),
    "a function over a cell of the frame": (3, has_a_frame_cell),
    "a plain user class": (1, has_an_instance("Plain", "Setter", "Described")),
    "slots": (1, has_an_instance("Slotted", "SlottedSetter")),
    "a dataclass": (1, has_an_instance("Record")),
    "a frozen dataclass": (1, has_an_instance("FrozenRecord")),
    **{f"an instance of {name}": (1, has_an_instance(name)) for name in USER_CLASSES},
    "effects not replayed": (1, lambda case: not case.options.replay),
    "modes entered and left": (1, lambda case: case.options.modes),
    "an exception": (1, has_made(*EXCEPTIONS)),
    "an exception with a cause or a context": (
        1,
        has_made(*(name for name in EXCEPTIONS if "from" in name or "while" in name)),
    ),
    "an exception of a user's class": (1, has_made(*(name for name in EXCEPTIONS if "user" in name))),
    "a builtin or library function": (1, has_made("builtin", "imported", "kernel_function")),
    "a constant of an odd type": (1, has_made("odd_constant", "generic_type", "kernel_constant", "size")),
    "a member of an enum": (1, has_made("enum_member")),
    "a member of an enum as a key": (1, has_a_key_that_is_an_enum_member),
    "a partial of anything": (1, has_made("partial_of")),
    "a method of a slot, or super": (1, has_made("slot_method", "super")),
    "a formatted text": (1, has_made("format")),
    "a tuple of a user's class": (1, has_made("pair", "fields", "pair_noted")),
    "an existing object of an odd class": (1, has_made("odd", existing=True)),
    "two functions over one cell": (1, has_a_cell_of_two_functions),
    "a function with attributes, annotations or a doc": (1, has_a_function_with_more_than_its_code),
    "a default that is named elsewhere": (1, has_a_default_that_is_named_elsewhere),
    "a hostile name": (3, has_a_hostile_name),
    "a global that hides a builtin": (1, has_a_global_that_hides_a_builtin),
    "more than 255 of anything": (1, has_more_than_255),
    "a node shared": (30, shares_a_node),
    "an existing object": (40, lambda case: any(node.source is not None for node in case.nodes)),
    "depth 4 or more": (10, lambda case: max(depths(case.nodes)) >= 4),
    "a cycle": (5, lambda case: bool(on_a_cycle(case.nodes))),
    "a cycle that the code has to build": (3, has_a_new_cycle),
    "an object reached by two sources": (5, lambda case: "alias" in case.kinds()),
    "a chain of sources of two kinds": (5, has_a_mixed_chain),
    "an overridden source": (3, lambda case: bool(case.options.overrides)),
    "a container of more than 255": (0.1, lambda case: any(map(is_wide, case.nodes))),
    "depth 12 or more": (0.2, lambda case: max(depths(case.nodes)) >= 12),
    "made in an inlined function": (3, lambda case: case.options.inlined),
    "an effect": (30, lambda case: bool(case.effects)),
    "two effects": (15, lambda case: len(case.effects) > 1),
    "a graph output used twice": (20, uses_an_output_twice),
    "a root repeated": (10, lambda case: len(set(case.roots)) < len(case.roots)),
    "one pass": (15, lambda case: case.options.passes == 1),
    "rebuilt from contents": (5, lambda case: not case.options.value_from_source),
    "a context manager": (4, has_made(*CONTEXTS)),
    "a function decorated with a manager": (1, has_made("decorated")),
    "a frame left inside a `with`": (1, has_made("entered")),
    "a frame left at a call": (1, lambda case: case.options.called),
    "a temporary marked": (5, lambda case: bool(case.options.temporaries)),
}


@pytest.mark.parametrize("name", FLOORS)
def test_floor(name: str, cases: list[Case]) -> None:
    floor, has = FLOORS[name]
    assert 100 * sum(map(has, cases)) / CASES >= floor


def test_every_kind_is_drawn_often_enough(cases: list[Case]) -> None:
    drawn = Counter(kind for case in cases for kind in case.kinds())
    apart = {f"source:{kind.kind}" for kind in COMPILER_SOURCES}
    kinds = [kind for kind in KINDS if not kind.startswith(("case:", "step:")) and kind not in apart]
    share = {kind: 100 * drawn[kind] / CASES for kind in kinds}
    floor = {kind: EACH_EFFECT if kind.startswith("effect:") else EACH_KIND for kind in kinds}
    assert {kind: share[kind] for kind in kinds if share[kind] < floor[kind]} == {}


def test_every_source_of_a_compiler_is_drawn_often_enough() -> None:
    drawn: Counter[str] = Counter()
    for index in range(CASES):
        case = drawn_case(SEED, index)
        drawn.update({source.kind for source in case.sources})
        drawn.update({source.how for source in case.sources if isinstance(source, WAYS_OF) and source.how})
    kinds = [*(kind.kind for kind in COMPILER_SOURCES), *WRAPPERS, "synthetic", "constant"]
    share = {kind: 100 * drawn[kind] / CASES for kind in kinds}
    assert {kind: share[kind] for kind in kinds if share[kind] < EACH_OF_A_COMPILER} == {}


WAYS_OF = (LocalName, GlobalName, Wrapped)
"""The kinds of sources of which there are several ways."""


def test_small_cases_are_the_ordinary_ones(cases: list[Case]) -> None:
    sizes = sorted(len(case.nodes) for case in cases)
    assert 6 <= sum(sizes) / CASES <= 12
    assert sizes[CASES // 2] <= 8
