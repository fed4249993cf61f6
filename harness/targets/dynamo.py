"""The target named `torch`: the installed torch's real PyCodegen, on real trackers, without a compile.

Claim: what is emitted here is what Dynamo's own `compile_subgraph` would make the same classes emit for the
same trackers; nothing of torch is replaced, and between two cases everything that one could leave to the
next is put back.

One directly built `InstructionTranslator` serves case after case. The sequence of a pass (save temporaries,
restore the stack, replay mutations), the choice of temporaries after the first pass and the steps of
assembling follow torch's own `output_graph.py` and `convert_frame.py`. Where torch's versions differ,
`dynamo_here.py` and `dynamo_shapes.py` know.
"""

from __future__ import annotations

import builtins
import collections
import copy
import functools
import itertools
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import CodeType, FunctionType, TracebackType
from typing import Any, ClassVar

import torch
import torch._dynamo
from torch._dynamo import bytecode_analysis, bytecode_transformation, pgo, source
from torch._dynamo.codegen import PyCodegen
from torch._dynamo.output_graph import GraphCompileReason
from torch._dynamo.side_effects import SideEffects
from torch._dynamo.symbolic_convert import ExceptionStack, InstructionTranslator, SpeculationLog
from torch._dynamo.utils import counters, get_metrics_context
from torch._dynamo.variables.builder import GraphArg
from torch._guards import tracing

from generators.case import Case
from generators.nodes import MadeNode, SubclassNode
from harness.contracts import Watch, constructor
from harness.targets import dynamo_quick
from harness.targets.base import (
    COMPILED,
    GRAPH_OUTPUTS,
    LOGGING,
    TARGET_RAISES,
    Kept,
    Recorder,
    calls_at,
    compiled,
    kept,
    named_beforehand,
    own_cells,
    parameters,
    random_values,
    target_error,
)
from harness.targets.dynamo_assembling import assembled_again
from harness.targets.dynamo_drive import configured, one_pass
from harness.targets.dynamo_graph import SUBCLASSES, Pool, Tensors
from harness.targets.dynamo_here import (
    DELETES_TEMPORARIES,
    GRAPH_INPUTS,
    REFUSALS,
    collected_by,
    graph_break_type,
    lacking,
    numbered_constructors,
    settle,
)
from harness.targets.dynamo_objects import CLASSES
from harness.targets.dynamo_odd import DynamoOdd
from harness.targets.dynamo_trackers import DynamoTrackers
from harness.targets.scripts import build_tuple, emit_script
from oracles.graph_values import AsArray, AsSubclass, Value
from oracles.making import Converted
from oracles.run import Emission, Refused, TargetError
from oracles.world import World

NAMED_BY_THE_FRAME = ("frozenset", collections.__name__)
"""What a frame has to name to make the values of a case: the rest are made by instructions."""

REMEMBERED = "_cache_method_"
"""How the attributes begin in which `torch.utils._functools.cache_method` keeps results of methods."""

CLEAN_EVERY = 1_000
"""Cases between two clean-ups of the statistics that torch keeps for good."""


def _template(graph_out_0: object) -> None:
    """The function whose frame the translator believes to be in."""


class DynamoTarget:
    """The long-lived translator. Enter it once; `emit` only while it is entered."""

    name = "torch"
    classes = CLASSES
    odd: ClassVar[DynamoOdd] = DynamoOdd()
    codegen_class: ClassVar[Any] = PyCodegen
    """What Dynamo would construct."""

    def __init__(self) -> None:
        self.namespace: dict[str, Any] = {
            "__name__": "stackproof_case",
            "__builtins__": builtins,
            collections.__name__: collections,
        }
        template = FunctionType(_template.__code__, self.namespace)
        code = template.__code__
        self.keys = bytecode_transformation.get_code_keys()
        self.familiar = dynamo_quick.Familiar()
        self.code_options = {key: getattr(code, key) for key in self.keys}
        instructions = bytecode_transformation.cleaned_instructions(code)
        self.prefix: list[Any] = []
        self.translator = InstructionTranslator(
            instructions,
            code,
            {GRAPH_OUTPUTS: ()},
            self.namespace,
            vars(builtins),
            (),
            [],
            dict(self.code_options),
            torch._dynamo.lookup_backend("eager"),
            False,
            False,
            None,
            frame_state={},
            speculation_log=SpeculationLog(),
            exn_vt_stack=ExceptionStack(),
            distributed_state=None,
            package=None,
        )
        self.output = self.translator.output
        self.output.compile_subgraph_reason = GraphCompileReason("a case", [], graph_break=True)
        settle(self.output)
        self.graph = self.output.graph
        self.initial_globals = frozenset(self.namespace)
        self.tensors = Tensors()
        self.pool = Pool(self.translator, self.tensors)
        self.attributes = frozenset(vars(self.translator))
        self.emitted = 0
        self.keeping = False
        """Is an emission to say what its codegen remembers, and to be assembled by another assembler too?"""
        self._entered = ExitStack()

    def __enter__(self) -> DynamoTarget:
        self._entered.enter_context(self.as_current())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered.close()

    @contextmanager
    def as_current(self) -> Iterator[None]:
        """While this goes on, Dynamo takes the translator for the one that traces."""
        # what Dynamo's own helpers trace is counted in the metrics
        with tracing(self.output.tracing_context), self.translator.set_current_tx(), get_metrics_context():
            self.output._current_tx.append(self.translator)
            try:
                yield
            finally:
                self.output._current_tx.pop()

    def versions(self) -> dict[str, str]:
        """The installed torch."""
        return {"torch": torch.__version__}

    def lacking(self) -> frozenset[str]:
        """What the installed torch lacks of all that a case may ask for."""
        return lacking()

    def graph_value(self, asked: Value) -> object:
        """A tensor of its own for each output, made once."""
        match asked:
            case AsArray(proxy):
                return self.tensors(proxy).numpy()
            case AsSubclass(proxy, subclass):
                return self.tensors(proxy).as_subclass(SUBCLASSES[subclass])
        return self.tensors(asked)

    def emit(self, case: Case, world: World, *, record: bool = False, watch: Watch | None = None) -> Emission:
        """See `Target.emit`."""
        self._put_back(case, world)
        hidden = {name: self.namespace[name] for name in world.globals if name in self.namespace}
        self.namespace.update(world.globals)
        if case.options.logged:
            self.namespace[LOGGING] = world.log
        try:
            build = DynamoTrackers(self, case, world, {})
            count: int | None = len(case.roots) + case.options.resumed
            if case.kind == "call":
                with configured(case):
                    generated, count = self._call(build, record, watch), None
            elif case.kind == "script":
                build.change()
                root = build.module_root(world)
                generated = self._recorded(build.marks(), {}, build, record, watch, root)
                count = emit_script(generated, case, build, self.odd)
            else:
                build.change()
                with configured(case):
                    generated = self._generate(case, build, record, watch)
            return self._assemble(case, build, generated, count)
        except REFUSALS as refusal:
            raise Refused(graph_break_type(refusal)) from refusal
        except TargetError:
            raise
        except TARGET_RAISES as error:
            mine = target_error(error, self.is_mine)
            if mine is None:
                raise
            raise mine from error
        finally:
            for name in world.globals:
                self.namespace.pop(name, None)
            self.namespace.update(hidden)
            _unmark(world)

    @staticmethod
    def is_mine(code: CodeType) -> bool:
        """Is it code of the target?"""
        return _is_torch(code)

    def _put_back(self, case: Case, world: World) -> None:
        """Everything that generating for one case could leave to the next."""
        output = self.output
        output.code_options.clear()
        output.code_options.update(self.code_options)
        arguments = (GRAPH_OUTPUTS, *parameters(case))
        output.code_options["co_varnames"] = arguments
        output.code_options["co_argcount"] = len(arguments)
        output.code_options["co_nlocals"] = len(arguments)
        flags, self.prefix = _start(parameters(case), own_cells(case), tuple(world.free))
        cells = {"co_cellvars": own_cells(case), "co_freevars": tuple(world.free), "co_flags": flags}
        output.code_options.update(cells)
        # the translator has options of its own, and remembers the cells of the one frame that it believes in
        self.translator.code_options.update(cells)
        for name in ("_cell_and_freevars", "_cellvars", "_freevars"):
            vars(self.translator).pop(name, None)
        if not case.options.inlined:
            # the frame made its values itself, and so names what it made them with
            output.code_options["co_names"] = NAMED_BY_THE_FRAME
        # what it loads of its globals it names too
        output.code_options["co_names"] += tuple(
            name for name, _ in case.globals if name not in output.code_options["co_names"]
        )
        for name in named_beforehand(case):
            output.update_co_names(name)
        # both decide by it how a module is traced
        self.translator.export = output.export = case.options.export
        self.translator.symbolic_torch_function_state.mode_stack.clear()
        output.unique_var_id = itertools.count()
        output.side_effects = SideEffects(output)
        output.variable_tracker_cache.clear()
        output.output_instructions.clear()
        output.random_values_var = random_values(case)
        for collected in collected_by(self.translator):
            collected.clear()
        if GRAPH_INPUTS is not None:
            GRAPH_INPUTS.reset_user_object_tracking()
        # making a manager may have changed it, in the code that was emitted for the case before
        torch._C._set_grad_enabled(True)
        output.graph = self.graph
        # what the translator remembers of methods that also change the frame: it believes in one frame
        attributes = vars(self.translator)
        for name in attributes.keys() - self.attributes:
            if name.startswith(REMEMBERED):
                attributes[name].clear()
        # the values that it met earlier decide which numbers it takes for symbols
        pgo.get_code_state().clear()
        # the methods of trackers that carry out effects install guards, which nobody here asks for
        guards = output.tracing_context.guards_context
        guards.dynamo_guards = type(guards.dynamo_guards)()
        if len(self.namespace) > len(self.initial_globals):
            output.cleanups.clear()
            output.installed_globals.clear()
            for name in self.namespace.keys() - self.initial_globals:
                del self.namespace[name]
        self.emitted += 1
        if self.emitted % CLEAN_EVERY == 0:
            # a graph break is counted under its message, which holds an address
            counters.clear()

    def _generate(self, case: Case, build: DynamoTrackers, record: bool, watch: Watch | None) -> PyCodegen:
        construct = constructor(self.codegen_class, watch)
        root = build.module_root(build.world)
        marks: dict[Any, Any] = build.marks()
        overridden = build.overridden()
        if case.options.passes == 2:
            first = construct(self.translator, root, GRAPH_OUTPUTS, overridden_sources=overridden)
            one_pass(self.translator, first, case, build, last=False)
            # what is already a local needs no temporary
            local = (source.LocalSource, source.SyntheticLocalSource)
            for value, uses in first.uses.items():
                if uses > 1 and type(value) not in local:
                    marks.setdefault(value, None)
        last = self._recorded(marks, overridden, build, record, watch, root)
        one_pass(self.translator, last, case, build, last=True)
        return last

    def _recorded(
        self,
        marks: dict[Any, Any],
        overridden: dict[Any, Any],
        build: DynamoTrackers,
        record: bool,
        watch: Watch | None,
        root: Any = None,
    ) -> PyCodegen:
        """The codegen whose output counts; with `record`, one that notes its calls."""
        codegen: PyCodegen = constructor(self.codegen_class, watch)(
            self.translator, root, GRAPH_OUTPUTS, tempvars=marks, overridden_sources=overridden
        )
        if record:
            codegen._output = Recorder(codegen, build.node_of)
        return codegen

    def _call(self, build: DynamoTrackers, record: bool, watch: Watch | None) -> PyCodegen:
        """A codegen that has emitted the call of the compiled function, as `compile_and_call_fx_graph` does.

        Dynamo finds its graph arguments at the placeholders of the graph: here a graph of nothing else, which
        is dropped afterwards.
        """
        graph = torch.fx.Graph()
        for at, (where, converts) in enumerate(build.arguments()):
            graph.placeholder(f"argument_{at}").meta["grapharg"] = GraphArg(
                where, None, pass_arg_as_tensor=converts, fake_tensor=None, is_tensor=False
            )
        self.output.graph = graph
        self.namespace[COMPILED] = compiled
        codegen = self._recorded({}, {}, build, record, watch)
        codegen.tempvars = Kept()
        codegen.make_call_generated_code(COMPILED)
        return codegen

    def _numbered_objects(self) -> list[Any]:
        """What stores, ahead of the graph, the objects that the graph knows by a number, and keeps them, as
        `compile_and_call_fx_graph` writes it."""
        if GRAPH_INPUTS is None or not GRAPH_INPUTS.has_user_objects():
            return []
        codegen = self.codegen_class(self.translator)
        module = GRAPH_INPUTS.__name__
        codegen.add_push_null(lambda: codegen.load_import_from(module, "store_user_object_weakrefs"))
        kept = []
        for construct in numbered_constructors():
            construct(codegen)
            kept.append(self.output.new_var())
            codegen.store(kept[-1])
        codegen.extend_output([codegen.create_load(name) for name in kept])
        codegen.call_function(len(kept), False)
        codegen.pop_top()
        instructions: list[Any] = codegen.get_instructions()
        return instructions

    def _assemble(self, case: Case, build: DynamoTrackers, codegen: PyCodegen, count: int | None) -> Emission:
        create = bytecode_transformation.create_instruction
        called = bytecode_transformation.create_call_function(0, False) if case.options.called else []
        instructions = [
            *self.prefix,
            *self._numbered_objects(),
            *codegen.get_instructions(),
            *called,
            *([] if count is None else [build_tuple(bytecode_transformation, count)]),
            create("RETURN_VALUE"),
        ]
        code_options = dict(self.output.code_options)
        quick = None
        if self.familiar and not self.keeping:
            quick = dynamo_quick.assembled(instructions, self.keys, code_options)
        again = None
        if quick is not None and not dynamo_quick.is_sampled(quick.code):
            code, offsets = quick.code, zip(instructions, quick.offsets, strict=True)
        else:
            instructions[: len(self.prefix)] = map(copy.copy, self.prefix)
            instructions, code, again = self._by_dynamo(instructions, code_options)
            offsets = zip(instructions, [each.offset for each in instructions], strict=True)
            if quick is not None:
                dynamo_quick.held_against(quick.code, code, self.keys)
        build.namespace.update(self.namespace)
        return Emission(
            target=self.name,
            code=code,
            namespace=build.namespace,
            parameters=parameters(case),
            outputs=build.asked_for(codegen.graph_output_vars()),
            closure=tuple(build.world.free.values()) or None,
            calls=calls_at(codegen._output, offsets),
            temporaries=frozenset(codegen.tempvars.names if isinstance(codegen.tempvars, Kept) else ()),
            deletes=DELETES_TEMPORARIES,
            arrived=_arrived,
            kept=kept(codegen, build.node_of) if self.keeping else None,
            again=again,
        )

    def _by_dynamo(
        self, instructions: list[Any], code_options: dict[str, Any]
    ) -> tuple[list[Any], CodeType, CodeType | None]:
        """The instructions as Dynamo's own assembler leaves them, the code that it makes of them, and where
        that is asked for the code that ours makes."""
        bytecode_transformation.propagate_inst_exn_table_entries(instructions)
        bytecode_transformation.check_inst_exn_tab_entries_valid(instructions)
        instructions = bytecode_analysis.remove_dead_code(instructions)
        instructions = bytecode_analysis.remove_pointless_jumps(instructions)
        again = assembled_again(instructions, code_options) if self.keeping else None
        instructions, code = bytecode_transformation.clean_and_assemble_instructions(
            instructions, self.keys, code_options
        )
        return instructions, code, again


def _unmark(world: World) -> None:
    """Take off the parameters of the world what Dynamo notes on each one that it looks at."""
    for node, value in zip(world.case.nodes, world.objects, strict=True):
        is_parameter = isinstance(node, MadeNode) and node.name == "parameter"
        if (isinstance(node, SubclassNode) or is_parameter) and node.source is not None:
            vars(value).pop("_dynamo_static_input_type", None)


def _arrived(value: Any) -> object:
    """A tensor of one element as `Converted`, and anything else as it is."""
    if type(value) is not torch.Tensor or value.numel() != 1:
        return value
    return Converted(str(value.dtype).removeprefix("torch."), value.item())


@functools.lru_cache(maxsize=4096)
def _start(names: tuple[str, ...], cells: tuple[str, ...], free: tuple[str, ...]) -> tuple[int, list[Any]]:
    """The flags of a frame with these parameters and cells, and what this Python has it start with
    (MAKE_CELL, COPY_FREE_VARS, RESUME), up to RESUME."""
    text = f"""
def outer({", ".join(free)}):
    def frame({", ".join((GRAPH_OUTPUTS, *names))}):
        {"".join(f"{name} = " for name in cells if name not in names)}None
        return lambda: ({"".join(f"{name}, " for name in (*cells, *free))})
    return frame
"""
    code = compile(text, "<frame>", "exec")
    for _ in ("outer", "frame"):
        code = next(constant for constant in code.co_consts if isinstance(constant, CodeType))
    instructions = bytecode_transformation.cleaned_instructions(code)
    opcodes = [instruction.opname for instruction in instructions]
    return code.co_flags, instructions[: opcodes.index("RESUME") + 1] if "RESUME" in opcodes else []


_TORCH = torch.__name__
_TORCH_FILES = tuple(folder + os.sep for folder in sys.modules[_TORCH].__path__)


def _is_torch(code: CodeType) -> bool:
    return code.co_filename.startswith(_TORCH_FILES)
