"""Assignments in expressions, chained comparisons, conditional expressions."""

import torch


def program(x, held):
    if (n := len(held)) > 1 and (last := held[-1]) is not None:
        x = x + n + last
    low = 0 < n < 3 <= last
    kept = [m for each in held if (m := each * 2) > 2]
    return x, low, kept, m, "yes" if low else "no"


def make():
    return program, (torch.ones(2), [1, 5])
