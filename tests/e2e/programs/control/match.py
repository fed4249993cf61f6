"""A match over tuples, dicts, classes and values."""

import torch


class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x, self.y = x, y


def which(value):
    match value:
        case {"kind": kind, **rest}:
            return kind, rest
        case Point(x, 0):
            return x
        case [first, *others]:
            return first, others
        case "text" | None:
            return "plain"
        case _:
            return "other"


def program(x):
    given = ({"kind": 1, "a": 2}, Point(x + 1, 0), Point(1, 1), [1, 2, 3], "text", 7)
    return [which(each) for each in given]


def make():
    return program, (torch.ones(2),)
