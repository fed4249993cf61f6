"""What counts as a process's own time: what it ran and what it waited, not what it was kept waiting."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from harness.vitals import Vitals


@contextmanager
def child(function: Callable[[], object]) -> Iterator[int]:
    process = os.fork()
    if process == 0:
        function()
        os._exit(0)
    try:
        yield process
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def spin() -> None:
    while True:
        pass


def alone() -> None:
    """All of them on one processor."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def starved() -> None:
    alone()
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    spin()


def own_share(process: int, looks: int = 10) -> float:
    """The share of the time on the clock that was the process's own."""
    vitals = Vitals(process)
    began = time.monotonic()
    for _ in range(looks):
        time.sleep(0.05)
        vitals.look()
    return vitals.own / (time.monotonic() - began)


def test_waiting_is_its_own_time() -> None:
    with child(lambda: time.sleep(600)) as process:
        assert own_share(process) > 0.5


def test_time_on_a_processor_is_its_own() -> None:
    with child(spin) as process:
        vitals = Vitals(process)
        while vitals.own < 0.1:
            vitals.look()


def test_time_in_which_it_was_not_let_run_is_not() -> None:
    def busy() -> None:
        alone()
        spin()

    with child(busy), child(busy), child(starved) as process:
        assert own_share(process) < 0.5


def test_what_is_stopped_waits() -> None:
    with child(spin) as process:
        os.kill(process, signal.SIGSTOP)
        assert own_share(process) > 0.5


def test_a_stopped_parent_is_no_time_of_the_child() -> None:
    with child(lambda: time.sleep(600)) as process:
        vitals = Vitals(process)
        time.sleep(1.0)
        vitals.look()
        assert vitals.own < 0.5


def test_memory_that_is_used_is_seen() -> None:
    reader, writer = os.pipe()

    def eat() -> None:
        held = b"x" * (1 << 26)
        os.write(writer, held[:1])
        time.sleep(600)

    with child(eat) as process:
        vitals = Vitals(process)
        os.read(reader, 1)
        assert vitals.grown() > 1 << 25


def test_nothing_is_raised_about_the_dead() -> None:
    with child(lambda: None) as process:
        vitals = Vitals(process)
        os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
        vitals.look()
        assert vitals.resident() == 0
    vitals.look()
