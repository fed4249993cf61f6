"""A finally that returns, and one that changes what is returned."""

import torch


def first(x):
    try:
        return x
    finally:
        return x + 1  # noqa: B012


def second(x, held):
    try:
        return held
    finally:
        held.append(x)


def program(x, held):
    return first(x), second(x * 2, held)


def make():
    return program, (torch.ones(2), [])
