"""Attributes are set, changed and deleted on an existing object."""

import torch


class Thing:
    shared = 1


def program(x, thing):
    thing.new = x + 1
    thing.old += 1
    del thing.gone
    thing.shared = thing.shared + 1
    setattr(thing, "by_name", [thing.old])
    return hasattr(thing, "gone"), getattr(thing, "missing", None)


def make():
    thing = Thing()
    thing.old, thing.gone = 1, 2
    return program, (torch.ones(2), thing)
