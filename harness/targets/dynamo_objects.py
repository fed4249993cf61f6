"""Torch's own trackers of objects that are made by calling a class, of bound methods, generators and modules.

Claim: as in `dynamo_trackers.py`, which lists them.

Where torch's versions differ, `dynamo_here.py` and `dynamo_shapes.py` know.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo import source, variables
from torch._dynamo.variables import base
from torch._dynamo.variables.builder import SourcelessBuilder
from torch._dynamo.variables.ctx_manager import InferenceModeVariable, NullContextVariable
from torch._dynamo.variables.functions import (
    ContextlibContextManagerLocalGeneratorObjectVariable,
    LocalGeneratorObjectVariable,
)

from generators.nodes import (
    BoundMethodNode,
    ContextManagerNode,
    DefaultDictNode,
    GeneratorNode,
    ModuleNode,
    ObjectNode,
    StructSequenceNode,
)
from harness.targets import dynamo_contexts, dynamo_made_values, dynamo_things
from harness.targets import dynamo_made_tensors as tensors
from harness.targets import dynamo_shapes as shapes
from harness.targets.dynamo_here import FRAME_COMPLETED, MODULES_NEED_A_SOURCE, NO_OUTPUT, absent
from harness.targets.dynamo_made_iterators import PLAIN as PLAIN_OF_ITERATORS
from oracles.making import FACTORIES, PLAIN, Classes, Thing, code_of

if TYPE_CHECKING:
    from harness.targets.dynamo_trackers import DynamoTrackers

CLASSES = Classes(
    structs={2: torch.return_types.max, 4: torch.return_types.linalg_lstsq},
    managers={**PLAIN.managers, "mode": torch.inference_mode},
    module=torch.nn.Module,
    makers={
        **PLAIN.makers,
        **PLAIN_OF_ITERATORS,
        **dynamo_made_values.CLASSES,
        **dynamo_contexts.MAKERS,
        **dynamo_things.MAKERS,
        **tensors.MAKERS,
    },
    modes=tensors.entered,
)
"""The classes that torch has trackers of its own for."""


def existing_object(made: DynamoTrackers, at: int, where: Any) -> Any:
    """The tracker of what Dynamo knows only as an object of a class."""
    mutation = base.AttributeMutationExisting()
    kind = variables.UserDefinedObjectVariable
    if isinstance(where, source.OptimizerSource):
        kind = variables.OptimizerVariable
    return kind(made.world.objects[at], source=where, mutation_type=mutation)


def _factory(made: DynamoTrackers, name: str) -> Any:
    value = FACTORIES[name]
    if value is None:
        return variables.ConstantVariable.create(None)
    if value is not Thing:
        return SourcelessBuilder.create(made.target.translator, value)
    where = made.target.translator.import_source(Thing.__module__)
    return variables.UserDefinedClassVariable(Thing, source=source.AttrSource(where, Thing.__qualname__))


def default_dict(made: DynamoTrackers, at: int, node: DefaultDictNode, where: Any) -> Any:
    """A new one is noted among the side effects, and may be filled by `DynamoTrackers.fill` later."""
    return shapes.default_dict(made, at, _factory(made, node.factory), made.pairs(node.items), where)


def struct_sequence(made: DynamoTrackers, at: int, node: StructSequenceNode, where: Any) -> Any:
    """The tracker of a struct sequence; the value of a new one is an example."""
    kind = CLASSES.structs[len(node.items)]
    value = kind([None] * len(node.items)) if where is None else made.world.objects[at]
    return shapes.struct_sequence(kind, value, made.many(node.items), where)


def bound_method(made: DynamoTrackers, at: int, node: BoundMethodNode, where: Any) -> Any:
    """A method of an existing object has the source of the attribute: that is how tracing comes to it."""
    if where is not None:
        return existing_object(made, at, where)
    holder = made.plain[node.of]
    loaded = None if holder.source is None else source.AttrSource(holder.source, node.name)
    if isinstance(made.case.nodes[node.of], ObjectNode):
        return shapes.method_of_an_object(getattr(Thing, node.name), holder, loaded)
    return shapes.method_of_a_builtin(node.name, holder, loaded)


def generator(made: DynamoTrackers, at: int, node: GeneratorNode, where: Any) -> Any:
    """A drained one: its tracer is at the end, and what it gave is noted. Its source is its function's."""
    kind = LocalGeneratorObjectVariable
    if node.context_manager:
        kind = ContextlibContextManagerLocalGeneratorObjectVariable
    made_by = None if node.function is None else made.trackers[node.function].source
    at_its_end: Any = SimpleNamespace(generator_exhausted=True, frame_state=FRAME_COMPLETED, output=NO_OUTPUT)
    tracker = kind(code_of(0, (), 0), made.namespace, at_its_end, source=made_by)
    tracker.remaining_items = made.many(node.items)
    return tracker


def context_manager(made: DynamoTrackers, at: int, node: ContextManagerNode, where: Any) -> Any:
    """The tracker of a context manager, with the constants that its class is called with."""
    if where is not None:
        return existing_object(made, at, where)
    if node.name == "null":
        return NullContextVariable()
    (mode,) = [made.plain[at].as_python_constant() for at in node.arguments]
    return InferenceModeVariable.create(made.target.translator, mode)


def module(made: DynamoTrackers, at: int, node: ModuleNode, where: Any) -> Any:
    """The tracker of a module, which may know its path alone."""
    value = made.world.objects[at]
    loaded = None if node.by_key else where
    if loaded is None and MODULES_NEED_A_SOURCE:
        raise absent("a module without a source")
    return variables.NNModuleVariable(type(value), made.module_key(at), value, source=loaded)
