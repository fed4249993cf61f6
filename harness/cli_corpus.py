"""`stackproof corpus`: the cases that are kept, listed, added to, checked and made smaller."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli_common import (
    FINDINGS,
    corpus_option,
    emit_json,
    load_target,
    make_console,
    read_case,
    read_corpus,
)
from harness.targets import TARGETS

if TYPE_CHECKING:
    from generators.case import Case
    from harness.batch import Result
    from harness.corpus import Corpus
    from harness.targets.base import Target

OK = ("passed", "known", "elsewhere", "absent")
"""Ends of an entry that are as they should be; `elsewhere`: not known of the versions that are here;
`absent`: they lack what the case asks for."""


@click.group()
def corpus() -> None:
    """Cases that must pass, and failures that are known."""


@corpus.command("list")
@corpus_option()
@click.option("--json", "machine", is_flag=True, help="One JSON object a line on stdout.")
def list_(folder: Path, machine: bool) -> None:
    """What is in the corpus."""
    read = read_corpus(folder)
    for each in read.regressions:
        if machine:
            emit_json({"type": "regression", "name": each.name, "nodes": len(each.case.nodes)})
        else:
            click.echo(f"regressions/{each.name}  {len(each.case.nodes)} nodes")
    for known in read.known:
        versions = {name: list(several) for name, several in known.versions}
        if machine:
            emit_json(
                {
                    "type": "known",
                    "name": known.name,
                    "target": known.target,
                    "versions": versions,
                    "cause": known.cause,
                }
            )
        else:
            listed = "; ".join(f"{name} {', '.join(several)}" for name, several in versions.items())
            click.echo(f"known/{known.name}  {known.target} ({listed}): {known.cause}")
    if not machine:
        click.echo(f"{len(read.regressions)} regressions, {len(read.known)} known failures")


@corpus.command()
@corpus_option()
@click.option(
    "--target", "names", multiple=True, type=click.Choice(list(TARGETS)), help="Repeatable.  [default: all]"
)
@click.option("--json", "machine", is_flag=True, help="One JSON object a line on stdout.")
def check(folder: Path, names: tuple[str, ...], machine: bool) -> None:
    """Replay everything.

    Regressions must pass; a known failure must fail as it is known to, on the target and versions it names.
    One that does not is `fixed?`, or `other`: it fails in a way that its predicate does not cover.
    """
    read = read_corpus(folder)
    wrong = 0
    for name in names or tuple(TARGETS):
        with load_target(name) as target:
            wrong += sum(status not in OK for status in _check(target, read, machine))
    if not machine:
        entries = "entry is not as it should be" if wrong == 1 else "entries are not as they should be"
        click.echo(f"{wrong} {entries}" if wrong else "all as it should be")
    sys.exit(FINDINGS if wrong else 0)


def _check(target: Target, read: Corpus, machine: bool) -> list[str]:
    """The status of every entry on a target, told as it is found."""
    mine = [known for known in read.known if known.target == target.name]
    here = read.known_of(target.name, target.versions())
    results = _results(target, [*(each.case for each in read.regressions), *(known.case for known in mine)])
    statuses = []
    for each, result in zip(read.regressions, results, strict=False):
        statuses.append(_tell(target, f"regressions/{each.name}", result.status, result, machine))
    for known, result in zip(mine, results[len(read.regressions) :], strict=True):
        if known not in here:
            status = "elsewhere"
        elif result.status == "absent":
            status = "absent"
        elif any(known.covers(known.case, finding) for finding in result.findings):
            status = "known"
        else:
            status = "other" if result.findings else "fixed?"
        statuses.append(_tell(target, f"known/{known.name}", status, result, machine))
    return statuses


def _results(target: Target, cases: list[Case]) -> list[Result]:
    from harness.batch import BROKEN, run_all
    from harness.isolation import HarnessFailure

    results = list(run_all(target, cases))
    for result in results:
        if result.status == BROKEN:
            raise HarnessFailure(result.findings[0].detail)
    return results


def _tell(target: Target, name: str, status: str, result: Result, machine: bool) -> str:
    told = sorted(result.signature)
    if machine:
        emit_json({"type": "entry", "target": target.name, "name": name, "status": status, "found": told})
    elif status not in OK:
        click.echo(f"{target.name}  {name}  {status}" + "".join(f"\n  {each}" for each in told))
    return status


@corpus.command()
@click.argument("case", type=click.Path(path_type=Path))
@corpus_option()
@click.option("--name", help="The name of the new file.  [default: made of the content]")
@click.option("--json", "machine", is_flag=True, help="One JSON object on stdout.")
def add(case: Path, folder: Path, name: str | None, machine: bool) -> None:
    """Put the case in the file CASE among the regressions, if it passes on every target."""
    from generators.codec import dumps
    from harness.corpus import name_for

    read = read_case(case)
    path = folder / "regressions" / f"{Path(name).name if name else name_for(read)}.json"
    if path.exists():
        raise click.ClickException(f"{path} is there already")
    for target_name in TARGETS:
        with load_target(target_name) as target:
            (result,) = _results(target, [read])
        if result.status != "passed":
            found = ", ".join(sorted(result.signature))
            click.echo(f"not added: on {target_name} it is {result.status} ({found})", err=True)
            sys.exit(FINDINGS)
    _write(path, dumps(read))
    if machine:
        emit_json({"type": "added", "case": str(path)})
    else:
        click.echo(f"added {path}")


@corpus.command()
@click.argument("case", type=click.Path(path_type=Path))
@click.option("--target", "name", type=click.Choice(list(TARGETS)), default="own", show_default=True)
@click.option("--json", "machine", is_flag=True, help="One JSON object on stdout.")
def minimise(case: Path, name: str, machine: bool) -> None:
    """Make the failing case in the file CASE smaller, its bucket kept, and write it beside as CASE.min.json.

    Exit code 0 means that it was written.
    """
    from generators.codec import dumps
    from harness.triage import probe, shrink

    read = read_case(case)
    with load_target(name) as target:
        outcome = probe(target, read)
        if not outcome.findings:
            raise click.ClickException(f"{case}: nothing to keep: on {name} it is {outcome.status}")
        bucket = outcome.findings[0].bucket
        shrunk = shrink(target, bucket, read)
    path = case.with_suffix(".min.json")
    _write(path, dumps(shrunk.case))
    before, after = len(read.nodes), len(shrunk.case.nodes)
    if machine:
        emit_json(
            {"type": "minimised", "case": str(path), "bucket": bucket, "nodes": after, "before": before}
        )
    else:
        make_console(False).print(f"{bucket}\nfrom {before} to {after} nodes: {path}", soft_wrap=True)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
