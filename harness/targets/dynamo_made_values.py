"""Torch's own trackers of what every process has one of, and what torch's builder makes of anything.

Claim: as in `dynamo_trackers.py`; each is what tracing gives where the frame names such a value.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch._dynamo import source, variables

from generators.makers_values import HARNESS
from generators.nodes import ConstantNode, MadeNode
from harness.targets import dynamo_here as here
from harness.targets.dynamo_tracing import Made
from oracles.makers_values import CONSTANTS, GENERICS, MEMBERS, imported
from oracles.members import also_atoms

if TYPE_CHECKING:
    from harness.targets.dynamo_trackers import DynamoTrackers

KERNEL: dict[str, Any] = {
    "float32": torch.float32,
    "int64": torch.int64,
    "bool": torch.bool,
    "cpu": torch.device("cpu"),
    "strided": torch.strided,
    "contiguous_format": torch.contiguous_format,
    "preserve_format": torch.preserve_format,
}

FUNCTIONS: dict[str, tuple[str, str]] = {
    "add": ("torch", "add"),
    "Size": ("torch", "Size"),
    "Linear": ("torch.nn", "Linear"),
    "relu": ("torch.nn.functional", "relu"),
}
"""Where torch has them: module and name."""


def _function(name: str) -> Any:
    return imported(":".join(FUNCTIONS[name]))


also_atoms(torch.dtype, torch.device, torch.layout, torch.memory_format)

CLASSES: dict[str, Callable[..., Any]] = {
    "kernel_function": _function,
    "kernel_constant": KERNEL.__getitem__,
}
"""Torch's own values, for the world."""


def named(made: DynamoTrackers, node: MadeNode) -> str:
    """The name that a maker's first argument is."""
    return named_at(made, node, 0)


def named_at(made: DynamoTrackers, node: MadeNode, position: int) -> str:
    """The name that the argument at a position is."""
    argument = made.case.nodes[node.arguments[position]]
    if not isinstance(argument, ConstantNode):
        raise TypeError(f"a {argument.kind}: a well-formed case has a name there")
    return str(argument.value)


def built(made: DynamoTrackers, value: Any, where: Any) -> Any:
    """The tracker that torch's builder gives a value at a source, or, at None, one that needs no source."""
    return here.build(made.target.translator, value, where)


def attribute(made: DynamoTrackers, module: str, *path: str) -> Any:
    """The source of an attribute of a module that an inlined function names."""
    where = made.target.translator.import_source(module)
    for name in path:
        where = source.AttrSource(where, name)
    return where


def _builtin(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    name = named(made, node)
    if where is None:
        names = source.GlobalSource(made.target.output.name_of_builtins_dict_key_in_fglobals)
        where = source.DictGetItemSource(names, name)
    return built(made, getattr(builtins, name), where)


def _imported(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    module, _, name = named(made, node).partition(":")
    return built(made, imported(named(made, node)), where or attribute(made, module, name))


def _kernel_function(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    name = named(made, node)
    return built(made, _function(name), where or attribute(made, *FUNCTIONS[name]))


def _enum_member(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    kind, _, name = named(made, node).partition(".")
    return built(made, MEMBERS[named(made, node)], where or attribute(made, HARNESS, kind, name))


def _odd_constant(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    return built(made, CONSTANTS[named(made, node)], where)


def _generic_type(made: DynamoTrackers, at: int, node: MadeNode, where: Any) -> Any:
    value = GENERICS[named(made, node)]
    # a new one is made by subscribing another
    return variables.TypingVariable(value) if where is None else built(made, value, where)


MADE: dict[str, Made] = {
    "builtin": _builtin,
    "imported": _imported,
    "kernel_function": _kernel_function,
    "enum_member": _enum_member,
    "generic_type": _generic_type,
    "odd_constant": _odd_constant,
    "kernel_constant": lambda made, at, node, where: built(made, KERNEL[named(made, node)], where),
}
