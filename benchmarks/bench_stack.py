"""The stack oracle over the standard library: is anything rejected, and how fast is it?

Compiles every module below the standard library's directory, verifies every code object, nested ones
included, and prints counts and rates; then the time for a straight-line function of 50 instructions. The
yardstick is the bytecode library's `Bytecode.from_code` and `compute_stacksize`, on a sample.

    python benchmarks/bench_stack.py [--every N] [--sample N] [--show N]

Exit code 1 if a code object was rejected, or is deeper than its `co_stacksize`.
"""

from __future__ import annotations

import argparse
import sys
import sysconfig
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter
from types import CodeType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bytecode import Bytecode  # noqa: E402 - behind the change of sys.path, with ours

from oracles.stack import Report, verify  # noqa: E402 - the checkout need not be installed


def nested(code: CodeType) -> Iterator[CodeType]:
    """The code object and all that are among its constants, outermost first."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from nested(constant)


def library(every: int = 1) -> Iterator[CodeType]:
    """The code objects of each `every`-th module of the standard library that this Python can compile."""
    root = Path(sysconfig.get_paths()["stdlib"])
    sources = [path for path in sorted(root.rglob("*.py")) if "site-packages" not in path.parts]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in sources[::every]:
            try:
                code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
            except (SyntaxError, ValueError):
                continue  # modules of the test suite that are wrong on purpose
            yield from nested(code)


def straight_line() -> CodeType:
    """A function with 50 instructions of the kinds that a code generator emits."""
    source = (
        "def f(x, y, g):\n"
        "    a = g([x, y, (x, 1)], {'k': y})\n"
        "    b = a.append(x, key=y)\n"
        "    c = (a, b, [x, b], {'u': a, 'v': b})\n"
        "    g(c).value = a[0]\n"
        "    g(x)\n    return c, b\n"
    )
    space: dict[str, object] = {}
    exec(compile(source, "<bench>", "exec"), space)
    code = space["f"].__code__  # type: ignore[attr-defined]
    assert isinstance(code, CodeType)
    return code


def microseconds(code: CodeType, rounds: int = 2000) -> tuple[float, int]:
    """The median time of one `verify`, and how many instructions it had to see."""
    times = []
    for _ in range(rounds):
        start = perf_counter()
        verify(code)
        times.append(perf_counter() - start)
    return 1e6 * median(times), len(verify(code).states)


def yardstick(codes: list[CodeType]) -> float:
    """Seconds that the bytecode library takes to compute the stack size of these code objects."""
    start = perf_counter()
    for code in codes:
        Bytecode.from_code(code).compute_stacksize()
    return perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only each N-th module")
    parser.add_argument("--sample", type=int, default=50, help="compare each N-th code object with bytecode")
    parser.add_argument("--show", type=int, default=10, help="how many rejections to print")
    options = parser.parse_args()
    tally = Tally(options.show)
    sample: list[CodeType] = []
    for code in library(options.every):
        tally.verify(code)
        if tally.codes % options.sample == 0:
            sample.append(code)
    tally.print()
    start = perf_counter()
    for code in sample:
        verify(code)
    ours = perf_counter() - start
    theirs = yardstick(sample)
    print(f"{len(sample)} of them: verify {ours:.2f} s, bytecode {theirs:.2f} s, ratio {theirs / ours:.1f}")
    line = straight_line()
    time, count = microseconds(line)
    print(f"straight line of {count} instructions: {time:.0f} µs")
    return int(bool(tally.rejected or tally.deeper))


class Tally:
    """Verifies code objects and counts what comes out."""

    def __init__(self, show: int) -> None:
        self.show = show
        self.codes = self.instructions = self.tight = self.deeper = self.rejected = 0
        self.spent = 0.0
        self.invariants: Counter[str] = Counter()
        self.notes: Counter[str] = Counter()

    def verify(self, code: CodeType) -> None:
        """Verify one more."""
        start = perf_counter()
        report = verify(code)
        self.spent += perf_counter() - start
        self.codes += 1
        self.instructions += len(report.states)
        self.tight += report.max_depth == code.co_stacksize
        self.deeper += report.max_depth > code.co_stacksize
        self.notes.update(note.name for note in report.notes)
        if report.ok:
            return
        self.invariants.update({violation.invariant for violation in report.violations})
        self.rejected += 1
        self._show(code, report)

    def _show(self, code: CodeType, report: Report) -> None:
        if self.rejected > self.show:
            return
        print(f"{code.co_filename}:{code.co_firstlineno} {code.co_qualname}")
        for violation in report.violations:
            print("    ", violation)

    def print(self) -> None:
        """All the counts."""
        print(f"code objects {self.codes}, instructions {self.instructions}")
        print(f"rejected {self.rejected}", dict(self.invariants))
        print(f"deeper than co_stacksize {self.deeper}, equally deep {self.tight}")
        print("notes", dict(self.notes))
        each = 1e6 * self.spent / self.instructions
        print(f"verify: {self.codes / self.spent:.0f} code objects/s, {each:.2f} µs an instruction")


if __name__ == "__main__":
    sys.exit(main())
