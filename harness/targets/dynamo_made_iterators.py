"""Torch's own trackers of iterators, of views, and of what is made of the items of something.

Claim: as in `dynamo_trackers.py`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo import variables
from torch._dynamo.variables import base
from torch._dynamo.variables.builder import SourcelessBuilder
from torch._dynamo.variables.lists import SizeVariable
from torch.utils._ordered_set import OrderedSet

from generators.nodes import MadeNode, RangeNode
from harness.targets.dynamo_here import COUNTS_ARE_LOOKED_AT, absent, look, needs, there
from harness.targets.dynamo_tracing import Made, method, traced

if TYPE_CHECKING:
    from harness.targets.dynamo_trackers import DynamoTrackers

Itertools = there("torch._dynamo.variables.iter", "ItertoolsVariable")
Chain = look("torch._dynamo.variables.iter", "ChainVariable")
Count = there("torch._dynamo.variables", "CountIteratorVariable")
RangeIterator = there("torch._dynamo.variables.lists", "RangeIteratorVariable")
DictKeySet = there("torch._dynamo.variables", "DictKeySetVariable")
MappingProxy = there("torch._dynamo.variables", "MappingProxyVariable")
OrderedSetClass = there("torch._dynamo.variables", "OrderedSetClassVariable")
OrderedSetOf = there("torch._dynamo.variables", "OrderedSetVariable")
DunderDict = there("torch._dynamo.variables", "DunderDictVariable")

_KEYS_ARE_REBUILT = DictKeySet.reconstruct is not base.VariableTracker.reconstruct

_ORDERED_SETS_ARE_SETS = isinstance(OrderedSetOf, type) and issubclass(OrderedSetOf, variables.SetVariable)
"""An ordered set has the tracker of a set, looked at as an object; elsewhere its items may change."""

PLAIN: Mapping[str, Callable[..., Any]] = {
    "ordered_set": lambda *elements: OrderedSet(elements),
    "size": lambda *sizes: torch.Size(sizes),
}
"""What torch has classes of its own for, in plain Python."""


def _from_itertools(function: Any) -> Made:
    """What tracing a call of this gives."""

    def call(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
        called = Itertools(function)
        return called.call_function(made.target.translator, made.many(node.arguments), {})

    return call


def _over_what_it_gives(given: Callable[..., list[Any]]) -> Made:
    """Torch has no tracker of such an iterator: tracing makes a list of what it gives, and an iterator over
    that."""

    def call(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
        items = given(*made.many(node.arguments))
        return variables.ListIteratorVariable(items, mutation_type=base.ValueMutationNew())

    return call


def _enumerated(held: Any, start: Any) -> list[Any]:
    constant = variables.ConstantVariable.create
    first = start.as_python_constant()
    return [variables.TupleVariable([constant(at), item]) for at, item in enumerate(held.items, first)]


def _count(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    if where is None:
        return _from_itertools(itertools.count)(made, at, node, where)
    if not COUNTS_ARE_LOOKED_AT:
        raise absent("an existing count")
    mutation = base.ValueMutationExisting()
    return Count(*made.many(node.arguments), source=where, mutation_type=mutation)


def _range_iterator(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    (over,) = node.arguments
    if where is None:
        return _called(made.target.translator, iter, made.plain[over])
    held = made.case.nodes[made.case.same_object(over) or 0]
    numbers = range(held.start, held.stop, held.step) if isinstance(held, RangeNode) else ()
    items = [variables.ConstantVariable.create(number) for number in numbers]
    return variables.ListIteratorVariable(items, source=where, mutation_type=base.ValueMutationExisting())


def _keys(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    if where is None:
        return method("keys")(made, at, node, where)
    if not made.case.options.value_from_source and not _KEYS_ARE_REBUILT:
        raise absent("existing keys of a dict that are rebuilt")
    return DictKeySet(_constants(made, list(made.world.objects[at])), source=where)


def _mapping_proxy(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    (held,) = made.many(node.arguments)
    if where is None:
        kind = variables.UserDefinedClassVariable(MappingProxyType)
        return kind.call_function(made.target.translator, [held], {})
    # of the dict that an existing one shows Dynamo knows what is in it, not which it is
    base_of = getattr(held, "_base_vt", held)
    contents = variables.ConstDictVariable(
        {key.vt: value for key, value in base_of.items.items()}, source=None
    )
    mutation = base.ValueMutationExisting()
    return MappingProxy(contents, source=where, mutation_type=mutation)


def _attributes(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    (holder,) = made.many(node.arguments)
    return holder.get_dict_vt(made.target.translator)


def _ordered_set(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    elements = made.many(node.arguments)
    if where is None:
        given = variables.ListVariable(elements, mutation_type=base.ValueMutationNew())
        return OrderedSetClass().call_function(made.target.translator, [given], {})
    if not (_ORDERED_SETS_ARE_SETS or made.case.options.value_from_source):
        # as any container that may change it is loaded all the same
        raise absent("an existing ordered set that is rebuilt")
    mutation = base.AttributeMutationExisting() if _ORDERED_SETS_ARE_SETS else base.ValueMutationExisting()
    return OrderedSetOf(elements, source=where, mutation_type=mutation)


def _constants(made: DynamoTrackers, values: list[Any]) -> list[Any]:
    return [variables.ConstantVariable.create(value) for value in values]


def _called(translator: Any, builtin: Any, tracker: Any) -> Any:
    return SourcelessBuilder.create(translator, builtin).call_function(translator, [tracker], {})


TAKE: Mapping[str, Callable[[Any, Any], Any]] = {
    "advance": lambda translator, tracker: _called(translator, next, tracker),
    "drain": lambda translator, tracker: _called(translator, list, tracker),
}
"""Effect -> how tracing takes items from the tracker of an iterator: by `next`, or by `list` and the like."""

MADE: dict[str, Made] = {
    "zip": traced(zip),
    "zip_strict": traced(zip, strict=True),
    "map": traced(map),
    "filter": traced(filter),
    "count": _count,
    "repeat": _from_itertools(itertools.repeat),
    "range_iterator": needs(_range_iterator, RangeIterator),
    "reversed_range": needs(method("__reversed__"), RangeIterator),
    "enumerate": _over_what_it_gives(_enumerated),
    "chain": _from_itertools(itertools.chain)
    if Chain
    else _over_what_it_gives(lambda *held: [item for each in held for item in each.items]),
    "keys": _keys,
    "values": method("values"),
    "items": method("items"),
    "mapping_proxy": needs(_mapping_proxy, MappingProxy),
    "attributes": needs(_attributes, DunderDict),
    "ordered_set": needs(_ordered_set, OrderedSetClass, OrderedSetOf),
    "size": lambda made, at, node, where: SizeVariable(made.many(node.arguments), source=where),
}
