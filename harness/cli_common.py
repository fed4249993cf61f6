"""What the verbs have in common: exit codes, how they print, and how a user's files and targets are read.

Claim: bad input is a ClickException that names the file and what is wrong with it, never a traceback.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from harness.overlay import Replacement, ReplacementError, install, replacement

if TYPE_CHECKING:
    from rich.console import Console

    from generators.case import Case
    from harness.corpus import Corpus
    from harness.targets.base import Target

F = TypeVar("F", bound=Callable[..., Any])

FINDINGS, BAD_INPUT, HARNESS_FAILED = 1, 2, 3
OUT = "stackproof-out"

WIDTH = 130
"""Columns where there is no terminal to ask: a listing with its stacks and calls needs about that."""


def make_console(machine: bool) -> Console:
    """For people; with --json stdout belongs to the machine."""
    from rich.console import Console

    stream = sys.stderr if machine else sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        # a log in another encoding has a place for what it cannot say, not an end of the report
        stream.reconfigure(errors="replace")
    console = Console(stderr=machine, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    return console


def emit_json(data: dict[str, Any]) -> None:
    """One object, one line."""
    click.echo(json.dumps(data))


def load_target(name: str) -> Target:
    """A new target."""
    from harness.targets import MissingTargetError, load

    try:
        return load(name)
    except MissingTargetError as missing:
        raise click.ClickException(str(missing)) from None


def read_case(path: Path) -> Case:
    """The case in a file."""
    from generators.codec import loads
    from generators.limits import FILE_BYTES
    from generators.rules import CaseError

    try:
        with path.open("rb") as file:
            text = file.read(FILE_BYTES.high + 1)
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
    try:
        return loads(text)
    except CaseError as error:
        raise click.ClickException(f"{path}: {error}") from None


def save_case(out: Path, target: str, bucket: str, text: str) -> Path:
    """Write a case under a name that says what it shows; returns the path. Raises OSError."""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", f"{target}-{bucket}").strip("-").lower()[:80]
    path = out / f"{slug}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.json"
    out.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)
    return path


def write_whole(path: Path, text: str) -> None:
    """Write a file that is there whole, or as it was before. Raises OSError."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        part.write_text(text)
        part.replace(path)
    except BaseException:  # an interrupt too: nothing half written stays
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


# --- the corpus ----------------------------------------------------------------------------------------


def corpus_option() -> Callable[[F], F]:
    """`--corpus DIR`."""
    from harness.corpus import HERE

    return click.option(
        "--corpus",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        default=HERE,
        help="The folder with regressions/ and known/.  [default: the project's own]",
    )


def read_corpus(folder: Path) -> Corpus:
    """The corpus in a folder."""
    from harness.corpus import HERE, CorpusError, read

    if folder != HERE and not folder.is_dir():
        raise click.ClickException(f"{folder}: no such folder")
    try:
        return read(folder)
    except CorpusError as error:
        raise click.ClickException(str(error)) from None


# --- changed files in the place of installed ones ------------------------------------------------------


class ReplacementType(click.ParamType[Replacement]):
    """MODULE=FILE."""

    name = "MODULE=FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Replacement:
        if isinstance(value, Replacement):
            return value
        try:
            return replacement(value)
        except ReplacementError as error:
            raise click.ClickException(str(error)) from None


def replace_option(required: bool = False) -> Callable[[F], F]:
    """`--replace MODULE=FILE`, repeatable."""
    return click.option(
        "--replace",
        "replacements",
        multiple=True,
        required=required,
        type=ReplacementType(),
        help="Put FILE in the place of the installed MODULE for this run. Repeatable.",
    )


PARTS_OF = {"dropin": ("own", "torch"), "peers": ("own", "torch")}
"""A target that is made of others -> whose modules are its own."""


def check_replacements(replacements: Sequence[Replacement], target: str) -> None:
    """Refuse what would replace nothing that the target runs."""
    modules = [replaced.module for replaced in replacements]
    for module in modules:
        if modules.count(module) > 1:
            raise click.ClickException(f"--replace: {module} is there twice")
    for replaced in replacements:
        if replaced.target not in PARTS_OF.get(target, (target,)):
            raise click.ClickException(f"--replace: {replaced.module} is no part of the target {target}")


def load_changed(name: str, replacements: Sequence[Replacement]) -> Target:
    """A new target with changed files in place; ends the program with findings if they cannot be used."""
    from harness.overlay import broken_change

    check_replacements(replacements, name)
    if not replacements:
        return load_target(name)
    install(replacements)
    try:
        return load_target(name)
    except click.ClickException:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a file that somebody changed may raise anything
        told = broken_change(error, replacements)
        raise ChangeError(f"the changed file cannot be used: {told}") from None


class ChangeError(click.ClickException):
    """A changed file that cannot be used: a finding, not bad input."""

    exit_code = FINDINGS
