"""Loops over everything that can be looped over."""

import torch


def program(x, held, table, letters):
    told = []
    for at, value in enumerate(held, start=1):
        told.append((at, value))
    for key in table:
        told.append(key)
    for one, other in zip(held, letters):
        told.append(other * one)
    for n in reversed(range(0, 6, 2)):
        x = x + n
    for row in x:
        told.append(row)
    return told


def make():
    return program, (torch.ones(2), [1, 2], {"k": 1}, "ab")
