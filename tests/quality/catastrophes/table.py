"""The catastrophes: what strikes a campaign from outside, how it may end then, and what is mended before it
goes on.

Claim: each is the real thing where this system lets us (signals, a disk of a few pages, the mode bits of a
directory, bytes of the state), and an error planted in the system call's place where it does not.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from harness import journal
from tests.quality.catastrophes.command import Ended, processes_of

STOPPED_SECONDS = 1.3
"""More than a case may take."""


class MissedError(AssertionError):
    """A claim that a round missed."""


def _no_command(*arguments: str | Path) -> Ended:
    raise LookupError("nobody runs commands here")


@dataclass(slots=True)
class Scene:
    """Where a catastrophe happens: the campaign's directory `out` in the round's `room`; `run` runs another
    command there."""

    room: Path
    out: Path
    rng: Random
    run: Callable[..., Ended] = field(default=_no_command)
    process: int = 0
    fresh: bool = True
    """Does a new campaign begin there?"""

    @property
    def state(self) -> Path:
        """The journal."""
        return self.out / "own.journal"


def _nothing(scene: Scene) -> None:
    return


Act = Callable[[Scene], None]


@dataclass(frozen=True, slots=True)
class Catastrophe:
    """`strike` happens at the moment, in whatever process; `prepare` in the command's, before it runs; `mend`
    when it has ended and been looked at.

    `codes` are exit codes that may come of it, beside those of an undisturbed campaign. Where it is 2, stderr
    has to match `told`. So many `quick` deaths are planted, at least and at most, and with the probability
    `slow` each of two slow ones. `files`: does it leave the files of cases alone? `disk`: is there a disk of
    its own?
    """

    name: str
    strike: Act | None = None
    codes: tuple[int, ...] = ()
    told: str = "(?!)"
    prepare: Act | None = None
    mend: Act = _nothing
    quick: tuple[int, int] = (0, 2)
    slow: float = 0.15
    files: bool = True
    disk: bool = False
    orderly: bool = False
    """Does the campaign end with its summary, if that strikes it in the middle?"""
    outside: bool = False
    """Does it take another process?"""


# --- signals -------------------------------------------------------------------------------------------


def send(number: signal.Signals, scene: Scene) -> None:
    """To the campaign's process alone."""
    os.kill(scene.process, number)


def send_to_all(number: signal.Signals, scene: Scene) -> None:
    """To the campaign's process and all that it started."""
    os.killpg(scene.process, number)


def kill_a_worker(scene: Scene) -> None:
    """Whatever child of the campaign there is: in its first part these are workers."""
    children = [process for process, parent in processes_of(scene.process) if parent == scene.process]
    if children:
        try:
            os.kill(scene.rng.choice(children), signal.SIGKILL)
        except ProcessLookupError:
            return  # it has just ended


def stop_for_a_while(scene: Scene) -> None:
    """All of it, as a machine that sleeps; somebody else wakes it."""
    waker = os.fork()
    if waker == 0:
        try:
            time.sleep(STOPPED_SECONDS)
            os.killpg(scene.process, signal.SIGCONT)
        finally:  # it may be gone by then
            os._exit(0)
    os.setpgid(waker, waker)
    os.killpg(scene.process, signal.SIGSTOP)


# --- disks ---------------------------------------------------------------------------------------------


def limit_files(scene: Scene) -> None:
    """Files may grow to so many bytes: the kernel writes a part of a line and refuses the rest."""
    most = scene.rng.randint(3_000, 16_000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def fill_the_disk(scene: Scene) -> None:
    """Whatever is left of the disk."""
    with open(scene.out.parent / "filler", "ab", buffering=0) as file:
        try:
            while file.write(b"x" * 512):
                continue
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


def empty_the_disk(scene: Scene) -> None:
    (scene.out.parent / "filler").unlink(missing_ok=True)


def fail_to_write(scene: Scene) -> None:
    """The system refuses the state's n-th write, when some of it is written, or its n-th sync."""
    nth = scene.rng.randint(1, 12)
    original = journal._write, os.fsync
    done = {"write": 0, "sync": 0}

    def write(file: Any, line: bytes) -> None:
        done["write"] += 1
        if done["write"] >= nth:
            file.write(line[: scene.rng.randrange(len(line))])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        original[0](file, line)

    def sync(descriptor: int) -> None:
        done["sync"] += 1
        if done["sync"] >= nth:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        original[1](descriptor)

    if scene.rng.random() < 0.6:
        journal._write = write
    else:
        journal.os.fsync = sync  # type: ignore[attr-defined]


def obey_mode_bits(scene: Scene) -> None:
    """In the command's process: as root, what is forbidden is not done all the same."""
    if os.geteuid() == 0:
        give_up_capabilities({1, 2})  # to override the permissions of files, and of reading them


def give_up_capabilities(given_up: set[int]) -> None:
    """Of this process (capset(2), version 3 of its structures)."""
    libc = ctypes.CDLL(None, use_errno=True)
    head = (ctypes.c_uint32 * 2)(0x20080522, 0)
    words = (ctypes.c_uint32 * 6)()
    if libc.capget(head, words):
        raise OSError(ctypes.get_errno(), "capget")
    for each in given_up:
        for at in range(3):  # effective, permitted, inheritable
            words[3 * (each // 32) + at] &= ~(1 << each % 32)
    if libc.capset(head, words):
        raise OSError(ctypes.get_errno(), "capset")


def forbid_writing(scene: Scene) -> None:
    if scene.out.is_dir():
        scene.out.chmod(0o500)


def allow_writing(scene: Scene) -> None:
    if scene.out.is_dir():
        scene.out.chmod(0o700)


def remove(scene: Scene) -> None:
    """The whole directory, while somebody may be writing to it."""
    while scene.out.exists():
        shutil.rmtree(scene.out, ignore_errors=True)


def move_away(scene: Scene) -> None:
    if scene.out.exists():
        scene.out.rename(scene.room / "away")


def move_back(scene: Scene) -> None:
    """What was moved takes its place again; what was written there since stays."""
    away = scene.room / "away"
    if away.exists():
        shutil.copytree(away, scene.out, dirs_exist_ok=True)
        shutil.rmtree(away)


def put_another_in_its_place(scene: Scene) -> None:
    """A copy of the state, as a sync tool makes one."""
    if scene.state.exists():
        copy = scene.state.with_name("copy")
        shutil.copyfile(scene.state, copy)
        copy.replace(scene.state)


# --- the state -----------------------------------------------------------------------------------------


def tear(scene: Scene) -> None:
    """The last line is cut off somewhere: what a machine keeps that lost its power."""
    _tear(scene, back=1)


def tear_more(scene: Scene) -> None:
    """Some lines are lost, and the one before is cut off; it may be the first one."""
    _tear(scene, back=scene.rng.randint(1, 14))


def _tear(scene: Scene, back: int) -> None:
    if not scene.state.exists():
        return
    whole = scene.state.read_bytes()
    lines = whole.splitlines(keepends=True)[-back:]
    end = len(whole) - sum(map(len, lines)) + scene.rng.randrange(len(lines[0]))
    os.truncate(scene.state, end)


def corrupt(scene: Scene) -> None:
    """One byte is another: refused, with the line, and nothing is changed. Then what the refusal says is
    done."""
    if not scene.state.exists() or not (whole := scene.state.read_bytes()).endswith(b"\n"):
        return
    try:
        journal.read(scene.state)
    except journal.StateError:
        return  # one is, from the first time
    wrong = bytearray(whole)
    if scene.rng.random() < 0.5:
        # a last line without its end is one that was cut off
        at = scene.rng.randrange(len(whole) - 1)
        wrong[at] ^= scene.rng.randint(1, 255)
    else:
        # what can be read all the same: another figure
        at = scene.rng.choice([at for at, byte in enumerate(whole) if chr(byte).isdecimal()])
        wrong[at] = scene.rng.choice([digit for digit in b"0123456789" if digit != whole[at]])
    scene.state.write_bytes(wrong)
    line = wrong[:at].count(b"\n") + 1
    for arguments in (("--resume", scene.out), ("--merge", scene.out, "--out", scene.room / "merged")):
        told = scene.run("fuzz", *arguments)
        if told.code != 2:
            raise MissedError(f"byte {at} of the state is wrong, and {arguments[0]} ended with {told.code}")
        if f"own.journal, line {line}: " not in told.stderr or "Nothing was changed" not in told.stderr:
            raise MissedError(f"byte {at}, in line {line} of the state, is wrong; told was {told.stderr}")
        if scene.state.read_bytes() != bytes(wrong):
            raise MissedError(f"a state of which byte {at} is wrong was changed")
    if line == 1:
        if "begin a new campaign" not in told.stderr:
            raise MissedError(f"the head is wrong, and what to do is not said: {told.stderr}")
        return
    advice = re.search(r"sed -i '[0-9]+,\$d' \S+", told.stderr)
    if advice is None:
        raise MissedError(f"what to do is not said: {told.stderr}")
    subprocess.run(advice[0], shell=True, check=True)


def meet_a_rival(scene: Scene) -> None:
    """Somebody goes on with the campaign while it runs, or begins another one there."""
    os.killpg(scene.process, signal.SIGSTOP)
    try:
        if not _is_held(scene.state):
            content = journal.read(scene.state)
            if scene.fresh and content and not content.is_finished():
                raise MissedError("a campaign that runs does not keep others away")
            return  # it has not begun, or is all but over
        for arguments in (("--resume", scene.out), ("--examples", "5", "--out", scene.out)):
            told = scene.run("fuzz", *arguments)
            if told.code != 2 or "another campaign is at it now" not in told.stderr:
                raise MissedError(f"a second campaign, {arguments[0]}, ended with {told.code}: {told.stderr}")
    finally:
        os.killpg(scene.process, signal.SIGCONT)


def _is_held(state: Path) -> bool:
    try:
        with state.open("rb+") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EAGAIN):
            raise
        return True
    return False


# --- the table -----------------------------------------------------------------------------------------

KEEPS = r"cannot be kept in|cannot save a case"
GONE = (
    r"own\.journal is gone|is another file by now|cannot save a case|cannot be kept in"
    # when it is gone on with
    "|there is no such directory|there is no campaign in it"
)

TABLE = (
    Catastrophe("deaths in cases alone", quick=(2, 4), slow=0.0),
    Catastrophe("hang, memory, output alone", quick=(0, 1), slow=1.0),
    Catastrophe("a worker killed", kill_a_worker),
    Catastrophe("campaign killed", partial(send, signal.SIGKILL), (-signal.SIGKILL,)),
    Catastrophe("campaign and workers killed", partial(send_to_all, signal.SIGKILL), (-signal.SIGKILL,)),
    Catastrophe("interrupted", partial(send, signal.SIGINT), (0, 1, 130), orderly=True),
    Catastrophe(
        "interrupted from the keyboard", partial(send_to_all, signal.SIGINT), (0, 1, 130), orderly=True
    ),
    Catastrophe("terminated", partial(send_to_all, signal.SIGTERM), (0, 1, -15), orderly=True),
    Catastrophe("terminal closed", partial(send_to_all, signal.SIGHUP), (0, 1, -1), orderly=True),
    Catastrophe("stopped for a while", stop_for_a_while),
    Catastrophe("full disk", fill_the_disk, (2,), KEEPS, mend=empty_the_disk, files=False, disk=True),
    Catastrophe("files of a limited size", codes=(2,), told=KEEPS, prepare=limit_files, files=False),
    Catastrophe("write or sync refused", codes=(2,), told=KEEPS, prepare=fail_to_write),
    Catastrophe(
        *("directory made unwritable", forbid_writing, (2,), KEEPS, obey_mode_bits, allow_writing),
        files=False,
    ),
    Catastrophe("directory removed", remove, (2,), GONE, files=False),
    Catastrophe("directory moved away", move_away, (2,), GONE, mend=move_back, files=False),
    Catastrophe("another file in its place", put_another_in_its_place, (2,), GONE),
    Catastrophe("state torn", partial(send_to_all, signal.SIGKILL), (-signal.SIGKILL,), mend=tear),
    Catastrophe("more of the state torn", partial(send, signal.SIGKILL), (-signal.SIGKILL,), mend=tear_more),
    Catastrophe(
        "a byte of the state wrong", partial(send, signal.SIGTERM), (0, 1, -15), mend=corrupt, orderly=True
    ),
    Catastrophe("a rival", meet_a_rival, outside=True),
)

CLONE_NEWNS = 0x00020000
"""A mount namespace of its own (unshare(2))."""

INSTEAD = "write or sync refused"
"""What happens where no disk can be mounted."""


def table_here() -> tuple[Catastrophe, ...]:
    """The table, with something else in the place of what cannot happen here."""
    if _can_mount():
        return TABLE
    (instead,) = [row for row in TABLE if row.name == INSTEAD]
    return tuple(instead if row.disk else row for row in TABLE)


def _can_mount() -> bool:
    """From now on this process mounts for itself alone: whatever ends it, no disk stays behind."""
    why = ""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS):
        why = os.strerror(ctypes.get_errno())
    with tempfile.TemporaryDirectory() as where:
        for command in (
            "mount --make-rprivate /",
            f"mount -t tmpfs -o size=16k none {where}",
            f"umount {where}",
        ):
            if not why:
                why = subprocess.run(
                    command.split(), check=False, capture_output=True, text=True
                ).stderr.strip()
    if why:
        print(f"no disk of its own ({why}): in its place, `{INSTEAD}`")
    return not why
