"""Searching a list that holds a new function, a frozen dataclass or begun iterator ends in an internal error.

Eager: 0 is taken out of the list. Compiled: `ClosureConversionError: failed to convert closure cell to Python
constant`, `NotImplementedError: currently can't reconstruct arbitrary frozen dataclass instances`. Exits 1
when they differ. Needs torch only.
"""

import dataclasses
import sys

import torch


@dataclasses.dataclass(frozen=True)
class Point:
    at: int = 0


def with_a_function(items, x):
    y = x + 1

    def function(given=y):
        return given

    items.append(function)
    items.remove(0)
    return y


def with_a_recursive_function(items, x):
    def function():
        return function

    items.append(function)
    items.remove(0)
    return x + 1


def with_a_frozen_object(items, x):
    items.append(Point())
    items.remove(0)
    return x + 1


POINT = Point()


def with_an_existing_object(items, x):
    items.append(POINT)
    items.remove(0)
    return x + 1


def with_an_iterator(items, x):
    begun = iter([0, 0])
    next(begun)
    items.append(begun)
    items.remove(0)
    return x + 1


MOVED = [iter(range(2)), iter(range(2))]


def with_an_existing_iterator(items, x):
    begun = MOVED.pop()
    next(begun)
    items.append(begun)
    items.remove(0)
    return x + 1


def left(function, compiled):
    torch._dynamo.reset()
    items = [0]
    run = torch.compile(function, backend="eager", fullgraph=True) if compiled else function
    try:
        run(items, torch.ones(1))
    except (torch._dynamo.exc.TorchDynamoException, NotImplementedError) as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return str(len(items))


differ = False
for function in (
    with_a_function,
    with_a_recursive_function,
    with_a_frozen_object,
    with_an_existing_object,
    with_an_iterator,
    with_an_existing_iterator,
):
    eager, compiled = left(function, False), left(function, True)
    print(f"{function.__name__}: items left: eager {eager}, compiled {compiled}")
    differ |= eager != compiled
sys.exit(differ)
