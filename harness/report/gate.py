"""What a gate found out, for people, for a pull request (Markdown), for CI (JUnit XML) and for machines."""

from __future__ import annotations

import re
import shlex
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from harness.gate import Judgement, NewFinding

NAMES_SHOWN = 5
"""Names of cases listed before the rest is only counted."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A new finding, and the file in which its case was saved."""

    finding: NewFinding
    path: Path
    command: str


def replay_command(judgement: Judgement, path: Path) -> str:
    """The command that replays a case on the change."""
    replaced = [word for each in judgement.replacements for word in ("--replace", str(each))]
    return shlex.join(["stackproof", "repro", *replaced, "--target", judgement.target, str(path)])


def plural(count: int, word: str) -> str:
    """`1 case`, `2 cases`."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def reasons(judgement: Judgement) -> Iterator[str]:
    """Why the verdict is what it is, and what else a reviewer wants to know; a line each."""
    if judgement.broken is not None:
        yield f"the changed file cannot be used: {judgement.broken}"
        return
    if judgement.new:
        yield f"{plural(len(judgement.new), 'new finding')}"
    if judgement.not_run:
        yield f"{plural(judgement.not_run, 'case')} not run: too many hung before"
    if judgement.fixes:
        cases = sum(map(len, judgement.fixes.values()))
        yield f"{plural(cases, 'case')} did not pass on the base and pass now"
    if judgement.recoded:
        yield f"{plural(judgement.recoded, 'case')} with other code and the same behaviour"
    if judgement.failing_before:
        yield f"{plural(judgement.failing_before, 'case')} did not pass on the base"


def print_judgement(console: Console, judgement: Judgement, saved: list[Saved]) -> None:
    """Everything, the verdict last."""
    for each in saved:
        finding = each.finding
        console.print()
        console.print(Text("✗ ", style="bold red") + Text(finding.signature, style="bold"), soft_wrap=True)
        console.print(Text(f"  {finding.message}"), soft_wrap=True)
        nodes = len(finding.case.nodes)
        shrunk = (
            f"; shrunk from {finding.before} to {plural(nodes, 'node')}" if nodes < finding.before else ""
        )
        console.print(Text(f"  in {plural(len(finding.items), 'case')}{shrunk}"))
        console.print(Text(f"  {each.command}", style="bold cyan"), soft_wrap=True)
    if judgement.broken is not None:
        console.print(Text(judgement.broken.trace.rstrip(), style="bright_black"), soft_wrap=True)
    for signature, items in judgement.fixes.items():
        console.print(Text("✓ ", style="green") + Text(f"fixed in {plural(len(items), 'case')}: {signature}"))
    for example in judgement.examples:
        console.print(Text(f"\nother code, same behaviour: {example.item}", style="bold"))
        for line in example.difference:
            console.print(Text(f"  {line}", style=_diff_style(line)), soft_wrap=True)
    console.print()
    versions = ", ".join(f"{name} {version}" for name, version in judgement.versions.items())
    told = (
        f"{plural(len(judgement.items), 'case')} on the base and on the change in {judgement.seconds:.0f} s"
    )
    console.print(Text(f"{judgement.target}  {versions}  {told}", style="bright_black"), soft_wrap=True)
    for reason in reasons(judgement):
        console.print(Text(f"  {reason}"), soft_wrap=True)
    if judgement.verdict:
        console.print("yes: may be merged", style="bold green")
    else:
        console.print("no: must not be merged", style="bold red")


def _diff_style(line: str) -> str:
    return {"+": "green", "-": "red"}.get(line[:1], "bright_black")


# --- for machines --------------------------------------------------------------------------------------


def judgement_data(judgement: Judgement, saved: list[Saved]) -> Iterator[dict[str, Any]]:
    """The lines of `--json`, the summary last."""
    if judgement.broken is not None:
        broken = judgement.broken
        yield {
            "type": "finding",
            "bucket": f"change · {broken.error}",
            "message": str(broken),
            "detail": broken.trace,
        }
    for each in saved:
        yield {
            "type": "finding",
            "target": judgement.target,
            "bucket": each.finding.signature,
            "message": each.finding.message,
            "count": len(each.finding.items),
            "items": list(each.finding.items),
            "nodes": len(each.finding.case.nodes),
            "case": str(each.path),
            "command": each.command,
        }
    for signature, items in judgement.fixes.items():
        yield {"type": "fix", "target": judgement.target, "bucket": signature, "items": items}
    for example in judgement.examples:
        yield {"type": "recoded", "item": example.item, "difference": list(example.difference)}
    yield {
        "type": "summary",
        "verdict": "yes" if judgement.verdict else "no",
        "target": judgement.target,
        "replaced": {replaced.module: str(replaced.file) for replaced in judgement.replacements},
        "cases": len(judgement.items),
        "buckets": sorted(finding.signature for finding in judgement.new),
        "fixed": sum(map(len, judgement.fixes.values())),
        "recoded": judgement.recoded,
        "failing_before": judgement.failing_before,
        "not_run": judgement.not_run,
        "seconds": round(judgement.seconds, 3),
        "versions": judgement.versions,
    }


# --- for a pull request --------------------------------------------------------------------------------


def markdown(judgement: Judgement, saved: list[Saved]) -> str:
    """A summary to be read in a pull request."""
    verdict = "✅ yes" if judgement.verdict else "❌ no"
    out = [f"## stackproof gate: {verdict}", ""]
    out += [f"- `{replaced.module}` replaced by `{replaced.file}`" for replaced in judgement.replacements]
    versions = ", ".join(f"{name} {version}" for name, version in judgement.versions.items())
    out.append(f"- target {judgement.target} ({versions}), {plural(len(judgement.items), 'case')}")
    out += [f"- {_inline(reason)}" for reason in reasons(judgement)]
    if judgement.broken is not None:
        out += ["", *_fenced("", judgement.broken.trace.rstrip().splitlines())]
    if saved:
        out += ["", "| new finding | cases | nodes | |", "|---|---:|---:|---|"]
        for each in saved:
            finding = each.finding
            cells = (
                f"**{_cell(finding.signature)}**",
                str(len(finding.items)),
                str(len(finding.case.nodes)),
                _cell(finding.message),
            )
            out.append(f"| {' | '.join(cells)} |")
        out += ["", "Replayed by", "", *_fenced("sh", [each.command for each in saved])]
    if judgement.fixes:
        out += ["", "| fixed | cases |", "|---|---|"]
        for signature, items in judgement.fixes.items():
            out.append(f"| {_cell(signature)} | {_cell(_some(items))} |")
    for example in judgement.examples:
        out += ["", f"Other code, same behaviour: {example.item}", "", *_fenced("diff", example.difference)]
    return "\n".join(out) + "\n"


def _fenced(language: str, lines: Any) -> list[str]:
    # longer than any fence in what it holds
    fence = "`" * max([3, *(len(run) + 1 for line in lines for run in re.findall("`+", line))])
    return [f"{fence}{language}", *lines, fence]


def _inline(text: str) -> str:
    return re.sub(r"([\\`*_<>|\[\]])", r"\\\1", " ".join(text.split()))


def _cell(text: str) -> str:
    text = " ".join(text.split())
    return _inline(text if len(text) <= 160 else text[:159] + "…")


def _some(names: list[str]) -> str:
    left = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {left} more" if left > 0 else "")


# --- for CI --------------------------------------------------------------------------------------------

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(judgement: Judgement, saved: list[Saved]) -> str:
    """JUnit XML: a test for the changed file itself, one for each case of the corpus, one for all fixed
    cases; each new finding is a failure of the tests that show it."""
    wrong: dict[str, list[Saved]] = {}
    for each in saved:
        for name in each.finding.items:
            wrong.setdefault(_test_of(name), []).append(each)
    suite = ET.Element("testsuite", name=f"stackproof gate {judgement.target}")
    change = ET.SubElement(suite, "testcase", classname="gate", name="the change can be used")
    if judgement.broken is not None:
        _failure(change, str(judgement.broken), judgement.broken.trace)
    tests = list(dict.fromkeys(_test_of(item.name) for item in judgement.items))
    for name in tests:
        test = ET.SubElement(suite, "testcase", classname="gate", name=name)
        shown = list({each.finding.signature: each for each in wrong.get(name, ())}.values())
        if shown:
            text = "\n\n".join(
                f"{each.finding.signature}\n{each.finding.message}\n{each.command}" for each in shown
            )
            _failure(test, shown[0].finding.signature, text)
        elif judgement.not_run and name == FIXED:
            _failure(test, f"{plural(judgement.not_run, 'case')} not run: too many hung before", "")
    suite.set("tests", str(1 + len(tests)))
    suite.set("failures", str(len(suite.findall("./testcase/failure"))))
    suite.set("errors", "0")
    suite.set("time", f"{judgement.seconds:.3f}")
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


FIXED = "fixed cases"


def _test_of(item: str) -> str:
    return item if item.startswith(("regressions/", "known/")) else FIXED


def _failure(test: ET.Element, message: str, text: str) -> None:
    failure = ET.SubElement(test, "failure", message=_NOT_XML.sub("�", message))
    failure.text = _NOT_XML.sub("�", text)
