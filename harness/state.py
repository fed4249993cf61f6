"""What a directory holds of campaigns: a journal for each target, begun and gone on with.

Claim: nothing that was found is overwritten: a campaign that was not finished is set aside when another
begins in its directory. What cannot be gone on with or joined is refused, and it is said what differs.
"""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.chunks import Plan
from harness.corpus import Known
from harness.journal import Content, CorruptError, Header, Journal, StateError, cannot_keep
from harness.targets import TARGETS

ROOT = Path(__file__).parents[1]

DECIDING = ("generators", "oracles", "harness/codegen", "harness/targets")
"""The packages, beside the modules of `harness` itself, whose code decides how a case is drawn and ends."""


SAME = ("seed", "kinds", "watch_every", "chunk")
"""What of a plan decides how its cases end."""


def journal_path(out: Path, target: str) -> Path:
    """Where a campaign on a target keeps its state."""
    return out / f"{target}.journal"


def header_of(target: str, plan: Plan, versions: Mapping[str, str], known: Sequence[Known]) -> Header:
    """What a campaign here and now is."""
    return Header(target, plan, versions_here(versions), _digest_of(known))


def versions_here(versions: Mapping[str, str]) -> dict[str, str]:
    """Those of a target, with Python's and that of this project's code."""
    return {"python": sys.version.split()[0], **versions, "stackproof": _code_here()}


@functools.cache
def _code_here() -> str:
    """A digest of the code that decides how a case ends."""
    files = [*(ROOT / "harness").glob("*.py")]
    for package in DECIDING:
        files += (ROOT / package).rglob("*.py")
    told = hashlib.sha256()
    for path in sorted(files):
        told.update(f"{path.relative_to(ROOT)} {path.stat().st_size}\n".encode() + path.read_bytes())
    return f"code {told.hexdigest()[:12]}"


def _digest_of(known: Sequence[Known]) -> str:
    entries = [
        {
            **{name: getattr(each.predicate, name) for name in ("bucket", "options", "conditions")},
            **{name: sorted(getattr(each.predicate, name)) for name in ("kinds", "makers")},
            "name": each.name,
        }
        for each in known
    ]
    return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()[:12]


def differences(there: Header, here: Header, where: tuple[str, str] = ("there", "here")) -> list[str]:
    """What is not the same in two campaigns that should be one, in words; budget, shard and workers may
    differ."""
    rows = [(name, getattr(there.plan, name), getattr(here.plan, name)) for name in SAME]
    for name in sorted({*there.versions, *here.versions}):
        rows.append((name, there.versions.get(name, "none"), here.versions.get(name, "none")))
    rows.append(("known causes", there.known, here.known))
    return [f"{name}: {one} {where[0]}, {other} {where[1]}" for name, one, other in rows if one != other]


# --- beginning and going on ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Aside:
    """What was in the place of a new campaign: where it is now, and what it was."""

    directory: Path
    what: str


def begin(out: Path, header: Header) -> tuple[Journal, Aside | None]:
    """The journal of a new campaign in `out`. What was there is replaced if it was finished, or if it was the
    same campaign and was interrupted by its user; else it is set aside. Raises StateError."""
    path = journal_path(out, header.target)
    aside: Aside | None = None
    try:
        before = Journal.reopen(path)
    except CorruptError as error:
        aside = _set_aside(path, str(error))
    else:
        if before is not None:
            aside = _keep(before, header)
            before.close()
    return Journal.create(path, header), aside


def _keep(before: Journal, header: Header) -> Aside | None:
    content = before.content
    again = content.ended == "interrupted" and content.header == header
    if content.is_finished() or again or not content.drawn:
        return None
    return _set_aside(before.path, told_of(content))


def _set_aside(path: Path, what: str) -> Aside:
    number = 1
    while (path.parent / f"unfinished-{number}" / path.name).exists():
        number += 1
    directory = path.parent / f"unfinished-{number}"
    try:
        directory.mkdir(exist_ok=True)
        path.rename(directory / path.name)
    except OSError as error:
        raise cannot_keep(directory, error) from None
    return Aside(directory, what)


def told_of(content: Content) -> str:
    """A campaign in words: `own, seed 3, 1,200 of 20,000 cases`."""
    header = content.header
    total = "" if header.plan.cases is None else f" of {header.plan.cases:,}"
    shard = f", shard {header.plan.shard}/{header.plan.shards}" if header.plan.shards > 1 else ""
    return f"{header.target}, seed {header.plan.seed}{shard}, {content.drawn:,}{total} cases"


def targets_in(directory: Path) -> list[str]:
    """The targets of which there is a journal. Raises StateError."""
    found = [name for name in TARGETS if journal_path(directory, name).is_file()]
    if not found:
        what = "there is no such directory" if not directory.is_dir() else "there is no campaign in it"
        raise StateError(f"{directory}: {what}: no file NAME.journal, with NAME one of {', '.join(TARGETS)}")
    return found


def resume(directory: Path, target: str, versions: Mapping[str, str], known: Sequence[Known]) -> Journal:
    """The journal in `directory`, to be gone on with here and now. Raises StateError."""
    path = journal_path(directory, target)
    journal = Journal.reopen(path)
    if journal is None:
        raise StateError(f"{path}: its campaign was stopped before it began: start it anew")
    there = journal.content.header
    told = differences(there, header_of(target, there.plan, versions, known))
    if told:
        journal.close()
        raise StateError(f"{path} cannot be gone on with, it would be of two campaigns: {'; '.join(told)}")
    return journal
