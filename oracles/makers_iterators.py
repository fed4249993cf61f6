"""Iterators, views and what is made of the items of something, in plain Python, and what they are made of.

Claim: see `makers.py`. Nothing is consumed: an iterator is left where it stands.
"""

from __future__ import annotations

import ast
import gc
import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from types import MappingProxyType
from typing import Any


class OrderedSet:
    """A set in the order in which its elements came, where no compiler's own is needed."""

    __slots__ = ("_dict",)

    def __init__(self, elements: Iterable[Any]) -> None:
        self._dict = dict.fromkeys(elements)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._dict)

    def add(self, element: Any) -> None:
        """Put the element last, unless it is there."""
        self._dict.setdefault(element)

    def update(self, elements: Iterable[Any]) -> None:
        """Add each."""
        self._dict.update(dict.fromkeys(elements))

    def discard(self, element: Any) -> None:
        """Take the element out, if it is there."""
        self._dict.pop(element, None)

    def clear(self) -> None:
        """Take all out."""
        self._dict.clear()


class Size(tuple[Any, ...]):
    """A tuple of sizes, where no compiler's own is needed."""

    __slots__ = ()


MAKERS: dict[str, Callable[..., Any]] = {
    "zip": zip,
    "zip_strict": lambda *over: zip(*over, strict=True),
    "map": map,
    "filter": filter,
    "count": itertools.count,
    "repeat": itertools.repeat,
    "range_iterator": iter,
    "reversed_range": reversed,
    "enumerate": enumerate,
    "chain": itertools.chain,
    "keys": lambda held: held.keys(),
    "values": lambda held: held.values(),
    "items": lambda held: held.items(),
    "mapping_proxy": MappingProxyType,
    "attributes": vars,
    "ordered_set": lambda *elements: OrderedSet(elements),
    "size": lambda *sizes: Size(sizes),
}


def _reduced(value: Any) -> list[Any]:
    """What a builtin iterator is made of, as it says itself: iterators that stand where they stand, a
    function; whether it is strict."""
    made_of = value.__reduce__()[1:]
    return [*made_of[0], *made_of[1:]]


def _referred(value: Any) -> list[Any]:
    """All that the value refers to, but for its own class."""
    return [held for held in gc.get_referents(value) if held is not type(value)]


def _chained(value: Any) -> list[Any]:
    """What a chain goes over; one of another chain alone gives what that gives."""
    held = _referred(value)
    several = [over for iterator in held for over in gc.get_referents(iterator) if isinstance(over, tuple)]
    if [list(map(type, over)) for over in several] == [[itertools.chain]]:
        return _chained(several[0][0])
    return held


def _number(written: ast.expr) -> Any:
    """A number as `repr` writes it, which is no literal where it is not finite."""
    text = ast.unparse(written)
    if "nan" not in text and "inf" not in text:
        return ast.literal_eval(written)
    return text if "j" in text else float(text)


def _counted(value: Any) -> list[Any]:
    """The next number of a count, and its step: 3.14 on, its text alone says them."""
    call = ast.parse(repr(value), mode="eval").body
    numbers = [_number(argument) for argument in call.args] if isinstance(call, ast.Call) else []
    return numbers if len(numbers) == 2 else [*numbers, 1]


def _left_of_range(value: Any) -> list[Any]:
    """The numbers that an iterator over a range still has, as the range of them: first, step and how many."""
    reduced = value.__reduce__()
    left = reduced[1][0][(reduced[2] if len(reduced) > 2 else None) or 0 :]
    return [len(left), *left[:1], *([left.step] if len(left) > 1 else [])]


_HELD: tuple[dict[Any, Any], ...] = ({}, OrderedDict())

PARTS: dict[type, Callable[[Any], list[Any]]] = {
    **dict.fromkeys((zip, map, filter, enumerate), _reduced),
    **dict.fromkeys((itertools.repeat, MappingProxyType), _referred),
    itertools.chain: _chained,
    **{type(view): _referred for held in _HELD for view in (held.keys(), held.values(), held.items())},
    itertools.count: _counted,
    type(iter(range(0))): _left_of_range,
    OrderedSet: lambda value: list(value._dict),
    Size: list,
}

PARTS_BY_NAME: dict[str, Callable[[Any], list[Any]]] = {
    "torch.Size": list,
    "torch.utils._ordered_set.OrderedSet": list,
}
"""The same for the classes of compilers, by their full name."""

CONSTANT = ("Size",)
"""Names of classes of tuples that are constants where all in them is."""
