"""Small harmless functions of every kind of bytecode, each with the arguments to call it with.

The claim: each of them, unmutated, returns or raises the same each time, in microseconds, and touches nothing
outside its process, whatever one of its names is replaced by. With those of `samples_of_control.py` they use
every family of opcodes. What an older Python cannot parse stands as source text in `newer_samples.py`.
"""

# Odd code on purpose: each construct stands for its bytecode, and a plainer one would have another.
# ruff: noqa: B905, C416, F821, RUF012, RUF021, UP050

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple


class Sample(NamedTuple):
    """A function and what makes fresh arguments for one call of it."""

    name: str
    function: Callable[..., Any]
    arguments: Callable[[], tuple[Any, ...]]


SAMPLES: list[Sample] = []


def sample(arguments: Callable[[], tuple[Any, ...]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the function under its name."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        SAMPLES.append(Sample(function.__name__, function, arguments))
        return function

    return register


class Manager:
    """A context manager, synchronous and asynchronous, that swallows the exceptions it is told to."""

    def __init__(self, log: list[Any], swallow: bool = False) -> None:
        self.log = log
        self.swallow = swallow

    def __enter__(self) -> Manager:
        self.log.append("in")
        return self

    def __exit__(self, kind: object, value: object, traceback: object) -> bool:
        self.log.append(kind)
        return self.swallow

    async def __aenter__(self) -> Manager:
        await Wait("in")
        return self.__enter__()

    async def __aexit__(self, kind: object, value: object, traceback: object) -> bool:
        await Wait("out")
        return self.__exit__(kind, value, traceback)


class Wait:
    """Awaitable: suspends once, and gives back what it was made with."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __await__(self) -> Iterator[Any]:
        sent = yield self.value
        return (self.value, sent)


class Ticks:
    """An asynchronous iterator over a few numbers."""

    def __init__(self, count: int) -> None:
        self.left = count

    def __aiter__(self) -> Ticks:
        return self

    async def __anext__(self) -> int:
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        await Wait(self.left)
        return self.left


class Patient:
    """An iterator that ends when something is thrown into it."""

    def __iter__(self) -> Patient:
        return self

    def __next__(self) -> int:
        return 1

    def throw(self, *error: object) -> None:
        """Whatever is thrown, it ends."""
        raise StopIteration("thrown")


class Point:
    """Something with attributes, methods and match arguments."""

    __match_args__ = ("x", "y")

    def __init__(self, x: object = 1, y: object = 2) -> None:
        self.x = x
        self.y = y

    def moved(self, by: Any, *more: Any, **named: Any) -> tuple[Any, ...]:
        """All that it was called with."""
        return (self.x, by, more, sorted(named))


def gather(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
    """All that it was called with."""
    return args, sorted(kwargs.items())


@sample(lambda: ([3, 1, 4, 1, 5], 4))
def for_loop(values: list[int], stop: int) -> int:
    total = 0
    for value in values:
        if value == 1:
            continue
        if value == stop:
            break
        total += value
    else:
        total = -total
    return total


@sample(lambda: (9,))
def while_loop(n: int) -> list[int]:
    seen = []
    while n:
        seen.append(n)
        n = n // 2 if n % 2 == 0 else n - 1
    return seen


@sample(lambda: (3,))
def nested_loops(n: int) -> list[tuple[int, int]]:
    found = []
    for i in range(n):
        for j in range(i, n):
            if i == j == 1:
                break
            found.append((i, j))
    return found


@sample(lambda: ([5, 6, 7, 8],))
def list_comprehension(values: list[int]) -> list[int]:
    return [v * 2 for v in values if v % 2]


@sample(lambda: ("some words",))
def dict_and_set_comprehensions(text: str) -> tuple[Any, ...]:
    counts = {c: text.count(c) for c in text}
    return sorted(counts.items()), sorted({c.upper() for c in text if c != " "})


@sample(lambda: (3, 4))
def nested_comprehension(n: int, m: int) -> list[list[int]]:
    return [[i * j + n for j in range(m) if j] for i in range(n)]


@sample(lambda: ([1, 2, 3],))
def generator_expression(values: list[int]) -> int:
    scale = 10
    return sum(v * scale for v in values if v > 1)


@sample(lambda: (4,))
def closure(n: int) -> list[int]:
    count = 0

    def step(by: int = 1) -> int:
        nonlocal count
        count += by
        return count + n

    return [step(), step(5), step(by=2), count]


@sample(lambda: (2, 3))
def deep_closure(a: int, b: int) -> Any:
    def middle(c: int) -> Callable[[], tuple[int, ...]]:
        def inner() -> tuple[int, ...]:
            return a, b, c

        return inner

    return middle(4)(), (lambda: b)()


@sample(lambda: (5,))
def cell_deleted(n: int) -> str:
    kept = n

    def read() -> int:
        return kept

    first = read()
    del kept
    try:
        return str(read())
    except NameError as error:
        return f"{first} {type(error).__name__}"


@sample(lambda: (1,))
def defaults(n: int) -> tuple[Any, ...]:
    def first(a: int, /, b: int = n, *args: int, c: int = 7, d: int, **kwargs: int) -> tuple[Any, ...]:
        return a, b, args, c, d, sorted(kwargs)

    return first(1, d=2), first(1, 2, 3, 4, c=5, d=6, e=7), (lambda x=n, *, y=2: (x, y))()


@sample(lambda: ([1, 2], {"k": 3}))
def star_calls(args: list[int], kwargs: dict[str, int]) -> list[Any]:
    return [gather(*args), gather(0, *args, 5, z=1, **kwargs), gather(**kwargs), gather(*args, *args)]


@sample(lambda: (Point(8),))
def keyword_calls(point: Point) -> list[Any]:
    return [gather(1, b=2), point.moved(1, c=3), point.moved(by=4), Point(y=1, x=point).y, max(1, 2)]


@sample(lambda: ((1, 2), [3, 4, 5]))
def unpacking(pair: tuple[int, int], more: list[int]) -> tuple[Any, ...]:
    a, b = pair
    c, *d = more
    *e, f = more
    a, b, c = c, a, b
    g, (h, i) = 1, pair
    return a, b, c, d, e, f, g, h, i


@sample(lambda: (1.5, "ab"))
def f_strings(number: float, text: str) -> str:
    return f"{number:.3f}|{text!r:>8}|{text!s}{number}|{number:{text and '.1f'}}|plain"


@sample(lambda: ([1, 2, 3, 4, 5, 6],))
def slices(values: list[int]) -> tuple[Any, ...]:
    head, tail = values[:2], values[-2:]
    values[1:3] = [20]
    values[0] += 5
    del values[-1:]
    return head, tail, values[::2], values


@sample(lambda: (6,))
def global_names(n: int) -> int:
    global planted
    planted = n
    planted += 1
    found = planted
    del planted
    return found


@sample(lambda: (7,))
def class_body(n: int) -> tuple[Any, ...]:
    class Base:
        size: int = n

        def area(self) -> int:
            return self.size * n

    class Derived(Base, metaclass=type):
        size = Base.size + 1
        members = [i for i in range(2)]

        def area(self) -> int:
            return super().area() + len(__class__.__name__)  # type: ignore[name-defined]

    return Derived().area(), Derived.members, Derived.size


@sample(lambda: (3,))
def decorated(n: int) -> Any:
    def twice(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args: function(*args) * 2

    @twice
    @twice
    def add(a: int, b: int) -> int:
        return a + b

    return add(n, 1)


@sample(lambda: (16,))
def imports(n: int) -> tuple[Any, ...]:
    import math
    import os.path as where
    from operator import add, mul

    return math.isqrt(n), where.join("a", "b"), add(n, 1), mul(n, 2)


@sample(lambda: (1, 5, 9))
def comparisons(a: int, b: int, c: int) -> list[Any]:
    return [a < b < c, a < c < b, a is b, a is not None, a in (b, c), b not in [c], not a, a == b != c]


@sample(lambda: (0, "x", None))
def boolean_operators(a: object, b: object, c: object) -> list[Any]:
    found = [a or b, a and b, (a or b) and c, b if c is None else a]
    if a is None or b is not None and not c:
        found.append("if")
    return found


@sample(lambda: (7, 3))
def arithmetic(a: Any, b: Any) -> list[Any]:
    found = [a + b, a - b, a * b, a / b, a // b, a % b, a**b, a << b, a >> b, a & b, a | b, a ^ b]
    a += b
    a *= 2
    return [*found, a, -a, +b, ~b]


@sample(lambda: (1, 2.5, "s"))
def specialised(a: Any, b: Any, c: Any) -> Any:
    total = 0
    pair = (a, a)
    for i in range(12):
        total += a
        total = total - i
        b = b * 2.0
        c = c + "x"
        x, y = pair
        if c == "never" or b < 0.5:
            total += pair[1]
    return total, b, len(c), x, y, isinstance(c, str)


@sample(lambda: ([1, 2], {"a": 1}))
def displays(values: list[int], mapping: dict[str, int]) -> tuple[Any, ...]:
    return [0, *values, 9], (*values, 4), sorted({*values, 7}), {"z": 0, **mapping, "y": 1}, {1: 2, 3: values}


@sample(lambda: ())
def constants() -> tuple[Any, ...]:
    return [1, 2, 3], {1, 2, 3}, {"a": 1, "b": 2, "c": 3}, (1, (2.5, None)), b"bytes", ..., 1j, 2 in {1, 2}


@sample(lambda: ([4, 0, 2],))
def walrus(values: list[int]) -> list[int]:
    found = []
    while values and (last := values.pop()):
        found.append(last)
    return found or [y for x in values if (y := x)]


@sample(lambda: (Point(),))
def attributes(point: Any) -> tuple[Any, ...]:
    point.x = 5
    point.x += 1
    point.new = [point.x]
    del point.y
    try:
        return (point.y,)
    except AttributeError:
        return point.new, hasattr(point, "y"), getattr(point, "z", 0)


@sample(lambda: (3,))
def annotated(n: int) -> Any:
    def inner(a: int, *, b: str = "x") -> list[Any]:
        return [a, b, n]

    return inner if n > 2 else inner(n)


@sample(lambda: ([3, 1, 2],))
def library_calls(values: list[int]) -> list[Any]:
    ordered = sorted(values, key=lambda v: -v)
    joined = ", ".join(str(v) for v in ordered)
    return [*map(abs, ordered), *zip(values, joined), dict(enumerate(values)), list(filter(None, values))]


@sample(lambda: (5,))
def many_locals(a: int) -> list[int]:
    b, c, d, e = a, a + 1, a + 2, a + 3
    f = g = h = b + c
    b, c = c, b
    d, e, f = f, d, e
    i = [b, c, d]
    j, *k = i
    del i
    return [a, b, c, d, e, f, g, h, j, *k]
