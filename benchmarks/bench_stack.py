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
        "    return c, b\n"
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


def stack_size(code: CodeType) -> int:
    """The yardstick."""
    from bytecode import Bytecode  # noqa: PLC0415 - only the comparison needs it

    return Bytecode.from_code(code).to_control_flow_graph_size()  # type: ignore[no-any-return]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="only each N-th module")
    parser.add_argument("--sample", type=int, default=50, help="compare each N-th code object with bytecode")
    parser.add_argument("--show", type=int, default=10, help="how many rejections to print")
    options = parser.parse_args()
    codes = list(library(options.every))
    start = perf_counter()
    reports = [verify(code) for code in codes]
    spent = perf_counter() - start
    return judge(codes, reports, spent, options)


def judge(codes: list[CodeType], reports: list[Report], spent: float, options: argparse.Namespace) -> int:
    """Print what was found; the exit code."""
    rejected = [(code, report) for code, report in zip(codes, reports, strict=True) if not report.ok]
    deeper = [code for code, report in zip(codes, reports, strict=True) if report.max_depth > code.co_stacksize]
    tight = sum(r.max_depth == c.co_stacksize for c, r in zip(codes, reports, strict=True))
    instructions = sum(len(report.states) for report in reports)
    print(f"code objects {len(codes)}, instructions {instructions}, rejected {len(rejected)}")
    print(f"deeper than co_stacksize {len(deeper)}, equally deep {tight}")
    print("violations", dict(Counter(v.invariant for _, r in rejected for v in r.violations)))
    print("notes", dict(Counter(note.name for report in reports for note in report.notes)))
    print(f"verify: {len(codes) / spent:.0f} code objects/s, {1e6 * spent / instructions:.2f} µs an instruction")
    for code, report in rejected[: options.show]:
        print(f"{code.co_filename}:{code.co_firstlineno} {code.co_qualname}")
        for violation in report.violations:
            print("    ", violation)
    return int(bool(rejected or deeper))


if __name__ == "__main__":
    sys.exit(main())
