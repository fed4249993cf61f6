"""A new dataclass with a default factory, and one that is replaced."""

import dataclasses

import torch


@dataclasses.dataclass
class Point:
    x: object
    y: int = 2
    tags: list = dataclasses.field(default_factory=list)


def program(x, point):
    new = Point(x + 1)
    new.tags.append(point)
    point.y += new.y
    return new, new.y == point.y


def make():
    return program, (torch.ones(2), Point(1))
