"""How long our codegen takes for a typical case, in microseconds a case.

    python benchmarks/bench_codegen.py [SECONDS]

A case is a tree of eight nodes (two constants, two graph outputs, a list, a tuple, a dict, and one input that
two of them hold), emitted in two passes and assembled. Times move with the load of the machine: the best
of several rounds is printed, and ratios between the stages mean more than the figures.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from harness.codegen import (
    Assembled,
    ConstantVariable,
    ConstDictVariable,
    Instruction,
    ListVariable,
    LocalSource,
    PyCodegen,
    TensorVariable,
    Translator,
    TupleVariable,
    UserDefinedObjectVariable,
    VariableTracker,
    assemble,
    create_instruction,
)

ROUNDS = 5
PROXIES = ("first", "second")
GLOBALS: dict[str, Any] = {}


def build() -> tuple[Translator, list[VariableTracker]]:
    """A fresh translator and a fresh tree."""
    first, second = map(TensorVariable, PROXIES)
    given = UserDefinedObjectVariable(object, source=LocalSource("a"))
    shared = ListVariable([first, given])
    table = ConstDictVariable([(ConstantVariable("key"), shared)])
    pair = TupleVariable([shared, second, ConstantVariable(-0.0), given])
    return Translator(("graph_out_0", "a", "b"), GLOBALS), [table, pair]


def emit(tx: Translator, roots: list[VariableTracker]) -> list[Instruction]:
    """The instructions of both passes: the first finds what is used twice, the second keeps it."""
    first = PyCodegen(tx, None, "graph_out_0")
    first.restore_stack(roots)
    twice = {v: None for v, n in first.uses.items() if n > 1 and not isinstance(v, LocalSource)}
    second = PyCodegen(tx, None, "graph_out_0", tempvars=dict(twice))
    second.restore_stack(roots)
    second.append_output(create_instruction("BUILD_TUPLE", arg=len(roots)))
    second.append_output(create_instruction("RETURN_VALUE"))
    return second.get_instructions()


def case() -> Assembled:
    """One whole case."""
    tx, roots = build()
    return assemble(emit(tx, roots), tx.output.code_options)


def microseconds(stage: Callable[[], object], seconds: float) -> float:
    """The best round's average."""
    best = float("inf")
    for _ in range(ROUNDS):
        count = 0
        start = now = time.perf_counter()
        while now - start < seconds / ROUNDS:
            stage()
            count += 1
            now = time.perf_counter()
        best = min(best, (now - start) / count)
    return best * 1e6


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    tx, roots = build()
    instructions = emit(tx, roots)
    options = tx.output.code_options
    stages: dict[str, Callable[[], object]] = {
        "build": build,
        "emit, two passes": lambda: emit(*build()),
        "assemble": lambda: assemble(instructions, options),
        "whole case": case,
    }
    figures = {name: microseconds(stage, seconds) for name, stage in stages.items()}
    figures["emit, two passes"] -= figures["build"]
    print(f"{len(instructions)} instructions, {len(case().code.co_code)} bytes")
    for name, figure in figures.items():
        print(f"{name:<18}{figure:8.1f} µs")


if __name__ == "__main__":
    main()
