"""Equal lists stay two objects, one list under two names stays one."""

import torch


def program(x, a, b, c):
    pair = [a, b]
    pair[0].append(x + 1)
    return a is b, a is c, b == [], pair, {"a": a, "c": c}


def make():
    a = []
    return program, (torch.ones(2), a, [], a)
