"""The target named `torch`: the installed torch's real PyCodegen, on real trackers, without a compile.

Claim: what is emitted here is what Dynamo's own `compile_subgraph` would make the same classes emit for the
same trackers; nothing of torch is replaced, and between two cases everything that one could leave to the
next is put back.

One directly built `InstructionTranslator` serves case after case. What belongs to one torch version stands in
this file. The sequence of a pass (save temporaries, restore the stack, replay mutations), the choice of
temporaries after the first pass and the steps of assembling follow torch's own `output_graph.py` and
`convert_frame.py`.
"""

from __future__ import annotations

import builtins
import collections
import copy
import itertools
import os
import sys
from contextlib import ExitStack
from types import CodeType, FunctionType, TracebackType
from typing import Any

import torch
import torch._dynamo
from torch._dynamo import bytecode_analysis, bytecode_transformation, exc, source
from torch._dynamo.codegen import PyCodegen
from torch._dynamo.side_effects import SideEffects
from torch._dynamo.symbolic_convert import ExceptionStack, InstructionTranslator, SpeculationLog
from torch._dynamo.utils import counters
from torch._dynamo.variables.builder import GraphArg, wrap_fx_proxy
from torch._guards import tracing

from generators.case import Case
from harness.contracts import Watch, constructor
from harness.targets.base import (
    COMPILED,
    GRAPH_OUTPUTS,
    TARGET_RAISES,
    Kept,
    Recorder,
    calls_at,
    compiled,
    target_error,
)
from harness.targets.dynamo_objects import CLASSES
from harness.targets.dynamo_odd import DynamoOdd
from harness.targets.dynamo_trackers import DynamoTrackers
from harness.targets.scripts import emit_script
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


def _script_template() -> CodeType:
    """The code of a function with the cells of a script's frame."""
    outer_a = outer_b = None

    def frame(graph_out_0: object) -> Any:
        inner = None
        return lambda: (inner, outer_a, outer_b)

    return frame.__code__


class DynamoTarget:
    """The long-lived translator. Enter it once; `emit` only while it is entered."""

    name = "torch"
    classes = CLASSES

    def __init__(self) -> None:
        self.namespace: dict[str, Any] = {
            "__name__": "stackproof_case",
            "__builtins__": builtins,
            collections.__name__: collections,
        }
        template = FunctionType(_template.__code__, self.namespace)
        code = template.__code__
        self.keys = bytecode_transformation.get_code_keys()
        self.code_options = {key: getattr(code, key) for key in self.keys}
        instructions = bytecode_transformation.cleaned_instructions(code)
        self.prefix = _prefix(instructions)
        with_cells = _script_template()
        self.cells = {key: getattr(with_cells, key) for key in ("co_cellvars", "co_freevars", "co_flags")}
        self.script_prefix = _prefix(bytecode_transformation.cleaned_instructions(with_cells))
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
        self.graph = self.output.graph
        self.initial_globals = frozenset(self.namespace)
        self.tensors: dict[int, torch.Tensor] = {}
        self.trackers: dict[int, Any] = {}
        self.attributes = frozenset(vars(self.translator))
        self.emitted = 0
        self._entered = ExitStack()

    def __enter__(self) -> DynamoTarget:
        self._entered.enter_context(tracing(self.output.tracing_context))
        self._entered.enter_context(self.translator.set_current_tx())
        self.output._current_tx.append(self.translator)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.output._current_tx.pop()
        self._entered.close()

    def versions(self) -> dict[str, str]:
        """The installed torch."""
        return {"torch": torch.__version__}

    def graph_value(self, proxy: int) -> object:
        """A tensor of its own for each proxy, made once."""
        if proxy not in self.tensors:
            self.tensors[proxy] = torch.full((1 + proxy % 3,), float(proxy))
        return self.tensors[proxy]

    def emit(self, case: Case, world: World, *, record: bool = False, watch: Watch | None = None) -> Emission:
        """See `Target.emit`."""
        self._put_back(case)
        self.namespace.update(world.globals)
        try:
            build = DynamoTrackers(self, case, world, {})
            count: int | None = len(case.roots)
            if case.kind == "call":
                generated, count = self._call(build, record, watch), None
            elif case.kind == "script":
                build.change()
                root = build.module_root(world)
                generated = self._recorded(build.marks(), {}, build, record, watch, root)
                count = emit_script(generated, case, build, DynamoOdd())
            else:
                build.change()
                generated = self._generate(case, build, record, watch)
            return self._assemble(case, build, generated, count, world)
        except exc.Unsupported as refusal:
            raise Refused(refusal.gb_type or type(refusal).__name__) from refusal
        except TargetError:
            raise
        except TARGET_RAISES as error:
            mine = target_error(error, _is_torch)
            if mine is None:
                raise
            raise mine from error
        finally:
            for name in world.globals:
                self.namespace.pop(name, None)

    def _put_back(self, case: Case) -> None:
        """Everything that generating for one case could leave to the next."""
        output = self.output
        output.code_options.clear()
        output.code_options.update(self.code_options)
        parameters = (GRAPH_OUTPUTS, *(name for name, _ in case.locals))
        output.code_options["co_varnames"] = parameters
        output.code_options["co_argcount"] = len(parameters)
        output.code_options["co_nlocals"] = len(parameters)
        cells = self.cells if case.kind == "script" else {key: self.code_options[key] for key in self.cells}
        output.code_options.update(cells)
        # the translator has options of its own, and remembers the cells of the one frame that it believes in
        self.translator.code_options.update(cells)
        vars(self.translator).pop("_cell_and_freevars", None)
        if not case.options.inlined:
            # the frame made its values itself, and so names what it made them with
            output.code_options["co_names"] = NAMED_BY_THE_FRAME
        output.unique_var_id = itertools.count()
        output.side_effects = SideEffects(output)
        output.variable_tracker_cache.clear()
        output.output_instructions.clear()
        output.output_pycode.clear()
        output.random_values_var = None
        output.import_sources.clear()
        output.graph = self.graph
        # what the translator remembers of methods that also change the frame: it believes in one frame
        attributes = vars(self.translator)
        for name in attributes.keys() - self.attributes:
            if name.startswith(REMEMBERED):
                attributes[name].clear()
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
        construct = constructor(PyCodegen, watch)
        roots = build.roots()
        root = build.module_root(build.world)
        marks: dict[Any, Any] = build.marks()
        overridden = build.overridden()
        if case.options.passes == 2:
            first = construct(self.translator, root, GRAPH_OUTPUTS, overridden_sources=overridden)
            self._pass(first, case, roots)
            # what is already a local needs no temporary
            local = (source.LocalSource, source.SyntheticLocalSource)
            for value, uses in first.uses.items():
                if uses > 1 and type(value) not in local:
                    marks.setdefault(value, None)
        last = self._recorded(marks, overridden, build, record, watch, root)
        self._pass(last, case, roots)
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
        codegen: PyCodegen = constructor(PyCodegen, watch)(
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

    def _pass(self, codegen: PyCodegen, case: Case, roots: list[Any]) -> None:
        self.output.side_effects.codegen_save_tempvars(codegen)
        codegen.restore_stack(roots, value_from_source=case.options.value_from_source)
        self.output.side_effects.codegen_update_mutated(codegen, False)

    def _assemble(
        self, case: Case, build: DynamoTrackers, codegen: PyCodegen, count: int | None, world: World
    ) -> Emission:
        create = bytecode_transformation.create_instruction
        prefix = self.script_prefix if case.kind == "script" else self.prefix
        instructions = [
            *(copy.copy(instruction) for instruction in prefix),
            *codegen.get_instructions(),
            *([] if count is None else [bytecode_transformation.create_build_tuple(count)]),
            create("RETURN_VALUE"),
        ]
        bytecode_transformation.propagate_inst_exn_table_entries(instructions)
        bytecode_transformation.check_inst_exn_tab_entries_valid(instructions)
        instructions = bytecode_analysis.remove_dead_code(instructions)
        instructions = bytecode_analysis.remove_pointless_jumps(instructions)
        code_options = dict(self.output.code_options)
        instructions, code = bytecode_transformation.clean_and_assemble_instructions(
            instructions, self.keys, code_options
        )
        build.namespace.update(self.namespace)
        offsets = ((instruction, instruction.offset) for instruction in instructions)
        return Emission(
            target=self.name,
            code=code,
            namespace=build.namespace,
            parameters=tuple(name for name, _ in case.locals),
            outputs=build.asked_for(codegen.graph_output_vars()),
            closure=tuple(world.cells.values()) or None,
            calls=calls_at(codegen._output, offsets),
            temporaries=frozenset(codegen.tempvars.names if isinstance(codegen.tempvars, Kept) else ()),
            arrived=_arrived,
        )

    def tensor_tracker(self, proxy: int, **changes: Any) -> Any:
        """A new tracker of the proxy, whose graph node is made once for the whole process."""
        if proxy not in self.trackers:
            size = tuple(self.graph_value(proxy).shape)  # type: ignore[attr-defined]
            made = self.output.create_proxy("call_function", torch.zeros, (size,), {})
            self.trackers[proxy] = wrap_fx_proxy(self.translator, made)
        return self.trackers[proxy].clone(**changes)


def _arrived(value: Any) -> object:
    """A tensor of one number as `Converted`, and anything else as it is."""
    if type(value) is not torch.Tensor or value.dim() != 0:
        return value
    return Converted(str(value.dtype).removeprefix("torch."), value.item())


def _prefix(instructions: list[Any]) -> list[Any]:
    """What a frame of this Python starts with (MAKE_CELL, COPY_FREE_VARS, RESUME), up to RESUME."""
    names = [instruction.opname for instruction in instructions]
    return instructions[: names.index("RESUME") + 1] if "RESUME" in names else []


_TORCH = torch.__name__
_TORCH_FILES = tuple(folder + os.sep for folder in sys.modules[_TORCH].__path__)


def _is_torch(code: CodeType) -> bool:
    return code.co_filename.startswith(_TORCH_FILES)
