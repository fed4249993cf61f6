"""A nested function counts in a variable of the outer one."""

import torch


def program(x):
    count = 0

    def step(y):
        nonlocal count
        count += 1
        return y + count

    return step(step(x)), count


def make():
    return program, (torch.ones(2),)
