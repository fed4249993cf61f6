"""A changed source file in the place of an installed module, for this process only.

Claim: once `install` returned, importing the module runs the given file as though it stood where the
installed one stands (same name, same `__file__`, same file name in its code), and nothing on disk is touched.
It has to be called before the module is first imported. Nothing here imports what it is asked about.
"""

from __future__ import annotations

import importlib.abc
import linecache
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import decode_source, find_spec
from pathlib import Path
from types import CodeType, ModuleType

TARGET_OF = {"torch": "torch", "harness.codegen": "own"}
"""The package whose modules may be replaced -> the target that they belong to."""


class ReplacementError(ValueError):
    """A replacement that cannot be: the file is not there, or the module is not installed.

    Usual causes: a path relative to another directory; a module name with a letter wrong; a module that only
    another version of torch has.
    """


@dataclass(frozen=True, slots=True)
class Replacement:
    """`file` takes the place of `module`, whose own source is at `installed`."""

    module: str
    file: Path
    installed: Path

    @property
    def target(self) -> str:
        """The target that the module belongs to."""
        return next(target for package, target in TARGET_OF.items() if _within(self.module, package))

    def __str__(self) -> str:
        return f"{self.module}={self.file}"


def replacement(text: str) -> Replacement:
    """The replacement that `MODULE=FILE` asks for; raises ReplacementError."""
    module, equals, name = text.partition("=")
    if not equals or not module or not name:
        raise ReplacementError(f"{text!r} is not MODULE=FILE")
    if not any(_within(module, package) for package in TARGET_OF):
        raise ReplacementError(f"{module} is in none of the packages judged here: {', '.join(TARGET_OF)}")
    file = Path(name)
    if not file.is_file():
        raise ReplacementError(f"{name}: no such file")
    spec = _installed(module)
    if spec is None:
        raise ReplacementError(f"the module {module} is not installed")
    if spec.origin is None or not spec.origin.endswith(".py"):
        raise ReplacementError(f"the module {module} has no Python source that a file could replace")
    return Replacement(module, file.absolute(), Path(spec.origin))


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def _installed(module: str) -> ModuleSpec | None:
    """The spec of a module; of its parents too, none is imported."""
    top, *rest = module.split(".")
    # without dots, `find_spec` imports nothing
    spec = find_spec(top)
    name = top
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            return None
        name = f"{name}.{part}"
        spec = PathFinder.find_spec(name, list(spec.submodule_search_locations))
    return spec


class _Loader(importlib.abc.InspectLoader):
    """Loads a module from the replacement's file."""

    def __init__(self, replaced: Replacement) -> None:
        self.replaced = replaced

    def get_source(self, fullname: str) -> str:
        return decode_source(self.replaced.file.read_bytes())

    def get_code(self, fullname: str) -> CodeType:
        # compiled under the installed file's name: whose error it is, and what Dynamo skips, goes by that
        return self.source_to_code(self.replaced.file.read_bytes(), str(self.replaced.installed))

    def exec_module(self, module: ModuleType) -> None:
        code = self.get_code(module.__name__)
        name = str(self.replaced.installed)
        lines = self.get_source(module.__name__).splitlines(keepends=True)
        # tracebacks and `inspect` then show the lines that ran; without a time they are never checked again
        linecache.cache[name] = (sum(map(len, lines)), None, lines, name)
        exec(code, module.__dict__)


class Overlay(importlib.abc.MetaPathFinder):
    """Finds the replaced modules, and leaves all others to the finders after it."""

    def __init__(self, replacements: Sequence[Replacement]) -> None:
        self.replacements = {replaced.module: replaced for replaced in replacements}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        replaced = self.replacements.get(fullname)
        if replaced is None:
            return None
        package = replaced.installed.name == "__init__.py"
        spec = ModuleSpec(fullname, _Loader(replaced), origin=str(replaced.installed), is_package=package)
        spec.has_location = True
        if package:
            spec.submodule_search_locations = [str(replaced.installed.parent)]
        return spec


def install(replacements: Sequence[Replacement]) -> None:
    """Put the files in place for the rest of this process."""
    late = [replaced.module for replaced in replacements if replaced.module in sys.modules]
    if late:
        raise RuntimeError(f"imported before it could be replaced: {', '.join(late)}")
    sys.meta_path.insert(0, Overlay(replacements))


@dataclass(frozen=True, slots=True)
class BrokenChange:
    """Why a changed file could not be used: the error's type, what it says, and where in which file."""

    error: str
    message: str
    where: str
    trace: str

    def __str__(self) -> str:
        return f"{self.where + ': ' if self.where else ''}{self.error}: {self.message}"


def broken_change(error: BaseException, replacements: Sequence[Replacement]) -> BrokenChange:
    """What an error says that was raised while changed modules were imported and a target made of them."""
    files = {str(replaced.installed): str(replaced.file) for replaced in replacements}
    where = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename in files:
            where = f"{files[frame.filename]}:{frame.lineno}"
    message = str(error)
    if isinstance(error, SyntaxError) and error.filename in files:
        where = f"{files[error.filename]}:{error.lineno}"
        message = error.msg
    trace = "".join(traceback.format_exception(error))
    for installed, file in files.items():
        trace = trace.replace(installed, file)
    return BrokenChange(type(error).__name__, message, where, trace)
