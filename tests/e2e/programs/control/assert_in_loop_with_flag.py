"""Nested loops with flags, a loop over a dict that is copied."""

import torch


def program(x, table):
    found = None
    for key, row in list(table.items()):
        for at, value in enumerate(row):
            if value == 3:
                found = (key, at)
                break
        else:
            table[key] = x + len(row)
            continue
        del table[key]
    return found


def make():
    return program, (torch.ones(2), {"a": [1, 2], "b": [4, 3], "c": []})
