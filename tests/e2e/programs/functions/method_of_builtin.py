"""Bound methods of lists, dicts and strings as values."""

import torch


def program(x, held, table):
    append, get = held.append, table.get
    append(x + 1)
    append(get("k"))
    return append, get("missing", 0), "a,b".split(","), list(map(str.upper, "ab"))


def make():
    return program, (torch.ones(2), [], {"k": 1})
