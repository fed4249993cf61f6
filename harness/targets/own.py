"""The target named `own`: this project's PyCodegen on its own trackers, without torch.

Claim: it gets the same cases as the `torch` target and drives our codegen the way Dynamo drives its own: a
first pass that counts uses, temporaries for what was built more than once, a second pass that emits.
"""

from __future__ import annotations

import builtins
import os
import sys
from importlib.metadata import version
from types import CodeType, TracebackType
from typing import Any

import harness.codegen as codegen
from generators.case import (
    Attribute,
    Case,
    ConstantNode,
    DictItem,
    DictNode,
    GlobalName,
    Item,
    ListNode,
    LocalName,
    Node,
    ObjectNode,
    Source,
    TensorNode,
    TupleNode,
)
from generators.contents import after
from harness.targets.base import GRAPH_OUTPUTS, TARGET_RAISES, Recorder, Trackers, calls_at, target_error
from oracles.run import Emission, Refused, TargetError
from oracles.world import GraphValue, Thing, World


class OwnTarget:
    """Our codegen, a fresh frame for each case."""

    name = "own"

    def __init__(self) -> None:
        self.values: dict[int, GraphValue] = {}

    def __enter__(self) -> OwnTarget:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held between cases."""

    def versions(self) -> dict[str, str]:
        """The library that assembles for us."""
        return {"bytecode": version("bytecode")}

    def graph_value(self, proxy: int) -> object:
        """A stand-in for each proxy, made once."""
        if proxy not in self.values:
            self.values[proxy] = GraphValue(proxy)
        return self.values[proxy]

    def emit(self, case: Case, world: World, *, record: bool = False) -> Emission:
        """See `Target.emit`."""
        namespace: dict[str, Any] = {"__name__": "stackproof_case", "__builtins__": builtins, **world.globals}
        parameters = tuple(name for name, _ in case.locals)
        translator = codegen.Translator((GRAPH_OUTPUTS, *parameters), namespace, name="emitted")
        try:
            build = _Trackers(case)
            generated = _generate(translator, case, build, record)
            instructions = [
                *generated.get_instructions(),
                codegen.create_instruction("BUILD_TUPLE", arg=len(case.roots)),
                codegen.create_instruction("RETURN_VALUE"),
            ]
            assembled = codegen.assemble(instructions, translator.output.code_options)
            return Emission(
                target=self.name,
                code=assembled.code,
                namespace=namespace,
                parameters=parameters,
                outputs=build.asked_for(generated.graph_output_vars()),
                calls=calls_at(generated._output, zip(instructions, assembled.offsets, strict=True)),
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


def _generate(
    translator: codegen.Translator, case: Case, build: _Trackers, record: bool
) -> codegen.PyCodegen:
    effects = _effects(case, build)

    def emit(generator: codegen.PyCodegen) -> codegen.PyCodegen:
        effects.codegen_save_tempvars(generator)
        generator.restore_stack(build.roots(), value_from_source=case.options.value_from_source)
        effects.codegen_update_mutated(generator)
        return generator

    marks: dict[Any, Any] = build.marks()
    if case.options.passes == 2:
        first = emit(codegen.PyCodegen(translator, None, GRAPH_OUTPUTS))
        for value, uses in first.uses.items():
            # what is already a local needs no temporary
            if uses > 1 and type(value) is not codegen.LocalSource:
                marks.setdefault(value, None)
    last = codegen.PyCodegen(translator, None, GRAPH_OUTPUTS, tempvars=marks)
    if record:
        last._output = Recorder(last, build.node_of)
    return emit(last)


def _effects(case: Case, build: _Trackers) -> codegen.SideEffects:
    """The effects recorded as a tracer would leave them: trackers hold the final contents."""
    effects = codegen.SideEffects()
    final = after(case)
    recorded: set[int] = set()
    for effect in case.effects:
        tracker = build.trackers[effect.on]
        if effect.name is not None and effect.value is not None:
            effects.store_attr(tracker, effect.name, build.trackers[effect.value])
        elif effect.name is not None:
            effects.delete_attr(tracker, effect.name)
        elif effect.on not in recorded:
            recorded.add(effect.on)
            held = final[effect.on]
            if isinstance(held, list):
                tracker.items = [build.trackers[at] for at in held]
            else:
                pairs = [member for member in held.values() if isinstance(member, tuple)]
                tracker.items = [(build.trackers[key], build.trackers[value]) for key, value in pairs]
            effects.mutation(tracker)
    return effects


class _Trackers(Trackers):
    """The case as our trackers and sources."""

    def __init__(self, case: Case) -> None:
        self.stand_ins: dict[int, object] = {}
        super().__init__(case)

    def source(self, entry: Source) -> codegen.Source:
        match entry:
            case LocalName(name):
                return codegen.LocalSource(name)
            case GlobalName(name):
                return codegen.GlobalSource(name)
            case Attribute(base, name):
                return codegen.AttrSource(self.sources[base], name)
            case Item(base, index):
                return codegen.GetItemSource(self.sources[base], index)
            case DictItem(base, key):
                return codegen.DictGetItemSource(self.sources[base], self.key(key))

    def tracker(self, at: int, node: Node, where: Any) -> codegen.VariableTracker:
        made = self.trackers
        value_mutation = codegen.ValueMutationNew() if where is None else codegen.ValueMutationExisting()
        match node:
            case ConstantNode(value):
                return codegen.ConstantVariable(value, source=where)
            case ListNode(items):
                members = [made[child] for child in items]
                return codegen.ListVariable(members, source=where, mutation_type=value_mutation)
            case TupleNode(items):
                return codegen.TupleVariable([made[child] for child in items], source=where)
            case DictNode(pairs):
                content = [(made[key], made[value]) for key, value in pairs]
                return codegen.ConstDictVariable(content, source=where, mutation_type=value_mutation)
            case ObjectNode():
                mutation = codegen.AttributeMutationExisting()
                return codegen.UserDefinedObjectVariable(Thing, source=where, mutation_type=mutation)
            case TensorNode(proxy):
                stand_in = self.stand_ins.setdefault(proxy, object())
                self.proxies[id(stand_in)] = proxy
                return codegen.TensorVariable(stand_in, source=where)


_CODEGEN_FILES = os.path.dirname(str(sys.modules[codegen.__name__].__file__)) + os.sep


def _is_ours(code: CodeType) -> bool:
    return code.co_filename.startswith(_CODEGEN_FILES)
