"""What a campaign shows while it runs: a panel on a terminal, a line now and then elsewhere.

Claim: the panel fits a terminal of 80 columns and 24 lines, whatever is found; what is no terminal, or one
that cannot move its cursor, gets nothing but lines of text.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from harness.chunks import Plan, Statistics
from harness.report.console import GREY, cases_table, crew, share, stages

PLAIN_EVERY = 10.0
"""Seconds between two progress lines where there is no terminal."""

REDRAWN_EVERY = 0.25
"""Seconds between two pictures of the panel."""

RECENT = 10.0
"""Seconds over which the rate of now is taken."""

NEWEST = 5
"""Buckets that the panel has room for."""

BAR = 46
"""Columns of the bar."""


def is_live(console: Console) -> bool:
    """Can what is shown there be drawn over?"""
    return console.is_terminal and not console.is_dumb_terminal


@contextmanager
def waiting(console: Console, told: str, quiet: bool) -> Iterator[None]:
    """Show what is waited for, as long as it takes, where that can be taken away again."""
    if quiet or not is_live(console):
        yield
        return
    row = Text(told, style=GREY, no_wrap=True, overflow="ellipsis")
    # no refresh thread: what is waited for forks
    with Live(row, console=console, auto_refresh=False, transient=True):
        yield


class Progress:
    """Shows a campaign as it runs; use as a context manager and as the campaign's `progress`."""

    def __init__(self, console: Console, target: str, plan: Plan, quiet: bool) -> None:
        self.console = console
        self.target = target
        self.plan = plan
        self.quiet = quiet
        self.live: Live | None = None
        self.rate = Rate()
        self.next_line = time.monotonic() + PLAIN_EVERY
        self.next_picture = 0.0

    def __enter__(self) -> Progress:
        if not self.quiet:
            # first of all: whatever ends this run, it can be repeated
            self.console.print(Text(f"{self.target}: seed {self.plan.seed}", style="bright_black"))
        if not self.quiet and is_live(self.console):
            # no refresh thread: the campaign forks, and calls back ten times a second anyway
            self.live = Live(console=self.console, auto_refresh=False, transient=True)
            self.live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.live is not None:
            self.live.stop()

    def __call__(self, statistics: Statistics) -> None:
        if self.quiet:
            return
        now = time.monotonic()
        if self.live is not None:
            if now >= self.next_picture:
                self.next_picture = now + REDRAWN_EVERY
                recent = self.rate.of(now, statistics.drawn)
                self.live.update(panel(self.target, self.plan, statistics, recent), refresh=True)
        elif now >= self.next_line:
            self.next_line = now + PLAIN_EVERY
            self.console.print(line(self.target, self.plan, statistics), soft_wrap=True)


class Rate:
    """Cases a second, over the last seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def of(self, now: float, drawn: int) -> float:
        """The rate, with so many cases drawn by now."""
        self._seen.append((now, drawn))
        while self._seen[0][0] < now - RECENT:
            self._seen.popleft()
        before, drawn_before = self._seen[0]
        return (drawn - drawn_before) / (now - before) if now > before else 0.0


def line(target: str, plan: Plan, statistics: Statistics) -> Text:
    """The state of a campaign in one line."""
    parts = [f"{target}  {_done(plan, statistics)}  {_overall(statistics):,.0f} cases/s"]
    parts += [f"{status} {count:,}" for status, count in statistics.statuses.items() if count]
    parts.append(f"buckets {len(statistics.buckets)}")
    return Text(" · ".join(parts))


def panel(target: str, plan: Plan, statistics: Statistics, recent: float) -> RenderableType:
    """The state of a campaign, with the cases a second of the last seconds: at most 22 lines."""
    seed = f"  seed {plan.seed}, {crew(plan, statistics)}"
    rates = f"{recent:,.0f} cases a second now, {_overall(statistics):,.0f} overall"
    return Group(
        Text.assemble((target, "bold"), (seed, GREY)),
        _bar(plan, statistics, recent),
        Text(f"{_done(plan, statistics)}, {rates}\n"),
        cases_table(statistics),
        Text(),
        stages(statistics),
        *_newest(statistics),
    )


def _overall(statistics: Statistics) -> float:
    return statistics.drawn / statistics.seconds if statistics.seconds else 0.0


def _done(plan: Plan, statistics: Statistics) -> str:
    told = []
    if plan.cases is not None:
        told.append(f"{statistics.drawn:,} of {plan.cases:,} cases")
    if plan.seconds is not None:
        told.append(f"{min(statistics.seconds, plan.seconds):,.0f} of {plan.seconds:,.0f} s")
    return ", ".join(told)


def _bar(plan: Plan, statistics: Statistics, recent: float) -> Text:
    """How far it is, and the time left: of two budgets, that which is used up first."""
    parts, left = [], []
    if plan.cases is not None:
        parts.append(statistics.drawn / max(1, plan.cases))
        left += [(plan.cases - statistics.drawn) / recent] if recent else []
    if plan.seconds is not None:
        parts.append(statistics.seconds / plan.seconds)
        left.append(max(0.0, plan.seconds - statistics.seconds))
    part = min(1.0, max(parts))
    filled = int(part * BAR)
    # two strokes: one in two colours is full where there are none
    bar = Text("━" * filled, style="green").append("─" * (BAR - filled), style=GREY)
    return bar.append(
        f"  {share(part, 1.0)}" + (f"  {_duration(min(left))} left" if left else ""), style="none"
    )


def _duration(seconds: float) -> str:
    """In the two largest units."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _newest(statistics: Statistics) -> list[Text]:
    buckets = list(statistics.buckets.values())
    if not buckets:
        return [Text("no bucket", style=GREY)]
    told = [Text(f"{len(buckets)} {'bucket' if len(buckets) == 1 else 'buckets'}", style="bold red")]
    if len(buckets) > NEWEST:
        told[0].append(", the newest of them", style=GREY)
    for bucket in buckets[-NEWEST:]:
        told.append(Text(f"{bucket.count:>8,} × {bucket.name}", no_wrap=True, overflow="ellipsis"))
    return told
