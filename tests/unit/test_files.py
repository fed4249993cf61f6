"""A file of a case is there whole, or as it was, whatever the disk does."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

from harness.cli_common import write_whole
from harness.isolation import Answer, Death, isolated

SECONDS = 20.0


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    write_whole(path, "the one before")

    def child() -> str:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
        try:
            write_whole(path, "a better one that does not fit")
        except OSError as error:
            return str(error.strerror)
        return ""

    assert isolated(child, SECONDS) == Answer("File too large")
    assert [each.name for each in tmp_path.iterdir()] == ["case.json"]
    assert path.read_text() == "the one before"


def test_who_is_killed_while_it_writes_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    write_whole(path, "the one before")

    def child() -> None:
        # the default of a limit that is reached is death, with some of it written
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
        write_whole(path, "a better one that does not fit")

    assert isinstance(isolated(child, SECONDS), Death)
    assert path.read_text() == "the one before"
    write_whole(path, "a better one that fits")
    assert path.read_text() == "a better one that fits"
