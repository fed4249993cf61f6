"""A case as our own trackers and sources.

Claim: each tracker is of the class, with the mutation type and source, that our codegen expects of such a
value; nothing here needs torch.
"""

from __future__ import annotations

import collections
import random
import weakref
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

import harness.codegen as codegen
from generators.case import Case, Source
from generators.instances import USER_CLASSES
from generators.library import LIBRARY_MEMBERS
from generators.makers import MAKERS
from generators.nodes import (
    ArrayNode,
    BoundMethodNode,
    CellNode,
    ConstantNode,
    ContextManagerNode,
    DefaultDictNode,
    DequeNode,
    DictNode,
    FrozensetNode,
    FunctionNode,
    GeneratorNode,
    InstanceNode,
    IteratorNode,
    LibraryNode,
    ListNode,
    MadeNode,
    ModuleNode,
    NamedTupleNode,
    Node,
    NumberNode,
    ObjectNode,
    OrderedDictNode,
    Pairs,
    PartialNode,
    RangeNode,
    SetNode,
    SliceNode,
    StructSequenceNode,
    SubclassNode,
    SymbolicNode,
    TensorNode,
    TupleNode,
    WeakRefNode,
)
from generators.roles import ITERABLE, Role
from harness.targets.base import (
    Trackers,
)
from harness.targets.own_sources import SOURCES
from oracles import makers
from oracles.graph_values import STAND_INS, AsTensor, Output
from oracles.instances import BASES, CLASSES
from oracles.making import FACTORIES, LIBRARY, NAMED_TUPLES, PLAIN, Common, Thing, code_of_node


class OwnTrackers(Trackers):
    """The case as our trackers and sources."""

    def __init__(self, case: Case) -> None:
        self.stand_ins: dict[Output, object] = {}
        self.cells: list[codegen.CellVariable] = []
        self.attributed: list[tuple[codegen.VariableTracker, SubclassNode]] = []
        self.frame_cells: dict[str, codegen.CellVariable] = {}
        super().__init__(case)

    def source(self, entry: Source) -> codegen.Source:
        return SOURCES[type(entry)](self, entry)

    def tracker(self, at: int, node: Node, where: Any) -> codegen.VariableTracker:
        made = (
            self.module(at, node, where)
            if isinstance(node, ModuleNode)
            else _MADE[type(node)](self, node, where)
        )
        if isinstance(made, codegen.CellVariable) and where is made.local_name is None and at in self.live:
            self.cells.append(made)
        if isinstance(node, SubclassNode) and node.attributes and at in self.live:
            self.attributed.append((made, node))
        return made

    def frame_cell(self, name: str) -> codegen.CellVariable:
        """The frame's own cell of that name, which it is loaded from."""
        return self.frame_cells.setdefault(name, codegen.CellVariable(None, name))

    def lazy(self, at: int, tracker: Any, where: Any) -> codegen.VariableTracker:
        return codegen.LazyVariableTracker(lambda: tracker, source=where)

    def null(self) -> codegen.VariableTracker:
        return codegen.NullVariable()

    def fill(self, tracker: Any, node: Node) -> None:
        if isinstance(node, CellNode) and node.variable is not None:
            return  # what is in it is the frame's business
        if isinstance(node, CellNode):
            tracker.contents = None if node.contents is None else self.trackers[node.contents]
        elif isinstance(node, DictNode | OrderedDictNode | DefaultDictNode):
            tracker.items += self.pairs(node.items)
        elif isinstance(node, ListNode | DequeNode):
            tracker.items += self.many(node.items)
        elif isinstance(node, InstanceNode):
            tracker.items = self.pairs(node.pairs) if node.pairs else self.many(node.items)
            tracker.attributes = self.named(node.attributes)

    def pairs(self, items: Pairs) -> list[tuple[Any, Any]]:
        """The trackers of (key, value) nodes."""
        return [(self.trackers[key], self.trackers[value]) for key, value in items]

    def module(self, at: int, node: ModuleNode, where: Any) -> codegen.VariableTracker:
        """A tracker of a module, which may know its path alone."""
        return codegen.NNModuleVariable(self.module_key(at), source=None if node.by_key else where)

    def proxy(self, output: Output) -> object:
        """What stands for an output in the graph."""
        stand_in = self.stand_ins.setdefault(output, object())
        self.proxies[id(stand_in)] = output
        return stand_in


def _changes(where: Any) -> codegen.MutationType:
    return codegen.ValueMutationNew() if where is None else codegen.ValueMutationExisting()


def _sequence(kind: Any) -> Any:
    return lambda made, node, where: kind(made.many(node.items), source=where)


def _changeable(kind: Any) -> Any:
    return lambda made, node, where: kind(made.many(node.items), source=where, mutation_type=_changes(where))


def _dict(user_cls: Any) -> Any:
    return lambda made, node, where: codegen.ConstDictVariable(
        made.pairs(node.items), user_cls, source=where, mutation_type=_changes(where)
    )


def _range(made: OwnTrackers, node: RangeNode, where: Any) -> codegen.VariableTracker:
    bounds = [codegen.ConstantVariable(bound) for bound in (node.start, node.stop, node.step)]
    return codegen.RangeVariable(bounds, source=where)


def _named_tuple(made: OwnTrackers, node: NamedTupleNode, where: Any) -> codegen.VariableTracker:
    kind = NAMED_TUPLES[len(node.items)]
    return codegen.NamedTupleVariable(made.many(node.items), kind, source=where)


def _deque(made: OwnTrackers, node: DequeNode, where: Any) -> codegen.VariableTracker:
    items = made.many(node.items)
    return codegen.DequeVariable(items, node.maxlen, source=where, mutation_type=_changes(where))


def _cell(made: OwnTrackers, node: CellNode, where: Any) -> codegen.VariableTracker:
    if node.variable is not None:
        return made.frame_cell(node.variable)
    contents = None if node.contents is None else made.trackers[node.contents]
    if where is None:
        return codegen.CellVariable(contents)
    mutation = codegen.AttributeMutationExisting()
    return codegen.CellVariable(contents, source=where, mutation_type=mutation)


def _function(made: OwnTrackers, node: FunctionNode, where: Any) -> codegen.VariableTracker:
    if where is not None:
        return _object(FunctionType, where)
    code = code_of_node(node)
    return codegen.NestedUserFunctionVariable(
        code.co_name,
        # before 3.11 a code object does not know its qualified name
        getattr(code, "co_qualname", code.co_name),
        code,
        made.many(node.defaults) or None,
        made.named(node.keyword_defaults) or None,
        made.many(node.closure),
        made.named(node.annotations) or None,
        {**({} if node.doc is None else {"__doc__": made.trackers[node.doc]}), **made.named(node.attributes)},
    )


def _partial(made: OwnTrackers, node: PartialNode, where: Any) -> codegen.VariableTracker:
    arguments = made.many(node.arguments)
    return codegen.FunctoolsPartialVariable(
        made.trackers[node.function], arguments, made.named(node.keywords), source=where
    )


def _iterator(made: OwnTrackers, node: IteratorNode, where: Any) -> codegen.VariableTracker:
    kind = codegen.ListIteratorVariable if node.over == "list" else codegen.TupleIteratorVariable
    return kind(made.many(node.items), node.position, source=where, mutation_type=_changes(where))


def _default_dict(made: OwnTrackers, node: DefaultDictNode, where: Any) -> codegen.VariableTracker:
    return codegen.DefaultDictVariable(
        made.pairs(node.items), FACTORIES[node.factory], source=where, mutation_type=_changes(where)
    )


def _struct_sequence(made: OwnTrackers, node: StructSequenceNode, where: Any) -> codegen.VariableTracker:
    kind = PLAIN.structs[len(node.items)]
    return codegen.StructSequenceVariable(made.many(node.items), kind, source=where)


def _bound_method(made: OwnTrackers, node: BoundMethodNode, where: Any) -> codegen.VariableTracker:
    if where is not None:
        return _object(MethodType, where)
    return codegen.UserMethodVariable(node.name, made.trackers[node.of])


def _generator(made: OwnTrackers, node: GeneratorNode, where: Any) -> codegen.VariableTracker:
    kind = codegen.ContextManagerGeneratorVariable if node.context_manager else codegen.LocalGeneratorVariable
    made_by = None if node.function is None else made.trackers[node.function].source
    return kind(made.many(node.items), source=made_by)


def _context_manager(made: OwnTrackers, node: ContextManagerNode, where: Any) -> codegen.VariableTracker:
    kind = PLAIN.managers[node.name]
    if where is not None:
        return _object(kind, where)
    arguments = [made.plain[at].as_python_constant() for at in node.arguments]
    return codegen.ContextWrappingVariable(kind.__module__, kind.__qualname__, arguments)


def _made_by_maker(made: OwnTrackers, node: MadeNode, where: Any) -> codegen.VariableTracker:
    if node.name == "random":
        seed = made.plain[node.arguments[0]].as_python_constant()
        return codegen.RandomVariable(random.Random(seed), source=where, mutation_type=_changes(where))
    existing = MAKERS[node.name].existing
    if where is not None and existing == "loaded":
        return _object(object, where)
    # a case with effects loads values from their source
    changes = None if existing == "rebuilt" and not made.case.effects else _changes(where)
    return codegen.FunctionCallVariable(
        makers.__name__,
        makers.make.__name__,
        (node.name,),
        [_taken(made, at, MAKERS[node.name].role(place)) for place, at in enumerate(node.arguments)],
        source=where,
        mutation_type=changes,
    )


def _taken(made: OwnTrackers, at: int, role: Role | None) -> codegen.VariableTracker:
    """The tracker of an argument. What a maker iterates over is kept as the iterator, as a tracer keeps it: a
    new tuple of constants would be a constant, and existing ones in it lose their identity."""
    node = made.case.nodes[at]
    if role == ITERABLE and isinstance(node, TupleNode) and node.source is None:
        return codegen.TupleIteratorVariable(made.many(node.items), mutation_type=codegen.ValueMutationNew())
    tracker: codegen.VariableTracker = made.trackers[at]
    return tracker


def _instance(made: OwnTrackers, node: InstanceNode, where: Any) -> codegen.VariableTracker:
    mutation = codegen.AttributeMutationNew() if where is None else codegen.AttributeMutationExisting()
    return codegen.InstanceVariable(
        CLASSES[node.name],
        BASES[USER_CLASSES[node.name].base],
        made.pairs(node.pairs) if node.pairs else made.many(node.items),
        made.named(node.attributes),
        source=where,
        mutation_type=mutation,
    )


def _object(kind: type, where: Any) -> codegen.VariableTracker:
    mutation = codegen.AttributeMutationExisting()
    return codegen.UserDefinedObjectVariable(kind, source=where, mutation_type=mutation)


def _graph_output(kind: Any, *arguments: Any) -> Any:
    return lambda made, node, where: kind(
        made.proxy(node.output),
        *arguments,
        source=where,
        mutation_type=None if where is None else codegen.AttributeMutationExisting(),
    )


def _subclass(made: OwnTrackers, node: SubclassNode, where: Any) -> codegen.VariableTracker:
    proxy = made.proxy(node.output)
    return codegen.TensorWithTFOverrideVariable(proxy, STAND_INS[node.subclass], source=where)


def _number(made: OwnTrackers, node: NumberNode, where: Any) -> codegen.VariableTracker:
    proxy = made.proxy(node.output)
    return codegen.UnspecializedPythonVariable(proxy, need_unwrap=node.unwrap, source=where)


def _library(made: OwnTrackers, node: LibraryNode, where: Any) -> codegen.VariableTracker:
    if node.name in LIBRARY_MEMBERS:
        return _OF_CLASSES[node.name](where)
    return codegen.ConstantVariable(LIBRARY[node.name], source=where)


def _existing_list(values: list[Any], where: Any) -> codegen.VariableTracker:
    items = [codegen.ConstantVariable(value) for value in values]
    return codegen.ListVariable(items, source=where, mutation_type=codegen.ValueMutationExisting())


_OF_CLASSES: dict[str, Callable[[Any], codegen.VariableTracker]] = {
    "Common.shared": lambda where: _existing_list(Common.shared, where),
    "Thing.method": lambda where: _object(FunctionType, where),
    "Common.__subclasses__()": lambda where: _existing_list(Common.__subclasses__(), where),
}
"""What is reached through a class -> its tracker, given the source."""


def _symbolic(made: OwnTrackers, node: SymbolicNode, where: Any) -> codegen.VariableTracker:
    kind = {"int": int, "float": float, "bool": bool}[node.type]
    tensor = codegen.TensorVariable(made.proxy(AsTensor(node.output))) if kind is float else None
    return codegen.SymNodeVariable(made.proxy(node.output), kind, tensor, source=where)


_MADE: dict[type[Any], Callable[[OwnTrackers, Any, Any], codegen.VariableTracker]] = {
    ConstantNode: lambda made, node, where: codegen.ConstantVariable(node.value, source=where),
    ListNode: _changeable(codegen.ListVariable),
    TupleNode: _sequence(codegen.TupleVariable),
    DictNode: _dict(dict),
    SetNode: _changeable(codegen.SetVariable),
    FrozensetNode: _sequence(codegen.FrozensetVariable),
    SliceNode: _sequence(codegen.SliceVariable),
    RangeNode: _range,
    NamedTupleNode: _named_tuple,
    OrderedDictNode: _dict(collections.OrderedDict),
    DequeNode: _deque,
    CellNode: _cell,
    FunctionNode: _function,
    PartialNode: _partial,
    IteratorNode: _iterator,
    DefaultDictNode: _default_dict,
    StructSequenceNode: _struct_sequence,
    BoundMethodNode: _bound_method,
    GeneratorNode: _generator,
    ContextManagerNode: _context_manager,
    MadeNode: _made_by_maker,
    ObjectNode: lambda made, node, where: _object(Thing, where),
    InstanceNode: _instance,
    TensorNode: _graph_output(codegen.TensorVariable),
    SymbolicNode: _symbolic,
    ArrayNode: _graph_output(codegen.NumpyNdarrayVariable),
    NumberNode: _number,
    LibraryNode: _library,
    WeakRefNode: lambda made, node, where: _object(weakref.ReferenceType, where),
    SubclassNode: _subclass,
}
"""Kind of node -> its tracker, given all trackers made so far, the node and the source."""
