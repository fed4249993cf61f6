"""`python -m oracles.stack PATH...`: the verifier on any CPython with an opcode table, nothing installed.

Claim: whatever an input does to the process that reads it (a crash, endless work, all of the memory), there
is a Result for it; results come in the order of the inputs; exit code 0 means that all code was accepted.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.util import decode_source
from queue import SimpleQueue
from typing import IO, Any, Final, TypedDict

from .interpreter import verify
from .opcodes import UnsupportedPython, table
from .sources import (
    READERS,
    CodeData,
    Detail,
    Input,
    Kind,
    Problem,
    SourceError,
    bytes_of,
    code_data,
    explain,
    find,
    nested,
    printable,
)

ACCEPTED, REJECTED, BAD_INPUT, NO_VERDICT = 0, 1, 2, 3
"""Exit codes. No verdict: there is no opcode table for this Python, or the verifier itself failed."""

SECONDS: Final = 120.0
"""For one input; the largest modules that people write take a few."""
MEMORY: Final = 4 << 30
"""Bytes for a child: marshalled data of a few bytes can ask for all there is."""
VIOLATIONS_SHOWN: Final = 20


class VerifierError(Exception):
    """The verifier itself raised; names the code object."""


class Answer(TypedDict):
    """What a child says about one input. The counts `tight`, `below` and `above` compare the depth that was
    found with co_stacksize, and sum up to `codes`."""

    problem: Problem | None
    counts: dict[str, int]
    codes: list[CodeData]


COUNTS: Final = ("codes", "rejected", "tight", "below", "above")


# --- the child's side -----------------------------------------------------------------------------------


def _examine(kind: Kind, path: str, data: bytes, detail: Detail) -> Answer:
    if kind != "marshal":
        data = bytes_of(path)
    outer = READERS[kind](data, path)
    lines = decode_source(data).split("\n") if kind == "source" and detail != "violations" else []
    counts = dict.fromkeys(COUNTS, 0)
    codes = []
    for name, code in nested(outer):
        try:
            report = verify(code)
        except Exception as error:
            raise VerifierError(f"{path}:{code.co_firstlineno} {name}") from error
        difference = report.max_depth - code.co_stacksize
        counts["codes"] += 1
        counts["rejected"] += not report.ok
        counts["above" if difference > 0 else "below" if difference else "tight"] += 1
        if not report.ok or detail == "all":
            codes.append(code_data(name, code, report, lines, listed=detail != "violations"))
    return Answer(problem=None, counts=counts, codes=codes)


def serve() -> None:
    """The child's whole life: a request a line on stdin, an answer a line on stdout."""
    _limit_memory()
    for line in sys.stdin:
        request = json.loads(line)
        data = base64.b64decode(request["data"])
        try:
            answer = _examine(request["kind"], request["path"], data, request["detail"])
        except SourceError as error:
            answer = Answer(problem=error.problem, counts=dict.fromkeys(COUNTS, 0), codes=[])
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _limit_memory() -> None:
    import resource  # of Unix only, and of no use to the parent

    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(
        resource.RLIMIT_AS, (MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard), hard)
    )
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# --- the parent's side ----------------------------------------------------------------------------------

ROOT: Final = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# isolated, and without `site`: neither the folder it runs in nor an installed package can come in between
CHILD: Final = "import sys; sys.path.append(sys.argv[1]); from oracles.stack.__main__ import serve; serve()"
STDERR_TAIL: Final = 4_000


class Child:
    """A process that reads and verifies; a new one is started where it is gone. End it after use."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.aborted = False
        self._process: subprocess.Popen[str] | None = None
        self._stderr: IO[bytes] | None = None

    def ask(self, wanted: Input, detail: Detail) -> Answer:
        """The answer for one input, or the problem that it was the child's death."""
        if wanted.kind != "source":
            # `marshal` trusts its input: what it did to a process's memory must not reach another input
            self.end()
        process = self._started()
        request = {
            "kind": wanted.kind,
            "path": wanted.path,
            "data": base64.b64encode(wanted.data).decode(),
            "detail": detail,
        }
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(self.seconds, stop)
        timer.start()
        line = self._exchange(process, json.dumps(request))
        timer.cancel()
        timer.join()
        if line.endswith("\n"):
            if late.is_set() or wanted.kind != "source":
                self.end()
            answer: Answer = json.loads(line)
            return answer
        return Answer(
            problem=self._death(wanted, process, late.is_set()), counts=dict.fromkeys(COUNTS, 0), codes=[]
        )

    @staticmethod
    def _exchange(process: subprocess.Popen[str], request: str) -> str:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(request + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            return ""  # it died before it had read all: how, its exit status says
        return process.stdout.readline()

    def _death(self, wanted: Input, process: subprocess.Popen[str], late: bool) -> Problem:
        status = process.wait()
        told = self._told()
        self.end()
        doing = "compiles" if wanted.kind == "source" else "unmarshals"
        if late:
            kind, what = "time", f"it takes more than {self.seconds:g} s to read and verify"
        elif status < 0:
            cause = signal.Signals(-status).name
            kind, what = "crash", f"Python is ended by {cause} where it {doing} or verifies this input"
        else:
            last = told.splitlines()[-1] if told else f"exit status {status}, and no word"
            kind, what = "verifier", f"the verifier itself failed: {last}"
        return Problem(kind=kind, where=wanted.path, what=what)

    def _told(self) -> str:
        if self._stderr is None:
            return ""
        self._stderr.seek(0)
        return self._stderr.read()[-STDERR_TAIL:].decode(errors="backslashreplace").strip()

    def _started(self) -> subprocess.Popen[str]:
        if self.aborted:
            raise ValueError("this child has been told to stop")
        if self._process is None:
            self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", f"-Xutf8={sys.flags.utf8_mode}", "-c", CHILD, ROOT],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                encoding="ascii",
            )
        return self._process

    def abort(self) -> None:
        """Stop whatever another thread has asked, and start nothing more."""
        self.aborted = True
        process = self._process
        if process is not None:
            process.kill()

    def end(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        stderr, self._stderr = self._stderr, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                assert pipe is not None
                pipe.close()
        if stderr is not None:
            stderr.close()


# --- everything --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """What was found out about one input; `codes` has as much as was asked for."""

    input: Input
    problem: Problem | None
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    codes: list[CodeData] = field(default_factory=list)


def verify_all(
    inputs: Sequence[Input], jobs: int, detail: Detail = "violations", seconds: float = SECONDS
) -> Iterator[Result]:
    """A Result for each input, in their order, from `jobs` child processes; `seconds` is for one input."""
    children = [Child(seconds) for _ in range(max(1, min(jobs, len(inputs))))]
    idle: SimpleQueue[Child] = SimpleQueue()
    for child in children:
        idle.put(child)

    def result(wanted: Input) -> Result:
        if wanted.problem is not None:
            return Result(wanted, wanted.problem)
        child = idle.get()
        try:
            answer = child.ask(wanted, detail)
        finally:
            idle.put(child)
        return Result(wanted, answer["problem"], answer["counts"], answer["codes"])

    threads = ThreadPoolExecutor(len(children))
    try:
        yield from threads.map(result, inputs)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for child in children:
            child.abort()
        threads.shutdown()
        for child in children:
            child.end()


# --- the counts and the exit code -----------------------------------------------------------------------


class Tally:
    """Counts over all results, and what they mean as an exit code."""

    def __init__(self) -> None:
        self.files = 0
        self.counts = dict.fromkeys(COUNTS, 0)
        self.problems: Counter[str] = Counter()
        self.named_problems = 0

    def add(self, result: Result) -> None:
        """Count one more."""
        self.files += 1
        for name, count in result.counts.items():
            self.counts[name] += count
        if result.problem is not None:
            self.problems[result.problem["kind"]] += 1
            self.named_problems += result.input.named

    @property
    def exit_code(self) -> int:
        """A rejection goes first. What cannot be read below a directory is counted, unless nothing can be."""
        if self.counts["rejected"]:
            return REJECTED
        if self.problems["verifier"]:
            return NO_VERDICT
        if self.named_problems or not self.counts["codes"]:
            return BAD_INPUT
        return ACCEPTED

    def data(self) -> dict[str, Any]:
        """The machine's summary line."""
        return {
            "type": "summary",
            "python": platform.python_version(),
            "files": self.files,
            "unread": sum(self.problems.values()),
            "problems": dict(sorted(self.problems.items())),
            **self.counts,
        }


def code_line(result: Result, code: CodeData) -> dict[str, Any]:
    """The machine's line of one code object."""
    return {"type": "code", "file": result.input.path, "ok": not code["violations"], **code}


def problem_line(problem: Problem) -> dict[str, Any]:
    """The machine's line of an input that was not verified."""
    return {"type": "problem", **problem, "message": explain(problem)}


def label(result: Result, code: CodeData) -> str:
    """File, first line and qualified name."""
    return f"{printable(result.input.path)}:{code['line']} {code['name']}"


# --- the command line -------------------------------------------------------------------------------------


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0")
    return int(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m oracles.stack",
        description="Verifies code objects without running them.",
        epilog="Exit codes: 0 all accepted, 1 something rejected, 2 bad usage or unreadable input, "
        "3 no opcode table for this Python.",
    )
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a .py or .pyc file, a directory, a module's name, or - for marshalled code on standard input",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line on standard output")
    parser.add_argument("--quiet", action="store_true", help="counts only")
    parser.add_argument(
        "--limit", type=_natural, default=VIOLATIONS_SHOWN, metavar="N", help="violations shown (%(default)s)"
    )
    parser.add_argument("--jobs", type=_natural, default=1, metavar="N", help="processes (%(default)s)")
    return parser.parse_args()


def _show(result: Result, machine: bool, left: int) -> int:
    """Print one result, of its violations at most `left`; returns how many were printed."""
    if result.problem is not None:
        if machine:
            print(json.dumps(problem_line(result.problem)))
        else:
            print(explain(result.problem), file=sys.stderr)
    shown = 0
    for code in result.codes:
        if shown >= left and not machine:
            break
        if machine:
            print(json.dumps(code_line(result, code)))
            continue
        code = {**code, "violations": code["violations"][: left - shown]}
        shown += len(code["violations"])
        print(label(result, code))
        for each in code["violations"]:
            line = f" (line {each['line']})" if each["line"] else ""
            print(f"  {each['invariant']} at {each['offset']} {each['opcode']}{line}: {each['message']}")
    return shown


def counted(number: int, what: str) -> str:
    """A number of things, in words."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _print_summary(tally: Tally) -> None:
    counts = tally.counts
    print(
        f"Python {platform.python_version()}: {counted(tally.files, 'file')}, "
        f"{counted(counts['codes'], 'code object')}, {counts['rejected']:,} rejected"
    )
    print(
        f"depth: {counts['tight']:,} tight, {counts['below']:,} below co_stacksize, {counts['above']:,} above"
    )
    if tally.problems:
        told = ", ".join(f"{kind} {count:,}" for kind, count in sorted(tally.problems.items()))
        print(f"not verified: {counted(sum(tally.problems.values()), 'file')} ({told})")


def main() -> int:
    """The command; returns its exit code."""
    options = _arguments()
    # a name in a file may hold what this terminal cannot show
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        table()
        inputs = find(options.paths, sys.stdin.buffer)
    except UnsupportedPython as missing:
        print(missing, file=sys.stderr)
        return NO_VERDICT
    except SourceError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    tally = Tally()
    shown = violations = 0
    for result in verify_all(inputs, options.jobs):
        tally.add(result)
        violations += sum(len(code["violations"]) for code in result.codes)
        if not options.quiet:
            shown += _show(result, options.json, options.limit - shown)
    if options.json:
        print(json.dumps(tally.data()))
        return tally.exit_code
    if not options.quiet and violations > shown:
        print(f"… {violations - shown} more violations; --limit shows more")
    _print_summary(tally)
    return tally.exit_code


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except BrokenPipeError:
        # whoever read the output has gone; at exit Python would try to flush it once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)
