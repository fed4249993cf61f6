"""A value in words, place by place, every object named: what a reader compares by eye.

Claim: two places show the same name exactly when they hold the same object, and an existing object is
named by where it was before.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import CellType, FunctionType, ModuleType
from typing import Any, TypeAlias

from generators.case import (
    SLICE_FIELDS,
    Case,
    ChainedSource,
    Default,
    DictItem,
    DictItemByKey,
    Link,
    SliceItem,
)
from generators.nodes import NumberNode, TensorNode
from oracles.graph_values import memory_of
from oracles.making import NAMED_TUPLES, Thing
from oracles.members import ATOM_BITS, left_of
from oracles.run import Run
from oracles.values import atom_text
from oracles.world import ABSENT, World


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One place in the value: the original there beside the reconstructed."""

    path: str
    original: str
    reconstructed: str


def side_by_side(run: Run, actual: object) -> Iterator[ValueRow]:
    """A row for every place of the originals and of what was reconstructed, in the originals' order."""
    expected = run.twin.originals()
    theirs = _Describer(run.case, run.twin)
    mine = _Describer(run.case, run.world)
    original: dict[str, str] = {}
    reconstructed: dict[str, str] = {}
    values = actual if type(actual) is tuple else (actual,)
    for at, index in enumerate(run.case.roots):
        theirs.walk(f"roots[{at}]", expected[index], original)
    for at, value in enumerate(values):
        mine.walk(f"roots[{at}]", value, reconstructed)
    if run.case.effects:
        for name, value in run.twin.locals.items():
            theirs.walk(f"local {name}", value, original)
            mine.walk(f"local {name}", run.world.locals[name], reconstructed)
        for name, value in run.twin.cells.items():
            theirs.walk(f"cell variable {name}", value, original)
            mine.walk(f"cell variable {name}", run.world.cells[name], reconstructed)
        for name, cell in run.twin.free.items():
            theirs.walk(f"free variable {name}", cell, original)
            mine.walk(f"free variable {name}", run.world.free[name], reconstructed)
        for name, value in run.twin.globals.items():
            theirs.walk(f"global {name}", value, original)
            mine.walk(f"global {name}", run.emission.namespace.get(name), reconstructed)
    for path in dict.fromkeys([*original, *reconstructed]):
        yield ValueRow(path, original.get(path, "—"), reconstructed.get(path, "—"))


class _Describer:
    """Names every object of one world: existing ones by where they are, new ones by a letter."""

    def __init__(self, case: Case, world: World) -> None:
        self.names: dict[int, str] = {}
        self.outputs: set[int] = set()
        self.seen: set[int] = set()
        self.new = 0
        self.kept: list[Any] = []
        for at, node in enumerate(case.nodes):
            value = world.objects[at]
            if isinstance(node, TensorNode) or (isinstance(node, NumberNode) and not node.unwrap):
                self.names[id(value)] = f"graph output of proxy {node.output}"
                self.outputs.add(id(value))
            elif value is not ABSENT and node.kind != "constant" and node.source is not None:
                self.names.setdefault(id(value), source_text(case, node.source))

    def walk(self, path: str, value: Any, rows: dict[str, str]) -> None:
        """A row for the value and for all that is in it; what was shown before is named, not repeated."""
        pending = [(path, value)]
        while pending:
            place, held = pending.pop()
            members = self.members(held)
            again = id(held) in self.seen
            rows[place] = self.text(held) + (" (again)" if again and members else "")
            if not again and members is not None:
                self.seen.add(id(held))
                pending += [(place + step, member) for step, member in reversed(members)]

    def text(self, value: Any) -> str:
        """The value in a few words, with the name of the object; an atom has none."""
        if type(value) in ATOM_BITS:
            return atom_text(value)
        if id(value) in self.outputs:
            return self.names[id(value)]
        told = _TOLD.get(type(value)) or _told_of_unknown(value) or atom_text
        if id(value) not in self.names:
            self.names[id(value)] = f"new {_letter(self.new)}"
            self.new += 1
            self.kept.append(value)  # so that its id stays its own
        return f"{told(value)}, {self.names[id(value)]}"

    def members(self, value: Any) -> list[tuple[str, Any]] | None:
        """What is in the value, each with its step of the path; None for what has no inside."""
        if type(value) in (set, frozenset):
            return self.elements(value)
        members = _MEMBERS.get(type(value)) or _members_of_unknown(value)
        return None if members is None else members(value)

    def elements(self, value: Any) -> list[tuple[str, Any]]:
        """The elements of a set, in an order that does not depend on hashes."""
        ordered = sorted(value, key=self.sort_key)
        steps = [".<element>"] if len(ordered) == 1 else [f".<element {at}>" for at in range(len(ordered))]
        return list(zip(steps, ordered, strict=True))

    def sort_key(self, value: Any) -> str:
        """An element as text, the same in every process: atoms in full, existing objects by name."""
        kind = type(value).__name__
        if type(value) is int:
            return f"{kind} {value:x}"
        if type(value) in ATOM_BITS:
            # two NaNs differ in their bits alone
            return f"{kind} {value!r} {ATOM_BITS[type(value)](value)!r}"
        if type(value) is tuple:
            return f"{kind} {[self.sort_key(member) for member in value]}"
        if type(value) is frozenset:
            return f"{kind} {sorted(map(self.sort_key, value))}"
        return f"{kind} {self.names.get(id(value), '')}"


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else f"#{number}"


# --- what each type is called, and what is in it: the steps are those of `oracles.values` ---------------

_Told: TypeAlias = Callable[[Any], str]
_Members: TypeAlias = Callable[[Any], list[tuple[str, Any]]]


def _several(step: str, values: Iterable[Any] | None) -> list[tuple[str, Any]]:
    return [(step.format(at), member) for at, member in enumerate(values or ())]


def _named(step: str, values: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    return [(step.format(name), member) for name, member in (values or {}).items()]


def _pairs(value: Mapping[Any, Any]) -> list[tuple[str, Any]]:
    steps: list[tuple[str, Any]] = []
    for at, (key, member) in enumerate(value.items()):
        steps += [(f".keys[{at}]", key), (f".values[{at}]", member)]
    return steps


def _parts(value: Any) -> list[tuple[str, Any]]:
    return [(f".{name}", getattr(value, name)) for name in SLICE_FIELDS]


def _function_parts(value: FunctionType) -> list[tuple[str, Any]]:
    return [
        *_several(".__defaults__[{}]", value.__defaults__),
        *_named(".__kwdefaults__[{!r}]", value.__kwdefaults__),
        *_several(".__closure__[{}]", value.__closure__),
        *_named(".{}", vars(value)),
    ]


def _partial_parts(value: functools.partial[Any]) -> list[tuple[str, Any]]:
    return [
        (".func", value.func),
        *_several(".args[{}]", value.args),
        *_named(".keywords[{!r}]", value.keywords),
        *_named(".{}", vars(value)),
    ]


def _is_empty(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - the only question a cell answers
    except ValueError:
        return True
    return False


def _sized(value: Any) -> str:
    return f"{type(value).__name__} of {len(value)}"


def _deque_told(value: collections.deque[Any]) -> str:
    return _sized(value) + ("" if value.maxlen is None else f", maxlen {value.maxlen}")


def _function_told(value: FunctionType) -> str:
    code = value.__code__
    by_position = code.co_varnames[: code.co_argcount]
    by_keyword = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    listed = ", ".join([*by_position, *(["*", *by_keyword] if by_keyword else [])])
    return f"function {value.__name__}({listed})"


def _left_told(value: Any) -> str:
    return f"{type(value).__name__} with {len(left_of(value))} left"


_ITERATORS: tuple[type[Any], ...] = (type(iter([])), type(iter(())))
_TOLD: dict[type[Any], _Told] = {
    **dict.fromkeys((list, tuple, dict, collections.OrderedDict, set, frozenset), _sized),
    **dict.fromkeys(_ITERATORS, _left_told),
    collections.deque: _deque_told,
    slice: lambda value: "slice",
    range: repr,
    FunctionType: _function_told,
    CellType: lambda value: "empty cell" if _is_empty(value) else "cell",
    weakref.ReferenceType: lambda value: "weak reference",
    ModuleType: lambda value: f"module {value.__name__}",
    functools.partial: lambda value: f"partial of {len(value.args) + len(value.keywords)}",
}
_MEMBERS: dict[type[Any], _Members] = {
    **dict.fromkeys((list, tuple, collections.deque), lambda value: _several("[{}]", value)),
    **dict.fromkeys((dict, collections.OrderedDict), _pairs),
    **dict.fromkeys(_ITERATORS, lambda value: _several(".<remaining {}>", left_of(value))),
    slice: _parts,
    FunctionType: _function_parts,
    CellType: lambda value: [] if _is_empty(value) else [(".cell_contents", value.cell_contents)],
    functools.partial: _partial_parts,
}


def _told_of_unknown(value: Any) -> _Told | None:
    if memory_of(value) is not None:
        return lambda value: f"{type(value).__name__} over a graph output"
    if type(value) is Thing:
        return lambda value: f"Thing of {len(vars(value))}"
    return _sized if type(value) in NAMED_TUPLES else None


def _members_of_unknown(value: Any) -> _Members | None:
    if type(value) is Thing:
        return lambda value: _named(".{}", vars(value))
    if type(value) in NAMED_TUPLES:
        return lambda value: _named(".{}", value._asdict())
    return None


# --- where a value was --------------------------------------------------------------------------------


def source_text(case: Case, source: int) -> str:
    """A source as Python would write it: `a.x[0]`, `g['key']`; all but locals are marked as what they are."""
    links: list[str] = []
    entry: Any = case.sources[source]
    while isinstance(entry, ChainedSource):
        links.append(_link_text(case, entry))
        entry = case.sources[entry.base]
    return _START[entry.kind].format(entry.name) + "".join(reversed(links))


_START = {
    "local": "{}",
    "global": "global {}",
    "cell_variable": "cell {}",
    "free_variable": "free {}",
    "import": "import {}",
}


def _link_text(case: Case, link: Link) -> str:
    match link:
        case DictItem(_, key):
            node: Any = case.nodes[key]
            return f"[{atom_text(node.value)}]"
        case DictItemByKey(_, by):
            return f"[{source_text(case, by)}]"
        case SliceItem(_, start, stop, step):
            written = (start, stop) if step is None else (start, stop, step)
            return f"[{':'.join('' if bound is None else str(bound) for bound in written)}]"
        case Default(_, place):
            return f".__kwdefaults__[{place!r}]" if isinstance(place, str) else f".__defaults__[{place}]"
    return _LINK[link.kind].format(**dataclasses.asdict(link))


_LINK = {
    "attribute": ".{name}",
    "item": "[{index}]",
    "dict_key": ".<key {index}>",
    "closure_cell": ".__closure__[{index}]",
    "cell_contents": ".cell_contents",
    "type": ".__class__",
    "weakref_call": "()",
}
