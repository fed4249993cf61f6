"""Functions with every kind of parameter come back."""

import torch


def program(x):
    scale = x + 1

    def whole(a, /, b, c=3, *rest, d, e=[5], **named):
        return scale, rest, named

    star = lambda *args: (scale, args)  # noqa: E731
    return whole, star, whole(1, 2, d=4, f=6)


def make():
    return program, (torch.ones(2),)
