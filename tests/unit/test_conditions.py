"""The named conditions: each holds of a case of its cause, and not of the nearest case without it."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest

from generators.case import Case, Effect, FreeName, GlobalName, LocalName, Options, TupleIteratorItem
from generators.nodes import (
    BoundMethodNode,
    CellNode,
    ConstantNode,
    DefaultDictNode,
    DictNode,
    FrozensetNode,
    FunctionNode,
    InstanceNode,
    IteratorNode,
    ListNode,
    MadeNode,
    NamedTupleNode,
    Node,
    ObjectNode,
    OrderedDictNode,
    RangeNode,
    SetNode,
    SliceNode,
    StructSequenceNode,
    SubclassNode,
    TensorNode,
    TupleNode,
    WeakRefNode,
)
from generators.rules import check
from harness.conditions import CONDITIONS
from oracles.run import Finding

K = ConstantNode(0)
A = (LocalName("a"),)


def found(message: str = "", node: int | None = None) -> Finding:
    return Finding("values", "any", "any", message, node=node)


def on_a(nodes: tuple[object, ...], at: int, *effects: Effect) -> Case:
    """The case whose node `at` is local a, and a root."""
    return Case(nodes, (at,), A, (("a", at),), (), Options(), effects)  # type: ignore[arg-type]


REVERSED = Case((RangeNode(0, 2, 1), MadeNode("reversed_range", (0,))), (1,))
ORDERED_SET = Case((ConstantNode(2), ConstantNode(1), MadeNode("ordered_set", (0, 1))), (2,))
DICT_OF_NEW = Case((FunctionNode(), MadeNode("attributes", (0,))), (1, 0))
KEYS_OF_EXISTING = Case(
    (DictNode((), 0), MadeNode("keys", (0,), 1)),
    (1,),
    (LocalName("a"), LocalName("b")),
    (("a", 0), ("b", 1)),
)
REBUILT = Options(value_from_source=False)
LEFT = IteratorNode((0,), 0, "tuple", 0)


def items_of_iterator(*effects: Effect) -> Case:
    """A list that is reached as the item of an existing iterator, which is local a."""
    nodes = (ListNode((), 1), IteratorNode((0,), 0, "tuple", 0))
    sources = (LocalName("a"), TupleIteratorItem(0, 0))
    return Case(nodes, (0,), sources, (("a", 1),), effects=effects)


REFERRED = Case(
    (ObjectNode((), 0), WeakRefNode(0, 1)),
    (1,),
    (LocalName("a"), LocalName("b")),
    (("a", 0), ("b", 1)),
)


def slices(*nodes: object) -> Case:
    """An empty list, an existing frozenset, a slice of the list and one of constants; then `nodes`."""
    made = (ListNode(), FrozensetNode((), 0), K, SliceNode((0, 2, 2)), SliceNode((2, 2, 2)), *nodes)
    return Case(made, (len(made) - 1, 1), (GlobalName("g"),), (), (("g", 1),))  # type: ignore[arg-type]


OBJECT = ObjectNode((("x", 0), ("y", 0)), 0)
ORDERED = OrderedDictNode(((0, 0), (1, 0)), 0)
KEYS = (K, ConstantNode(7))
DELETE, SET = Effect("delete_attribute", 1, name="x"), Effect("set_attribute", 1, name="x", value=0)
MOVE, ADD = Effect("move_to_end", 2, key=0), Effect("set_key", 2, key=1, value=1)
NESTED = (K, ListNode((), 0), ListNode((), 1))


def two_lists(*effects: Effect) -> Case:
    names = (LocalName("a"), LocalName("b"))
    return Case(NESTED, (1, 2), names, (("a", 1), ("b", 2)), (), Options(), effects)


RECORD = InstanceNode("FrozenRecord", attributes=(("x", 0),))


def made_with(held: ListNode, *effects: Effect) -> Case:
    """A new object that is called with a list, and one that is made after it."""
    plain = InstanceNode("Plain", attributes=(("x", 0), ("y", 0)))
    return Case((held, plain, InstanceNode("Plain")), (1, 2), effects=effects)


def frozen(held: int) -> Case:
    """A new frozen object that holds one that is made before it, or after it."""
    nodes = [InstanceNode("Plain"), InstanceNode("Plain")]
    nodes.insert(1 - held, InstanceNode("FrozenRecord", attributes=(("x", 2 * held),)))
    return Case(tuple(nodes), (0, 1, 2))


HOLDS_A_LATER_TENSOR = Case(
    (InstanceNode("FrozenRecord", attributes=(("y", 1), ("z", 1))), SubclassNode(0)),
    (0,),
    options=Options(passes=1),
)
METHOD = BoundMethodNode(0, "method")
SLOT = MadeNode("slot_method", (0, 1))
FROZEN = FrozensetNode((1,))


def hiding(name: str, node: Node) -> Case:
    """A global of the name, and a node that may name a constant or a tensor."""
    nodes = (K, TensorNode(0), ConstantNode(3, 0), node)
    return Case(nodes, (2, 3), (GlobalName(name),), (), ((name, 2),))


def free(name: str) -> Case:
    """A free variable of the name."""
    return Case((ListNode((), 0),), (0,), (FreeName(name),), free=((name, 0),))


def error(maker: str) -> Case:
    """An exception of Python's own that another led to."""
    return Case((ConstantNode("KeyError"), MadeNode("error", (0,)), MadeNode(maker, (0, 1))), (2,))


def user_error(maker: str) -> Case:
    """A user's exception that another led to."""
    return Case((ConstantNode("KeyError"), MadeNode("error", (0,)), MadeNode(maker, (1,))), (2,))


def of_functions(*annotated: str) -> Case:
    """A new function with annotations of these names."""
    return Case((K, FunctionNode(annotations=tuple([(name, 0) for name in annotated]))), (1,))


def met(on: Node, key: object) -> Case:
    """Local a, into which an effect puts a constant; `on` may name the constant 1."""
    operation = "add" if isinstance(on, SetNode) else "set_key"
    named = {"value": 1} if operation == "add" else {"key": 1, "value": 1}
    return on_a((ConstantNode(1), ConstantNode(key), on), 2, Effect(operation, 2, **named))


def met_by_member(key: object, member: str = "Word.EMPTY") -> Case:
    """Local a, a dict with one key, into which an effect puts a member of an enum."""
    nodes = (ConstantNode(key), ConstantNode(member), MadeNode("enum_member", (1,)), DictNode(((0, 0),), 0))
    return on_a(nodes, 3, Effect("set_key", 3, key=2, value=0))


def logged(node: Node, *arguments: int) -> Case:
    return Case((K, node), (0,), options=Options(logged=arguments or (1,)))


def searched(node: Node) -> Case:
    return on_a((K, node, ListNode((0,), 0)), 2, Effect("append", 2, value=1), Effect("remove", 2, value=0))


def searched_existing(node: Node) -> Case:
    """`node` exists as b."""
    case = searched(node)
    sources = (*case.sources, LocalName("b"))
    return dataclasses.replace(case, sources=sources, locals=(*case.locals, ("b", 1)))


def over_a_range(*effects: Effect) -> Case:
    """A list that gets an existing iterator over a range, and is searched then."""
    return Case(
        (K, RangeNode(0, 1, 1, 1), MadeNode("range_iterator", (1,), 2), ListNode((0,), 0)),
        (3,),
        (LocalName("a"), LocalName("b"), LocalName("c")),
        (("a", 3), ("b", 1), ("c", 2)),
        effects=(*effects, Effect("append", 3, value=2), Effect("remove", 3, value=0)),
    )


def called_away(*effects: Effect) -> Case:
    nodes = (K, ListNode((), 0))
    return Case(nodes, (0,), (FreeName("tmp_3"),), free=(("tmp_3", 1),), effects=effects)


NO_METHOD = "the emitted code raised AttributeError: 'int' object has no attribute 'extend'"
RAISED = Finding("values", "raised", "AttributeError", NO_METHOD)
NULL_OF = Case((ListNode(), MadeNode("null_of", (0,))), (1,))
OVER_AN_ITERATOR = Case((IteratorNode(), MadeNode("zip", (0,)), ListNode()), (1, 2))
ANNOTATION = "roots[0].__annotations__['x'] is an existing object where a new one is expected"

HOLDS = {
    "changed_object_holds_itself": [
        (on_a((K, ListNode((), 0)), 1, Effect("append", 1, value=1)), found()),
    ],
    "changed_object_is_held_by_another": [
        (two_lists(Effect("append", 2, value=0), Effect("append", 1, value=2)), found()),
    ],
    "attribute_is_set_after_it_was_deleted": [
        (on_a((K, OBJECT), 1, DELETE, SET), found()),
        # in its `__dict__`
        (
            on_a((K, OBJECT, MadeNode("attributes", (1,))), 1, DELETE, SET),
            found("roots[1].keys[0] is 'y', not 'x'", 2),
        ),
    ],
    "finding_is_in_a_slice_of_more_than_constants": [
        (slices(TupleNode((3,))), found("roots[0][0].start is a copy", 0)),
        (slices(TupleNode((3,))), found("roots[0][0] is not the object at roots[1]", 3)),
        (slices(TupleNode((1, 3))), found("roots[0][0] is a copy", 1)),
        (slices(TupleNode((3,))), found("roots[1] is not the object at roots[0], and should be", 5)),
        (slices(FunctionNode((), (1, 3))), found("roots[0].__defaults__[0] is a copy", 1)),
        (
            Case((K, SliceNode((0, 0, 0))), (1,)),
            found("roots[0].start is a LazyVariableTracker, not a type", 0),
        ),
    ],
    "finding_is_a_list_iterator_over_a_tuple": [
        (Case((IteratorNode(),), (0,)), found("roots[0] is a tuple_iterator, not a list_iterator", 0)),
        (
            Case((ListNode(), MadeNode("zip", (0,))), (1,)),
            found("roots[0].<part 0> is a tuple_iterator, not a list_iterator", 1),
        ),
    ],
    "finding_is_an_iterator_without_a_tracker": [
        (Case((MadeNode("chain"),), (0,)), found("roots[0] is a tuple_iterator, not a chain", 0)),
    ],
    "finding_is_a_reversed_range": [(REVERSED, found("roots[0] has 0 parts, not 2", 1))],
    "finding_is_an_element_of_an_ordered_set": [
        (ORDERED_SET, found("roots[0].<part 0> is 1, not 2", 2)),
    ],
    "finding_is_a_changed_ordered_set": [
        (on_a((K, MadeNode("ordered_set", (0,), 0)), 1, Effect("clear", 1)), found(node=1)),
    ],
    "finding_is_the_dict_of_a_new_function": [
        (DICT_OF_NEW, found("roots[0] has 1 members, not 0", 1)),
        (DICT_OF_NEW, found("roots[1].__dict__ is not the object at roots[0], and should be")),
        (DICT_OF_NEW, found("roots[1] is not the object at roots[0].__dict__, and should be", 0)),
    ],
    "finding_is_a_rebuilt_view_of_keys": [
        (KEYS_OF_EXISTING, found("roots[0] is a set, not a dict_keys", 1)),
    ],
    "finding_is_a_viewed_new_dict": [
        (Case((OrderedDictNode(), MadeNode("keys", (0,))), (0, 1)), found(node=0)),
        (Case((DefaultDictNode(), MadeNode("mapping_proxy", (0,))), (0, 1)), found(node=1)),
        (Case((DefaultDictNode(((1, 2),)), K, MadeNode("values", (0,))), (2,)), found()),
    ],
    "finding_is_a_drained_iterator": [(on_a((K, LEFT), 1, Effect("drain", 1)), found(node=1))],
    "item_of_an_iterator_that_moved": [(items_of_iterator(Effect("advance", 1)), found())],
    "finding_is_an_empty_cell": [(Case((CellNode(), FunctionNode((0,))), (1,)), found(node=0))],
    "finding_is_a_weak_reference": [
        (REFERRED, found(node=1)),
        (on_a((ObjectNode((), 0),), 0), found("stack[0] is a Thing, not a ReferenceType")),
    ],
    "new_function_over_an_empty_cell": [(Case((CellNode(), FunctionNode((0,))), (1,)), found())],
    "finding_is_in_a_dict_whose_keys_only_moved": [
        (on_a((*KEYS, ORDERED), 2, MOVE), found("roots[0].keys[0] is 0, not 7")),
    ],
    "existing_named_tuple": [
        (on_a((NamedTupleNode((), 0),), 0), found()),
        (on_a((InstanceNode("SubTuple", source=0),), 0), found()),
        (on_a((K, StructSequenceNode((0, 0), 0)), 1), found()),
    ],
    "two_methods_of_one_object_and_name": [
        (on_a((ObjectNode((), 0), METHOD, METHOD), 0), found(node=2)),
        (on_a((ObjectNode((), 0), ConstantNode("__str__"), SLOT, SLOT), 0), found(node=3)),
    ],
    "frozenset_is_made_beside_a_global_of_its_name": [
        (hiding("frozenset", FROZEN), found()),
    ],
    "dict_is_replayed_beside_a_global_called_type": [
        (hiding("type", OrderedDictNode()), found()),
        (hiding("set", InstanceNode("SubSet")), found()),
    ],
    "a_global_is_called_range": [(hiding("range", ListNode()), found())],
    "a_cell_is_called_as_a_temporary": [
        (free("tmp_0"), found("local 'tmp_0' holds list, not a cell")),
        (called_away(Effect("append", 1, value=0)), RAISED),
    ],
    "finding_is_a_logged_tensor_without_its_attributes": [
        (logged(SubclassNode(0, attributes=(("x", 0),))), found("logged[0][0] has attributes [], not ['x']")),
    ],
    "finding_is_a_subclass_converted_twice": [
        (
            logged(SubclassNode(0), 1, 1),
            found("logged[0][1] is not the object at logged[0][0], and should be"),
        ),
        (
            replace(on_a((SubclassNode(0, 0),), 0), options=REBUILT),
            Finding("values", "sharing-lost", "tensor_subclass", "roots[1] is not the object at roots[0]"),
        ),
    ],
    "list_with_what_is_no_constant_is_searched": [
        (searched(FunctionNode()), found()),
        (searched(InstanceNode("FrozenRecord")), found()),
        (searched_existing(InstanceNode("FrozenRecord", source=1)), found()),
        (over_a_range(Effect("advance", 2)), found()),
        (searched(IteratorNode()), found()),
    ],
    "finding_is_the_suppression_of_an_exception": [
        (error("error_from_none"), found("roots[0].<part 2> is False, not True")),
    ],
    "finding_is_the_cause_of_a_users_exception": [
        (user_error("user_error_from"), found("roots[0].<part 0> is a NoneType, not a KeyError")),
    ],
    "finding_is_what_a_null_manager_gives": [
        (NULL_OF, found("roots[0].enter_result is a NoneType, not a list", 0)),
        (NULL_OF, found("TypeError")),
    ],
    "finding_is_in_a_set_of_a_users_class": [
        (on_a((InstanceNode("SubSet", source=0),), 0), found(node=0)),
    ],
    "new_object_needs_what_is_made_after_it": [
        (made_with(ListNode((2,))), found()),
        (frozen(1), found()),
        (HOLDS_A_LATER_TENSOR, Finding("values", "sharing-lost", "tensor_subclass", "")),
        # through a list that an effect changes
        (made_with(ListNode(), Effect("append", 0, value=2)), found()),
        # of a class that is called with its items
        (Case((ListNode((2,)), MadeNode("pair", (0,)), InstanceNode("Plain")), (1,)), found()),
    ],
    "attribute_is_deleted_from_a_new_frozen_object": [
        (
            Case((K, RECORD), (1,), effects=(Effect("delete_attribute", 1, name="x"),)),
            found(),
        ),
    ],
    "finding_is_in_a_dict_that_was_reordered": [
        (on_a((*KEYS, ORDERED), 2, MOVE, ADD), found("roots[0].keys[0] is 0, not 7")),
        (on_a((*KEYS, ORDERED), 2, ADD, MOVE), found("roots[0].values[1] is 0, not 7")),
    ],
    "some_value_holds_itself": [
        (Case((ListNode((0,)),), (0,)), found()),
        # through another, and after an effect alone
        (Case((ListNode((1,)), TupleNode((0,))), (1,)), found()),
        (on_a((K, ListNode((), 0)), 1, Effect("append", 1, value=1)), found()),
        # until an effect empties it
        (on_a((K, ListNode((), 0)), 1, Effect("append", 1, value=1), Effect("clear", 1)), found()),
    ],
    "frozenset_with_elements_is_built": [
        (Case((K, FrozensetNode((0,))), (1,)), found()),
        # an existing one, where existing values are rebuilt
        (replace(on_a((K, FrozensetNode((0,), 0)), 1), options=REBUILT), found()),
    ],
    "new_function_with_several_annotations": [(of_functions("x", "y"), found())],
    "equal_keys_of_two_types": [
        (met(SetNode((0,), 0), True), found()),
        *((met(kind(((0, 0),), source=0), 1.0), found()) for kind in (DictNode, OrderedDictNode)),
        (met(InstanceNode("SubDict", pairs=((0, 0),), source=0), 1.0), found()),
        (met_by_member(""), found()),
    ],
    "finding_is_in_the_annotations_of_a_new_function": [(of_functions("x"), found(ANNOTATION))],
    "finding_is_at_what_a_new_zip_map_or_filter_goes_over": [
        (OVER_AN_ITERATOR, found(node=0)),
        (OVER_AN_ITERATOR, found(node=1)),
        (OVER_AN_ITERATOR, found("roots[0][0].<part 1> is a tuple_iterator, not a range_iterator", 2)),
    ],
    "finding_is_a_new_iterator_with_nothing_left": [
        (Case((K, IteratorNode((0,), 1)), (1,)), found(node=1)),
        (Case((K, IteratorNode((0, 0), 2, "tuple")), (1,)), found(node=1)),
    ],
}
"""Condition -> cases and findings of which it holds."""

DOES_NOT_HOLD = {
    "changed_object_holds_itself": [
        (on_a((K, ListNode((), 0)), 1, Effect("append", 1, value=0)), found()),
        # it holds itself, and no effect changes it
        (on_a((ListNode((0,), 0),), 0), found()),
    ],
    "changed_object_is_held_by_another": [
        # the held one is not changed
        (two_lists(Effect("append", 1, value=2)), found()),
    ],
    "attribute_is_set_after_it_was_deleted": [
        (on_a((K, OBJECT), 1, SET, DELETE), found()),
        # another value
        (
            on_a((K, OBJECT, MadeNode("attributes", (1,))), 1, DELETE, SET),
            found("roots[1].values[0] is 1, not 0", 2),
        ),
    ],
    "finding_is_in_a_slice_of_more_than_constants": [
        # a slice of constants
        (Case((K, SliceNode((0, 0, 0))), (1,)), found("roots[0].start is 1, not 0", 0)),
        # beside the slice in a list, which is no constant
        (slices(ListNode((1, 3))), found("roots[0][0] is a copy", 1)),
        # beside it in a tuple, and no constant
        (slices(TupleNode((0, 3))), found("roots[0][0] is a copy", 0)),
        # in a tuple without it
        (slices(TupleNode((1, 4))), found("roots[0][0] is a copy", 1)),
    ],
    "finding_is_a_list_iterator_over_a_tuple": [
        (Case((IteratorNode(),), (0,)), found("roots[0] is a list, not a list_iterator", 0)),
        (
            Case((IteratorNode((), 0, "tuple"),), (0,)),
            found("roots[0] is a list_iterator, not a tuple_iterator", 0),
        ),
        # of a tuple alone
        (
            Case((TupleNode(), MadeNode("zip", (0,))), (1,)),
            found("roots[0].<part 0> is a tuple_iterator, not a list_iterator", 1),
        ),
    ],
    "finding_is_an_iterator_without_a_tracker": [
        # wrong in another way; an iterator that has a tracker
        (Case((MadeNode("chain"),), (0,)), found("roots[0] is a list, not a chain", 0)),
        (Case((MadeNode("zip"),), (0,)), found("roots[0] is a tuple_iterator, not a zip", 0)),
    ],
    "finding_is_a_reversed_range": [
        (Case((RangeNode(0, 2, 1), MadeNode("range_iterator", (0,))), (1,)), found(node=1)),
    ],
    "finding_is_an_element_of_an_ordered_set": [
        (ORDERED_SET, found("roots[0] has 1 parts, not 2", 2)),
        # it is loaded, and nothing is rebuilt
        (
            on_a((K, MadeNode("ordered_set", (0,), 0)), 1),
            found("roots[0].<part 0> is 1, not 2", 1),
        ),
    ],
    "finding_is_a_changed_ordered_set": [(on_a((K, MadeNode("ordered_set", (0,), 0)), 1), found(node=1))],
    "finding_is_the_dict_of_a_new_function": [
        (on_a((ObjectNode((), 0), MadeNode("attributes", (0,))), 0), found(node=1)),
        (DICT_OF_NEW, found("roots[1].__dict__ has attributes", 0)),
    ],
    "finding_is_a_rebuilt_view_of_keys": [
        (KEYS_OF_EXISTING, found("roots[0] is a dict_values, not a dict_keys", 1)),
        (Case((DictNode(), MadeNode("keys", (0,))), (1,)), found("roots[0] is a set, not a dict_keys", 1)),
    ],
    "finding_is_a_viewed_new_dict": [
        # a plain dict, an existing one, one that nothing shows
        (Case((DictNode(), MadeNode("keys", (0,))), (0, 1)), found(node=0)),
        (on_a((OrderedDictNode((), 0), MadeNode("keys", (0,))), 0), found(node=0)),
        (Case((OrderedDictNode(),), (0,)), found(node=0)),
        # a refusal beside one that does not hold what shows it
        (Case((DefaultDictNode(), K, MadeNode("values", (0,))), (2,)), found()),
    ],
    "finding_is_a_drained_iterator": [(on_a((K, LEFT), 1, Effect("advance", 1)), found(node=1))],
    "item_of_an_iterator_that_moved": [(items_of_iterator(), found())],
    "finding_is_a_weak_reference": [
        (REFERRED, found("roots[0] is a list, not a Thing", 0)),
        (on_a((ObjectNode((), 0),), 0), found("roots[0] is a ReferenceType, not a Thing")),
    ],
    "finding_is_an_empty_cell": [(Case((K, CellNode(0), FunctionNode((1,))), (2,)), found(node=1))],
    "new_function_over_an_empty_cell": [(Case((K, CellNode(0), FunctionNode((1,))), (2,)), found())],
    "finding_is_in_a_dict_whose_keys_only_moved": [
        (on_a((*KEYS, ORDERED), 2, MOVE, ADD), found("roots[0].keys[0] is 0, not 7")),
        (on_a((*KEYS, ORDERED), 2, ADD), found("roots[0].keys[0] is 0, not 7")),
        (on_a((*KEYS, ORDERED), 2, MOVE), found("roots[0] is a dict, not a OrderedDict")),
    ],
    "existing_named_tuple": [
        (Case((NamedTupleNode(),), (0,)), found()),
        (on_a((InstanceNode("SubList", source=0),), 0), found()),
    ],
    "two_methods_of_one_object_and_name": [
        (on_a((ObjectNode((), 0), METHOD, BoundMethodNode(0, "other")), 0), found(node=2)),
        # of a new list, whose methods have no source
        (
            Case((ListNode(), BoundMethodNode(0, "append"), BoundMethodNode(0, "append")), (1, 2)),
            found(node=2),
        ),
        # the finding is somewhere else
        (on_a((ObjectNode((), 0), METHOD, METHOD), 0), found(node=0)),
    ],
    "finding_is_in_a_set_of_a_users_class": [
        (on_a((InstanceNode("SubList", source=0),), 0), found(node=0)),
        (on_a((InstanceNode("SubSet", source=0),), 0), found()),
    ],
    "new_object_needs_what_is_made_after_it": [
        # what comes later is in the list no more
        (made_with(ListNode((2,)), Effect("clear", 0)), found()),
        # the note is set later
        (Case((ListNode((2,)), MadeNode("pair_noted", (0,)), InstanceNode("Plain")), (1,)), found()),
        # what it holds is made first
        (frozen(0), found()),
        # there is a temporary for what is held twice
        (
            dataclasses.replace(HOLDS_A_LATER_TENSOR, options=Options(passes=2)),
            Finding("values", "sharing-lost", "tensor_subclass", ""),
        ),
    ],
    "attribute_is_deleted_from_a_new_frozen_object": [
        (Case((K, RECORD), (1,), effects=(Effect("set_attribute", 1, name="x", value=0),)), found()),
    ],
    "frozenset_is_made_beside_a_global_of_its_name": [
        (hiding("g", FROZEN), found()),
        # a constant is loaded
        (hiding("frozenset", FrozensetNode((0,))), found()),
    ],
    "dict_is_replayed_beside_a_global_called_type": [
        (hiding("g", OrderedDictNode()), found()),
        (hiding("type", ListNode()), found()),
    ],
    "a_global_is_called_range": [(hiding("g", ListNode()), found())],
    "finding_is_a_logged_tensor_without_its_attributes": [
        # it has another attribute
        (
            logged(SubclassNode(0, attributes=(("x", 0),))),
            found("logged[0][0] has attributes ['y'], not ['x']"),
        ),
        # not at what was logged
        (logged(SubclassNode(0, attributes=(("x", 0),))), found("roots[0] has attributes [], not ['x']")),
    ],
    "finding_is_a_subclass_converted_twice": [
        # an attribute of it; another value; loaded from its source
        (logged(SubclassNode(0), 1, 1), found("logged[0][1].x is not the object at logged[0][0].x")),
        (logged(TensorNode(0), 1, 1), found("logged[0][1] is not the object at logged[0][0], and should be")),
        (
            on_a((SubclassNode(0, 0),), 0),
            Finding("values", "sharing-lost", "tensor_subclass", "roots[1] is not the object at roots[0]"),
        ),
    ],
    "list_with_what_is_no_constant_is_searched": [
        (searched(ListNode()), found()),
        (searched(InstanceNode("Record")), found()),
        (searched_existing(FunctionNode(source=1)), found()),
        # it has not moved
        (over_a_range(), found()),
    ],
    "a_cell_is_called_as_a_temporary": [
        # what is in it is not changed
        (called_away(), RAISED),
        (free("p"), found("local 'tmp_0' holds list, not a cell")),
        (free("tmp_0"), found("local 'tmp_1' holds list, not a cell")),
    ],
    "finding_is_the_suppression_of_an_exception": [
        # what follows from a cause
        (error("error_from"), found("roots[0].<part 2> is False, not True")),
        (error("error_from_none"), found("roots[0].<part 3> is False, not True")),
    ],
    "finding_is_the_cause_of_a_users_exception": [
        (error("error_from"), found("roots[0].<part 0> is a NoneType, not a KeyError")),
        (user_error("user_error_from"), found("roots[0].<part 3> is a NoneType, not a KeyError")),
    ],
    "finding_is_what_a_null_manager_gives": [
        (NULL_OF, found("roots[0] is a NoneType, not a nullcontext", 1)),
        (Case((ListNode(),), (0,)), found("roots[0].enter_result is a NoneType, not a list", 0)),
    ],
    "finding_is_in_a_dict_that_was_reordered": [
        # moved alone, filled alone; of something else than what is in a dict
        (on_a((*KEYS, ORDERED), 2, MOVE), found("roots[0].keys[0] is 0, not 7")),
        (on_a((*KEYS, ORDERED), 2, ADD), found("roots[0].keys[0] is 0, not 7")),
        (on_a((*KEYS, ORDERED), 2, MOVE, ADD), found("roots[0] is a dict, not a OrderedDict")),
    ],
    "some_value_holds_itself": [
        # twice the same is no cycle
        (Case((ListNode(), ListNode((0, 0))), (1,)), found()),
        (on_a((K, ListNode((), 0)), 1, Effect("append", 1, value=0)), found()),
        # until an effect empties it
        (on_a((ListNode((0,), 0),), 0, Effect("clear", 0)), found()),
    ],
    "frozenset_with_elements_is_built": [
        (Case((FrozensetNode(),), (0,)), found()),
        # it is loaded
        (on_a((K, FrozensetNode((0,), 0)), 1), found()),
    ],
    "new_function_with_several_annotations": [
        (of_functions("x"), found()),
        # an existing one
        (on_a((K, FunctionNode(annotations=(("x", 0), ("y", 0)), source=0)), 1), found()),
    ],
    "equal_keys_of_two_types": [
        # of one type; not equal; nothing is changed
        (met(SetNode((0,), 0), 1), found()),
        (met(SetNode((0,), 0), 2.0), found()),
        (met_by_member(None), found()),
        (met_by_member(None, "Colour.RED"), found()),
        (on_a((ConstantNode(1), ConstantNode(True), DictNode(((0, 1),), 0)), 2), found()),
    ],
    "finding_is_in_the_annotations_of_a_new_function": [
        (of_functions("x"), found("roots[0] is a list, not a function")),
        (of_functions(), found(ANNOTATION)),
    ],
    "finding_is_at_what_a_new_zip_map_or_filter_goes_over": [
        (OVER_AN_ITERATOR, found()),
        (OVER_AN_ITERATOR, found(node=2)),
    ],
    "finding_is_a_new_iterator_with_nothing_left": [
        (Case((K, IteratorNode((0,), 1)), (1,)), found()),
        (Case((K, IteratorNode((0,), 1)), (1,)), found(node=0)),
        # something is left, there never was anything, it exists
        (Case((K, IteratorNode((0,))), (1,)), found(node=1)),
        (Case((K, IteratorNode(())), (1,)), found(node=1)),
        (on_a((K, IteratorNode((0,), 1, "tuple", 0)), 1), found(node=1)),
    ],
}
"""Condition -> its nearest neighbours, of which it does not."""


def test_every_condition_is_held_against_its_neighbours() -> None:
    assert set(HOLDS) == set(DOES_NOT_HOLD) == set(CONDITIONS)


def rows(table: dict[str, list[tuple[Case, Finding]]]) -> list[tuple[str, Case, Finding]]:
    return [(name, *row) for name, listed in table.items() for row in listed]


@pytest.mark.parametrize(("name", "case", "finding"), rows(HOLDS))
def test_condition_holds(name: str, case: Case, finding: Finding) -> None:
    assert CONDITIONS[name](check(case), finding)


@pytest.mark.parametrize(("name", "case", "finding"), rows(DOES_NOT_HOLD))
def test_condition_does_not_hold(name: str, case: Case, finding: Finding) -> None:
    assert not CONDITIONS[name](check(case), finding)
