"""Samples in the syntax of newer Pythons, as source text.

The claim: each text is compiled only on a Python that has its syntax, and defines one function, `sample`,
that is as harmless as those of `samples.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from . import samples
from .samples import Sample


class Text(NamedTuple):
    """The source of a sample, and the first Python that can compile it."""

    name: str
    since: tuple[int, int]
    source: str
    arguments: Callable[[], tuple[Any, ...]]


TEXTS: tuple[Text, ...] = (
    Text(
        "exception_groups",
        (3, 11),
        """
def sample(n):
    log = []
    try:
        try:
            raise ExceptionGroup("all", [ValueError(1), TypeError(2), KeyError(n)])
        except* ValueError as group:
            log.append(len(group.exceptions))
        except* (TypeError, OSError):
            log.append("type")
        finally:
            log.append("finally")
    except ExceptionGroup as rest:
        log.append(rest.exceptions)
    return log
""",
        lambda: (3,),
    ),
    Text(
        "exception_group_in_a_loop",
        (3, 11),
        """
def sample(errors):
    log = []
    for error in errors:
        try:
            if error:
                raise error
        except* OSError:
            log.append("os")
        except* ValueError as group:
            log.append(group)
            if log[0] == "os":
                log.append("second")
        else:
            log.append("else")
    return [str(entry) for entry in log]
""",
        lambda: ([OSError(1), None, ValueError(2)],),
    ),
    Text(
        "type_parameters",
        (3, 12),
        """
def sample(n):
    def first[T](values: list[T]) -> T:
        return values[n]

    class Box[T: int]:
        def __init__(self, value: T):
            self.value = value

    type Pair[A] = tuple[A, A]
    names = [str(p) for p in Pair.__type_params__]
    return first([5, 6]), Box(7).value, names, first.__type_params__[0].__name__
""",
        lambda: (1,),
    ),
    Text(
        "nested_f_strings",
        (3, 12),
        """
def sample(names):
    return f"{", ".join(f"{name!r:>{4 + 4}}" for name in names)} {names=}"
""",
        lambda: (["a", "b"],),
    ),
    Text(
        "inlined_comprehension_over_a_cell",
        (3, 12),
        """
def sample(values):
    x = 5
    made = [lambda: x for x in values]
    return [f() for f in made], x, [[x for x in range(x)] for x in values]
""",
        lambda: ([1, 2],),
    ),
    Text(
        "type_parameter_defaults",
        (3, 13),
        """
def sample(n):
    class Box[T = int]:
        held = n

    return Box.held, Box.__type_params__[0].__default__
""",
        lambda: (4,),
    ),
    Text(
        "template_strings",
        (3, 14),
        """
def sample(name):
    template = t"hello {name!r:>5} and {len(name)}"
    return template.strings, [part.value for part in template.interpolations]
""",
        lambda: ("me",),
    ),
    Text(
        "deferred_annotations",
        (3, 14),
        """
def sample(n):
    class Held:
        x: missing
        y: int = n

    try:
        return Held.__annotations__
    except NameError as error:
        return str(error), Held.y
""",
        lambda: (2,),
    ),
)


def newer_samples() -> Iterator[Sample]:
    """The samples that this Python can compile."""
    for text in TEXTS:
        if sys.version_info >= text.since:
            # The namespace has what the functions of `samples.py` have around them.
            namespace: dict[str, Any] = dict(vars(samples))
            exec(compile(text.source, f"<{text.name}>", "exec", dont_inherit=True), namespace)
            yield Sample(text.name, namespace["sample"], text.arguments)
