"""What is mutated: one code object, inside the function that is called to run it.

The claim: `with_code` gives a function that differs from the original in that one code object only. Subjects
are the samples with all code objects nested in them, and marshalled code objects read from files.
"""

from __future__ import annotations

import builtins
import marshal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CellType, CodeType, FunctionType
from typing import Any, NamedTuple

from .newer_samples import newer_samples
from .samples import Point
from .samples_of_control import SAMPLES


class Subject(NamedTuple):
    """A code object to be mutated. `path` leads to it from the function's code, by indices into co_consts;
    `chain` has the codes on the way, the function's own first."""

    name: str
    function: FunctionType
    arguments: Callable[[], tuple[Any, ...]]
    path: tuple[int, ...]
    chain: tuple[CodeType, ...]

    @property
    def code(self) -> CodeType:
        """The code object that is to be mutated."""
        return self.chain[-1]

    def chain_with(self, code: CodeType) -> list[CodeType]:
        """The codes on the way with another one at the end, outermost first."""
        made = [code]
        for outer, at in zip(reversed(self.chain[:-1]), reversed(self.path), strict=True):
            constants = list(outer.co_consts)
            constants[at] = made[0]
            made.insert(0, outer.replace(co_consts=tuple(constants)))
        return made

    def with_code(self, outermost: CodeType) -> FunctionType:
        """The function with another code, and else as it was."""
        old = self.function
        made = FunctionType(outermost, old.__globals__, old.__name__, old.__defaults__, old.__closure__)
        made.__kwdefaults__ = old.__kwdefaults__
        return made


def subjects_of(
    name: str, function: FunctionType, arguments: Callable[[], tuple[Any, ...]]
) -> Iterator[Subject]:
    """The function's own code, and each nested in it."""

    def walk(path: tuple[int, ...], chain: tuple[CodeType, ...]) -> Iterator[Subject]:
        yield Subject(
            ".".join([name, *(code.co_name for code in chain[1:])]), function, arguments, path, chain
        )
        for at, constant in enumerate(chain[-1].co_consts):
            if isinstance(constant, CodeType):
                yield from walk((*path, at), (*chain, constant))

    return walk((), (function.__code__,))


def of_samples() -> list[Subject]:
    """All subjects of the samples that this Python can compile."""
    found: list[Subject] = []
    for sample in (*SAMPLES, *newer_samples()):
        assert isinstance(sample.function, FunctionType)
        found += subjects_of(sample.name, sample.function, sample.arguments)
    return found


def of_file(path: Path) -> list[Subject]:
    """The subjects of a file: one marshalled code object, or a list or tuple of them, of this Python version.

    Nothing is known of what such code wants to be called with: it gets lists, numbers and objects with two
    attributes, in closures too. Raises ValueError, EOFError or TypeError if the file holds something else.
    """
    held = marshal.loads(path.read_bytes())
    codes = held if isinstance(held, (list, tuple)) else [held]
    found: list[Subject] = []
    for number, code in enumerate(codes):
        if not isinstance(code, CodeType):
            raise TypeError(f"{path}: a code object was expected, not a {type(code).__name__}")
        closure = tuple(CellType(value) for value in _any_arguments(len(code.co_freevars)))
        function = FunctionType(code, {"__builtins__": builtins}, code.co_name, None, closure)
        count = code.co_argcount
        function.__kwdefaults__ = dict.fromkeys(code.co_varnames[count : count + code.co_kwonlyargcount])
        found += subjects_of(f"{path.stem}[{number}]", function, lambda count=count: _any_arguments(count))
    return found


def _any_arguments(count: int) -> tuple[Any, ...]:
    return tuple(([1, 2], 3, Point(), (4, 5))[at % 4] for at in range(count))
