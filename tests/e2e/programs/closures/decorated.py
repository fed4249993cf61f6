"""A decorator of the program's own wraps an inner function."""

import functools

import torch


def twice(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(function(*args))

    return wrapper


@twice
def step(x):
    """Adds one."""
    return x + 1


def program(x):
    return step(x), step.__name__, step.__doc__


def make():
    return program, (torch.ones(2),)
