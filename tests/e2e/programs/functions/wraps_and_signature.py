"""A wrapper made inside keeps the name and the dict of what it wraps."""

import functools

import torch


def noted(function):
    @functools.wraps(function)
    def wrapper(*args):
        wrapper.calls = getattr(wrapper, "calls", 0) + 1
        return function(*args)

    return wrapper


def add(x):
    """Adds."""
    return x + 1


add.tag = "tagged"


def program(x):
    made = noted(add)
    y = made(made(x))
    return y, made.__name__, made.__wrapped__ is add, made.tag, made.calls


def make():
    return program, (torch.ones(2),)
