"""Other people's programs: one that uses `torch.compile`, as it is beside compiled.

Claim: `check` and `check_file` run the program in a child process and always say how that ended; what raises
ProgramError is no program.

A program is a file with a function that makes what is run: see `loading.py`. Importing this imports no torch.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.isolation import Death, isolated
from harness.programs.loading import MAKE, Program, ProgramError, read
from harness.programs.running import FOUND, Checked, Options, Told, run_both

SECONDS = 300.0

__all__ = ["Checked", "Options", "ProgramError", "Told", "check", "check_file", "check_program", "data"]


def check(make: Callable[[], Any], seconds: float = SECONDS, **options: Any) -> Checked:
    """`stackproof check` of the file that `make` stands in; `options` are the fields of Options.

    `make` has to be a function of its module itself, since its file is loaded anew for either run. Raises
    ProgramError where it is not, or its file is no program.
    """
    file = inspect.getsourcefile(make)
    if file is None or make.__qualname__ != make.__name__:
        raise ProgramError(f"{make.__qualname__} is no function at the top of a file")
    return check_file(Path(file), Options(**options), seconds, make.__name__)


def check_file(file: Path, options: Options, seconds: float = SECONDS, maker: str = MAKE) -> Checked:
    """How the program in a file ended. Raises ProgramError."""
    return check_program(read(file, maker), options, seconds)


def check_program(program: Program, options: Options, seconds: float = SECONDS) -> Checked:
    """The same of one that was read. A child's death is a finding. Raises ProgramError."""
    import torch
    import torch._dynamo  # noqa: F401

    def run() -> Checked | str:
        try:
            return run_both(program, options)
        except ProgramError as error:
            return str(error)

    answer = isolated(run, seconds)
    if isinstance(answer, Death):
        message = f"the process ended with {answer.cause}"
        told = Told("isolation", answer.cause, "process", "", answer.cause, message + "\n" + answer.stderr)
        return Checked(FOUND, told=told)
    if isinstance(answer.value, str):
        raise ProgramError(answer.value)
    return answer.value


def data(done: Checked) -> dict[str, Any]:
    """How it ended, as data that JSON can hold."""
    return {**dataclasses.asdict(done), "bucket": done.bucket if done.status == FOUND else None}
