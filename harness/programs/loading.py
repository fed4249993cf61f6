"""A program in a file: `make()` gives a function, its arguments, and what else is to be looked at.

Claim: a file that is no such program is refused with what is wrong and where; each load is a module of its
own, made from one compilation, so that what one run changes no other run sees.
"""

from __future__ import annotations

import sys
import traceback
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODULE = "stackproof_program"
"""The `__name__` of a loaded file; `__main__` would run what scripts do at their end."""

MAKE = "make"


class ProgramError(Exception):
    """The file is no program that can be checked; the message says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled file. `maker` is the name of the function that makes what is run."""

    path: Path
    code: types.CodeType
    maker: str = MAKE


@dataclass(frozen=True, slots=True)
class Made:
    """What `make` gave: a function, its arguments for each call one after the other, and an observer."""

    function: Callable[..., Any]
    calls: tuple[tuple[Any, ...], ...]
    observe: Callable[[], Any] | None


def read(path: Path, maker: str = MAKE, text: str | None = None) -> Program:
    """The program in a file, compiled and not run; `text` in the place of what is in the file. Raises
    ProgramError."""
    try:
        source = path.read_bytes() if text is None else text.encode()
    except OSError as error:
        raise ProgramError(f"{path}: {error.strerror}") from None
    try:
        # once for all loads: two compilations have code objects that are not equal where a NaN is a constant
        with warnings.catch_warnings():
            if text is not None:
                warnings.simplefilter("ignore")  # of what nobody wrote
            return Program(path, compile(source, str(path), "exec", dont_inherit=True), maker)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f"{path}:{line}" if line else str(path)
        raise ProgramError(f"{where}: {getattr(error, 'msg', None) or error}") from None


OURS = frozenset({"generators", "oracles", "harness"})


class Load:
    """One load of a program: a module of its own, and modules of their own of the files beside it."""

    def __init__(self, program: Program) -> None:
        """Runs the file. Raises ProgramError."""
        self.program = program
        self.folder = program.path.resolve().parent
        self.module = types.ModuleType(MODULE)
        self.module.__file__ = str(program.path)
        self.helpers: dict[str, types.ModuleType] = {}
        with self.current():
            try:
                exec(program.code, vars(self.module))
            except (Exception, SystemExit) as error:
                raise ProgramError(f"{_line_of(program, error)} while the file was loaded") from error

    @contextmanager
    def current(self) -> Iterator[None]:
        """What is imported while this goes on finds this load's modules."""
        others = set(sys.modules)
        sys.modules.update({MODULE: self.module, **self.helpers})
        sys.path.insert(0, str(self.folder))
        try:
            yield
        finally:
            sys.path.remove(str(self.folder))
            del sys.modules[MODULE]
            self.helpers |= {
                name: module
                for name, module in sys.modules.items()
                if name not in others and self._is_beside(module)
            }
            for name in self.helpers:
                sys.modules.pop(name, None)

    def _is_beside(self, module: types.ModuleType) -> bool:
        """Is it loaded from a file in the folder of the program's file, or below?"""
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or module.__name__.partition(".")[0] in OURS:
            return False
        path = Path(file).resolve()
        return "site-packages" not in path.parts and path.is_relative_to(self.folder)

    def make(self) -> Made:
        """Calls the module's `make`. Raises ProgramError."""
        program = self.program
        make = vars(self.module).get(program.maker)
        if make is None:
            raise ProgramError(f"{program.path}: has no function {program.maker}()")
        if not callable(make):
            raise ProgramError(f"{program.path}: {program.maker} is a {type(make).__name__}, not a function")
        with self.current():
            try:
                given = make()
            except (Exception, SystemExit) as error:
                raise ProgramError(f"{_line_of(program, error)} in {program.maker}()") from error
        return _shaped(program, given)


SHAPES = "(function, args) or (function, args, observe)"


def _shaped(program: Program, given: Any) -> Made:
    where = f"{program.path}: {program.maker}()"
    if not isinstance(given, tuple) or len(given) not in (2, 3):
        what = f"a tuple of {len(given)}" if isinstance(given, tuple) else f"a {type(given).__name__}"
        raise ProgramError(f"{where} returned {what}, not {SHAPES}")
    function, args, *rest = given
    if not callable(function):
        raise ProgramError(f"{where}: the first value, the function, is a {type(function).__name__}")
    if isinstance(args, tuple):
        calls = [args]
    elif isinstance(args, list):
        calls = args
    else:
        told = f"a {type(args).__name__}, not a tuple, or a list of tuples for several calls"
        raise ProgramError(f"{where}: the second value, the arguments, is {told}")
    for at, each in enumerate(calls):
        if not isinstance(each, tuple):
            raise ProgramError(
                f"{where}: the arguments of call {at} are a {type(each).__name__}, not a tuple"
            )
    if not calls:
        raise ProgramError(f"{where}: the list of arguments is empty: nothing would be called")
    observe = rest[0] if rest else None
    if observe is not None and not callable(observe):
        raise ProgramError(
            f"{where}: the third value, observe, is a {type(observe).__name__}, not a function"
        )
    return Made(function, tuple(calls), observe)


def _line_of(program: Program, error: BaseException) -> str:
    """The innermost line of the program on the way to the error, and the error."""
    lines = [
        line
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == str(program.path)
    ]
    where = f"{program.path}:{lines[-1]}" if lines else str(program.path)
    return f"{where}: {type(error).__name__}: {error}"
