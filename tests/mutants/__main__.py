"""`python -m tests.mutants`: a campaign of mutants, and the table of verdicts against ends.

Exit codes: 0 no accepted mutant died, 1 one did (or the verifier failed on one), 2 bad usage, 3 this Python
cannot be judged.
"""

from __future__ import annotations

import argparse
import json
import sys
import sysconfig
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from oracles.stack import UnsupportedPython, verify

from .campaign import BaselineError, Campaign, Result
from .execute import scratch_directory
from .subjects import Subject, of_file, of_samples

ENDS = ("returned", "raised", "hung", "died")
VERDICTS = ("accepted", "rejected", "broken")
PYTHON = f"CPython {sys.version.split()[0]}, {'debug' if hasattr(sys, 'gettotalrefcount') else 'release'}"


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument(
        "files", nargs="*", type=Path, help="marshalled code objects to mutate instead of samples"
    )
    parser.add_argument("--count", type=int, default=1_000, help="mutants")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--only", type=int, metavar="INDEX", help="this mutant of the seed alone, shown in full"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--seconds", type=float, default=2.0, help="CPU time for each mutant")
    parser.add_argument("--out", type=Path, help="write what is shown as JSON lines")
    return parser.parse_args(arguments)


def table(results: Sequence[Result]) -> str:
    """Counts of verdict by end."""
    counts = Counter((each.verdict, each.end) for each in results)
    same = Counter(each.verdict for each in results if each.same)
    head = "".join(f"{name:>12}" for name in (*ENDS, "all", "unchanged"))
    lines = [" " * 12 + head]
    for verdict in VERDICTS:
        row = [counts[verdict, end] for end in ENDS]
        if sum(row) or verdict != "broken":
            lines.append(
                f"{verdict:12}" + "".join(f"{count:12,}" for count in (*row, sum(row), same[verdict]))
            )
    refused = sum(each.verdict == "refused" for each in results)
    lines.append(f"{'refused':12}{'':48}{refused:12,}  by CodeType.replace")
    return "\n".join(lines)


def by_invariant(results: Sequence[Result]) -> str:
    """How the rejected mutants ended, by the invariant of their first violation."""
    counts = Counter((each.invariant, each.end) for each in results if each.verdict == "rejected")
    lines = [f"{'rejected for':28}" + "".join(f"{end:>10}" for end in ENDS)]
    for invariant in sorted({invariant for invariant, _ in counts}):
        row = "".join(f"{counts[invariant, end]:10,}" for end in ENDS)
        lines.append(f"{invariant:28}{row}")
    return "\n".join(lines)


def shown(result: Result) -> str:
    """One mutant that somebody should look at."""
    head = f"#{result.index} {result.subject}: {result.changes}"
    end = f"  {result.verdict} {result.invariant}; {result.end} {result.what} {result.text.strip()}"
    notes = [f"  noted: {', '.join(result.notes)}"] if result.notes else []
    return "\n".join([head, end, *notes, *(f"    {line}" for line in result.listing)])


def subjects(files: Sequence[Path]) -> list[Subject]:
    """Those of the files, or of the samples where no file is named."""
    return [subject for path in files for subject in of_file(path)] if files else of_samples()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; the exit code."""
    chosen = options(arguments)
    try:
        verify(main.__code__)
    except UnsupportedPython as missing:
        print(f"{PYTHON}: {missing}", file=sys.stderr)
        return 3
    try:
        found = subjects(chosen.files)
    except (OSError, ValueError, EOFError, TypeError) as unreadable:
        print(unreadable, file=sys.stderr)
        return 2
    indices = range(chosen.count) if chosen.only is None else [chosen.only]
    started = time.monotonic()
    with scratch_directory() as scratch:
        try:
            campaign = Campaign(found, scratch, chosen.seconds)
        except BaselineError as unready:
            print(f"{PYTHON}: {unready}", file=sys.stderr)
            return 3
        results = sorted(campaign.run(chosen.seed, indices, chosen.jobs), key=lambda result: result.index)
    if chosen.out is not None:
        lines = [json.dumps(asdict(result)) for result in results if result.shown]
        chosen.out.write_text("".join(line + "\n" for line in lines))
    report(results, chosen, time.monotonic() - started)
    return int(any(result.wrong for result in results))


def report(results: Sequence[Result], chosen: argparse.Namespace, seconds: float) -> None:
    """Print the tables, and what somebody should look at."""
    for result in results:
        if result.shown or chosen.only is not None:
            print(shown(result), end="\n\n")
    print(f"{PYTHON} {sysconfig.get_platform()}, seed {chosen.seed}: {len(results):,} in {seconds:.0f} s")
    print(table(results), end="\n\n")
    print(by_invariant(results))
    wrong = sum(result.wrong for result in results)
    outside = Counter(result.outside for result in results if result.outside)
    closer = sum(result.shown for result in results) - wrong - outside.total()
    print(f"\naccepted and died, or the verifier failed: {wrong}; accepted and raised SystemError: {closer}")
    for reason, count in outside.most_common():
        print(f"accepted, died outside the claim: {count} x {reason}")
    if wrong:
        print(f"again, one of them: python -m tests.mutants --seed {chosen.seed} --only INDEX")


if __name__ == "__main__":
    sys.exit(main())
