"""A value in words, place by place, every object named: what a reader compares by eye.

Claim: two places show the same name exactly when they hold the same object, and an existing object is
named by where it was before.
"""

from __future__ import annotations

import collections
import dataclasses
import functools
import itertools
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import BuiltinMethodType, CellType, FunctionType, MethodType, ModuleType
from typing import Any, TypeAlias

from generators.case import (
    SLICE_FIELDS,
    Case,
    ChainedSource,
    Default,
    DictItem,
    DictItemByKey,
    Link,
    ModeOnStack,
    SliceItem,
    TensorProperty,
)
from generators.nodes import NumberNode, TensorNode
from oracles.accesses import Access, due, seen, spell
from oracles.execution import arrived, wanted_of_script
from oracles.graph_values import memory_of
from oracles.instances import CLASSES, attributes_of, base_class
from oracles.makers import PARTS, parts_of
from oracles.making import NAMED_TUPLES, Converted, Thing
from oracles.members import ATOM_BITS, left_of
from oracles.noting import plain_type
from oracles.run import Run
from oracles.values import atom_text, is_context_manager, is_struct_sequence, path_text
from oracles.world import ABSENT, World


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One place in the value: the original there beside the reconstructed."""

    path: str
    original: str
    reconstructed: str


def side_by_side(run: Run, actual: object) -> Iterator[ValueRow]:
    """A row for every place of the originals and of what was reconstructed, in the originals' order."""
    if run.case.kind == "script":
        yield from _script_side_by_side(run, actual)
        return
    expected = run.twin.asked_for()
    theirs = _Describer(run.case, run.twin)
    mine = _Describer(run.case, run.world)
    original: dict[str, str] = {}
    reconstructed: dict[str, str] = {}
    values = arrived(run, actual) if type(actual) is tuple else [actual]
    cells = values[: run.case.options.resumed]
    for at, value in enumerate(expected):
        theirs.walk(f"roots[{at}]", value, original)
    for at, value in enumerate(values[len(cells) :]):
        mine.walk(f"roots[{at}]", value, reconstructed)
    if run.case.options.logged:
        theirs.walk("logged", [tuple(run.twin.originals()[at] for at in run.case.options.logged)], original)
        mine.walk("logged", run.world.logged, reconstructed)
    if cells:
        theirs.walk("cells of the frame", run.twin.frame_cells(), original)
        mine.walk("cells of the frame", cells[0], reconstructed)
    if run.case.effects:
        theirs.walk_frame(run.twin, original)
        mine.walk_frame(run.world, reconstructed)
        for at, attributes in run.twin.on_tensors.items():
            for name, value in attributes.items():
                theirs.walk(f"node {at}.{name}", value, original)
                mine.walk(f"node {at}.{name}", run.world.on_tensors.get(at, {}).get(name), reconstructed)
        for name, value in run.twin.globals.items():
            theirs.walk(f"global {name}", value, original)
            mine.walk(f"global {name}", run.emission.namespace.get(name), reconstructed)
    for path in dict.fromkeys([*original, *reconstructed]):
        yield ValueRow(path, original.get(path, "—"), reconstructed.get(path, "—"))


def _script_side_by_side(run: Run, actual: object) -> Iterator[ValueRow]:
    """The same of a script: the stack, then variables and cells."""
    # the twin was changed when the steps were carried out on it
    twin = World(run.case, run.twin.graph_value)
    wanted = wanted_of_script(dataclasses.replace(run, twin=twin))
    theirs, mine = _Describer(run.case, twin), _Describer(run.case, run.world)
    original: dict[str, str] = {}
    reconstructed: dict[str, str] = {}
    for place, value in zip(wanted.places, wanted.values, strict=True):
        theirs.walk(path_text((place,)), value, original)
    values = actual if type(actual) is tuple else (actual,)
    for place, value in zip(wanted.places, values, strict=False):
        mine.walk(path_text((place,)), value, reconstructed)
    theirs.walk_frame(twin, original)
    mine.walk_frame(run.world, reconstructed)
    for path in dict.fromkeys([*original, *reconstructed]):
        yield ValueRow(path, original.get(path, "—"), reconstructed.get(path, "—"))


@dataclass(frozen=True, slots=True)
class AccessRow:
    """One attribute or item read in a call: the one that is due beside the one that was made."""

    due: str
    made: str


def accesses_side_by_side(run: Run) -> Iterator[AccessRow]:
    """A row for each access, in order; `—` where one side has none."""
    if run.case.kind != "call":
        return
    wanted = due(run.case)
    named = {access: access_text(run.case, access) for access in wanted}
    for one, other in itertools.zip_longest(wanted, seen(run.world)):
        yield AccessRow(
            "—" if one is None else named[one],
            "—" if other is None else named.get(other, access_text(run.case, other)),
        )


def access_text(case: Case, access: Access) -> str:
    """The access as Python would write it, where a source makes it; else in words."""
    return spell(case, access) if access.source is None else source_text(case, access.source)


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

    def walk_frame(self, world: World, rows: dict[str, str]) -> None:
        """Rows for the variables of the frame in a world."""
        for name, value in world.locals.items():
            self.walk(f"local {name}", value, rows)
        for name, value in world.cells.items():
            self.walk(f"cell variable {name}", value, rows)
        for name, cell in world.free.items():
            self.walk(f"free variable {name}", cell, rows)

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
        told = _TOLD.get(plain_type(value)) or _told_of_unknown(value) or atom_text
        if id(value) not in self.names:
            self.names[id(value)] = f"new {_letter(self.new)}"
            self.new += 1
            self.kept.append(value)  # so that its id stays its own
        return f"{told(value)}, {self.names[id(value)]}"

    def members(self, value: Any) -> list[tuple[str, Any]] | None:
        """What is in the value, each with its step of the path; None for what has no inside."""
        if type(value) in (set, frozenset):
            return self.elements(value)
        members = _MEMBERS.get(plain_type(value)) or _members_of_unknown(value)
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
        *_named(".__annotations__[{!r}]", value.__annotations__),
        *_several(".__closure__[{}]", value.__closure__),
        *([] if value.__doc__ is None else [(".__doc__", value.__doc__)]),
        *_named(".{}", vars(value)),
    ]


def _method_parts(value: Any) -> list[tuple[str, Any]]:
    return [] if isinstance(value.__self__, ModuleType) else [(".__self__", value.__self__)]


def _partial_parts(value: functools.partial[Any]) -> list[tuple[str, Any]]:
    return [
        (".func", value.func),
        *_several(".args[{}]", value.args),
        *_named(".keywords[{!r}]", value.keywords),
        *_named(".{}", vars(value)),
    ]


def _instance_parts(value: Any) -> list[tuple[str, Any]]:
    named = _named(".{}", attributes_of(value))
    if isinstance(value, dict):
        return [*_pairs(value), *named]
    if isinstance(value, set):
        ordered = sorted(value, key=repr)
        return [*((f".<element {at}>", element) for at, element in enumerate(ordered)), *named]
    return [*(_several("[{}]", value) if base_class(value) is not object else ()), *named]


def _is_empty(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - the only question a cell answers
    except ValueError:
        return True
    return False


def _sized(value: Any) -> str:
    return f"{plain_type(value).__name__} of {len(value)}"


def _deque_told(value: collections.deque[Any]) -> str:
    return _sized(value) + ("" if value.maxlen is None else f", maxlen {value.maxlen}")


def _default_dict_told(value: collections.defaultdict[Any, Any]) -> str:
    factory: Any = value.default_factory
    return _sized(value) + ("" if factory is None else f", default {factory.__name__}")


def _method_told(value: Any) -> str:
    # what a module has is no method, though Python gives it the same type
    return repr(value) if isinstance(value.__self__, ModuleType) else f"method {value.__name__}"


def _function_told(value: FunctionType) -> str:
    code = value.__code__
    by_position = code.co_varnames[: code.co_argcount]
    by_keyword = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    listed = ", ".join([*by_position, *(["*", *by_keyword] if by_keyword else [])])
    return f"function {value.__name__}({listed})"


def _left_told(value: Any) -> str:
    return f"{type(value).__name__} with {len(left_of(value))} left"


def _made_parts(value: Any) -> list[Any]:
    parts = parts_of(type(value))
    return [] if parts is None else parts(value)


def _made_told(value: Any) -> str:
    return f"{type(value).__name__} of {len(_made_parts(value))}"


def _made_members(value: Any) -> list[tuple[str, Any]]:
    return _several(".<part {}>", _made_parts(value))


_ITERATORS: tuple[type[Any], ...] = (type(iter([])), type(iter(())))
_TOLD: dict[type[Any], _Told] = {
    **dict.fromkeys(
        (list, tuple, dict, collections.OrderedDict, collections.defaultdict, set, frozenset), _sized
    ),
    **dict.fromkeys(_ITERATORS, _left_told),
    collections.deque: _deque_told,
    collections.defaultdict: _default_dict_told,
    **dict.fromkeys((MethodType, BuiltinMethodType), _method_told),
    slice: lambda value: "slice",
    range: repr,
    FunctionType: _function_told,
    MethodType: lambda value: f"method {value.__name__}",
    CellType: lambda value: "empty cell" if _is_empty(value) else "cell",
    weakref.ReferenceType: lambda value: "weak reference",
    ModuleType: lambda value: f"module {value.__name__}",
    **dict.fromkeys(PARTS, _made_told),
    **dict.fromkeys(
        CLASSES.values(), lambda value: f"{type(value).__name__} of {len(_instance_parts(value))}"
    ),
    functools.partial: lambda value: f"partial of {len(value.args) + len(value.keywords)}",
    Converted: lambda value: f"{value.dtype} tensor of {atom_text(value.value)}",
}
_MEMBERS: dict[type[Any], _Members] = {
    **dict.fromkeys((list, tuple, collections.deque), lambda value: _several("[{}]", value)),
    **dict.fromkeys((dict, collections.OrderedDict, collections.defaultdict), _pairs),
    **dict.fromkeys(_ITERATORS, lambda value: _several(".<remaining {}>", left_of(value))),
    **dict.fromkeys((MethodType, BuiltinMethodType), _method_parts),
    slice: _parts,
    FunctionType: _function_parts,
    MethodType: lambda value: [(".__self__", value.__self__)],
    CellType: lambda value: [] if _is_empty(value) else [(".cell_contents", value.cell_contents)],
    functools.partial: _partial_parts,
    **dict.fromkeys(PARTS, _made_members),
    **dict.fromkeys(CLASSES.values(), _instance_parts),
}


def _told_of_unknown(value: Any) -> _Told | None:
    if memory_of(value) is not None:
        return lambda value: f"{type(value).__name__} over a graph output"
    if plain_type(value) is Thing:
        return lambda value: f"Thing of {len(vars(value))}"
    if is_context_manager(value):
        return lambda value: type(value).__name__
    if parts_of(type(value)) is not None:
        return _made_told
    return _sized if plain_type(value) in NAMED_TUPLES or is_struct_sequence(value) else None


def _members_of_unknown(value: Any) -> _Members | None:
    if plain_type(value) is Thing:
        return lambda value: _named(".{}", vars(value))
    if plain_type(value) in NAMED_TUPLES:
        return lambda value: _named(".{}", value._asdict())
    if parts_of(type(value)) is not None:
        return _made_members
    if is_struct_sequence(value):
        return lambda value: _several("[{}]", value)
    if is_context_manager(value):
        return lambda value: _named(".{}", vars(value))
    return None


# --- where a value was --------------------------------------------------------------------------------


def source_text(case: Case, source: int) -> str:
    """A source as Python would write it: `a.x[0]`, `g['key']`; all but locals are marked as what they are."""
    links: list[str] = []
    entry: Any = case.sources[source]
    while isinstance(entry, ChainedSource):
        links.append(_link_text(case, entry))
        entry = case.sources[entry.base]
    how = getattr(entry, "how", "")
    named = entry.index if isinstance(entry, ModeOnStack) else entry.name
    return (how and f"{how} ") + _START[entry.kind].format(named) + "".join(reversed(links))


def call_text(case: Case) -> str:
    """The call of a call case as Python would write it: `compiled(a.x, as_tensor(g[0]))`."""
    told = []
    for at, root in enumerate(case.roots):
        source = case.nodes[root].source
        text = "?" if source is None else source_text(case, source)
        told.append(f"as_tensor({text})" if at in case.as_tensor else text)
    return f"compiled({', '.join(told)})"


_START = {
    "local": "{}",
    "global": "global {}",
    "cell_variable": "cell {}",
    "free_variable": "free {}",
    "import": "import {}",
    "mode_on_stack": "mode {}",
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
        case TensorProperty(_, name, index):
            return f".{name}({'' if index is None else index})"
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
    "tuple_iterator_item": ".<remaining {index}>",
    "wrapped": ".<as {how}>",
    "global_referent": ".<referent>",
    "gradient": ".grad",
    "element": ".<element {index}>",
    "random_value": ".<random number {index}>",
    "superclass": ".__mro__[{index}]",
    "class_member": ".__dict__[{name!r}]",
    "subclasses": ".__subclasses__()",
}
