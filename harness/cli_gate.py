"""`stackproof gate`: may this change to a codegen be merged?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli_common import (
    FINDINGS,
    OUT,
    check_replacements,
    corpus_option,
    emit_json,
    make_console,
    read_corpus,
    replace_option,
    save_case,
)
from harness.overlay import Replacement
from harness.targets import TARGETS

if TYPE_CHECKING:
    from harness.gate import Judgement
    from harness.report.gate import Saved


@click.command()
@replace_option(required=True)
@click.option(
    "--target", "name", type=click.Choice(list(TARGETS)), help="[default: what the modules belong to]"
)
@click.option(
    "--cases",
    type=click.IntRange(1, 1_000_000),
    default=2_000,
    show_default=True,
    help="Fixed cases beside the corpus.",
)
@corpus_option()
@click.option(
    "--markdown", "summary", type=click.Path(dir_okay=False, path_type=Path), help="Write a summary."
)
@click.option("--junit", "xml", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=OUT, show_default=True)
@click.option("--json", "machine", is_flag=True, help="One JSON object a line on stdout.")
def gate(
    replacements: tuple[Replacement, ...],
    name: str | None,
    cases: int,
    folder: Path,
    summary: Path | None,
    xml: Path | None,
    out: Path,
    machine: bool,
) -> None:
    """Say whether a changed source file may be merged.

    The corpus and a fixed number of fixed cases go through the installed codegen and through the changed one,
    each in a process of its own; nothing installed is touched. Exit code 0 means yes, 1 no.
    """
    from harness.gate import judge

    target = name or replacements[0].target
    check_replacements(replacements, target)
    console = make_console(machine)
    with console.status("loading both sides") as status:

        def progress(done: int, total: int) -> None:
            if done % 20 == 0:
                status.update(
                    f"{done:,} of {total:,} cases run" if done < total else "shrinking what was found"
                )

        judgement = judge(target, replacements, read_corpus(folder), cases, progress)
    _report(judgement, out, summary, xml, machine)
    sys.exit(0 if judgement.verdict else FINDINGS)


def _report(judgement: Judgement, out: Path, summary: Path | None, xml: Path | None, machine: bool) -> None:
    from harness.report.gate import judgement_data, junit, markdown, print_judgement

    saved, unsaved = _save(judgement, out)
    if machine:
        for line in judgement_data(judgement, saved):
            emit_json(line)
    else:
        print_judgement(make_console(False), judgement, saved)
    for path, text in ((summary, markdown), (xml, junit)):
        if path is not None:
            try:
                path.write_text(text(judgement, saved), encoding="utf-8")
            except OSError as error:
                raise click.ClickException(f"{path}: {error.strerror}") from None
    if unsaved:
        raise click.ClickException(f"cannot save a case under {out}: {unsaved}; the cases are above")


def _save(judgement: Judgement, out: Path) -> tuple[list[Saved], str]:
    """What was saved, and why something could not be."""
    from generators.codec import dumps
    from harness.report.gate import Saved, replay_command

    saved = []
    unsaved = ""
    for finding in judgement.new:
        text = dumps(finding.case)
        try:
            path = save_case(out, judgement.target, finding.signature, text)
        except OSError as error:
            # the finding is worth more than the file: it goes to stderr whole
            click.echo(text, err=True)
            unsaved = error.strerror or str(error)
            path = Path("CASE")
        saved.append(Saved(finding, path, replay_command(judgement, path)))
    return saved, unsaved
