"""The drawing interface, and its two drivers: Hypothesis, and a plain seeded one.

Claim: what can be drawn is defined once, against `Draw`; both drivers run the same definitions, and the
seeded one gives the same case for the same (seed, index) on every machine, Python and hash seed.

Definitions are written so that Hypothesis shrinks them well: the simple choice comes first, rare cases
stand behind a `chance` that shrinks to False, and no size is drawn ahead of its members.
"""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


class Weighted(Generic[T]):
    """Choices with whole-number weights, the simplest choice first."""

    def __init__(self, choices: Sequence[tuple[int, T]]) -> None:
        self.values = tuple(value for _, value in choices)
        self.bounds = tuple(itertools.accumulate(weight for weight, _ in choices))
        self.total = self.bounds[-1]


class Draw(Protocol):
    """Where a definition gets its choices from."""

    def integer(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included; `low` is the simplest."""

    def choice(self, options: Sequence[T]) -> T:
        """One of a non-empty sequence; the first is the simplest."""

    def chance(self, percent: float) -> bool:
        """True in `percent` of 100 draws; False is the simplest."""

    def weighted(self, options: Weighted[T]) -> T:
        """One of the weighted choices; the first is the simplest."""


class SeededDraw:
    """The plain driver: about a hundred times faster than Hypothesis, without shrinking."""

    __slots__ = ("_bits", "_random")

    def __init__(self, seed: int, index: int) -> None:
        # One generator a case, so that case `index` is the same whoever draws it and after what.
        # `random.Random` promises the same sequence from `random()` and `getrandbits()` for an integer
        # seed on every version of Python; its other methods have no such promise and are not used.
        source = random.Random((seed << 64) | index)
        self._random = source.random
        self._bits = source.getrandbits

    def integer(self, low: int, high: int) -> int:
        span = high - low + 1
        if span < 1 << 32:
            return low + int(self._random() * span)
        bits = span.bit_length()
        while (number := self._bits(bits)) >= span:
            pass
        return low + number

    def choice(self, options: Sequence[T]) -> T:
        return options[int(self._random() * len(options))]

    def chance(self, percent: float) -> bool:
        return self._random() * 100 < percent

    def weighted(self, options: Weighted[T]) -> T:
        at = bisect.bisect_right(options.bounds, int(self._random() * options.total))
        return options.values[at]


class HypothesisDraw:
    """The Hypothesis driver, for tests and interactive use: its choices are shrunk by Hypothesis."""

    __slots__ = ("_draw", "_integers")

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        from hypothesis import strategies

        self._draw = draw
        self._integers = strategies.integers

    def integer(self, low: int, high: int) -> int:
        return int(self._draw(self._integers(low, high)))

    def choice(self, options: Sequence[T]) -> T:
        return options[self.integer(0, len(options) - 1)]

    def chance(self, percent: float) -> bool:
        # The high numbers say yes, so that shrinking towards 0 says no. Of a longer range Hypothesis draws
        # the ends far too often, so parts of a percent get a draw of their own.
        whole, part = divmod(round(percent * 100), 100)
        number = self.integer(0, 99)
        if part and number == 99 - whole:
            return self.integer(0, 99) >= 100 - part
        return number >= 100 - whole

    def weighted(self, options: Weighted[T]) -> T:
        return options.values[bisect.bisect_right(options.bounds, self.integer(0, options.total - 1))]


def strategy(definition: Callable[[Draw], T]) -> SearchStrategy[T]:
    """The Hypothesis strategy that draws what `definition` defines."""
    from hypothesis import strategies

    @strategies.composite
    def drawn(draw: Any) -> T:
        return definition(HypothesisDraw(draw))

    return drawn()
