"""What is seen of the installed Dynamo while programs run: all of its code, once, and nothing afterwards."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

import pytest
import torch
import torch._dynamo.testing
from torch._dynamo import convert_frame

from harness.targets import dynamo_watch
from harness.targets.dynamo_watch import Watched, watching
from oracles import trace
from oracles.stack import opcodes
from oracles.stack.opcodes import table
from oracles.stack.rows import Row
from oracles.trace import Tracer

readable = pytest.mark.skipif(
    sys.version_info[:2] not in trace.LAYOUTS, reason="no layout of this Python's frames"
)


def pair(x: Any) -> Any:
    return [x + 1, {"two": 2}]


def broken(x: Any) -> Any:
    x = x + 1
    torch._dynamo.graph_break()
    x = x * 2
    torch._dynamo.graph_break()
    return x - 1


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def compiled(function: Callable[[Any], Any]) -> Any:
    return torch.compile(function, backend="eager")(torch.ones(2))


def places() -> list[Any]:
    watcher = dynamo_watch._Watcher(None, Tracer(), 1.0)
    return [vars(owner).get(name) for owner, name, _ in dynamo_watch._places(watcher)]


def test_nothing_stays() -> None:
    before = places()
    skipped = list(torch._dynamo.trace_rules.SKIP_DIRS)
    with watching(tracer=Tracer()):
        assert all(now is not old for now, old in zip(places(), before, strict=True))
    assert all(now is old for now, old in zip(places(), before, strict=True))
    assert skipped == torch._dynamo.trace_rules.SKIP_DIRS


def test_every_code_object_is_counted_once() -> None:
    with watching() as seen:
        compiled(broken)
    assert seen.bad == []
    # the second resume function is made of the first, and of the function again
    assert (seen.codes, seen.resumed, seen.graphs) == (3, 2, 3)
    assert "RETURN_VALUE" in seen.opcodes
    assert "CACHE" not in seen.opcodes
    data = seen.data()
    assert sum(data["breaks"].values()) == 2
    assert "traced" not in data


class Alone(torch.nn.Module):
    @torch._dynamo.disable(recursive=False)
    def forward(self, x: Any) -> Any:
        return sum([i * torch.cos(x) for i in range(4)])


@pytest.mark.parametrize("tracer", [None, Tracer()], ids=["plain", "traced"])
def test_dynamo_compiles_just_what_it_compiles_alone(tracer: Tracer | None) -> None:
    """It looks at who called it to know that a frame is to be left alone."""
    alone = Alone()
    counter = torch._dynamo.testing.CompileCounter()

    def call(x: Any) -> Any:
        return alone(x)

    with watching(tracer=tracer):
        torch.compile(call, backend=counter)(torch.ones(2))
    # the comprehension, and not the sum
    assert (counter.frame_count, counter.op_count) == (1, 8)


def test_what_a_hook_of_somebody_else_puts_in_is_verified() -> None:
    def hook(old: CodeType, new: CodeType) -> CodeType:
        return new.replace(co_stacksize=0)

    handle = convert_frame.register_bytecode_hook(hook)
    try:
        with watching() as seen, pytest.raises(Exception, match="stack-depth"):
            compiled(pair)
    finally:
        handle.remove()
    (bad,) = seen.bad
    assert (bad.function, bad.oracle, bad.what) == ("pair", "stack", dynamo_watch.FRAME)
    assert bad.file == __file__


def test_code_that_is_made_for_export_is_verified() -> None:
    if not hasattr(convert_frame, "fullgraph_capture"):
        pytest.skip(f"torch {torch.__version__} has no fullgraph_capture")
    with watching() as seen, torch._dynamo.utils.get_metrics_context():
        convert_frame.fullgraph_capture(pair, (torch.ones(2),))
    assert (seen.codes, dict(seen.functions)) == (1, {"pair": 1})


@readable
def test_generated_code_runs_as_predicted_while_dynamo_compiles() -> None:
    tracer = Tracer()
    with watching(tracer=tracer) as seen, tracer:
        assert compiled(pair)[1] == {"two": 2}
        compiled(broken)
    assert seen.bad == []
    assert (seen.codes, seen.traced) == (4, 6)
    # what resumes runs as the code that is made of it
    assert tracer.frames == 4
    assert seen.data()["traced instructions"] == tracer.instructions > 200
    # Dynamo leaves our own functions alone that run inside of what it compiled
    assert set(seen.skipped) <= {"pair", "broken"}


@readable
def test_a_share_of_nothing_is_nothing() -> None:
    tracer = Tracer()
    with watching(tracer=tracer, traced=0) as seen, tracer:
        compiled(pair)
    assert (seen.codes, seen.traced, tracer.frames) == (1, 0, 0)


@readable
def test_a_wrong_belief_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    here = sys.version_info[:2]
    row = {"BINARY_SUBSCR": Row("container, key -- value: dict")}
    monkeypatch.setitem(opcodes.ROWS, here, opcodes.ROWS[here] | row)
    table.cache_clear()
    tracer = Tracer()
    try:
        with watching(tracer=tracer) as seen, tracer:
            compiled(pair)
    finally:
        monkeypatch.undo()
        table.cache_clear()
    (bad,) = seen.bad
    (violation,) = bad.data["violations"]
    assert (bad.oracle, bad.function, violation["invariant"]) == ("trace", "pair", "kind")
    assert "was not dict" in violation["message"]
    assert any(row["offset"] == violation["offset"] for row in bad.data["rows"])


def test_where_stacks_cannot_be_read_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "LAYOUTS", {})
    tracer = Tracer()
    with watching(tracer=tracer) as seen, tracer:
        compiled(pair)
    data = Watched.data(seen)
    assert data["not traced"] == "the value stack of this Python cannot be read"
    assert (data["codes"], data["traced"]) == (1, 0)
