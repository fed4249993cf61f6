"""A case as torch's own trackers and sources, and its effects as torch's tracer would record them.

Claim: each tracker has the class, mutation type and source that Dynamo gives such a value when it traces a
program that makes or reads it (seen in what reaches `PyCodegen.restore_stack`).

Where torch's versions differ, `dynamo_here.py` and `dynamo_shapes.py` know.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torch._dynamo import source, variables
from torch._dynamo.variables import base
from torch._dynamo.variables.lists import DequeVariable
from torch._dynamo.variables.misc import NullVariable
from torch._dynamo.variables.torch_function import TensorWithTFOverrideVariable

from generators.case import REBINDING, Case, Effect, Source
from generators.instances import USER_CLASSES
from generators.library import LIBRARY_MEMBERS, LIBRARY_MODULES
from generators.nodes import (
    SYMBOLIC_TYPES,
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
    called_with,
)
from harness.targets import dynamo_here as here
from harness.targets import dynamo_instances as instances
from harness.targets import dynamo_made
from harness.targets import dynamo_objects as objects
from harness.targets import dynamo_shapes as shapes
from harness.targets.base import Trackers
from harness.targets.dynamo_graph import SUBCLASSES
from harness.targets.dynamo_here import HashableTracker, there
from harness.targets.dynamo_sources import SOURCES
from oracles.changes import FIXED, METHODS, OPTIONS
from oracles.graph_values import AsTensor, AsView, Computed
from oracles.making import LIBRARY, NAMED_TUPLES, Common, Thing, code_of_node
from oracles.world import World

if TYPE_CHECKING:
    from harness.targets.dynamo import DynamoTarget


ModeStack = there("torch._dynamo.variables.torch_function", "TorchFunctionModeStackVariable")


class DynamoTrackers(Trackers):
    """The case as torch's trackers and sources; `namespace` is that of the functions made in the frame."""

    # prune_dead_object_new does not look at what is logged
    logged_lives = False

    def __init__(self, target: DynamoTarget, case: Case, world: World, namespace: dict[str, Any]) -> None:
        self.target = target
        self.world = world
        self.namespace = namespace
        self.cells: list[tuple[Any, int]] = []
        self.set_later: list[tuple[Any, str, int]] = []
        self.user_classes: dict[str, Any] = {}
        self.frame_cells: dict[str, Any] = {}
        self.existing_cells: list[tuple[Any, int]] = []
        self.rebound_globals: dict[str, object] = {}
        self.ordered_dict_class: Any = None
        super().__init__(case)
        self._fill_cells()
        for tracker, name, child in self.set_later:
            instances.set_attribute(self, tracker, name, self.trackers[child])

    @property
    def side_effects(self) -> Any:
        """Where torch notes what is new and what is changed."""
        return self.target.output.side_effects

    def kept(self, at: int) -> tuple[int, ...]:
        # what a new object was called with, whatever has become of its attributes
        node = self.case.nodes[at]
        return tuple(called_with(node, at)) if isinstance(node, InstanceNode) else ()

    def source(self, entry: Source) -> Any:
        return SOURCES[type(entry)](self, entry)

    def _fill_cells(self) -> None:
        """Store what is in the cells whose contents have a tracker by now, as a program does before it uses
        them: what is made of a function may look into its cells."""
        there = len(self.trackers)
        for cell, contents in self.cells:
            if contents < there:
                self.side_effects.store_cell(cell, self.trackers[contents])
        for cell, contents in self.existing_cells:
            if contents < there:
                cell.pre_existing_contents = self.trackers[contents]
        self.cells = [pair for pair in self.cells if pair[1] >= there]
        self.existing_cells = [pair for pair in self.existing_cells if pair[1] >= there]

    def tracker(self, at: int, node: Node, where: Any) -> Any:
        self._fill_cells()
        return _MADE[type(node)](self, at, node, where)

    def lazy(self, at: int, tracker: Any, where: Any) -> Any:
        made = variables.LazyVariableTracker.create(self.world.objects[at], where)
        if not isinstance(made, variables.LazyVariableTracker):
            return tracker  # no tracker of such a source is lazy
        # what the case says of the value, in the place of what looking at it would say
        made._cache.realize = functools.partial(setattr, made._cache, "vt", tracker)
        return made

    def fill(self, tracker: Any, node: Node) -> None:
        if isinstance(node, DictNode | OrderedDictNode | DefaultDictNode):
            shapes.fill_dict(tracker, self.pairs(node.items))
        elif isinstance(node, ListNode | DequeNode):
            tracker.items.extend(self.many(node.items))
        elif isinstance(node, InstanceNode):
            instances.fill(self, tracker, node)
        # the contents of cells are stored once all trackers are there; attributes are not looked at

    def null(self) -> Any:
        return NullVariable()

    def pairs(self, items: Pairs) -> dict[Any, Any]:
        """Key tracker -> value tracker."""
        return dict(
            zip(
                here.keys(self.trackers[key] for key, _ in items),
                self.many(value for _, value in items),
                strict=True,
            )
        )

    def graph_output(self, output: Computed, form: str, where: Any) -> Any:
        """A new tracker of an output with the source `where`, or None."""
        changes = {}
        if form not in SYMBOLIC_TYPES:
            mutation = base.AttributeMutationNew if where is None else base.AttributeMutationExisting
            changes["mutation_type"] = mutation()
        tracker = self.target.pool.made(output, form, source=where, **changes)
        self.proxies[id(tracker.as_proxy())] = output
        return tracker

    def change(self) -> None:
        """Carry the effects out on the trackers, by the methods that tracing would call."""
        changed = [effect.on for effect in self.case.effects if effect.operation not in REBINDING]
        for at in dict.fromkeys(changed):
            if self.case.nodes[at].source is not None:
                shapes.track_existing(self.side_effects, self.world.objects[at], self.plain[at])
        for effect in self.case.effects:
            self._change(effect)
        self._forget_dead()
        on_stack = self.target.translator.symbolic_torch_function_state.mode_stack
        on_stack.extend(self.trackers[at] for at in self.world.on_stack)
        if self.case.options.modes:
            ModeStack.register_mutation(self.target.translator)

    def _forget_dead(self) -> None:
        """Drop what makers noted of new objects that nobody sees in the end, as Dynamo does before it
        generates code (`SideEffects.prune_dead_object_new`)."""
        dead = {
            id(self.plain[at])
            for at, node in enumerate(self.case.nodes)
            if isinstance(node, MadeNode)
            and at not in self.live
            and isinstance(self.plain[at].mutation_type, base.AttributeMutationNew)
        }
        if not dead:
            return
        effects = self.side_effects
        for noted, of in (("id_to_variable", 1), ("store_attr_mutations", 0)):
            kept = {pair[0]: pair[1] for pair in getattr(effects, noted).items() if id(pair[of]) not in dead}
            setattr(effects, noted, kept)

    def _change(self, effect: Effect) -> None:
        tracker = self.plain[effect.on]
        value = None if effect.value is None else self.trackers[effect.value]
        if effect.operation in REBINDING:
            instances.rebind(self, effect, value)
        elif not self.case.exists(effect.on) and effect.on not in self.live:
            return  # nobody sees it
        elif effect.name is not None:
            stored = variables.DeletedVariable() if value is None else value
            instances.set_attribute(self, tracker, effect.name, stored)
        elif effect.operation in dynamo_made.TAKE:
            dynamo_made.TAKE[effect.operation](self.target.translator, tracker)
        elif effect.operation == "draw_number":
            # what it gives, a number of the graph, is another matter
            self.side_effects.mutation(tracker)
            tracker.random.random()
        else:
            self._call(tracker, effect, value)

    def _call(self, tracker: Any, effect: Effect, value: Any) -> None:
        method, arguments = METHODS[effect.operation]
        given = {
            "index": variables.ConstantVariable.create(effect.index),
            "key": None if effect.key is None else self.trackers[effect.key],
            "value": value,
        }
        held = shapes.contents(tracker)
        if isinstance(held, variables.SetVariable | variables.ConstDictVariable) and method in here.KEYED:
            here.keys([given[arguments[0]]])
        translator = self.target.translator
        fixed = [here.sourceless(translator, each) for each in FIXED.get(effect.operation, ())]
        named = {
            name: variables.ConstantVariable.create(each)
            for name, each in OPTIONS.get(effect.operation, {}).items()
        }
        node = self.case.nodes[effect.on]
        if isinstance(node, InstanceNode) and USER_CLASSES[node.name].strict:
            tracker = instances.as_its_base(self, tracker, node)
        here.call_method(translator, tracker, method, [*fixed, *(given[name] for name in arguments)], named)

    def fill_set(self, tracker: Any, elements: list[Any]) -> None:
        """Put elements into the tracker of a set."""
        tracker.items.update(dict.fromkeys(map(HashableTracker, elements), tracker._default_value()))

    def marks(self) -> dict[Any, None]:
        marked = super().marks()
        for at in self.case.options.temporaries:
            # a new bound method is loaded from the attribute of its object, a library's function from there
            node = self.case.nodes[at]
            if isinstance(node, BoundMethodNode | MadeNode) and self.trackers[at].source is not None:
                marked[self.trackers[at].source] = None
        return marked

    def collections_source(self) -> Any:
        """The module `collections`, as the frame or an inlined function names it."""
        if self.case.options.inlined or collections.__name__ in dict(self.case.globals):
            return self.target.translator.import_source(collections.__name__)
        return source.GlobalSource(collections.__name__)

    def the_ordered_dict_class(self) -> Any:
        """The tracker of `OrderedDict`, as the frame or an inlined function names it."""
        if self.ordered_dict_class is None:
            where = self.collections_source()
            made = variables.UserDefinedClassVariable(
                collections.OrderedDict, source=source.AttrSource(where, "OrderedDict")
            )
            self.ordered_dict_class = made
        return self.ordered_dict_class


def _sequence(kind: Any) -> Any:
    return lambda made, at, node, where: kind(made.many(node.items), source=where)


def _changeable(kind: Any) -> Any:
    return lambda made, at, node, where: kind(
        made.many(node.items), source=where, mutation_type=shapes.value_mutation(where)
    )


def _dict(made: DynamoTrackers, at: int, node: DictNode, where: Any) -> Any:
    return variables.ConstDictVariable(
        made.pairs(node.items), source=where, mutation_type=shapes.value_mutation(where)
    )


def _set(made: DynamoTrackers, at: int, node: SetNode, where: Any) -> Any:
    elements = here.keys(made.many(node.items))
    return variables.SetVariable(elements, source=where, mutation_type=shapes.value_mutation(where))


def _frozenset(made: DynamoTrackers, at: int, node: FrozensetNode, where: Any) -> Any:
    mutation = base.ValueMutationNew() if where is None else None
    return variables.FrozensetVariable(here.keys(made.many(node.items)), source=where, mutation_type=mutation)


def _range(made: DynamoTrackers, at: int, node: RangeNode, where: Any) -> Any:
    bounds = [variables.ConstantVariable.create(bound) for bound in (node.start, node.stop, node.step)]
    return variables.RangeVariable(bounds, source=where)


def _named_tuple(made: DynamoTrackers, at: int, node: NamedTupleNode, where: Any) -> Any:
    kind = NAMED_TUPLES[len(node.items)]
    value = tuple.__new__(kind) if where is None else made.world.objects[at]
    tracker = shapes.named_tuple(kind, value, made.many(node.items), where)
    if where is None and at in made.live:
        shapes.track_new_tuple(made.side_effects, tracker)
    return tracker


def _ordered_dict(made: DynamoTrackers, at: int, node: OrderedDictNode, where: Any) -> Any:
    return shapes.ordered_dict(made, at, made.pairs(node.items), where)


def _deque(made: DynamoTrackers, at: int, node: DequeNode, where: Any) -> Any:
    maxlen = variables.ConstantVariable.create(node.maxlen)
    return DequeVariable(
        made.many(node.items), maxlen=maxlen, source=where, mutation_type=shapes.value_mutation(where)
    )


def _cell(made: DynamoTrackers, at: int, node: CellNode, where: Any) -> Any:
    if node.variable is not None:
        return instances.frame_cell(made, node.variable)
    if where is not None:
        return variables.CellVariable(source=where, mutation_type=base.AttributeMutationExisting())
    if at not in made.live:
        return variables.CellVariable(mutation_type=base.AttributeMutationNew())
    cell = made.side_effects.track_cell_new()
    whole = made.case.nodes[at]  # `node` may be shown while it is empty
    contents = whole.contents if isinstance(whole, CellNode) else None
    if contents is not None:
        made.cells.append((cell, contents))
    return cell


def _function(made: DynamoTrackers, at: int, node: FunctionNode, where: Any) -> Any:
    if where is not None:
        return variables.UserFunctionVariable(made.world.objects[at], source=where)
    constant = variables.ConstantVariable.create
    code = code_of_node(node)
    defaults = variables.TupleVariable(made.many(node.defaults)) if node.defaults else None
    closure = variables.TupleVariable(made.many(node.closure)) if node.closure else None
    keyword_defaults = None
    if node.keyword_defaults:
        named = {constant(name): made.trackers[index] for name, index in node.keyword_defaults}
        keyword_defaults = variables.ConstDictVariable(named, mutation_type=base.ValueMutationNew())
    annotated = {constant(name): made.trackers[index] for name, index in node.annotations}
    function = shapes.function(
        made,
        fn_name=constant(code.co_qualname),
        code=variables.ConstantVariable(code),
        f_globals=made.namespace,
        defaults=defaults,
        kwdefaults=keyword_defaults,
        annotations=annotated,
        closure=closure,
    )
    given: dict[str, Any] = {}
    if node.doc is not None:
        given["__doc__"] = made.trackers[node.doc]
    given.update(made.named(node.attributes))
    for name, value in given.items():
        shapes.set_on_function(made, function, name, value)
    return function


def _partial(made: DynamoTrackers, at: int, node: PartialNode, where: Any) -> Any:
    function = made.plain[node.function]
    arguments = made.many(node.arguments)
    return variables.FunctoolsPartialVariable(
        function, args=arguments, keywords=made.named(node.keywords), source=where
    )


def _iterator(made: DynamoTrackers, at: int, node: IteratorNode, where: Any) -> Any:
    kind = variables.ListIteratorVariable if node.over == "list" else variables.TupleIteratorVariable
    mutation = shapes.value_mutation(where)
    if where is not None:
        # of an existing iterator Dynamo sees what it still has
        return kind(made.many(node.items[node.position :]), source=where, mutation_type=mutation)
    if node.items and node.position == len(node.items):
        # a program takes the last by asking for all that is left
        tracker = kind(made.many(node.items), mutation_type=mutation)
        tracker.unpack_var_sequence(made.target.translator)
        return tracker
    return kind(made.many(node.items), index=node.position, mutation_type=mutation)


def _tensor(made: DynamoTrackers, at: int, node: TensorNode, where: Any) -> Any:
    return made.graph_output(node.output, "tensor", where)


def _number(made: DynamoTrackers, at: int, node: NumberNode, where: Any) -> Any:
    tensor = made.graph_output(node.output, "tensor", where)
    return variables.UnspecializedPythonVariable.from_tensor_variable(tensor, None, node.unwrap)


def _subclass(made: DynamoTrackers, at: int, node: SubclassNode, where: Any) -> Any:
    tensor = made.graph_output(node.output, "tensor", where)
    tx = made.target.translator
    tracker = TensorWithTFOverrideVariable.from_tensor_var(tx, tensor, SUBCLASSES[node.subclass], None)
    if where is None and at in made.live:
        tracker.mutation_type = None
        made.side_effects._track_obj(tracker, tracker, mutation_type_cls=base.AttributeMutationNew)
        for name, index in node.attributes:
            made.side_effects.store_attr(tracker, name, made.trackers[index])
    return tracker


def _array(made: DynamoTrackers, at: int, node: ArrayNode, where: Any) -> Any:
    # each call of `numpy()` is traced to a view of its own
    number = sum(
        isinstance(other, ArrayNode) and other.output == node.output for other in made.case.nodes[:at]
    )
    return made.graph_output(AsView(node.output, number), "ndarray", where)


def _library(made: DynamoTrackers, at: int, node: LibraryNode, where: Any) -> Any:
    if node.name in LIBRARY_MEMBERS:
        return _OF_CLASSES[node.name](made, where)
    kind = variables.UserDefinedClassVariable
    if node.name in LIBRARY_MODULES:
        kind = variables.PythonModuleVariable
    return kind(LIBRARY[node.name], source=where)


def _existing_list(items: list[Any], where: Any) -> Any:
    return variables.ListVariable(items, source=where, mutation_type=base.ValueMutationExisting())


def _constants_in(values: list[Any], where: Any) -> list[Any]:
    return [
        variables.ConstantVariable.create(value, source=source.GetItemSource(where, at))
        for at, value in enumerate(values)
    ]


_OF_CLASSES: dict[str, Callable[[DynamoTrackers, Any], Any]] = {
    "Common.shared": lambda made, where: _existing_list(_constants_in(Common.shared, where), where),
    "Thing.method": lambda made, where: variables.UserFunctionVariable(Thing.method, source=where),
    "Common.__subclasses__()": lambda made, where: _existing_list(
        [
            variables.UserDefinedClassVariable(kind, source=source.GetItemSource(where, at))
            for at, kind in enumerate(Common.__subclasses__())
        ],
        where,
    ),
}
"""What is reached through a class -> its tracker, given the source."""


def _weak_reference(made: DynamoTrackers, at: int, node: WeakRefNode, where: Any) -> Any:
    # as Dynamo builds it: with the source of what is referred to for its own
    callback = variables.ConstantVariable.create(None)
    return variables.WeakRefVariable(made.trackers[node.of], callback, source=source.WeakRefCallSource(where))


def _symbolic(made: DynamoTrackers, at: int, node: SymbolicNode, where: Any) -> Any:
    tracker = made.graph_output(node.output, node.type, where)
    if node.type == "float":
        tensor = made.target.pool.as_tensor(node.output)
        tracker._tensor_var = tensor
        made.proxies[id(tensor.as_proxy())] = AsTensor(node.output)
    return tracker


_MADE: dict[type[Any], Callable[[DynamoTrackers, int, Any, Any], Any]] = {
    ConstantNode: lambda made, at, node, where: variables.ConstantVariable(node.value, source=where),
    ListNode: _changeable(variables.ListVariable),
    TupleNode: _sequence(variables.TupleVariable),
    DictNode: _dict,
    SetNode: _set,
    FrozensetNode: _frozenset,
    SliceNode: _sequence(variables.SliceVariable),
    RangeNode: _range,
    NamedTupleNode: _named_tuple,
    OrderedDictNode: _ordered_dict,
    DequeNode: _deque,
    CellNode: _cell,
    FunctionNode: _function,
    PartialNode: _partial,
    IteratorNode: _iterator,
    DefaultDictNode: objects.default_dict,
    StructSequenceNode: objects.struct_sequence,
    BoundMethodNode: objects.bound_method,
    GeneratorNode: objects.generator,
    ContextManagerNode: objects.context_manager,
    MadeNode: dynamo_made.tracker,
    ModuleNode: objects.module,
    ObjectNode: lambda made, at, node, where: objects.existing_object(made, at, where),
    InstanceNode: instances.instance,
    TensorNode: _tensor,
    SymbolicNode: _symbolic,
    ArrayNode: _array,
    NumberNode: _number,
    SubclassNode: _subclass,
    LibraryNode: _library,
    WeakRefNode: _weak_reference,
}
"""Kind of node -> its tracker, given all trackers made so far, the node's index, the node and the source."""
