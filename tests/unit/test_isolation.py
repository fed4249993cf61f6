"""What a child does to itself is told, and never reaches the parent."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time

import pytest

from harness.isolation import STDERR_TAIL, Answer, Death, HarnessFailure, isolated

SECONDS = 20.0


def test_an_answer_comes_back() -> None:
    assert isolated(lambda: {"a": [1, (2, None)]}, SECONDS) == Answer({"a": [1, (2, None)]})


def test_a_large_answer_comes_back() -> None:
    end = isolated(lambda: "x" * 5_000_000, SECONDS)
    assert isinstance(end, Answer)
    assert len(end.value) == 5_000_000


def test_a_segfault_is_a_death_that_says_where() -> None:
    def crash_here() -> None:
        ctypes.string_at(0)

    end = isolated(crash_here, SECONDS)
    assert isinstance(end, Death)
    assert end.cause == "SIGSEGV"
    assert "Segmentation fault" in end.stderr
    assert "crash_here" in end.stderr


@pytest.mark.parametrize(
    ("end_it", "cause"),
    [
        (os.abort, "SIGABRT"),
        (lambda: os._exit(0), "exit 0"),
        (lambda: os._exit(7), "exit 7"),
        (lambda: os.kill(os.getpid(), signal.SIGTERM), "SIGTERM"),
    ],
    ids=["abort", "exit 0", "exit 7", "SIGTERM"],
)
def test_each_way_to_die_has_its_name(end_it: object, cause: str) -> None:
    end = isolated(end_it, SECONDS)  # type: ignore[arg-type]
    assert isinstance(end, Death)
    assert end.cause == cause


def test_a_hang_is_ended() -> None:
    end = isolated(lambda: time.sleep(600), 0.3)
    assert isinstance(end, Death)
    assert end.cause == "hang"


def test_a_child_that_writes_without_end_is_cut_off() -> None:
    def chatter() -> None:
        for at in range(20_000):
            print(f"line {at}", file=sys.stderr)
        os._exit(1)

    end = isolated(chatter, SECONDS)
    assert isinstance(end, Death)
    assert len(end.stderr) <= STDERR_TAIL
    assert end.stderr.endswith("line 19999")


@pytest.mark.parametrize("error", [ValueError("wrong"), SystemExit(0), KeyboardInterrupt()])
def test_a_raise_in_the_child_is_the_harness_failing(error: BaseException) -> None:
    def failing() -> None:
        raise error

    with pytest.raises(HarnessFailure, match=type(error).__name__):
        isolated(failing, SECONDS)


def test_an_answer_that_cannot_be_sent_is_the_harness_failing() -> None:
    with pytest.raises(HarnessFailure, match="pickle"):
        isolated(lambda: lambda: None, SECONDS)


def test_no_child_is_left_behind() -> None:
    isolated(lambda: time.sleep(600), 0.1)
    isolated(lambda: None, SECONDS)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_who_hangs_ends_with_its_parent() -> None:
    """The parent is killed while its child is at something that never ends."""
    reader, writer = os.pipe()
    parent = os.fork()
    if parent == 0:
        os.close(reader)

        def hang() -> None:
            os.write(writer, b"%d" % os.getpid())
            time.sleep(600)

        isolated(hang, 600.0)
        os._exit(0)
    os.close(writer)
    child = int(os.read(reader, 20))
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    # its end of the pipe is closed when it is gone
    is_gone = bool(select.select([reader], [], [], SECONDS)[0])
    if not is_gone:
        os.kill(child, signal.SIGKILL)
    os.close(reader)
    assert is_gone
