"""A draft: what each edit changes, what is dropped and kept, and the order that the table is put in."""

from __future__ import annotations

import dataclasses

from generators import Case, Options, check, dumps, seeded_case
from generators.case import Attribute, DictItem, GlobalName, Item, LocalName
from generators.links import with_children
from generators.nodes import ConstantNode, DictNode, ListNode, ObjectNode, SetNode, TensorNode, TupleNode
from generators.rules import problems
from harness.reducer.draft import Draft
from oracles.world import GraphValue, World

K = ConstantNode("k")

# a: an object with a list of two lists, of which the second is also under a key of the global g
EXISTING = Case(
    nodes=(
        K,
        ListNode((), source=3),
        ListNode((0,), source=4),
        ListNode((1, 2, 0), source=1),
        ObjectNode((("x", 3), ("y", 0)), source=0),
        DictNode(((0, 2),), source=2),
        TensorNode(0),
        TupleNode((2, 6, 0)),
    ),
    roots=(7, 2, 4),
    sources=(LocalName("a"), Attribute(0, "x"), GlobalName("g"), Item(1, 0), Item(1, 1), DictItem(2, 0)),
    locals=(("a", 4),),
    globals=(("g", 5),),
    options=Options(temporaries=(7, 3)),
)


def well_formed(case: Case | None) -> Case:
    assert case is not None
    assert list(problems(case)) == []
    return case


def test_what_no_root_needs_is_dropped() -> None:
    """Here the global, its name and its sources; a mark on a dropped node goes with it."""
    marked = dataclasses.replace(EXISTING, options=Options(1, False, (7, 5, 3)))
    case = well_formed(Draft(marked).case())
    assert repr(case.nodes) == repr(
        (
            K,
            ListNode((), source=2),
            ListNode((0,), source=3),
            ListNode((1, 2, 0), source=1),
            ObjectNode((("x", 3), ("y", 0)), source=0),
            TensorNode(0),
            TupleNode((2, 5, 0)),
        )
    )
    assert case.sources == (LocalName("a"), Attribute(0, "x"), Item(1, 0), Item(1, 1))
    assert (case.roots, case.locals, case.globals) == ((6, 2, 4), (("a", 4),), ())
    assert case.options == Options(1, False, (6, 3))
    assert dumps(well_formed(Draft(case).case())) == dumps(case)


def test_what_a_source_leads_through_is_kept() -> None:
    """A root reached by a dict item needs the dict, its key, and the name that the dict is bound to."""
    nodes = (K, ListNode((), source=1), DictNode(((0, 1),), source=0), ListNode((), source=2))
    sources = (GlobalName("a"), DictItem(0, 0), LocalName("a"))
    case = Case(nodes, (1,), sources, (("a", 3),), (("a", 2), ("h", 0)))
    kept = well_formed(Draft(case).case())
    assert repr(kept.nodes) == repr(nodes[:3])
    assert kept.sources == sources[:2]
    assert (kept.locals, kept.globals) == ((), (("a", 2),))


def test_original_is_not_touched() -> None:
    before = dumps(EXISTING)
    draft = Draft(EXISTING)
    draft.drop_member(3, 0)
    draft.redirect(6, 0)
    draft.unsource(2)
    draft.roots.pop()
    draft.case()
    assert dumps(EXISTING) == before


def test_item_sources_move_when_a_member_is_dropped() -> None:
    draft = Draft(EXISTING)
    draft.drop_member(3, 0)
    case = well_formed(draft.case())
    # node 1 was only there; node 2 was item 1 and is item 0
    assert case.sources == (LocalName("a"), Attribute(0, "x"), Item(1, 0))
    world = World(case, GraphValue)
    moved = world.locals["a"].x[0]
    assert moved == ["k"]
    assert world.originals()[case.roots[1]] is moved
    assert world.originals()[case.roots[0]][0] is moved


def test_item_sources_before_the_dropped_member_stay() -> None:
    draft = Draft(EXISTING)
    draft.drop_member(3, 2)
    case = well_formed(draft.case())
    assert case.sources == (LocalName("a"), Attribute(0, "x"), Item(1, 0), Item(1, 1))
    assert repr(World(case, GraphValue).locals["a"].x) == "[[], ['k']]"


def test_item_sources_of_other_holders_stay() -> None:
    nodes = (
        ListNode((), source=1),
        ListNode((0, 0), source=0),
        ListNode((), source=3),
        TupleNode((2, 2), source=2),
        TupleNode((0, 2, 1, 3)),
    )
    sources = (LocalName("a"), Item(0, 1), LocalName("b"), Item(2, 1))
    case = Case(nodes, (4,), sources, (("a", 1), ("b", 3)))
    draft = Draft(case)
    draft.drop_member(1, 0)
    assert well_formed(draft.case()).sources == (LocalName("a"), Item(0, 0), LocalName("b"), Item(2, 1))


def test_value_keeps_another_source_that_leads_to_it() -> None:
    """Node 2 loses its place in the list, and is still in the global's dict."""
    needed = dataclasses.replace(EXISTING, roots=(7, 2, 4, 5))
    draft = Draft(needed)
    draft.drop_member(3, 1)
    case = well_formed(draft.case())
    source = case.nodes[case.roots[1]].source
    assert source is not None
    assert isinstance(case.sources[source], DictItem)


def test_redirect_reaches_every_mention() -> None:
    nodes = (
        ListNode((), source=0),
        ListNode((), source=1),
        TupleNode((1, 0)),
        ListNode((1,), source=2),
    )
    sources = (LocalName("a"), LocalName("b"), GlobalName("g"))
    case = Case(nodes, (2, 1, 3), sources, (("a", 0), ("b", 1)), (("g", 3), ("h", 1)))
    draft = Draft(case)
    draft.redirect(1, 0)
    assert draft.nodes[2] == TupleNode((0, 0))
    assert draft.nodes[3] == ListNode((0,), source=2)
    assert draft.roots == [2, 0, 3]
    assert draft.locals == {"a": 0, "b": 0}
    assert draft.globals == {"g": 3, "h": 0}
    assert len(well_formed(draft.case()).nodes) == 3


def test_unsource_makes_all_below_new() -> None:
    case = dataclasses.replace(EXISTING, roots=(2, 3))
    draft = Draft(case)
    draft.unsource(3)
    new = well_formed(draft.case())
    assert [node.source for node in new.nodes] == [None] * 4
    assert (new.sources, new.locals) == ((), ())


def test_draft_that_breaks_a_rule_gives_nothing() -> None:
    for edit in (
        lambda draft: draft.roots.clear(),
        lambda draft: draft.unsource(2),  # the existing list 3 would hold a new one
        lambda draft: draft.redirect(2, 7),
        lambda draft: draft.nodes.__setitem__(4, ObjectNode()),
        lambda draft: draft.nodes.__setitem__(7, DictNode(((0, 0), (0, 0)))),
        lambda draft: setattr(draft, "options", Options(passes=3)),
    ):
        draft = Draft(EXISTING)
        edit(draft)
        assert draft.case() is None


# --- the order of the table ---------------------------------------------------------------------------


def test_what_names_a_later_node_is_moved_behind_it() -> None:
    case = Case((K, ListNode(), TupleNode((0,)), SetNode((2,)), ListNode((3, 2, 1))), (4,))
    draft = Draft(case)
    draft.redirect(0, draft.stand_in())
    draft.redirect(2, 1)
    draft.put(3, TupleNode((4, 5)))
    draft.put(4, ListNode((3, 1, 5)))
    assert well_formed(draft.case()).nodes[:1] == (ListNode(),)
    assert repr(well_formed(draft.case()).nodes[1:]) == repr(
        (ListNode((3, 0, 2)), ConstantNode(0), TupleNode((1, 2)))
    )


def test_immutable_values_cannot_hold_each_other() -> None:
    case = Case((ListNode((1,)), TupleNode((0,)), TupleNode((1,))), (2,))
    draft = Draft(case)
    draft.redirect(0, 2)
    assert draft.case() is None


def test_table_in_order_stays_as_it_is() -> None:
    for case in (seeded_case(3, index) for index in range(300)):
        once = well_formed(Draft(case).case())
        assert dumps(well_formed(Draft(once).case())) == dumps(once)
        kept = [repr(with_children(node, lambda child: 0)) for node in once.nodes]
        rest = iter([repr(with_children(node, lambda child: 0)) for node in case.nodes])
        # a source has another number there
        assert all(any(_plain(text) == _plain(other) for other in rest) for text in kept)


def _plain(text: str) -> str:
    return text[: text.rindex("source=")]


def test_what_is_logged_is_kept_and_numbered_anew() -> None:
    nodes = (K, ListNode(), ConstantNode("logged"), TupleNode())
    case = check(Case(nodes, (3,), options=Options(logged=(2, 0, 2))))
    kept = well_formed(Draft(case).case())
    assert repr(kept.nodes) == repr((K, nodes[2], nodes[3]))
    assert kept.options.logged == (1, 0, 1)
    draft = Draft(case)
    draft.redirect(2, 0)
    assert well_formed(draft.case()).options.logged == (0, 0, 0)
    # what no logging function is called with is called with no more
    draft.put(0, ListNode())
    assert well_formed(draft.case()).options.logged == ()


def test_stand_in_is_one_that_is_there() -> None:
    for value in (False, 0.0, None):
        assert Draft(Case((ConstantNode(value),), (0,))).stand_in() == 1
    assert Draft(Case((ConstantNode(0, 0),), (0,), (LocalName("a"),), (("a", 0),))).stand_in() == 1
    draft = Draft(Case((K, ConstantNode(0)), (0,)))
    assert (draft.stand_in(), draft.stand_in(), len(draft.nodes)) == (1, 1, 2)
