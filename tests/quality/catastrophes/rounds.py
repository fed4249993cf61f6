"""A round: a campaign, a catastrophe or two, `--resume` as often as it takes, and the claim held against it.

Claim: the round's seed says all that is drawn in it; a moment in seconds is a share of what a campaign takes
here and now. When it is over, each chunk counted once, all counts, causes and smallest cases are those of a
run that nothing happened to; whatever was told or safe in between is there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from generators import loads
from generators.rules import CaseError
from harness.journal import StateError, parts, read
from tests.quality.catastrophes.command import Command, Ended
from tests.quality.catastrophes.moments import Lines, Moment, Pace, moment
from tests.quality.catastrophes.plans import Counted, Deaths, Subject, counts_of
from tests.quality.catastrophes.table import Catastrophe, MissedError, Scene

STATE_KEPT = re.compile(r"Safe in the state are ([0-9,]+) of its")

WRONG = re.compile(r"Traceback|Exception ignored|stackproof itself failed")
"""In no command's stderr."""

MACHINES = 0.75
"""How often the campaign that is struck tells its findings to a machine, and not to a person."""

AGAIN = 0.3
"""How often it strikes a second time, when the campaign is gone on with."""

TRIES = 4
"""Commands that may be needed to end a campaign that nothing happens to any more."""

DISK = "256k"

STRIDE = 8
"""Through the table, from one seed to the next: no divisor in common with its length, and so a few rounds are
of all sorts."""


@dataclass(slots=True)
class Round:
    """What is drawn for a round, and what was seen of its campaign so far. `struck`: how often of those
    `meant`; a moment may come after the end."""

    seed: int
    subject: Subject
    pace: Pace
    catastrophe: Catastrophe
    rng: Random
    deaths: Deaths
    scene: Scene
    told: set[str] = field(default_factory=set)
    safe: dict[int, Counted] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)
    wrong: bytes = b""
    """The state that the catastrophe made of it, if that cannot be read."""
    meant: int = 0
    struck: int = 0
    sync_seconds: float = 1.0

    def __str__(self) -> str:
        planted = ", ".join(f"{deadly.name} in case {index}" for index, deadly in self.deaths.items())
        moments = " and ".join(map(str, self.moments))
        told = f"{self.seed}: plan {self.subject.plan.seed}, {self.catastrophe.name} {moments}".rstrip()
        return f"{told} ({planted or 'no deaths'})"

    # --- commands --------------------------------------------------------------------------------------

    def run(self, *arguments: str | Path) -> Ended:
        """Another command, which nothing happens to."""
        return self.ended(self.command([*arguments, "--json"]))

    def command(self, arguments: Sequence[str | Path], prepare: Callable[[], None] = lambda: None) -> Command:
        """A command that begins to run."""
        return Command(self.subject, self.deaths, arguments, prepare, self.sync_seconds)

    def ended(self, command: Command) -> Ended:
        """How it ended, which may not be in some ways."""
        ended = command.wait()
        left = command.left_at_last()
        if ended is None:
            raise MissedError("the command did not end")
        if left:
            raise MissedError(f"{len(left)} processes stay behind of a command that ended with {ended.code}")
        if WRONG.search(ended.stderr) or ended.code == 3:
            raise MissedError(f"the command ended with {ended.code}, and told: {ended.stderr}")
        return ended

    def begin(self) -> list[str | Path]:
        """The arguments of the whole campaign."""
        plan = self.subject.plan
        kinds = [word for kind in plan.kinds for word in ("--kind", kind)]
        budget = ["--seed", str(plan.seed), "--examples", str(plan.examples)]
        return ["fuzz", *budget, *kinds, *self._workers(), "--out", self.scene.out]

    def _go_on(self) -> list[str | Path]:
        return ["fuzz", "--resume", self.scene.out, *self._workers()]

    def _workers(self) -> list[str]:
        return ["--workers", str(self.rng.randint(1, 3))]

    # --- the catastrophe -------------------------------------------------------------------------------

    def disturb(self) -> None:
        """The campaign begins, or goes on, until the catastrophe or its end."""
        going_on = self._is_there()
        before = self._drawn()
        self.scene.fresh = not going_on
        arguments = self._go_on() if going_on else self.begin()
        machine = self.rng.random() < MACHINES
        if machine:
            arguments.append("--json")
        ended = self._struck(arguments) if self.catastrophe.strike else self._prepared(arguments)
        self._look_at(ended, going_on)
        self._look_at_order(ended, before)
        if machine:
            self._look_at_output(ended)
        self.catastrophe.mend(self.scene)
        self._look_at_state(mended=True)

    def _is_there(self) -> bool:
        """Is there a state that can be gone on with?"""
        try:
            read(self.scene.state)
        except StateError:
            return False
        return self.scene.state.exists()

    def _drawn(self) -> int:
        content = read(self.scene.state) if self._is_there() else None
        return content.drawn if content else 0

    def _prepared(self, arguments: Sequence[str | Path]) -> Ended:
        """What happens is settled before the command runs."""
        self.meant += 1
        ended = self.ended(self.command(arguments, self._preparing(Random(self.rng.random()))))
        self.struck += ended.code == 2 or not self.catastrophe.prepare
        return ended

    def _struck(self, arguments: Sequence[str | Path]) -> Ended:
        """What happens, happens at some moment."""
        assert self.catastrophe.strike is not None
        self.meant += 1
        when = moment(self.rng, self.pace, len(list(self.subject.plan.chunks())))
        if self.catastrophe.outside and when.place:
            when = Moment(self.rng.uniform(0, self.pace.seconds))
        self.moments.append(when)
        inner = Random(self.rng.random())
        lines = Lines(when.place, when.nth, lambda: self._strike_from_inside(inner))
        if when.place:
            ended = self.ended(self.command(arguments, self._preparing(inner, lines.arm)))
            self.struck += lines.has_struck()
            return ended
        command = self.command(arguments, self._preparing(inner))
        try:
            if when.wait(command, self.scene.state):
                self.struck += 1
                self.catastrophe.strike(replace(self.scene, process=command.process))
        finally:
            ended = self.ended(command)
        return ended

    def _preparing(self, rng: Random, then: Callable[[], None] = lambda: None) -> Callable[[], None]:
        def prepare() -> None:
            if self.catastrophe.prepare:
                self.catastrophe.prepare(replace(self.scene, rng=rng))
            then()

        return prepare

    def _strike_from_inside(self, rng: Random) -> None:
        assert self.catastrophe.strike is not None
        self.catastrophe.strike(replace(self.scene, process=os.getpid(), rng=rng))

    # --- what has to be so at any time -----------------------------------------------------------------

    def _look_at(self, ended: Ended, going_on: bool) -> None:
        natural = int(bool(self.subject.expected(self.deaths).buckets))
        if not (going_on and ended.code == 2 and _is_to_begin(ended)):
            if ended.code not in (natural, *self.catastrophe.codes):
                raise MissedError(f"exit code {ended.code}: {ended.stderr}")
            if ended.code == 2 and not re.search(self.catastrophe.told, ended.stderr):
                raise MissedError(f"exit code 2, and told is: {ended.stderr}")
        self._look_at_state(mended=False)
        kept = STATE_KEPT.search(ended.stderr)
        if kept:
            content = read(self.scene.state)
            said, there = int(kept[1].replace(",", "")), content.drawn if content else 0
            if said != there:
                raise MissedError(f"said to be safe are {said} cases, and {there} are")

    def _look_at_order(self, ended: Ended, before: int) -> None:
        """An end in order: as far as the state goes, and with the summary."""
        content = read(self.scene.state) if self._is_there() else None
        if content is None or content.is_finished():
            return
        if self.catastrophe.orderly and content.drawn > before and ended.code not in (0, 1):
            raise MissedError(f"stopped in the middle, it did not end in order: exit code {ended.code}")
        if ended.code in (0, 1) and content.ended != "interrupted":
            raise MissedError(f"exit code {ended.code}, and the state ends with case {content.drawn}")

    def _look_at_output(self, ended: Ended) -> None:
        told = sorted(str(each["bucket"]) for each in ended.findings())
        self.told.update(told)
        summary = ended.summary()
        if ended.code in (0, 1) and (summary is None or ended.code != int(bool(told))):
            raise MissedError(
                f"exit code {ended.code} with {len(told)} findings, and the summary is {summary}"
            )
        if summary is not None and summary["buckets"] != told:
            raise MissedError(f"told are {told}, and the summary has {summary['buckets']}")

    def _look_at_state(self, *, mended: bool) -> None:
        """What was safe stays so, but for what the catastrophe itself took; and files are whole."""
        state = self.scene.state
        safe: dict[int, Counted] = {}
        causes: set[str] = set()
        try:
            content = read(state)
            for part in parts(state) if content else ():
                causes |= part.statistics.buckets.keys()
                if part.end == self.subject.plan.span(part.chunk).stop:
                    safe[part.chunk] = counts_of(part.statistics)
        except StateError:
            if mended:
                self.wrong = state.read_bytes()
            elif state.read_bytes() != self.wrong:
                raise
        if not mended and state.exists():
            for chunk, counted in self.safe.items():
                if safe.get(chunk) != counted:
                    raise MissedError(f"chunk {chunk} was safe, and is no more, or another")
        self.told |= causes
        self.safe = safe
        for path in self.scene.out.glob("*.json"):
            try:
                loads(path.read_text())
            except (OSError, CaseError) as error:
                raise MissedError(f"{path.name} is no case: {error}") from None
        for cause in causes if self.catastrophe.files else ():
            if not any(self.scene.out.glob(f"{_slug(cause)}-*.json")):
                raise MissedError(f"{cause} is in the state, and no file of it")

    # --- what has to come of it ------------------------------------------------------------------------

    def finish(self) -> None:
        """Go on until it is done, and hold it against what is expected."""
        expected = self.subject.expected(self.deaths)
        for _ in range(TRIES):
            ended = self._next()
            if ended.code == int(bool(expected.buckets)):
                break
        else:
            raise MissedError(f"it does not go on: exit code {ended.code}: {ended.stderr}")
        self._look_at_state(mended=False)
        self.hold(ended)
        if lost := self.told - expected.buckets.keys():
            raise MissedError(f"told, and no cause at last: {lost}")

    def _next(self) -> Ended:
        state = self.scene.state
        if not state.exists():
            return self.run(*self.begin())
        ended = self.run(*self._go_on())
        if not _is_to_begin(ended):
            return ended
        before = state.read_bytes()
        anew = self.run(*self.begin())
        is_wrong = "begin a new campaign" in ended.stderr
        aside = [path.read_bytes() for path in self.scene.out.glob("unfinished-*/own.journal")]
        if is_wrong and before not in aside:
            raise MissedError(f"a wrong state was not set aside: {anew.stderr}")
        return anew

    def hold(self, ended: Ended) -> None:
        """The campaign's end, against what is expected."""
        expected = self.subject.expected(self.deaths)
        self._hold_state(expected)
        self._hold_output(ended, expected)

    def _hold_state(self, expected: Counted) -> None:
        content = read(self.scene.state)
        if content is None:
            raise MissedError("there is no state at its end")
        plan = self.subject.plan
        told = parts(self.scene.state)
        whole = sorted(part.chunk for part in told if part.end == plan.span(part.chunk).stop)
        if whole != list(plan.chunks()) or set(content.past.chunks) != set(whole) or content.past.parts:
            raise MissedError(f"the chunks {whole} are in the state")
        if not content.is_finished():
            raise MissedError("the state says that there is more to run")
        if differ := counts_of(content.past.statistics).differences(expected):
            raise MissedError(f"in the state: {'; '.join(differ)}")

    def _hold_output(self, ended: Ended, expected: Counted) -> None:
        summary = ended.summary()
        if summary is None:
            raise MissedError("there is no summary at its end")
        told = {each["bucket"]: (each["count"], each["index"]) for each in ended.findings()}
        wanted = {name: (cause.count, cause.index) for name, cause in expected.buckets.items()}
        statuses = {name: summary[name] for name in expected.statuses}
        if told != wanted or statuses != expected.statuses or summary["reasons"] != expected.reasons:
            raise MissedError(f"told at last: {told}, {statuses}; expected {wanted}, {expected.statuses}")
        for each in ended.findings():
            loads(Path(each["case"]).read_text())
        if left := list(self.scene.out.glob("*-unshrunk.json")):
            raise MissedError(f"{left[0].name} was not replaced by what it was shrunk to")


def undisturbed(subject: Subject) -> Pace:
    """How long the command takes to which nothing happens, and which lines it comes to when cases kill their
    workers."""
    with _scene(Random(0), disk=False) as scene:
        each = Round(0, subject, Pace(0.0, {}), Catastrophe("nothing"), scene.rng, {}, scene)
        began = time.monotonic()
        each.hold(each.run(*each.begin()))
        seconds = time.monotonic() - began
    lines = Lines()
    with _scene(Random(0), disk=False) as scene:
        deaths = subject.deaths(scene.rng, 4, 1)
        each = Round(0, subject, Pace(0.0, {}), Catastrophe("nothing"), scene.rng, deaths, scene)
        each.hold(each.ended(each.command([*each.begin(), "--json"], lines.arm)))
    return Pace(seconds, lines.counts())


def _slug(cause: str) -> str:
    return re.sub("[^a-z0-9]+", "-", f"own-{cause}".lower()).strip("-")[:80]


def _is_to_begin(ended: Ended) -> bool:
    """Does it say that there is nothing to go on from?"""
    return bool(re.search("was stopped before it began|begin a new campaign", ended.stderr))


@contextmanager
def _scene(rng: Random, disk: bool) -> Iterator[Scene]:
    """A place for a campaign; on a disk of its own, if asked for."""
    room = Path(tempfile.mkdtemp(prefix="catastrophe-"))
    where = room / "disk"
    where.mkdir()
    if disk:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none", where], check=True)
    try:
        yield Scene(room, where / "out", rng)
    finally:
        if disk:
            subprocess.run(["umount", where], check=True)
        shutil.rmtree(room)


def play(
    seed: int, subjects: Sequence[tuple[Subject, Pace]], table: Sequence[Catastrophe]
) -> tuple[Round, str]:
    """One round; what was drawn for it, and which claim it missed, if any."""
    rng = Random(seed)
    catastrophe = table[seed * STRIDE % len(table)]
    subject, pace = rng.choice(subjects)
    fewest, most = catastrophe.quick
    quick = rng.randint(fewest, most)
    slow = sum(rng.random() < catastrophe.slow for _ in range(2))
    deaths = subject.deaths(rng, quick, slow)
    with _scene(rng, catastrophe.disk) as scene:
        each = Round(seed, subject, pace, catastrophe, rng, deaths, scene)
        each.sync_seconds = rng.choice((0.0, 0.05, 1.0))
        scene.run = each.run
        try:
            for _ in range(1 + (rng.random() < AGAIN)):
                each.disturb()
            each.finish()
        except (MissedError, StateError) as error:
            return each, str(error)
    return each, ""
