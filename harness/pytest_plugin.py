"""A pytest plugin: the code that Dynamo generates during anybody's tests is verified before it runs.

    pytest -p harness.pytest_plugin --stackproof

Claim: a test during which Dynamo made a code object that an oracle rejects fails, whatever the test does with
exceptions, and its report has the annotated listing; what was looked at is counted at the end, over all
workers of pytest-xdist. Without an option importing this is all that it costs, and that imports nothing else
of ours and nothing of torch.

What a test starts in another process is not seen, nor traced what it runs in another thread.
"""

from __future__ import annotations

import argparse
import collections
import importlib.abc
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.targets.dynamo_watch import BadCode, Watched
    from oracles.trace import Tracer

WATCHED = "torch._dynamo"
"""When this is imported, whoever does it, Dynamo is there to be watched."""

WIDTH = 110
"""Columns of a listing."""

OUTPUT = "stackproof"
"""The name of what a worker reports."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("stackproof", "verification of the code that Dynamo generates")
    group.addoption("--stackproof", action="store_true", help="Verify each code object before it runs.")
    group.addoption(
        "--stackproof-trace",
        type=_share,
        default=None,
        metavar="SHARE",
        help="The same, and hold the real stack of this share (0 to 1) of them against the predicted one.",
    )


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 1")
    return share


def pytest_configure(config: pytest.Config) -> None:
    traced = config.getoption("stackproof_trace")
    if config.getoption("stackproof") or traced is not None:
        config.pluginmanager.register(Plugin(config, traced), "stackproof-run")


@dataclass
class Counts:
    """What was seen, in this process or in all workers. `findings` are pairs of a test and a line of text;
    `silent` are workers of which nothing is known."""

    numbers: collections.Counter[str] = field(default_factory=collections.Counter)
    opcodes: set[str] = field(default_factory=set)
    reasons: set[str] = field(default_factory=set)
    findings: list[tuple[str, str]] = field(default_factory=list)
    silent: int = 0

    def look(self, seen: Watched) -> None:
        """Add the counts of what was watched in this process."""
        data = seen.data()
        names = ("codes", "resume functions", "traced", "traced frames", "traced instructions")
        self.numbers.update({name: data.get(name, 0) for name in names})
        self.opcodes |= seen.opcodes
        self.reasons |= {f"{name}: {data[name]}" for name in ("not verified", "not traced") if data.get(name)}

    def sent(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "numbers": dict(self.numbers),
            "opcodes": sorted(self.opcodes),
            "reasons": sorted(self.reasons),
            "findings": [list(each) for each in self.findings],
        }

    def add(self, sent: dict[str, Any]) -> None:
        """Add what a worker sent."""
        self.numbers.update(sent["numbers"])
        self.opcodes.update(sent["opcodes"])
        self.reasons.update(sent["reasons"])
        self.findings += [(test, text) for test, text in sent["findings"]]

    def lines(self, traced: bool) -> Iterator[str]:
        """For the terminal."""
        numbers = self.numbers
        made = _counted(numbers["codes"], "code object")
        resumed = _counted(numbers["resume functions"], "resume function")
        opcodes = _counted(len(self.opcodes), "distinct opcode")
        yield f"{made} and {resumed} with {opcodes}, {_counted(len(self.findings), 'finding')}"
        if traced:
            read = _counted(numbers["traced instructions"], "instruction")
            frames = _counted(numbers["traced frames"], "frame")
            yield f"{numbers['traced']:,} of them traced: {read} in {frames}"
        yield from sorted(self.reasons)
        if self.silent:
            yield f"{_counted(self.silent, 'worker')} ended without a report of what they saw"
        for test, text in self.findings:
            yield f"✗ {test}: {text}"


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


class Plugin:
    """One run of pytest. `bad` is all that was found, `start` how much of it when the phase of a test began,
    `told` how much of it failed a test."""

    def __init__(self, config: pytest.Config, traced: float | None) -> None:
        self.config = config
        self.traced = traced
        self.counts = Counts()
        self.bad: list[BadCode] = []
        self.start = 0
        self.told = 0
        self.seen: Watched | None = None
        self.tracer: Tracer | None = None
        self.testing = False
        self.stack = ExitStack()
        if WATCHED in sys.modules:
            self.watch()
        else:
            sys.meta_path.insert(0, Imported(WATCHED, self.watch))

    def watch(self) -> None:
        """From now on."""
        from harness.targets.dynamo_watch import watching
        from oracles.trace import Tracer

        if self.traced is not None:
            self.tracer = Tracer()
        watched = watching(self.bad.append, tracer=self.tracer, traced=self.traced or 0.0)
        self.seen = self.stack.enter_context(watched)
        if self.tracer is not None and self.testing:
            self.tracer.start()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        self.testing = True
        if self.tracer is not None:
            self.tracer.start()
        try:
            return (yield)
        finally:
            self.testing = False
            # before whoever was there before us, coverage for one, takes his trace function away
            if self.tracer is not None:
                self.tracer.stop()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Generator[None, object, object]:
        self.start = len(self.bad)
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        self.start = len(self.bad)
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, object, object]:
        self.start = len(self.bad)
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        # a subtest makes a report of its own: then its test fails too
        report = yield
        self.fail(report)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        self.start = len(self.bad)
        report = yield
        self.fail(report)
        return report

    def fail(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        """Make a failure of the report, if there was a finding since the phase began."""
        found = self.bad[self.start :]
        if not found:
            return
        text = "\n\n".join(map(told, found))
        if report.outcome == "failed":
            report.longrepr = _both(report.longrepr, text)
        else:
            # one that is expected to fail is not expected to fail of this
            vars(report).pop("wasxfail", None)
            report.outcome = "failed"
            report.longrepr = text
        self._note(report.nodeid)

    def _note(self, test: str) -> None:
        self.counts.findings += [(test, bad.text()) for bad in self.bad[self.told :]]
        self.told = len(self.bad)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        # no wrapper: the summary is printed, and what a worker reports is sent, behind those that are none
        self._note("outside of any test")
        if self.seen is not None:
            self.counts.look(self.seen)
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput[OUTPUT] = self.counts.sent()
        if self.counts.findings and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        sent = getattr(node, "workeroutput", {}).get(OUTPUT)
        if sent is None:
            self.counts.silent += 1
        else:
            self.counts.add(sent)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("stackproof")
        for line in self.counts.lines(self.traced is not None):
            terminalreporter.write_line(line)

    def pytest_unconfigure(self) -> None:
        sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, Imported)]
        self.stack.close()


def _both(failure: Any, text: str) -> Any:
    """What a test failed with, and the listing."""
    if hasattr(failure, "addsection"):
        failure.addsection("stackproof", text)
        return failure
    return f"{failure}\n\n{text}"


def told(bad: BadCode) -> str:
    """A finding as text, with the annotated listing."""
    import io

    from rich.console import Console

    from harness.report.verify import print_listing

    page = io.StringIO()
    console = Console(file=page, width=WIDTH, color_system=None)
    label = f"{bad.oracle} oracle: {bad.what} of {bad.function}, {bad.file}:{bad.line}"
    print_listing(console, label, bad.data, False)
    return page.getvalue().strip("\n")


class Imported(importlib.abc.MetaPathFinder):
    """Calls `then` once a module has been imported; the module itself is found and loaded as ever."""

    def __init__(self, name: str, then: Callable[[], None]) -> None:
        self.name = name
        self.then = then

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        sys.meta_path.remove(self)
        found = (finder.find_spec(fullname, path, target) for finder in sys.meta_path)
        spec = next(filter(None, found), None)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, self.then)
        return spec


class _Loader(importlib.abc.Loader):
    """A loader that calls `then` when it is done, and takes itself out of the module's sight before."""

    def __init__(self, real: Any, then: Callable[[], None]) -> None:
        self.real = real
        self.then = then

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self.real.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self.real
        module.__loader__ = self.real
        self.real.exec_module(module)
        self.then()
