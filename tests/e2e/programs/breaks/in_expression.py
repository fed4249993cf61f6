"""A break in the middle of an expression: what is on the stack is kept."""

import torch


def loud(x):
    print("loud")
    return x * 2


def program(x, held):
    return (held, x + 1, held.append(3), loud(x) + x.sum(), [x - 1, *held])


def make():
    return program, (torch.ones(2), [1])
