"""Slots are filled and emptied."""

import torch


class Slotted:
    __slots__ = ("a", "b", "c")


def program(x, slotted):
    slotted.b = x + 1
    slotted.a = slotted.a + 1
    new = Slotted()
    new.c = slotted
    return new, hasattr(new, "a")


def make():
    slotted = Slotted()
    slotted.a = 1
    return program, (torch.ones(2), slotted)
