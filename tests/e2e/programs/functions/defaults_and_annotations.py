"""A nested function with defaults and annotations comes back."""

import torch


def program(x):
    y = x + 1

    def inner(a: int, b: "text" = y, *, c: list = [1]) -> None:  # noqa: F821
        """Says something."""
        return a, b, c

    return inner, inner(2)


def make():
    return program, (torch.ones(2),)
