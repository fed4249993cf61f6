"""What the installed Dynamo does while somebody's program runs: each code object it makes, verified before it
runs.

Claim: every code object that Dynamo hands to the interpreter, and every resume function that it makes, has
gone through the stack oracle before its first instruction; what was compiled, and what not, is counted.

Nothing is replaced but for the time of a `with`. Between two of them nothing of this is on the way.
"""

from __future__ import annotations

import collections
import linecache
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from types import CodeType
from typing import Any

from oracles.stack import UnsupportedPython, verify
from oracles.stack.opcodes import table
from oracles.stack.sources import CodeData, code_data, nested

FRAME, RESUME = "frame", "resume function"


class BadCodeError(Exception):
    """Generated code that the stack oracle rejects, in the place of running it."""

    def __init__(self, bad: BadCode) -> None:
        super().__init__(bad.text())
        self.bad = bad


@dataclass(frozen=True, slots=True)
class BadCode:
    """A rejected code object: which function of the program it was made for, and all that the oracle says of
    it."""

    function: str
    file: str
    line: int
    what: str
    data: CodeData

    def whole(self) -> dict[str, Any]:
        """As data that JSON can hold."""
        return asdict(self)

    def text(self) -> str:
        """In one line: where it was made, and the first violation."""
        first = self.data["violations"][0]
        return (
            f"generated code ({self.what}) of {self.function}, {self.file}:{self.line}: "
            f"{first['invariant']} at {first['offset']} {first['opcode']}: {first['message']}"
        )


@dataclass(slots=True)
class Watched:
    """What was seen. `functions` are the names of those for which code was made; `installed` the globals that
    Dynamo added to namespaces; `skipped` the frames that it looked at and left to the interpreter, by
    name."""

    codes: int = 0
    resumed: int = 0
    graphs: int = 0
    operations: int = 0
    opcodes: set[str] = field(default_factory=set)
    functions: collections.Counter[str] = field(default_factory=collections.Counter)
    breaks: collections.Counter[str] = field(default_factory=collections.Counter)
    skipped: collections.Counter[str] = field(default_factory=collections.Counter)
    installed: set[str] = field(default_factory=set)
    bad: list[BadCode] = field(default_factory=list)
    made: list[CodeType] = field(default_factory=list)
    unsupported: str = ""
    """Why the oracle could not look at anything: no table for this Python."""

    def data(self) -> dict[str, Any]:
        """The counts, as data that JSON can hold."""
        counts: dict[str, Any] = {
            "codes": self.codes,
            "resume functions": self.resumed,
            "graphs": self.graphs,
            "operations": self.operations,
            "opcodes": len(self.opcodes),
        }
        names: dict[str, Any] = {
            name: dict(sorted(counted.items()))
            for name, counted in (
                ("functions", self.functions),
                ("breaks", self.breaks),
                ("skipped", self.skipped),
            )
        }
        return counts | names | {"not verified": self.unsupported}


@contextmanager
def watching(on_bad: Callable[[BadCode], None] | None = None, *, keep: bool = False) -> Iterator[Watched]:
    """While this goes on, all that Dynamo makes is verified. Rejected code does not run: BadCodeError is
    raised in its place, after `on_bad` was told. `keep`: `made` holds the code objects, for the trace
    oracle."""
    from torch._dynamo import convert_frame, resume_execution, utils

    seen = Watched()
    try:
        table()
    except UnsupportedPython as missing:
        seen.unsupported = str(missing)

    def look(code: CodeType, original: CodeType, what: str) -> None:
        if keep:
            seen.made.append(code)
        bad = verified(code, original, what, seen)
        if bad is not None:
            seen.bad.append(bad)
            if on_bad is not None:
                on_bad(bad)
            raise BadCodeError(bad)

    def hook(original: CodeType, code: CodeType) -> None:
        seen.codes += 1
        seen.functions[original.co_name] += 1
        look(code, original, FRAME)

    def generate(real: Any) -> Any:
        def generated(cls: Any, code: CodeType, *args: Any, **named: Any) -> CodeType:
            made: CodeType = real(code, *args, **named)
            seen.resumed += 1
            look(made, code, RESUME)
            return made

        return classmethod(generated)

    before = {name: collections.Counter(utils.counters[name]) for name in ("graph_break", "stats")}
    with ExitStack() as stack:
        stack.enter_context(convert_frame.register_bytecode_hook(hook))
        cache = resume_execution.ContinueExecutionCache
        stack.enter_context(_replaced(cache, "generate", generate(cache.generate)))
        stack.enter_context(_frames(convert_frame, seen))
        yield seen
        seen.breaks = _first_lines(utils.counters["graph_break"] - before["graph_break"])
        stats = utils.counters["stats"] - before["stats"]
        seen.graphs, seen.operations = stats["unique_graphs"], stats["calls_captured"]


def verified(code: CodeType, original: CodeType, what: str, seen: Watched | None = None) -> BadCode | None:
    """The verdict on a code object and all that is in it; None where it is accepted, or no table is there."""
    if seen is not None and seen.unsupported:
        return None
    for name, each in nested(code):
        report = verify(each)
        if seen is not None:
            seen.opcodes.update(_opcodes(each))
        if not report.ok:
            lines = linecache.getlines(each.co_filename)
            data = code_data(name, each, report, lines, True)
            return BadCode(original.co_name, original.co_filename, original.co_firstlineno, what, data)
    return None


def _opcodes(code: CodeType) -> Iterator[str]:
    names = table().names
    return (names[each] for each in set(code.co_code[::2]))


def _first_lines(counted: collections.Counter[str]) -> collections.Counter[str]:
    """Reasons of graph breaks by their first line: what follows is advice."""
    found: collections.Counter[str] = collections.Counter()
    for reason, count in counted.items():
        found[str(reason).strip().partition("\n")[0]] += count
    return found


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    before = vars(owner)[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def _frames(convert_frame: Any, seen: Watched) -> Iterator[None]:
    """Notes the frames that Dynamo looked at and made no code for, and the globals that came while it looked:
    nothing of the program runs then."""
    converter = convert_frame.ConvertFrame
    real = converter.__call__

    def called(self: Any, frame: Any, *args: Any, **named: Any) -> Any:
        before, names = seen.codes, set(frame.f_globals)
        try:
            answer = real(self, frame, *args, **named)
        finally:
            seen.installed |= set(frame.f_globals) - names
        if seen.codes == before:
            seen.skipped[frame.f_code.co_name] += 1
        return answer

    with _replaced(converter, "__call__", called):
        yield
