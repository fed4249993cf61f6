"""What a campaign shows while it runs: a panel on a terminal, a line now and then elsewhere.

Claim: the panel fits a terminal of 80 columns and 24 lines, whatever is found; a file gets nothing but text.
"""

from __future__ import annotations

import time
from collections import deque

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from harness.chunks import Plan, Statistics
from harness.report.console import cases_table, share, stages

PLAIN_EVERY = 10.0
"""Seconds between two progress lines where there is no terminal."""

REDRAWN_EVERY = 0.25
"""Seconds between two pictures of the panel."""

RECENT = 10.0
"""Seconds over which the rate of now is taken."""

NEWEST = 5
"""Buckets that the panel has room for."""

WIDTH = 78


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
        if not self.quiet and self.console.is_terminal:
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
            self.console.print(line(self.target, self.plan, statistics))


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
    workers = "1 worker" if plan.workers == 1 else f"{plan.workers} workers"
    head = Text.assemble((target, "bold"), (f"  seed {plan.seed}, {workers}", "bright_black"))
    rates = f"{recent:,.0f} cases a second now, {_overall(statistics):,.0f} overall"
    return Group(
        head,
        _bar(plan, statistics, recent),
        Text(f"{_done(plan, statistics)}, {rates}"),
        cases_table(statistics),
        Text(f"time by stage: {stages(statistics)}", style="bright_black"),
        *_newest(statistics),
    )


def _overall(statistics: Statistics) -> float:
    return statistics.drawn / statistics.seconds if statistics.seconds else 0.0


def _done(plan: Plan, statistics: Statistics) -> str:
    if plan.cases is not None:
        return f"{statistics.drawn:,} of {plan.cases:,} cases"
    return f"{min(statistics.seconds, plan.seconds or 0):.0f} of {plan.seconds:.0f} s"


def _bar(plan: Plan, statistics: Statistics, recent: float) -> Text:
    if plan.cases is not None:
        part = statistics.drawn / max(1, plan.cases)
        left = (plan.cases - statistics.drawn) / recent if recent else None
    else:
        budget = plan.seconds or 1.0
        part = statistics.seconds / budget
        left = max(0.0, budget - statistics.seconds)
    told = f"  {share(min(part, 1.0), 1.0)}  {'' if left is None else f'{_duration(left)} left'}"
    width = 46
    filled = min(width, int(part * width))
    return Text("━" * filled, style="green") + Text("━" * (width - filled), style="bright_black") + told


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
        return [Text("no bucket", style="bright_black")]
    told = [Text(f"{len(buckets)} {'bucket' if len(buckets) == 1 else 'buckets'}", style="bold red")]
    if len(buckets) > NEWEST:
        told[0].append(", the newest of them", style="bright_black")
    for bucket in buckets[-NEWEST:]:
        row = Text(f"  {bucket.count:>7,} × {bucket.name}")
        row.truncate(WIDTH, overflow="ellipsis")
        told.append(row)
    return told
