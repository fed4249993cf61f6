"""One new array in two variables that live on after a graph break."""

import torch
import torch._dynamo


def program(x):
    array = (x + 1).numpy()
    pair = [array, array]
    torch._dynamo.graph_break()
    more = pair[0] + 1
    return pair, array, more


def make():
    return program, (torch.ones(3),)
