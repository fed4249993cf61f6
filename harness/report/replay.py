"""One replayed case on one screen: the tree, the code with its stacks and calls, the values side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from generators.case import SLICE_FIELDS, Case, Effect
from generators.codec import to_data
from generators.forms import proxy_text
from generators.links import LINKS, children
from generators.nodes import (
    FIELDS,
    AliasNode,
    ArrayNode,
    BoundMethodNode,
    CellNode,
    ConstantNode,
    ContextManagerNode,
    DefaultDictNode,
    DequeNode,
    GeneratorNode,
    InstanceNode,
    IteratorNode,
    LibraryNode,
    MadeNode,
    ModuleNode,
    Node,
    NumberNode,
    RangeNode,
    SubclassNode,
    SymbolicNode,
    TensorNode,
    WeakRefNode,
)
from harness.describe import AccessRow, ValueRow, call_text, source_text
from harness.report.script import print_script
from harness.repro import Replay
from oracles.graph_values import AsTensor, Output
from oracles.run import Finding
from oracles.values import atom_text

ROWS_AROUND = 12
"""Rows of values shown on either side of the first difference."""

TREE_NODES = 60
CODE_ROWS = 250
"""What is shown of a large tree, and of long code: the code's end, and what comes before a violation."""

STDERR_LINES = 6
"""Lines shown of a dead process's stderr."""


def print_replay(console: Console, replay: Replay) -> None:
    """Everything about the replay, the verdict last."""
    versions = ", ".join(f"{name} {version}" for name, version in replay.versions.items())
    console.print(Text.assemble((f"target {replay.target}", "bold"), (f"  {versions}", "bright_black")))
    if replay.case.kind == "script":
        print_script(console, replay.case, replay.bad_step)
    else:
        _print_tree(console, replay.case)
    if replay.emitted is not None and replay.emitted.rows:
        _print_code(console, replay)
    if replay.executed is not None:
        _print_values(console, replay)
        _print_accesses(console, replay.executed.accesses)
    _print_verdict(console, replay)


def replay_data(replay: Replay) -> dict[str, Any]:
    """The machine's line of a replay."""
    return {
        "type": "replay",
        "target": replay.target,
        "status": replay.outcome.status,
        "reason": replay.outcome.reason,
        "findings": [finding_data(finding) for finding in replay.outcome.findings],
        "raised": replay.executed.raised if replay.executed else "",
        "code": [
            {
                "offset": row.offset,
                "instruction": row.instruction,
                "stack": row.stack,
                "call": row.call,
                "violations": list(row.violations),
            }
            for row in (replay.emitted.rows if replay.emitted else ())
        ],
        "values": [
            {"path": row.path, "original": row.original, "reconstructed": row.reconstructed}
            for row in (replay.executed.rows if replay.executed else ())
        ],
        "bad_step": replay.bad_step,
        **(
            {
                "accesses": [
                    {"due": row.due, "made": row.made}
                    for row in (replay.executed.accesses if replay.executed else ())
                ]
            }
            if replay.case.kind == "call"
            else {}
        ),
        "case": to_data(replay.case),
        "versions": replay.versions,
    }


def finding_data(finding: Finding) -> dict[str, Any]:
    """A finding for a machine."""
    return {
        "bucket": finding.bucket,
        "oracle": finding.oracle,
        "invariant": finding.invariant,
        "subject": finding.subject,
        "emitter": finding.emitter,
        "message": finding.message,
        "offset": finding.offset,
        "path": finding.path,
        "node": finding.node,
        "detail": finding.detail,
    }


# --- the tree -----------------------------------------------------------------------------------------


def _print_tree(console: Console, case: Case) -> None:
    options = case.options
    told = [f"{options.passes} pass{'es' if options.passes == 2 else ''}"]
    if not options.value_from_source:
        told.append("rebuild from contents")
    if options.temporaries:
        told.append("temporaries for " + ", ".join(f"node {at}" for at in options.temporaries))
    told += [
        f"override {source_text(case, one)} -> {source_text(case, other)}" for one, other in options.overrides
    ]
    told += [name for name in ("inlined", "export", "resumed", "reported", "modes") if getattr(options, name)]
    told += [] if options.replay else ["effects on existing values not replayed"]
    if options.logged:
        told.append("logs " + ", ".join(f"node {at}" for at in options.logged))
    if options.called:
        told.append("the last root is called")
    if options.lazy:
        state = "realized" if options.realized else "lazy"
        told.append(f"{state} trackers for " + ", ".join(f"node {at}" for at in options.lazy))
    if case.kind == "call":
        told = [f"profile {options.profile}"]
    console.print(Text("\ncase", style="bold") + Text(f"  {', '.join(told)}", style="bright_black"))
    if case.kind == "call":
        console.print(Text(f"  {call_text(case)}", style="cyan"))
    shown: set[int] = set()
    for at, index in enumerate(case.roots):
        _print_node(console, case, index, f"roots[{at}]", 1, shown)
    for at, effect in enumerate(case.effects):
        console.print(Text(f"  effects[{at}]: ", style="bright_black") + Text(effect_text(case, effect)))
        for named in (effect.on, effect.key, effect.value):
            if named is not None and named not in shown:
                _print_node(console, case, named, "with", 2, shown)


def effect_text(case: Case, effect: Effect) -> str:
    """An effect as a reader would say it: `append  on global g  value node 3`."""
    on = case.nodes[effect.on].source
    parts = [effect.operation, f"on {source_text(case, on)}" if on is not None else f"on node {effect.on}"]
    if effect.index is not None:
        parts.append(f"at {effect.index}")
    if effect.name is not None:
        parts.append(f"named {effect.name}")
    for what, at in (("key", effect.key), ("value", effect.value)):
        if at is not None:
            parts.append(f"{what} node {at}")
    return "  ".join(parts)


def _print_node(console: Console, case: Case, index: int, place: str, depth: int, shown: set[int]) -> None:
    node = case.nodes[index]
    if len(shown) >= TREE_NODES:
        if len(shown) == TREE_NODES:
            shown.add(-1)
            console.print(Text("  … the rest is in the case file", style="bright_black"))
        return
    line = Text("  " * depth + f"{place}: ", style="bright_black")
    line.append(f"node {index} ", style="bright_black")
    line.append(node_text(case, index))
    again = index in shown and bool(children(node))
    if again:
        line.append("  (again)", style="bright_black")
    console.print(line)
    if again:
        return
    shown.add(index)
    for label, child in _labelled(node):
        _print_node(console, case, child, label, depth + 1, shown)


def _labelled(node: Node) -> Iterator[tuple[str, int]]:
    """The nodes that this one names, each with what it is there."""
    for field, shape in LINKS[type(node)]:
        named = getattr(node, field)
        if shape == "pairs":
            for key, value in named:
                yield "key", key
                yield "value", value
        elif shape == "named":
            for name, child in named:
                yield _LABELS[field].format(name), child
        elif shape == "nodes":
            label = _ITEM_LABELS.get(node.kind, _LABELS[field].format)
            for at, child in enumerate(named):
                yield label(at), child
        elif named is not None:
            yield field, named


_LABELS = {
    "items": "[{}]",
    "attributes": ".{}",
    "closure": "cell {}",
    "defaults": "default {}",
    "keyword_defaults": "default {}=",
    "annotations": "annotation {}",
    "arguments": "argument {}",
    "keywords": "argument {}=",
}
_ITEM_LABELS: dict[str, Callable[[int], str]] = {
    "set": lambda at: "element",
    "frozenset": lambda at: "element",
    "named_tuple": lambda at: f".{FIELDS[at]}",
    "slice": lambda at: f".{SLICE_FIELDS[at]}",
}
"""How a member of each field is labelled, by its position or name; for items of some kinds otherwise."""


def node_text(case: Case, index: int) -> Text:
    node = case.nodes[index]
    text = Text(node.kind, style="bold")
    detail = _DETAIL.get(type(node))
    if detail is not None:
        text.append(detail(node))
    if node.source is not None:
        text.append(f"  exists as {source_text(case, node.source)}", style="cyan")
    return text


_DETAIL: dict[type[Any], Callable[[Any], str]] = {
    ConstantNode: lambda node: f" {atom_text(node.value)}",
    **dict.fromkeys((TensorNode, ArrayNode), lambda node: f" of {proxy_text(node.output)}"),
    SubclassNode: lambda node: f", {node.subclass}, of {proxy_text(node.output)}",
    NumberNode: lambda node: f" of {proxy_text(node.output)}" + ("" if node.unwrap else ", not unwrapped"),
    SymbolicNode: lambda node: f" {node.type} of proxy {node.output}",
    RangeNode: lambda node: f" {node.start}:{node.stop}:{node.step}",
    BoundMethodNode: lambda node: f" {node.name}",
    **dict.fromkeys((ContextManagerNode, MadeNode, InstanceNode), lambda node: f" {node.name}"),
    DefaultDictNode: lambda node: "" if node.factory == "none" else f" of {node.factory}",
    GeneratorNode: lambda node: " of @contextmanager" if node.context_manager else "",
    ModuleNode: lambda node: ", by its key" if node.by_key else "",
    DequeNode: lambda node: "" if node.maxlen is None else f" of maxlen {node.maxlen}",
    **dict.fromkeys((AliasNode, WeakRefNode), lambda node: f" of node {node.of}"),
    LibraryNode: lambda node: f" {node.name}",
    CellNode: lambda node: (
        f" of variable {node.variable}" if node.variable else ", empty" if node.contents is None else ""
    ),
    IteratorNode: lambda node: f" over a {node.over}, {node.position} of {len(node.items)} taken",
}


def _output_text(output: Output) -> str:
    return f"proxy {output.proxy} as a tensor" if isinstance(output, AsTensor) else f"proxy {output}"


# --- the code and the values --------------------------------------------------------------------------


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2), collapse_padding=True)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _print_code(console: Console, replay: Replay) -> None:
    emitted = replay.emitted
    if emitted is None:
        return
    marked = {finding.offset for finding in replay.outcome.findings if finding.offset is not None}
    table = _table("at", "instruction", "stack before, bottom first", "emitted by")
    for at, row in enumerate(emitted.rows):
        wrong = bool(row.violations) or row.offset in marked
        if len(emitted.rows) - at > CODE_ROWS and not wrong:
            continue
        style = "bold red" if wrong else ""
        table.add_row(
            f"{'✗ ' if wrong else ''}{row.offset}",
            Text(row.instruction, style=style),
            Text(row.stack or "empty", style=style or ("bright_black" if not row.stack else "")),
            Text(row.call, style=style or "bright_black"),
        )
        for violation in row.violations:
            table.add_row("", Text(f"↑ {violation}", style="red"), "", "")
    asked = ", ".join(map(_output_text, emitted.outputs)) or "none"
    told = f"  stack size {emitted.stacksize}, deepest {emitted.max_depth}; graph outputs asked for: {asked}"
    console.print(Text("\ncode", style="bold") + Text(told, style="bright_black"))
    console.print(table)


def _print_values(console: Console, replay: Replay) -> None:
    executed = replay.executed
    if executed is None or not executed.rows:
        return
    paths = [finding.path for finding in executed.outcome.findings if finding.path is not None]
    different = {_row_of(path, executed.rows) for path in paths}
    at = next((at for at, row in enumerate(executed.rows) if row.path in different), None)
    low, high = 0, min(len(executed.rows), CODE_ROWS)
    if at is not None:
        low, high = max(0, at - ROWS_AROUND), min(len(executed.rows), at + ROWS_AROUND)
    table = _table("place", "original", "reconstructed")
    for row in executed.rows[low:high]:
        wrong = row.path in different
        style = "bold red" if wrong else ""
        mark = "  ← first difference" if wrong else ""
        table.add_row(
            Text(f"{'✗ ' if wrong else ''}{row.path}", style=style),
            Text(row.original, style=style),
            Text(row.reconstructed + mark, style=style),
        )
    left = len(executed.rows) - (high - low)
    told = f"  {left} more rows not shown" if left else ""
    console.print(Text("values", style="bold") + Text(told, style="bright_black"))
    console.print(table)


def _print_accesses(console: Console, rows: tuple[AccessRow, ...]) -> None:
    if not rows:
        return
    first = next((at for at, row in enumerate(rows) if row.due != row.made), None)
    table = _table("", "due, in order", "made")
    for at, row in enumerate(rows):
        style = "" if first is None or at < first else "bold red"
        mark = "  ← first difference" if at == first else ""
        table.add_row(str(at), Text(row.due, style=style), Text(row.made + mark, style=style))
    console.print(Text("accesses", style="bold"))
    console.print(table)


def _row_of(path: str, rows: tuple[ValueRow, ...]) -> str:
    """The place of a difference among the rows: its own, or that of the smallest value around it."""
    around = [row.path for row in rows if path.startswith(row.path)]
    return max(around, key=len, default=path)


def _print_verdict(console: Console, replay: Replay) -> None:
    outcome = replay.outcome
    if not outcome.findings:
        text = outcome.status + (f": {outcome.reason}" if outcome.reason else "")
        console.print(Text(text, style="bold green" if outcome.status == "passed" else "bold yellow"))
        return
    for finding in outcome.findings:
        console.print(Text("✗ ", style="bold red") + Text(finding.bucket, style="bold"))
        console.print(Text(f"  {finding.message}"))
    if replay.executed is not None and replay.executed.raised:
        console.print(
            f"  executed in a process of its own, it raised {replay.executed.raised}", highlight=False
        )
    elif replay.death is not None and replay.death.detail:
        console.print("  end of its stderr:", style="bright_black")
        for line in _worth_reading(replay.death.detail):
            console.print(Text(f"  {line}", style="bright_black"))


def _worth_reading(stderr: str) -> list[str]:
    """The last lines of a dead process's stderr; of CPython's own report of a fatal signal, its head."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    fatal = next((at for at, line in enumerate(lines) if line.startswith("Fatal Python error")), None)
    return lines[-STDERR_LINES:] if fatal is None else lines[fatal : fatal + STDERR_LINES]
