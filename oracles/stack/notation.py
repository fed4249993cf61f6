"""Reads the notation of the opcode table: `"inputs -- outputs"`, as in CPython's own definitions.

Inputs and outputs are listed bottom first, separated by commas. Each is `name`, `name: kind`,
`name[size]` or `name: kind[size]`:

- the kind is a row of `KINDS`; without one it is `object`. An opcode *trusts* the kind of an input: it
  crashes on any other. `kind?` is checked by CPython itself, which raises: only a slot that cannot be of
  that kind is wrong.
- the size is a row of `SIZES`; without one it is 1.
- an output with the name of an input is that very value, or those, and needs no kind or size. Leading
  inputs that are the leading outputs are not popped at all.
- `inputs -- outputs / outputs`: the outputs without and with the jump.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from . import slots
from .slots import ALL_BITS, CALLER_BIT, NULL_BIT, OBJECT_BITS, Slot

KINDS: Final[dict[str, Slot]] = {
    "any": slots.of_bits(ALL_BITS),
    "object": slots.OBJECT,
    "null": slots.NULL,
    "none": slots.NONE,
    "cell": slots.CELL,
    "iterator": slots.ITERATOR,
    "list": slots.LIST,
    "set": slots.SET,
    "dict": slots.DICT,
    "str": slots.STRING,
    "tuple": slots.TUPLE,
    "tuple_or_none": slots.TUPLE_OR_NONE,
    "code": slots.CODE,
    "exception": slots.EXCEPTION,
    "exception_or_none": slots.EXCEPTION_OR_NONE,
    "exception_type": slots.EXCEPTION_TYPE,
    "exception_type_or_none": slots.EXCEPTION_TYPE_OR_NONE,
    "lasti": slots.of_bits(slots.LASTI_BIT | slots.TAGGED_BIT),
    "droppable": slots.of_bits(slots.OBJECT_BITS | slots.NULL_BIT | slots.TAGGED_BIT),
    "function": slots.FUNCTION,
    "other": slots.OTHER,
    "bool": slots.BOOL,
    "building": slots.of_bits(slots.BUILDING_BIT | slots.FUNCTION_BIT),
    "null_or_dict": slots.of_bits(slots.NULL_BIT | slots.DICT_BIT),
    "local": slots.of_bits(slots.OBJECT_BITS | slots.UNBOUND_BIT),
    "method_or_null": slots.METHOD_OR_NULL,
    "self_or_callable": slots.SELF_OR_CALLABLE,
    "self_or_null": slots.SELF_OR_NULL,
    "special_self": slots.SPECIAL_SELF,
}

SIZES: Final[dict[str, Callable[[int], int]]] = {
    "oparg": lambda oparg: oparg,
    "oparg - 1": lambda oparg: oparg - 1,
    "oparg != 0": lambda oparg: int(oparg != 0),
    "2 * oparg": lambda oparg: 2 * oparg,
    "oparg & 1": lambda oparg: oparg & 1,
    "oparg >> 1 & 1": lambda oparg: oparg >> 1 & 1,
    "oparg >> 2 & 1": lambda oparg: oparg >> 2 & 1,
    "oparg >> 3 & 1": lambda oparg: oparg >> 3 & 1,
    "oparg & 0xFF": lambda oparg: oparg & 0xFF,
    "oparg >> 8": lambda oparg: oparg >> 8,
}


class Item(NamedTuple):
    """One input or output as declared; `size` is a key of `SIZES`, or empty for exactly one."""

    name: str
    kind: str
    lenient: bool
    size: str


class Declaration(NamedTuple):
    """A parsed row: inputs, outputs, and the outputs when it jumps."""

    inputs: tuple[Item, ...]
    outputs: tuple[Item, ...]
    jump_outputs: tuple[Item, ...]

    def operands(self, oparg: int) -> int:
        """How many slots it looks at or makes for this oparg."""
        return sum(_count(item, oparg) for part in self for item in part)

    @property
    def sized(self) -> bool:
        """Whether the effect depends on the oparg."""
        return any(item.size for part in self for item in part)


class Effect(NamedTuple):
    """A row for one oparg, as the interpreter applies it.

    `forbidden` and `expected` hold one mask of slot bits for each of the `need` operands, bottom first: a
    slot with a forbidden bit is wrong, and so is one without any expected bit (`expected` is empty where no
    operand is lenient). `drop` operands are popped; `push` has a slot, or the index of an operand.
    """

    need: int
    drop: int
    forbidden: tuple[int, ...]
    expected: tuple[int, ...]
    push: tuple[Slot | int, ...]
    names: tuple[str, ...]


_ITEM: Final = re.compile(r"(?P<name>\w+)(: (?P<kind>\w+)(?P<lenient>\?)?)?(\[(?P<size>[^\]]+)\])?$")


class DeclarationError(ValueError):
    """A row of the opcode table that does not follow the notation: where, and what to write instead."""


def _items(text: str) -> tuple[Item, ...]:
    items = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = _ITEM.match(part)
        if found is None:
            raise DeclarationError(f"{part!r} is not `name: kind[size]`")
        kind, size = found["kind"] or "object", found["size"] or ""
        if kind not in KINDS or (size and size not in SIZES):
            raise DeclarationError(f"{part!r}: add its kind to KINDS or its size to SIZES")
        items.append(Item(found["name"], kind, bool(found["lenient"]), size))
    return tuple(items)


def parse(text: str) -> Declaration:
    """The declaration written as `text`; raises DeclarationError."""
    inputs, arrow, outputs = text.partition("--")
    if not arrow:
        raise DeclarationError(f"{text!r} has no `--`")
    falls, slash, jumps = outputs.partition("/")
    return Declaration(_items(inputs), _items(falls), _items(jumps if slash else falls))


def _forbidden(item: Item) -> int:
    bits = OBJECT_BITS if item.lenient else KINDS[item.kind].bits
    return ALL_BITS & ~(bits | (0 if bits == NULL_BIT else CALLER_BIT))


def _expected(item: Item) -> int:
    return KINDS[item.kind].bits | CALLER_BIT if item.lenient else ALL_BITS


def _count(item: Item, oparg: int) -> int:
    return max(0, SIZES[item.size](oparg)) if item.size else 1


def effect(declaration: Declaration, oparg: int, jump: bool = False) -> Effect:
    """What the row does to the stack for this oparg, without or with the jump."""
    inputs = declaration.inputs
    outputs = declaration.jump_outputs if jump else declaration.outputs
    expand = [(item, _count(item, oparg)) for item in inputs]
    operands = [item for item, size in expand for _ in range(size)]
    first: dict[str, int] = {}
    at = 0
    for item, size in expand:
        first[item.name] = at
        at += size
    kept = 0
    for declared, output in zip(inputs, outputs):  # noqa: B905 - the shorter one ends the common part
        if declared.name != output.name:
            break
        kept += _count(declared, oparg)
    push: list[Slot | int] = []
    sizes = dict(zip(inputs, (size for _, size in expand), strict=True))
    by_name = {item.name: item for item in inputs}
    for item in outputs:
        same = by_name.get(item.name)
        if same is not None:
            push += range(first[item.name], first[item.name] + sizes[same])
        else:
            push += [KINDS[item.kind]] * _count(item, oparg)
    lenient = any(item.lenient for item in operands)
    return Effect(
        need=len(operands),
        drop=len(operands) - kept,
        forbidden=tuple(map(_forbidden, operands)),
        expected=tuple(map(_expected, operands)) if lenient else (),
        push=tuple(push[kept:]),
        names=tuple(item.name for item in operands),
    )
