"""Torch's own trackers of instances of a user's class, of the frame's own cells and of changed variables.

Claim: as in `dynamo_trackers.py`; a new instance is tracked by what a call of its class leads to, and an
attribute is set by the method that a traced `setattr` ends in.

What belongs to one torch version stands here, in `dynamo_trackers.py` and in `dynamo.py`.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from torch._dynamo import source, variables
from torch._dynamo.variables import base

from generators.case import Effect
from generators.instances import USER_CLASSES
from generators.nodes import InstanceNode, called_with
from harness.targets import dynamo_shapes as shapes
from harness.targets.dynamo_here import absent, accepts, there
from oracles.instances import CLASSES

FrozenDataClass = there("torch._dynamo.variables.user_defined", "FrozenDataClassVariable")
UserDefinedList = there("torch._dynamo.variables.user_defined", "UserDefinedListVariable")
UserDefinedTuple = there("torch._dynamo.variables.user_defined", "UserDefinedTupleVariable")
UserDefinedSet = there("torch._dynamo.variables.user_defined", "UserDefinedSetVariable")
UserDefinedDict = there("torch._dynamo.variables.user_defined", "UserDefinedDictVariable")

if TYPE_CHECKING:
    from harness.targets.dynamo_trackers import DynamoTrackers


def class_of(made: DynamoTrackers, name: str) -> Any:
    """The tracker of a user's class, which is found in its module."""
    if name not in made.user_classes:
        where = made.target.translator.import_source(CLASSES[name].__module__)
        made.user_classes[name] = variables.UserDefinedClassVariable(
            CLASSES[name], source=source.AttrSource(where, name)
        )
    return made.user_classes[name]


def instance(made: DynamoTrackers, at: int, node: InstanceNode, where: Any) -> Any:
    """The tracker of an instance; what a new one holds is put in here, and its attributes are set later."""
    if where is not None:
        return _existing(made, at, node, where)
    if at not in made.live:
        return variables.UserDefinedObjectVariable(object())
    if USER_CLASSES[node.name].base == "set" and not UserDefinedSet:
        raise absent("a new set of a user's class")
    whole = made.case.nodes[at]
    kind = class_of(made, node.name)
    arguments = []
    if USER_CLASSES[node.name].base == "tuple":
        items = made.many(node.items)
        arguments = [variables.ListVariable(items, mutation_type=base.ValueMutationNew())]
    elif isinstance(whole, InstanceNode):
        arguments = made.many(called_with(whole, at))
    tracker = kind.call_method(made.target.translator, "__new__", [kind, *arguments], {})
    made.set_later += [(tracker, name, child) for name, child in whole.attributes]  # type: ignore[union-attr]
    fill(made, tracker, node)
    return tracker


def _existing(made: DynamoTrackers, at: int, node: InstanceNode, where: Any) -> Any:
    value = made.world.objects[at]
    options = {"source": where, "mutation_type": base.AttributeMutationExisting()}
    build = _EXISTING.get(USER_CLASSES[node.name].base)
    if build is not None:
        return build(made, node, value, options)
    kind = FrozenDataClass if node.name == "FrozenRecord" else variables.UserDefinedObjectVariable
    return kind(value, **options)


def _contents(options: dict[str, Any]) -> dict[str, Any]:
    return {"source": options["source"], "mutation_type": base.ValueMutationExisting()}


def _list(made: DynamoTrackers, node: InstanceNode, value: Any, options: dict[str, Any]) -> Any:
    made_inside = functools.partial(variables.ListVariable, made.many(node.items))
    return _holding(UserDefinedList, value, "list_vt", made_inside, options)


def _tuple(made: DynamoTrackers, node: InstanceNode, value: Any, options: dict[str, Any]) -> Any:
    made_inside = functools.partial(variables.TupleVariable, made.many(node.items))
    return _holding(UserDefinedTuple, value, "tuple_vt", made_inside, options)


def _set(made: DynamoTrackers, node: InstanceNode, value: Any, options: dict[str, Any]) -> Any:
    made_inside = functools.partial(variables.SetVariable, made.many(node.items))
    return _holding(UserDefinedSet, value, "set_vt", made_inside, options)


def _dict(made: DynamoTrackers, node: InstanceNode, value: Any, options: dict[str, Any]) -> Any:
    ordered = isinstance(value, collections.OrderedDict)
    kind = collections.OrderedDict if ordered else dict
    of = shapes.UserDefinedOrderedDict if ordered else UserDefinedDict
    classes = (kind,) if accepts(of, "dict_vt") else ()
    made_inside = functools.partial(variables.ConstDictVariable, made.pairs(node.pairs), *classes)
    tracker = _holding(of, value, "dict_vt", made_inside, options)
    # Dynamo rebuilds these as a whole
    shapes.contents(tracker).should_reconstruct_all = True
    return tracker


def _holding(
    kind: Any, value: Any, name: str, inside: functools.partial[Any], options: dict[str, Any]
) -> Any:
    """The tracker of an instance around the container `inside`, or with what that holds in itself."""
    if accepts(kind, name):
        return kind(value, **{name: inside(**_contents(options))}, **options)
    if kind is not UserDefinedTuple and shapes.BothMutations:
        options = {**options, "mutation_type": shapes.BothMutations()}
    return kind(value, items=inside.args[0], **options)


_EXISTING: Mapping[str, Callable[[DynamoTrackers, InstanceNode, Any, dict[str, Any]], Any]] = {
    "list": _list,
    "tuple": _tuple,
    "set": _set,
    **dict.fromkeys(("dict", "ordered_dict", "defaultdict"), _dict),
}
"""Base -> how the tracker of an existing instance is made; a deque is an object to Dynamo."""


def fill(made: DynamoTrackers, tracker: Any, node: InstanceNode) -> None:
    """Put into the tracker of an instance what the node holds, but for attributes."""
    if type(tracker.value) is object:
        return  # nobody sees it
    inside = shapes.contents(tracker)
    kind = USER_CLASSES[node.name].base
    if kind == "list":
        inside.items.extend(made.many(node.items))
    elif kind == "set":
        made.fill_set(inside, made.many(node.items))
    elif node.pairs:
        shapes.fill_dict(inside, made.pairs(node.pairs))


def as_its_base(made: DynamoTrackers, tracker: Any, node: InstanceNode) -> Any:
    """What a program calls to change an instance whose class raises: the container in it, or `super()`."""
    inside = shapes.contents(tracker)
    if inside is not tracker:
        return inside
    kind = class_of(made, node.name)
    return variables.BuiltinVariable(super).call_function(made.target.translator, [kind, tracker], {})


def set_attribute(made: DynamoTrackers, tracker: Any, name: str, value: Any) -> None:
    """Set an attribute as a traced assignment does; DeletedVariable: delete it."""
    translator = made.target.translator
    hidden = isinstance(tracker, variables.UserDefinedObjectVariable) and _is_hidden(tracker, name)
    # a program deletes from the `__dict__` what is frozen
    frozen = isinstance(tracker, FrozenDataClass) and isinstance(value, variables.DeletedVariable)
    if (hidden or frozen) and not hasattr(tracker, "get_dict_vt"):
        raise absent("the `__dict__` of an object as a tracker")
    if hidden:
        held = tracker.get_dict_vt(translator)
        if isinstance(value, variables.DeletedVariable):
            held.delitem(name)
        else:
            held.setitem(name, value)
        return
    if isinstance(tracker, variables.TensorVariable):
        made.side_effects.store_attr(tracker, name, value)
        return
    tracker.method_setattr_standard(translator, variables.ConstantVariable.create(name), value)


def _is_hidden(tracker: Any, name: str) -> bool:
    """Does a property hide the attribute, so that a program sets it in the `__dict__`?"""
    kind: Any = tracker.python_type()
    name = getattr(kind, "__name__", "")
    return CLASSES.get(name) is kind and USER_CLASSES[name].through_dict


# --- variables ---------------------------------------------------------------------------------------------


def frame_cell(made: DynamoTrackers, name: str) -> Any:
    """The tracker of the frame's own cell of that name: a variable of the frame, or one of its closure."""
    if name in made.frame_cells:
        return made.frame_cells[name]
    effects = made.side_effects
    free = made.world.free.get(name)
    bound = dict((*made.case.cells, *made.case.free))[name]
    if free is None:
        cell = effects.track_cell_new()
        made.cells.append((cell, bound))
    else:
        cell = effects.track_cell_existing(source.LocalCellSource(name), free, None)
        made.existing_cells.append((cell, bound))
    cell.local_name = name
    made.frame_cells[name] = cell
    return cell


def rebind(made: DynamoTrackers, effect: Effect, value: Any) -> None:
    """Bind a variable anew, as STORE_GLOBAL and STORE_DEREF do."""
    name = effect.name or ""
    if effect.operation == "rebind_cell":
        made.side_effects.store_cell(frame_cell(made, name), value)
        return
    marker = made.rebound_globals.setdefault(name, object())
    variable = made.side_effects.track_global_existing(source.GlobalSource(name), marker)
    made.side_effects.store_global(variable, name, value)
