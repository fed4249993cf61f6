"""Trackers whose classes have another shape from version to version, made in the shape that is here.

Claim: as in `dynamo_trackers.py`; which shape there is, is asked of the constructors.

A named tuple, a struct sequence, an ordered dict and a defaultdict are, by version: a plain container that
knows a class; an object of a class around a plain container (`tuple_vt`, `dict_vt`); or both in one.
"""

from __future__ import annotations

import collections
import functools
from typing import TYPE_CHECKING, Any

from torch._dynamo import source, variables
from torch._dynamo.variables import base
from torch._dynamo.variables.builder import SourcelessBuilder

from harness.targets.dynamo_here import (
    ANNOTATIONS_APART,
    ANNOTATIONS_IN_A_SLOT,
    HashableTracker,
    absent,
    accepted,
    accepts,
    look,
    one_of,
    there,
    track_new,
)

if TYPE_CHECKING:
    from harness.targets.dynamo_trackers import DynamoTrackers

StructSequence = there("torch._dynamo.variables.user_defined", "StructSequenceVariable")
OrderedDict = there("torch._dynamo.variables", "OrderedDictVariable")
UserDefinedOrderedDict = one_of(
    ("torch._dynamo.variables", "UserDefinedOrderedDictVariable"),
    ("torch._dynamo.variables", "OrderedDictVariable"),
)
DefaultDict = variables.DefaultDictVariable
BothMutations = look("torch._dynamo.variables.base", "ValueAndAttributeMutationExisting")

AROUND = "an object around a container"
BOTH = "a container and an object in one"
PLAIN = "a container that knows a class"

NAMED_TUPLES = (
    AROUND
    if accepts(variables.NamedTupleVariable, "tuple_vt")
    else PLAIN
    if accepts(variables.NamedTupleVariable, "tuple_cls")
    else BOTH
)
"""The shape of named tuples and of struct sequences: where it is PLAIN, these are named tuples."""

ORDERED_DICTS = AROUND if OrderedDict and accepts(OrderedDict, "dict_vt") else PLAIN
"""The shape of ordered dicts: where it is PLAIN, their class is that of dicts or one of its own below it."""

DEFAULT_DICTS = (
    AROUND if accepts(DefaultDict, "dict_vt") else PLAIN if accepts(DefaultDict, "user_cls") else BOTH
)
"""The shape of defaultdicts: where it is BOTH, new ones are objects, whatever the existing ones are."""

_supported_factory = one_of(
    ("torch._dynamo.variables", "DefaultDictVariable.is_supported_arg"),
    ("torch._dynamo.variables", "DefaultDictVariable.is_supported_factory"),
)
"""May a new defaultdict have what this tracker stands for as its factory?"""


def value_mutation(where: Any) -> Any:
    """How the contents of a container change, new or with a source."""
    return base.ValueMutationNew() if where is None else base.ValueMutationExisting()


def attribute_mutation(where: Any) -> Any:
    """How the attributes of an object change, new or with a source."""
    return base.AttributeMutationNew() if where is None else base.AttributeMutationExisting()


def track_existing(side_effects: Any, value: Any, tracker: Any) -> None:
    """Note an existing object that is about to change, by the way in which its tracker may."""
    kind = type(tracker.mutation_type)
    if issubclass(kind, base.AttributeMutationExisting):
        track = side_effects.track_object_existing
        track(value, tracker, **accepted(track, mutation_type_cls=kind))
    else:
        side_effects.track_mutable(value, tracker)


def contents(tracker: Any) -> Any:
    """The container that the tracker of an object is around, or the tracker itself, which is one."""
    names = ("_base_vt", "_dict_vt", "_list_vt", "_set_vt", "_tuple_vt")
    return next((vars(tracker)[name] for name in names if vars(tracker).get(name) is not None), tracker)


def fill_dict(tracker: Any, pairs: dict[Any, Any]) -> None:
    """Put pairs of trackers into a dict of any class."""
    held = contents(tracker)
    held.items.update((HashableTracker(key), value) for key, value in pairs.items())
    if held.source is not None:
        held.original_items.update(pairs)


# --- named tuples and struct sequences --------------------------------------------------------------------


def named_tuple(kind: type, example: Any, items: list[Any], where: Any) -> Any:
    """A named tuple; `example` is one of its class."""
    if NAMED_TUPLES == PLAIN:
        return variables.NamedTupleVariable(items, kind, source=where)
    return _tuple(variables.NamedTupleVariable, example, items, where, attribute_mutation(where))


def track_new_tuple(side_effects: Any, tracker: Any) -> None:
    """Note a new named tuple, where making one is noted."""
    if NAMED_TUPLES == AROUND:
        side_effects.id_to_variable[id(tracker.value)] = tracker
        side_effects.keepalive.append(tracker.value)


def struct_sequence(kind: type, example: Any, items: list[Any], where: Any) -> Any:
    """A struct sequence; `example` is one of its class."""
    if NAMED_TUPLES == PLAIN:
        return variables.NamedTupleVariable(items, kind, source=where)
    # what is both comes with the outputs of the graph, as any container that is made in the frame
    new = value_mutation if NAMED_TUPLES == BOTH and where is None else attribute_mutation
    return _tuple(StructSequence, example, items, where, new(where))


def _tuple(kind: Any, example: Any, items: list[Any], where: Any, mutation: Any) -> Any:
    if NAMED_TUPLES == BOTH:
        return kind(example, items=items, source=where, mutation_type=mutation)
    around = variables.TupleVariable(items, source=where, mutation_type=value_mutation(where))
    return kind(example, tuple_vt=around, source=where, mutation_type=mutation)


# --- dicts with a class of their own ----------------------------------------------------------------------


def ordered_dict(made: DynamoTrackers, at: int, pairs: dict[Any, Any], where: Any) -> Any:
    """An ordered dict; a new one may be filled later, as a new dict."""
    if ORDERED_DICTS == PLAIN:
        kind = OrderedDict or functools.partial(variables.ConstDictVariable, user_cls=collections.OrderedDict)
        return kind(pairs, source=where, mutation_type=value_mutation(where))
    if where is None and at not in made.live:
        return OrderedDict(collections.OrderedDict())
    if where is None:
        kind = made.the_ordered_dict_class()
        tracker = track_new(made, kind, kind, [])
        fill_dict(tracker, pairs)
        return tracker
    inside = variables.ConstDictVariable(
        pairs,
        collections.OrderedDict,
        source=where,
        mutation_type=base.ValueMutationExisting(),
    )
    return OrderedDict(
        made.world.objects[at],
        dict_vt=inside,
        source=where,
        mutation_type=base.AttributeMutationExisting(),
    )


def default_dict(made: DynamoTrackers, at: int, factory: Any, pairs: dict[Any, Any], where: Any) -> Any:
    """A defaultdict; a new one may be filled later, as a new dict."""
    if where is None:
        tracker = _new_default_dict(made, at, factory)
        fill_dict(tracker, pairs)
        return tracker
    if DEFAULT_DICTS == PLAIN:
        return DefaultDict(
            pairs, collections.defaultdict, factory, source=where, mutation_type=value_mutation(where)
        )
    if DEFAULT_DICTS == BOTH:
        return DefaultDict(pairs, default_factory=factory, source=where, mutation_type=BothMutations())
    inside = variables.ConstDictVariable(pairs, source=where, mutation_type=base.ValueMutationExisting())
    return DefaultDict(
        made.world.objects[at],
        default_factory=factory,
        dict_vt=inside,
        source=where,
        mutation_type=base.AttributeMutationExisting(),
    )


def _new_default_dict(made: DynamoTrackers, at: int, factory: Any) -> Any:
    """A new defaultdict with nothing in it, noted among the side effects where it is an object."""
    if not (isinstance(factory, variables.ConstantVariable) or _supported_factory(factory)):
        raise absent("a new defaultdict whose factory is a class")
    if DEFAULT_DICTS == PLAIN:
        mutation = base.ValueMutationNew()
        return DefaultDict({}, collections.defaultdict, factory, mutation_type=mutation)
    if at not in made.live:
        return variables.ConstDictVariable({}, mutation_type=base.ValueMutationNew())
    kind = variables.UserDefinedClassVariable(
        collections.defaultdict, source=source.AttrSource(made.collections_source(), "defaultdict")
    )
    translator = made.target.translator
    tracker = track_new(made, SourcelessBuilder.create(translator, dict), kind, [])
    tracker.default_factory = factory
    made.side_effects.store_attr(tracker, "default_factory", factory)
    return tracker


# --- functions and methods --------------------------------------------------------------------------------

_method_of_a_builtin = one_of(
    ("torch._dynamo.variables.misc", "CallMethodVariable"), ("torch._dynamo.variables", "GetAttrVariable")
)
"""The method of an object that torch has a class for: its object and its name."""


def function(made: DynamoTrackers, *, annotations: dict[Any, Any], **parts: Any) -> Any:
    """A new function; `annotations` are pairs of trackers, `parts` the other arguments of the tracker."""
    if ANNOTATIONS_APART:
        flat = [each for pair in annotations.items() for each in pair]
        told = variables.TupleVariable(flat) if flat else None
        return variables.NestedUserFunctionVariable(annotations=told, **parts)
    tracker = variables.NestedUserFunctionVariable(**parts)
    if annotations:
        told = variables.ConstDictVariable(annotations, mutation_type=base.ValueMutationNew())
        if ANNOTATIONS_IN_A_SLOT:
            tracker.annotations = told
        else:
            tracker.get_dict_vt(made.target.translator).setitem("__annotations__", told)
    return tracker


def set_on_function(made: DynamoTrackers, function: Any, name: str, value: Any) -> None:
    """An attribute of a new function, set as an assignment to it sets it."""
    if ANNOTATIONS_APART:
        made.side_effects.store_attr(function, name, value)
    else:
        function.get_dict_vt(made.target.translator).setitem(name, value)


def method_of_an_object(function: Any, holder: Any, where: Any) -> Any:
    """A function of a user's class, bound to one of its objects."""
    kind = variables.UserMethodVariable
    if accepts(kind, "im_func"):
        of = where and source.AttrSource(where, "__func__")
        return kind(variables.UserFunctionVariable(function, source=of), holder, source=where)
    return kind(function, holder, source=where)


def method_of_a_builtin(name: str, holder: Any, where: Any) -> Any:
    """A method of an object that torch has a class for."""
    return _method_of_a_builtin(holder, name, source=where)
