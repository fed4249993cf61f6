"""A draft and its sources: links that move with what they lead to, overrides, aliases."""

from __future__ import annotations

import dataclasses

import pytest

from generators import Case, Options
from generators.case import (
    Attribute,
    CellName,
    ClosureCell,
    Default,
    DictItem,
    DictItemByKey,
    DictKey,
    FreeName,
    Item,
    LocalName,
    SliceItem,
    Source,
    TypeOf,
)
from generators.nodes import (
    AliasNode,
    CellNode,
    ConstantNode,
    DequeNode,
    DictNode,
    FunctionNode,
    IteratorNode,
    LibraryNode,
    ListNode,
    NamedTupleNode,
    Node,
    ObjectNode,
    OrderedDictNode,
    PartialNode,
    SliceNode,
    TupleNode,
)
from generators.rules import problems
from harness.reducer.draft import Draft
from oracles.world import GraphValue, World

K = ConstantNode("k")


def well_formed(case: Case | None) -> Case:
    assert case is not None
    assert list(problems(case)) == []
    return case


# --- links that move ----------------------------------------------------------------------------------


def held_by(holder: Node, *links: Source) -> Case:
    """Three existing lists in an existing value, local `a`; each of the links leads to one of them."""
    lists = tuple(ListNode((), at + 1) for at in range(3))
    return Case((*lists, holder, TupleNode((0, 1, 2))), (4,), (LocalName("a"), *links), (("a", 3),))


HOLDERS = {
    "list": held_by(ListNode((0, 1, 2), 0), Item(0, 0), Item(0, 1), Item(0, 2)),
    "tuple": held_by(TupleNode((0, 1, 2), 0), Item(0, 0), Item(0, 1), Item(0, 2)),
    "deque": held_by(DequeNode((0, 1, 2), 3, 0), Item(0, 0), Item(0, 1), Item(0, 2)),
    "named_tuple": held_by(
        NamedTupleNode((0, 1, 2), 0), Attribute(0, "x"), Attribute(0, "y"), Attribute(0, "z")
    ),
}


@pytest.mark.parametrize("case", HOLDERS.values(), ids=HOLDERS)
@pytest.mark.parametrize("position", [0, 1, 2])
def test_links_move_along_when_a_member_is_dropped(case: Case, position: int) -> None:
    draft = Draft(case)
    draft.drop_member(3, position)
    left = well_formed(draft.case())
    assert left.sources == case.sources[:3]
    world = World(left, GraphValue)
    held = [value for at, value in enumerate(world.originals()[left.roots[0]]) if at != position]
    assert [id(value) for value in held] == [id(value) for value in world.locals["a"]]


@pytest.mark.parametrize(
    ("holder", "link", "left"),
    [
        (ListNode((0, 1), 0), Item(0, 1), Item(0, 0)),
        (DequeNode((0, 1), None, 0), Item(0, 1), Item(0, 0)),
        (NamedTupleNode((0, 1), 0), Attribute(0, "y"), Attribute(0, "x")),
        (ObjectNode((("x", 0), ("y", 1)), 0), Attribute(0, "y"), Attribute(0, "y")),
        (OrderedDictNode(((0, 0), (2, 1)), 0), DictItem(0, 2), DictItem(0, 1)),
    ],
    ids=repr,
)
def test_the_only_link_moves_along(holder: Node, link: Source, left: Source) -> None:
    nodes = (K, ListNode((), 1), ConstantNode("l"), holder)
    case = Case(nodes, (1,), (LocalName("a"), link), (("a", 3),))
    draft = Draft(case)
    draft.drop_member(3, 0)
    assert well_formed(draft.case()).sources == (LocalName("a"), left)


@pytest.mark.parametrize(
    ("link", "dropped", "left"),
    [
        (Default(0, 1), 0, Default(0, 1)),
        (Default(0, 1), 1, Default(0, 0)),
        (Default(0, 1), 3, Default(0, 1)),
        (Default(0, "x"), 1, Default(0, "x")),
        (Default(0, "x"), 4, Default(0, "x")),
    ],
    ids=repr,
)
def test_links_to_defaults_move_along_by_position(link: Source, dropped: int, left: Source) -> None:
    cell, value = CellNode(0, 2), ListNode((), 1)
    function = FunctionNode((1,), (0, 2), (("x", 2), ("y", 0)), 0)
    sources = (LocalName("a"), link, ClosureCell(0, 0))
    case = Case((K, cell, value, function), (2, 3), sources, (("a", 3),))
    draft = Draft(well_formed(case))
    draft.drop_member(3, dropped)
    assert left in well_formed(draft.case()).sources


def test_links_to_keys_move_along_and_die_with_the_dict() -> None:
    thing, holder = ObjectNode((), 1), DictNode(((0, 0), (1, 2)), 0)
    sources = (LocalName("a"), DictKey(0, 1), DictItemByKey(0, 1))
    case = well_formed(Case((K, thing, ListNode((), 2), holder), (1, 2), sources, (("a", 3),)))
    draft = Draft(case)
    draft.drop_member(3, 0)
    assert well_formed(draft.case()).sources == (LocalName("a"), DictKey(0, 0), DictItemByKey(0, 1))
    draft = Draft(case)
    draft.put(3, ListNode((0, 2), 0))
    assert draft.case() is None  # the object is there, and nothing leads to it any more


def test_names_in_cells_are_kept_and_a_new_local_takes_none_of_them() -> None:
    sources = (CellName("v0"), FreeName("v1"), Item(0, 0))
    nodes = (ListNode((), 2), ListNode((0,), 0), ListNode((), 1))
    case = Case(nodes, (0, 2), sources, cells=(("v0", 1),), free=(("v1", 2),))
    draft = Draft(well_formed(case))
    draft.bind(0)
    left = well_formed(draft.case())
    assert left.locals == (("v2", left.roots[0]),)
    assert left.free == (("v1", left.roots[1]),)
    draft = Draft(case)
    draft.roots = [0]
    left = well_formed(draft.case())
    assert (len(left.cells), left.free) == (1, ())


def test_a_slice_or_a_class_keeps_what_it_is_of() -> None:
    sources = (LocalName("a"), SliceItem(0, None, 1, None), LocalName("b"), TypeOf(2))
    nodes = (K, ListNode((0, 0), 0), ListNode((0,), 1), ObjectNode((), 2), LibraryNode("Thing", 3))
    case = well_formed(Case(nodes, (2, 4), sources, (("a", 1), ("b", 3))))
    assert Draft(case).case() == case or repr(Draft(case).case()) == repr(case)
    draft = Draft(case)
    draft.drop_member(1, 0)
    assert repr(well_formed(draft.case()).nodes[:3]) == repr((K, ListNode((0,), 0), ListNode((0,), 1)))
    draft = Draft(case)
    draft.drop_member(2, 0)
    left = well_formed(draft.case())
    assert left.nodes[left.roots[0]] == ListNode()  # no slice of that list any more


def test_link_to_a_slice_member_dies_with_the_slice() -> None:
    nodes = (ConstantNode(1, 1), SliceNode((0, 0, 0), 0), TupleNode((1, 0)))
    case = Case(nodes, (2,), (LocalName("a"), Attribute(0, "stop")), (("a", 1),))
    draft = Draft(case)
    draft.put(1, TupleNode((0, 0, 0), 0))
    assert well_formed(draft.case()).sources == (LocalName("a"), Item(0, 1))
    draft = Draft(case)
    draft.put(1, ConstantNode(0, 0))
    assert well_formed(draft.case()).sources == (LocalName("a"),)


@pytest.mark.parametrize(
    ("holder", "link"),
    [
        (DictNode(((0, 0), (1, 2)), 0), DictItem(0, 1)),
        (ObjectNode((("x", 0), ("y", 2)), 0), Attribute(0, "y")),
        (NamedTupleNode((0, 2), 0), Attribute(0, "y")),
    ],
    ids=repr,
)
def test_links_are_translated_when_the_kind_changes(holder: Node, link: Source) -> None:
    case = Case((K, ConstantNode("l"), ListNode((), 1), holder), (2,), (LocalName("a"), link), (("a", 3),))
    draft = Draft(case)
    draft.put(3, ListNode((0, 2), 0))
    assert well_formed(draft.case()).sources == (LocalName("a"), Item(0, 1))


def test_link_to_the_function_of_a_partial_stays() -> None:
    nodes = (K, FunctionNode(source=1), PartialNode(1, (0,), (), 0), TupleNode((1, 2)))
    case = Case(nodes, (3,), (LocalName("a"), Attribute(0, "func")), (("a", 2),))
    draft = Draft(case)
    draft.drop_member(2, 0)
    assert well_formed(draft.case()).sources == case.sources


def test_links_through_an_alias_move_along() -> None:
    nodes = (
        *(ListNode((), 1), ListNode((), 3), TupleNode((0, 1), 0)),
        *(AliasNode(2, 2), TupleNode((0, 1, 3))),
    )
    sources = (LocalName("a"), Item(0, 0), LocalName("b"), Item(2, 1))
    case = Case(nodes, (4,), sources, (("a", 2), ("b", 3)))
    draft = Draft(case)
    draft.drop_member(2, 0)
    draft.drop_member(4, 0)
    assert well_formed(draft.case()).sources[-1] == Item(1, 0)


def test_key_of_a_source_is_redirected_with_its_dict() -> None:
    nodes = (K, ConstantNode("l"), ListNode((), 1), DictNode(((1, 2),), 0))
    case = Case(nodes, (2,), (LocalName("a"), DictItem(0, 1)), (("a", 3),))
    draft = Draft(case)
    draft.redirect(1, 0)
    left = well_formed(draft.case())
    assert repr(left.nodes[0]) == repr(K)
    assert left.sources == (LocalName("a"), DictItem(0, 0))


@pytest.mark.parametrize(("position", "left"), [(0, 1), (1, 1), (2, 2)])
def test_items_taken_stay_taken(position: int, left: int) -> None:
    case = Case((K, IteratorNode((0, 0, 0), 2)), (1,))
    draft = Draft(case)
    draft.drop_member(1, position)
    assert well_formed(draft.case()).nodes[1] == IteratorNode((0, 0), left)


# --- overrides and aliases ----------------------------------------------------------------------------

# a.x is a list, which the locals v and w hold too; nothing needs b
OVERRIDDEN = Case(
    nodes=(ListNode((), source=0), ListNode((), source=2), ObjectNode((("x", 1),), 1)),
    roots=(1,),
    sources=(LocalName("b"), LocalName("a"), Attribute(1, "x"), LocalName("v"), LocalName("w")),
    locals=(("b", 0), ("a", 2), ("v", 1), ("w", 1)),
    options=Options(overrides=((2, 3),)),
)


def test_what_an_override_needs_is_kept() -> None:
    case = well_formed(Draft(OVERRIDDEN).case())
    assert case.options.overrides == ((1, 2),)
    assert case.sources == (LocalName("a"), Attribute(0, "x"), LocalName("v"))
    assert case.locals == (("a", 1), ("v", 0))


def test_what_only_an_override_needed_goes_with_it() -> None:
    draft = Draft(OVERRIDDEN)
    draft.options = Options()
    case = well_formed(draft.case())
    assert case.sources == (LocalName("a"), Attribute(0, "x"))
    assert case.locals == (("a", 1),)


def test_override_of_a_source_that_nothing_needs_goes() -> None:
    unused = dataclasses.replace(OVERRIDDEN, roots=(0,))
    case = well_formed(Draft(unused).case())
    assert case.options.overrides == ()
    assert case.locals == (("b", 0),)


def test_override_of_what_an_override_leads_through_is_kept() -> None:
    """a.x is looked up as c.x, which a rule forbids where c is overridden too; the base of a.x may be."""
    based = dataclasses.replace(OVERRIDDEN, options=Options(overrides=((1, 5),)))
    based = dataclasses.replace(
        based, sources=(*based.sources, LocalName("c")), locals=(*based.locals, ("c", 2))
    )
    case = well_formed(Draft(based).case())
    assert case.options.overrides == ((0, 2),)
    assert case.sources[2] == LocalName("c")


def test_override_dies_when_what_is_used_instead_is_gone() -> None:
    nodes = (ListNode((), 0), ListNode((0, 0), 1))
    sources = (LocalName("a"), LocalName("b"), Item(1, 1))
    case = Case(nodes, (0, 1), sources, (("a", 0), ("b", 1)), options=Options(overrides=((0, 2),)))
    draft = Draft(case)
    draft.drop_member(1, 1)
    left = well_formed(draft.case())
    assert (left.options.overrides, left.sources) == ((), sources[:2])


def test_override_dies_with_its_source() -> None:
    draft = Draft(OVERRIDDEN)
    draft.unsource(1)
    case = well_formed(draft.case())
    assert (case.options.overrides, case.sources, case.locals) == ((), (), ())


def test_alias_of_what_is_new_is_that_node() -> None:
    nodes = (TupleNode((), 0), AliasNode(0, 1), ListNode((0, 1)))
    case = Case(nodes, (2,), (LocalName("a"), LocalName("b")), (("a", 0), ("b", 1)))
    draft = Draft(case)
    draft.unsource(0)
    assert well_formed(draft.case()).nodes == (TupleNode(), ListNode((0, 0)))


def test_alias_that_nothing_leads_to_is_its_node() -> None:
    nodes = (TupleNode((), 0), AliasNode(0, 2), ListNode((1,), 1), ListNode((0, 1)))
    sources = (LocalName("a"), LocalName("b"), Item(1, 0))
    case = Case(nodes, (3,), sources, (("a", 0), ("b", 2)))
    draft = Draft(case)
    draft.unsource(2)
    assert well_formed(draft.case()).nodes == (TupleNode((), 0), ListNode((0, 0)))
