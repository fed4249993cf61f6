"""What is one object before a break is one after it."""

import torch


class Box:
    pass


def program(x):
    one = [x + 1]
    box = Box()
    box.a = box.b = one
    other = (one, box)
    torch._dynamo.graph_break()
    one.append(x * 2)
    return other[0] is one, box.a is box.b, other, box


def make():
    return program, (torch.ones(2),)
