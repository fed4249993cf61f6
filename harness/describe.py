"""A value in words, place by place, every object named: what a reader compares by eye.

Claim: two places show the same name exactly when they hold the same object, and an existing object is
named by where it was before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from generators.case import Case
from generators.nodes import TensorNode
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
        for name, value in run.twin.globals.items():
            theirs.walk(f"global {name}", value, original)
            mine.walk(f"global {name}", run.emission.namespace.get(name), reconstructed)
    for path in dict.fromkeys([*original, *reconstructed]):
        yield ValueRow(path, original.get(path, "—"), reconstructed.get(path, "—"))


class _Describer:
    """Names every object of one world: existing ones by where they are, new ones by a letter."""

    def __init__(self, case: Case, world: World) -> None:
        self.names: dict[int, str] = {}
        self.seen: set[int] = set()
        self.new = 0
        self.kept: list[Any] = []
        for at, node in enumerate(case.nodes):
            value = world.objects[at]
            if isinstance(node, TensorNode):
                self.names[id(value)] = f"graph output of proxy {node.output}"
            elif value is not ABSENT and node.kind != "constant" and node.source is not None:
                self.names.setdefault(id(value), source_text(case, node.source))

    def walk(self, path: str, value: Any, rows: dict[str, str]) -> None:
        """A row for the value and for all that is in it; what was shown before is named, not repeated."""
        again = id(value) in self.seen
        rows[path] = self.text(value) + (" (again)" if again and _members(value) is not None else "")
        members = _members(value)
        if again or members is None:
            return
        self.seen.add(id(value))
        self.kept.append(value)
        for step, member in members:
            self.walk(path + step, member, rows)

    def text(self, value: Any) -> str:
        """The value in a few words, with the name of the object."""
        members = _members(value)
        if members is None:
            return self.names.get(id(value)) or atom_text(value)
        if id(value) not in self.names:
            self.names[id(value)] = (
                f"new {_letter(sum(1 for name in self.names.values() if name[:4] == 'new '))}"
            )
        name = self.names[id(value)]
        return f"{type(value).__name__} of {_size(value)}, {name}"


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else f"#{number}"


def _size(value: Any) -> int:
    return len(vars(value)) if hasattr(value, "__dict__") else len(value)


def _members(value: Any) -> list[tuple[str, Any]] | None:
    if type(value) in (list, tuple):
        return [(f"[{at}]", member) for at, member in enumerate(value)]
    if type(value) is dict:
        steps: list[tuple[str, Any]] = []
        for at, (key, member) in enumerate(value.items()):
            steps += [(f".keys[{at}]", key), (f".values[{at}]", member)]
        return steps
    if type(value).__module__ == World.__module__ and hasattr(value, "__dict__"):
        return [(f".{name}", member) for name, member in vars(value).items()]
    return None


def source_text(case: Case, source: int) -> str:
    """A source as Python would write it: `a.x[0]`, `g['key']`; a global is marked as one."""
    entry: Any = case.sources[source]
    match entry.kind:
        case "local":
            return str(entry.name)
        case "global":
            return f"global {entry.name}"
        case "attribute":
            return f"{source_text(case, entry.base)}.{entry.name}"
        case "item":
            return f"{source_text(case, entry.base)}[{entry.index}]"
    key: Any = case.nodes[entry.key]
    return f"{source_text(case, entry.base)}[{atom_text(key.value)}]"
