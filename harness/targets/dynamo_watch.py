"""What the installed Dynamo does while somebody's program runs: each code object it makes, verified before it
runs.

Claim: every code object that Dynamo hands to the interpreter or gives back, and every resume function that it
makes, has gone through the stack oracle before its first instruction; what was compiled, and what not, is
counted.

What Dynamo reads from a cache on disk instead of making it is not seen.

Nothing is replaced but for the time of a `with`. Between two of them nothing of this is on the way.
"""

from __future__ import annotations

import collections
import linecache
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from importlib.util import find_spec
from types import CodeType
from typing import Any

from oracles.stack import Report, UnsupportedPython, Violation, verify
from oracles.stack.opcodes import table
from oracles.stack.sources import CodeData, code_data, nested
from oracles.trace import Tracer, Wrong, sampled

FRAME, RESUME = "frame", "resume function"


class BadCodeError(Exception):
    """Generated code that the stack oracle rejects, in the place of running it."""

    def __init__(self, bad: BadCode) -> None:
        super().__init__(bad.text())
        self.bad = bad


@dataclass(frozen=True, slots=True)
class BadCode:
    """A code object with a finding: which function of the program it was made for, which oracle found it
    (`stack`, or `trace` for a wrong belief of it), and all that there is to say."""

    function: str
    file: str
    line: int
    what: str
    data: CodeData
    oracle: str = "stack"

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
    Dynamo added to namespaces; `skipped` the frames that it looked at and left to the interpreter, by name;
    `traced` the code objects that were given to the trace oracle."""

    codes: int = 0
    resumed: int = 0
    graphs: int = 0
    operations: int = 0
    traced: int = 0
    opcodes: set[str] = field(default_factory=set)
    functions: collections.Counter[str] = field(default_factory=collections.Counter)
    breaks: collections.Counter[str] = field(default_factory=collections.Counter)
    skipped: collections.Counter[str] = field(default_factory=collections.Counter)
    installed: set[str] = field(default_factory=set)
    bad: list[BadCode] = field(default_factory=list)
    unsupported: str = ""
    """Why the oracle could not look at anything: no table for this Python."""
    tracer: Tracer | None = None

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
        data = counts | names | {"not verified": self.unsupported}
        if self.tracer is not None:
            data["traced"] = self.traced
            data["traced frames"] = self.tracer.frames
            data["traced instructions"] = self.tracer.instructions
            data["not traced"] = self.tracer.reason
        return data


OnBad = Callable[[BadCode], None]
Wrap = Callable[[Any], Any]
"""Makes of a function the one that takes its place."""


class _Watcher:
    """Looks at what Dynamo makes. `traced`: the share of it that the tracer is given, if there is one.

    The methods `around_…` are each a Wrap for one function of torch.
    """

    def __init__(self, on_bad: OnBad | None, tracer: Tracer | None, traced: float) -> None:
        self.on_bad = on_bad
        self.traced = traced
        self.seen = Watched(tracer=tracer)
        self.last_resume: CodeType | None = None
        try:
            table()
        except UnsupportedPython as missing:
            self.seen.unsupported = str(missing)

    def frame(self, code: CodeType, original: CodeType) -> None:
        """Code in the place of a function's own."""
        self.seen.codes += 1
        self.seen.functions[original.co_name] += 1
        self._look(code, original, FRAME)

    def resume(self, code: CodeType, original: CodeType) -> None:
        """Code that goes on where a graph broke. One that is made of another is given here by both."""
        if code is not self.last_resume:
            self.last_resume = code
            self.seen.resumed += 1
            self._look(code, original, RESUME)

    def _look(self, code: CodeType, original: CodeType, what: str) -> None:
        """Raises BadCodeError where the code is rejected."""
        if self.seen.unsupported:
            return
        tracer = self._sample(original)
        self.seen.traced += tracer is not None
        names = table().names
        for name, each in nested(code):
            report = verify(each)
            self.seen.opcodes.update(names[each.co_code[offset]] for offset in report.offsets)
            place = (original.co_name, original.co_filename, original.co_firstlineno, what)
            if not report.ok:
                bad = BadCode(*place, _data(name, each, report))
                self._tell(bad)
                raise BadCodeError(bad)
            if tracer is not None:
                tracer.add(each, report, self._refuted(name, report, place))

    def _sample(self, original: CodeType) -> Tracer | None:
        """The tracer, if code for this function is one of those that it gets."""
        tracer = self.seen.tracer
        name = original.co_name
        chosen = sampled(name, self.seen.functions[name], self.traced)
        return tracer if tracer is not None and not tracer.reason and chosen else None

    def _refuted(
        self, name: str, report: Report, place: tuple[str, str, int, str]
    ) -> Callable[[CodeType, Wrong], None]:
        """What to do when a belief of the report is found wrong."""

        def refuted(code: CodeType, wrong: Wrong) -> None:
            opcode = table().names[code.co_code[wrong.offset]]
            stack = report.states.get(wrong.offset, ())
            violation = Violation(wrong.invariant, wrong.offset, opcode, wrong.message, stack)
            data = _data(name, code, replace(report, violations=(violation,)))
            self._tell(BadCode(*place, data, "trace"))

        return refuted

    def _tell(self, bad: BadCode) -> None:
        self.seen.bad.append(bad)
        if self.on_bad is not None:
            self.on_bad(bad)

    def around_noting(self, originals: Any) -> Wrap:
        """`originals`: Dynamo's own map from its code to a function's."""

        def around(real: Any) -> Any:
            def add(code: CodeType) -> None:
                self.frame(code, originals[code])
                real(code)

            return add

        return around

    def around_resuming(self, real: Any) -> Any:
        def generate(cls: Any, code: CodeType, *args: Any, **named: Any) -> CodeType:
            made: CodeType = real.__get__(None, cls)(code, *args, **named)
            self.resume(made, code)
            return made

        return classmethod(generate)

    def around_building(self, real: Any) -> Any:
        def build(translator: Any, *args: Any, **named: Any) -> Any:
            answer = real(translator, *args, **named)
            self.resume(answer[0], translator.f_code)
            return answer

        return build

    def around_capturing(self, real: Any) -> Any:
        def capture(frame: Any, *args: Any, **named: Any) -> Any:
            answer = real(frame, *args, **named)
            self.frame(answer.graph_capture_output.bytecode, frame.code)
            return answer

        return capture

    def around_tracing(self, real: Any) -> Any:
        def trace(converter: Any, frame: Any, *args: Any, **named: Any) -> Any:
            before = set(frame.f_globals)
            try:
                return real(converter, frame, *args, **named)
            finally:
                # nothing of the program runs while Dynamo looks at a frame
                self.seen.installed |= set(frame.f_globals) - before

        return trace

    def around_converting(self, real: Any) -> Any:
        def convert(converter: Any, frame: Any, *args: Any, **named: Any) -> Any:
            before = self.seen.codes
            answer = real(converter, frame, *args, **named)
            if self.seen.codes == before:
                self.seen.skipped[frame.f_code.co_name] += 1
            return answer

        return convert

    def around_compiling(self, real: Any) -> Any:
        tracer = self.seen.tracer
        if tracer is None:
            return real

        def compile_frame(caught: Any, *args: Any, **named: Any) -> Any:
            with tracer.aside():
                return real(caught, *args, **named)

        return compile_frame


def _data(name: str, code: CodeType, report: Report) -> CodeData:
    return code_data(name, code, report, linecache.getlines(code.co_filename), True)


@contextmanager
def watching(
    on_bad: OnBad | None = None, *, tracer: Tracer | None = None, traced: float = 1.0
) -> Iterator[Watched]:
    """While this goes on, all that Dynamo makes is verified. Rejected code does not run: BadCodeError is
    raised in its place, after `on_bad` was told. A `tracer` is given a share of what was accepted, `traced`
    (0 to 1), to watch; who has it starts and stops it.

    Reset of Dynamo and the bytecode hooks of others do not matter: code is looked at after the last of them.
    """
    from torch._dynamo import utils

    watcher = _Watcher(on_bad, tracer, traced)
    seen = watcher.seen
    before = {name: collections.Counter(utils.counters[name]) for name in ("graph_break", "stats")}
    with ExitStack() as stack:
        if tracer is not None:
            stack.enter_context(_not_compiled("oracles"))
        for owner, name, wrap in _places(watcher):
            stack.enter_context(_replaced(owner, name, wrap))
        yield seen
        seen.breaks = _first_lines(utils.counters["graph_break"] - before["graph_break"])
        stats = utils.counters["stats"] - before["stats"]
        seen.graphs, seen.operations = stats["unique_graphs"], stats["calls_captured"]


def _places(watcher: _Watcher) -> Iterator[tuple[Any, str, Wrap]]:
    """Where the installed torch is wrapped: an object, the name of its function, and the wrapper."""
    from torch._dynamo import convert_frame, resume_execution

    # Dynamo notes its own code there, after the last bytecode hook and before anything runs
    yield convert_frame.output_codes, "add", watcher.around_noting(convert_frame.orig_code_map)
    yield resume_execution.ContinueExecutionCache, "generate", watcher.around_resuming
    for converter, around in (
        (convert_frame.ConvertFrame, watcher.around_converting),
        (convert_frame.ConvertFrameAssert, watcher.around_tracing),
        (convert_frame.CatchErrorsWrapper, watcher.around_compiling),
    ):
        yield converter, "__call__", _unseen(around, convert_frame.__file__)
    if hasattr(convert_frame, "_fullgraph_capture_frame"):
        # whole graphs, for export and compiling ahead, which never come to the interpreter's hook
        yield convert_frame, "_fullgraph_capture_frame", watcher.around_capturing
    if find_spec("torch._dynamo.comprehension_graph_break"):
        from torch._dynamo import comprehension_graph_break

        # a function of its own for a comprehension in which the graph breaks, from 3.12 on
        yield comprehension_graph_break, "_build_comprehension_fn", watcher.around_building


def _unseen(around: Wrap, file: str) -> Wrap:
    """The wrapper as though it stood in this file of Dynamo's: to know whether a frame is to be left alone,
    Dynamo asks for the first caller that is not in there."""

    def wrap(real: Any) -> Any:
        wrapper = around(real)
        if wrapper is not real:
            wrapper.__code__ = wrapper.__code__.replace(co_filename=file)
        return wrapper

    return wrap


@contextmanager
def _not_compiled(package: str) -> Iterator[None]:
    """Dynamo skips the frames of this package: those of a trace function run inside compiled code."""
    from torch._dynamo import trace_rules

    skipped: list[str] = trace_rules.SKIP_DIRS
    before = set(skipped)
    trace_rules.add(package)
    added = set(skipped) - before
    try:
        yield
    finally:
        for each in added:
            skipped.remove(each)
        trace_rules._recompile_re()


def _first_lines(counted: collections.Counter[str]) -> collections.Counter[str]:
    """Reasons of graph breaks by their first line: what follows is advice."""
    found: collections.Counter[str] = collections.Counter()
    for reason, count in counted.items():
        found[str(reason).strip().partition("\n")[0]] += count
    return found


_ABSENT = object()


@contextmanager
def _replaced(owner: Any, name: str, wrap: Wrap) -> Iterator[None]:
    """`name` of the owner wrapped; at the end bound as it was, or not at all."""
    before = vars(owner).get(name, _ABSENT)
    setattr(owner, name, wrap(getattr(owner, name) if before is _ABSENT else before))
    try:
        yield
    finally:
        if before is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, before)
