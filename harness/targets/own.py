"""The target named `own`: this project's PyCodegen on its own trackers, without torch.

Claim: it gets the same cases as the `torch` target and drives our codegen the way Dynamo drives its own: a
first pass that counts uses, temporaries for what was built more than once, a second pass that emits.
"""

from __future__ import annotations

import builtins
import dataclasses
import os
import sys
from importlib.metadata import version
from types import CodeType, TracebackType
from typing import Any

import harness.codegen as codegen
from generators.case import Case
from harness.codegen.instructions import create_build_tuple, create_call_function
from harness.contracts import Watch, constructor
from harness.targets import own_calls, own_effects
from harness.targets.base import (
    GRAPH_OUTPUTS,
    LOGGING,
    TARGET_RAISES,
    Kept,
    Recorder,
    calls_at,
    named_beforehand,
    own_cells,
    parameters,
    target_error,
)
from harness.targets.own_odd import OwnOdd
from harness.targets.own_trackers import OwnTrackers
from harness.targets.scripts import emit_script
from oracles.graph_values import StandIns, Value
from oracles.making import PLAIN
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
            mine = target_error(error, is_of_codegen)
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


_CODEGEN_FILES = os.path.dirname(str(sys.modules[codegen.__name__].__file__)) + os.sep


def is_of_codegen(code: CodeType) -> bool:
    return code.co_filename.startswith(_CODEGEN_FILES)
