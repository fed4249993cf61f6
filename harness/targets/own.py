"""The target named `own`: this project's PyCodegen on its own trackers, without torch.

Claim: it gets the same cases as the `torch` target and drives our codegen the way Dynamo drives its own: a
first pass that counts uses, temporaries for what was built more than once, a second pass that emits.
"""

from __future__ import annotations

import builtins
import collections
import dataclasses
import os
import random
import sys
import weakref
from collections.abc import Callable
from importlib.metadata import version
from types import CodeType, FunctionType, MethodType, TracebackType
from typing import Any

import harness.codegen as codegen
from generators.case import Case, Source
from generators.instances import USER_CLASSES
from generators.makers import MAKERS
from generators.nodes import (
    LIBRARY_MEMBERS,
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
from harness.codegen.instructions import create_build_tuple, create_call_function
from harness.contracts import Watch, constructor
from harness.targets import own_calls, own_effects
from harness.targets.base import (
    GRAPH_OUTPUTS,
    LOGGING,
    TARGET_RAISES,
    Kept,
    Recorder,
    Trackers,
    calls_at,
    named_beforehand,
    own_cells,
    parameters,
    target_error,
)
from harness.targets.own_odd import OwnOdd
from harness.targets.own_sources import SOURCES
from harness.targets.scripts import emit_script
from oracles import makers
from oracles.graph_values import STAND_INS, AsTensor, Output, StandIns, Value
from oracles.instances import BASES, CLASSES
from oracles.making import FACTORIES, LIBRARY, NAMED_TUPLES, PLAIN, Common, Thing, code_of_node
from oracles.run import Emission, Refused, TargetError
from oracles.world import World


class OwnTarget:
    """Our codegen, a fresh frame for each case."""

    name = "own"
    codegen_class: type[codegen.PyCodegen] = codegen.PyCodegen
    """What carries out scripts."""
    classes = dataclasses.replace(PLAIN, modes=codegen.helpers.entered)

    def __init__(self) -> None:
        self.values = StandIns()

    def __enter__(self) -> OwnTarget:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held between cases."""

    def versions(self) -> dict[str, str]:
        """The library that assembles for us."""
        return {"bytecode": version("bytecode")}

    def lacking(self) -> frozenset[str]:
        """Nothing: whatever a case asks for is here."""
        return frozenset()

    def graph_value(self, asked: Value) -> object:
        """A stand-in for each output, made once."""
        return self.values(asked)

    def emit(self, case: Case, world: World, *, record: bool = False, watch: Watch | None = None) -> Emission:
        """See `Target.emit`."""
        namespace: dict[str, Any] = {"__name__": "stackproof_case", "__builtins__": builtins, **world.globals}
        translator = codegen.Translator(
            (GRAPH_OUTPUTS, *parameters(case)),
            namespace,
            cellvars=own_cells(case),
            freevars=tuple(world.free),
            export=case.options.export,
            name="emitted",
        )
        for known in named_beforehand(case):
            translator.output.update_co_names(known)
        kept = Kept()
        try:
            build = OwnTrackers(case)
            end = [create_build_tuple(len(case.roots) + case.options.resumed)]
            if case.options.called:
                end = [*create_call_function(0, push_null=False), *end]
            if case.options.logged:
                namespace[LOGGING] = world.log
            if case.kind == "script":
                generated = self._scripted(translator, build, build.module_root(world), record, watch)
                end = [create_build_tuple(emit_script(generated, case, build, OwnOdd()))]
            elif case.kind == "call":
                generated = own_calls.call(translator, case, build, kept, record, watch)
                end = []
            else:
                generated = _generate(translator, case, build, build.module_root(world), record, watch)
            instructions = [
                *generated.get_instructions(),
                *end,
                codegen.create_instruction("RETURN_VALUE"),
            ]
            assembled = codegen.assemble(instructions, translator.output.code_options)
            return Emission(
                target=self.name,
                code=assembled.code,
                namespace=namespace,
                parameters=parameters(case),
                outputs=build.asked_for(generated.graph_output_vars()),
                closure=tuple(world.free.values()) or None,
                calls=calls_at(generated._output, zip(instructions, assembled.offsets, strict=True)),
                temporaries=frozenset(kept.names),
                deletes=generated.profile.delete_temporaries,
            )
        except codegen.GraphBreak as refusal:
            raise Refused(refusal.gb_type) from refusal
        except TargetError:
            raise
        except TARGET_RAISES as error:
            mine = target_error(error, _is_ours)
            if mine is None:
                raise
            raise mine from error

    def _scripted(
        self,
        translator: codegen.Translator,
        build: OwnTrackers,
        root: Any,
        record: bool,
        watch: Watch | None,
    ) -> codegen.PyCodegen:
        marks: dict[Any, Any] = build.marks()
        construct = constructor(self.codegen_class, watch)
        generated: codegen.PyCodegen = construct(translator, root, GRAPH_OUTPUTS, tempvars=marks)
        if record:
            generated._output = Recorder(generated, build.node_of)
        return generated


def _generate(
    translator: codegen.Translator,
    case: Case,
    build: OwnTrackers,
    root: Any,
    record: bool,
    watch: Watch | None,
) -> codegen.PyCodegen:
    effects = own_effects.recorded(case, build)
    construct = constructor(codegen.PyCodegen, watch)

    def emit(generator: codegen.PyCodegen) -> codegen.PyCodegen:
        effects.codegen_save_tempvars(generator)
        if case.options.logged:
            log = codegen.GlobalSource(LOGGING)
            generator.add_push_null(lambda: generator(log))
            generator.foreach(build.many(case.options.logged))
            generator.call_function(len(case.options.logged), push_null=False)
            generator.pop_top()
        if case.options.resumed:
            names = sorted(generator.cell_and_freevars())
            for name in names:
                generator.append_output(generator.create_load_closure(name))
            generator.append_output(create_build_tuple(len(names)))
            generator.append_output(codegen.create_instruction("BUILD_LIST", arg=1))
        generator.restore_stack(build.roots(), value_from_source=case.options.value_from_source)
        effects.codegen_update_mutated(generator)
        return generator

    marks: dict[Any, Any] = build.marks()
    overridden = build.overridden()
    if case.options.passes == 2:
        first = emit(construct(translator, root, GRAPH_OUTPUTS, overridden_sources=overridden))
        for value, uses in first.uses.items():
            # what is already a local needs no temporary
            if uses > 1 and type(value) is not codegen.LocalSource:
                marks.setdefault(value, None)
    last: codegen.PyCodegen = construct(
        translator, root, GRAPH_OUTPUTS, tempvars=marks, overridden_sources=overridden
    )
    if record:
        last._output = Recorder(last, build.node_of)
    return emit(last)


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


_CODEGEN_FILES = os.path.dirname(str(sys.modules[codegen.__name__].__file__)) + os.sep


def _is_ours(code: CodeType) -> bool:
    return code.co_filename.startswith(_CODEGEN_FILES)
