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
from torch._guards import tracing

from generators.case import Case
from harness.targets.base import GRAPH_OUTPUTS, TARGET_RAISES, Recorder, calls_at, target_error
from harness.targets.dynamo_graph import Overriding, Pool
from harness.targets.dynamo_trackers import DynamoTrackers
from oracles.graph_values import AsArray, AsSubclass, AsTensor, Output, Value, element_of, symbolic_value
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
        self.initial_globals = frozenset(self.namespace)
        self.tensors: dict[Output, torch.Tensor] = {}
        self.pool = Pool(self.translator, self._tensor)
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

    def graph_value(self, asked: Value) -> object:
        """A tensor of its own for each output, made once."""
        match asked:
            case AsArray(proxy):
                return self._tensor(proxy).numpy()
            case AsSubclass(proxy):
                return self._tensor(proxy).as_subclass(Overriding)
        return self._tensor(asked)

    def _tensor(self, output: Output) -> torch.Tensor:
        if output not in self.tensors:
            if isinstance(output, AsTensor):
                value = symbolic_value(output.proxy, "float")
                self.tensors[output] = torch.tensor(value, dtype=torch.float64)
            else:
                # one element, in as many dimensions as there are kinds of
                self.tensors[output] = torch.full((1,) * (output % 3), element_of(output))
        return self.tensors[output]

    def emit(self, case: Case, world: World, *, record: bool = False) -> Emission:
        """See `Target.emit`."""
        self._put_back(case)
        self.namespace.update(world.globals)
        try:
            build = DynamoTrackers(self, case, world, {})
            build.change()
            generated = self._generate(case, build, record)
            return self._assemble(case, build, generated)
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
        parameters = (GRAPH_OUTPUTS, *_parameters(case))
        output.code_options["co_cellvars"] = tuple(dict(case.cells))
        output.code_options["co_freevars"] = tuple(dict(case.free))
        # the translator asks once, and believes in one frame
        self.translator._cell_and_freevars = (*dict(case.cells), *dict(case.free))
        output.code_options["co_varnames"] = parameters
        output.code_options["co_argcount"] = len(parameters)
        output.code_options["co_nlocals"] = len(parameters)
        if not case.options.inlined:
            # the frame made its values itself, and so names what it made them with
            output.code_options["co_names"] = NAMED_BY_THE_FRAME
        self.translator.export = case.options.export
        output.unique_var_id = itertools.count()
        output.side_effects = SideEffects(output)
        output.variable_tracker_cache.clear()
        output.output_instructions.clear()
        output.output_pycode.clear()
        output.random_values_var = None
        output.import_sources.clear()
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

    def _generate(self, case: Case, build: DynamoTrackers, record: bool) -> PyCodegen:
        roots = build.roots()
        marks: dict[Any, Any] = build.marks()
        overridden = build.overridden()
        if case.options.passes == 2:
            first = PyCodegen(self.translator, None, GRAPH_OUTPUTS, overridden_sources=overridden)
            self._pass(first, case, roots)
            # what is already a local needs no temporary
            local = (source.LocalSource, source.SyntheticLocalSource)
            for value, uses in first.uses.items():
                if uses > 1 and type(value) not in local:
                    marks.setdefault(value, None)
        last = PyCodegen(self.translator, None, GRAPH_OUTPUTS, tempvars=marks, overridden_sources=overridden)
        if record:
            last._output = Recorder(last, build.node_of)
        self._pass(last, case, roots)
        return last

    def _pass(self, codegen: PyCodegen, case: Case, roots: list[Any]) -> None:
        self.output.side_effects.codegen_save_tempvars(codegen)
        codegen.restore_stack(roots, value_from_source=case.options.value_from_source)
        self.output.side_effects.codegen_update_mutated(codegen, False)

    def _prologue(self, case: Case) -> list[Any]:
        """What the frame starts with: copies of its cells, as the compiler would put them."""
        create = bytecode_transformation.create_instruction
        copied = [create("COPY_FREE_VARS", arg=len(case.free))] if case.free else []
        made = [create("MAKE_CELL", argval=name) for name in dict(case.cells)]
        return [*copied, *made, *(copy.copy(instruction) for instruction in self.prefix)]

    def _assemble(self, case: Case, build: DynamoTrackers, codegen: PyCodegen) -> Emission:
        create = bytecode_transformation.create_instruction
        instructions = [
            *self._prologue(case),
            *codegen.get_instructions(),
            create("BUILD_TUPLE", arg=len(case.roots)),
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
            parameters=_parameters(case),
            outputs=build.asked_for(codegen.graph_output_vars()),
            closure=tuple(build.world.free.values()) or None,
            calls=calls_at(codegen._output, offsets),
        )


def _parameters(case: Case) -> tuple[str, ...]:
    return (*dict(case.locals), *dict(case.cells))


def _prefix(instructions: list[Any]) -> list[Any]:
    """What a frame of this Python starts with (MAKE_CELL, COPY_FREE_VARS, RESUME), up to RESUME."""
    names = [instruction.opname for instruction in instructions]
    return instructions[: names.index("RESUME") + 1] if "RESUME" in names else []


_TORCH = torch.__name__
_TORCH_FILES = tuple(folder + os.sep for folder in sys.modules[_TORCH].__path__)


def _is_torch(code: CodeType) -> bool:
    return code.co_filename.startswith(_TORCH_FILES)
