"""A function that Dynamo has to leave alone changes what it is given."""

import torch


@torch._dynamo.disable
def alone(held, x):
    held.append(x + 10)
    return held


def program(x, held):
    held.append(x)
    same = alone(held, x * 2)
    same.append(len(held))
    return same is held


def make():
    return program, (torch.ones(2), [])
