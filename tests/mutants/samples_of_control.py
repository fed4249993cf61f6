"""Samples of what control does: exceptions, `with`, generators, coroutines, matching, long jumps, frames.

The claim is that of `samples.py`. `SAMPLES` has those of both files.
"""

# ruff: noqa: C416, F821, PLW0120

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from .samples import SAMPLES, Manager, Patient, Point, Ticks, Wait, gather, sample

__all__ = ["SAMPLES"]


@sample(lambda: ({"a": 1}, "b"))
def try_except(mapping: dict[str, int], key: str) -> str:
    try:
        return str(mapping[key])
    except KeyError as error:
        return repr(error)


@sample(lambda: ([],))
def try_finally(log: list[str]) -> int:
    try:
        log.append("try")
        return len(log)
    finally:
        log.append("finally")


@sample(lambda: (0,))
def try_everything(n: int) -> list[object]:
    log: list[object] = []
    for divisor in (1, n, "x"):
        try:
            log.append(10 // divisor)
        except (ZeroDivisionError, OverflowError):
            log.append("zero")
        except TypeError as error:
            log.append(type(error))
        else:
            log.append("fine")
        finally:
            log.append(divisor)
    return log


@sample(lambda: (["x"],))
def raise_from(values: list[str]) -> tuple[Any, ...]:
    try:
        try:
            return (int(values[0]),)
        except ValueError as error:
            raise LookupError(values) from error
    except LookupError as outer:
        return type(outer), type(outer.__cause__)


@sample(lambda: (3,))
def reraise(n: int) -> int:
    try:
        try:
            n // 0
        except ZeroDivisionError:
            n += 1
            raise
    except ArithmeticError:
        n += 10
    return n


@sample(lambda: ([],))
def with_statement(log: list[Any]) -> list[Any]:
    with Manager(log) as inner:
        inner.log.append("body")
        for i in (1, 2):
            with Manager(log):
                if i == 2:
                    break
    return log


@sample(lambda: ([],))
def with_swallowed(log: list[Any]) -> list[Any]:
    with Manager(log, True), Manager(log) as other:
        other.swallow = False
        raise KeyError("gone")
    return log


@sample(lambda: (3,))
def generator(n: int) -> Iterator[Any]:
    for i in range(n):
        got = yield i
        yield got, i


@sample(lambda: ([1, 2],))
def generator_of_generators(values: list[int]) -> Iterator[Any]:
    def inner(end: str) -> Iterator[Any]:
        yield from values
        return end

    end = yield from inner("end")
    yield end
    yield from (v for v in values)


@sample(lambda: ())
def throw_through() -> tuple[Any, ...]:
    def inner() -> Iterator[Any]:
        got = yield from Patient()
        yield got

    task: Any = inner()
    return next(task), task.throw(KeyError("k")), task.gi_yieldfrom, list(task)


@sample(lambda: ())
def generator_driven() -> list[object]:
    def worker() -> Iterator[Any]:
        total = 0
        while True:
            try:
                total += yield total
            except ValueError:
                total = -1
            finally:
                log.append(total)

    log: list[object] = []
    task: Any = worker()
    log.append((next(task), task.send(3), task.throw(ValueError()), task.send(5)))
    task.close()
    return log


@sample(lambda: (2,))
async def coroutine(n: int) -> list[Any]:
    async def part(i: int) -> Any:
        return await Wait(i)

    return [await part(1), await part(n), await Wait("last")]


@sample(lambda: ([],))
async def async_with(log: list[Any]) -> list[Any]:
    async with Manager(log, True) as manager:
        manager.log.append(await Wait("body"))
        raise ValueError(1)
    return log


@sample(lambda: (3,))
async def async_for(n: int) -> list[int]:
    seen = []
    async for tick in Ticks(n):
        if tick == 1:
            continue
        seen.append(tick)
    else:
        seen.append(-1)
    return seen


@sample(lambda: (3,))
async def async_generator(n: int) -> AsyncIterator[Any]:
    try:
        for i in range(n):
            await Wait(i)
            yield i * i
    finally:
        await Wait("closing")


@sample(lambda: (4,))
async def async_comprehension(n: int) -> Any:
    doubled = [tick * 2 async for tick in Ticks(n) if tick]
    return doubled, {tick: [await Wait(tick)] async for tick in Ticks(2)}


@sample(lambda: ([[1, 2, 3], (), [7], "text"],))
def match_sequence(subjects: list[Any]) -> list[Any]:
    found = []
    for subject in subjects:
        match subject:
            case [first, *rest]:
                found.append((first, rest))
            case () | "":
                found.append("empty")
            case str() as text if len(text) > 2:
                found.append(text)
    return found


@sample(lambda: ([{"a": 1, "b": 2}, {"c": {"d": 3}}, 5],))
def match_mapping(subjects: list[Any]) -> list[Any]:
    found = []
    for subject in subjects:
        match subject:
            case {"a": one, **rest}:
                found.append((one, rest))
            case {"c": {"d": int(deep)}}:
                found.append(deep)
            case _:
                found.append(None)
    return found


@sample(lambda: ([Point(), Point(0, 5), Point("x")],))
def match_class(subjects: list[Any]) -> list[Any]:
    found = []
    for subject in subjects:
        match subject:
            case Point(x=0, y=height):
                found.append(height)
            case Point(int(x), y):
                found.append((x, y))
            case Point():
                found.append("other")
    return found


@sample(lambda: (1,))
def deleted_locals(n: int) -> str:
    first = n
    second = [first]
    del first
    try:
        return str(first)
    except UnboundLocalError:
        del second[0], second
    return "unbound"


@sample(lambda: (4,))
def maybe_unbound(n: int) -> int:
    if n > 10:
        bound = n
    return bound


@sample(lambda: (3,))
def asserts(n: int) -> int:
    assert n > 2, "small"
    try:
        assert n > 3, n
    except AssertionError as error:
        return len(error.args)
    return n


@sample(lambda: (3,))
def raises_out(n: int) -> int:
    with Manager([]):
        for i in range(n):
            if i == 2:
                raise ValueError(f"at {i}")
    return n


@sample(lambda: (3,))
def frames_looked_into(n: int) -> tuple[Any, ...]:
    def inner(x: int) -> tuple[Any, ...]:
        y = [z for z in (1, x)]
        return sorted(locals()), n, lambda: (x, y)

    class Sized(list[int]):
        def __len__(self) -> int:
            return super().__len__() + n + len([self for _ in (1, 2)])

    return inner(n)[:2], len(Sized())


@sample(lambda: (3,))
def recursion(n: int) -> int:
    def factorial(k: int) -> int:
        return 1 if k < 2 else k * factorial(k - 1)

    return factorial(n)


@sample(lambda: (2,))
def long_jumps(n: int) -> list[Any]:
    found: list[Any] = []
    for i in range(n):
        if i:
            found.append([i + 1, i + 2, i + 3, i + 4, i + 5, i + 6, i + 7, i + 8, i + 9, i + 10, i + 11])
            found.append([i - 1, i - 2, i - 3, i - 4, i - 5, i - 6, i - 7, i - 8, i - 9, i - 10, i - 11])
            found.append([i * 1, i * 2, i * 3, i * 4, i * 5, i * 6, i * 7, i * 8, i * 9, i * 10, i * 11])
            found.append([i / 1, i / 2, i / 3, i / 4, i / 5, i / 6, i / 7, i / 8, i / 9, i / 10, i / 11])
        else:
            found.append(gather(i, a=i, b=i, c=i, d=i, e=i, f=i, g=i, h=i, j=i, k=i, m=i, n=i, o=i, p=i))
    return found
