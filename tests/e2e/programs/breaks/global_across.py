"""A global is changed before a break and read after it."""

import torch

STATE = {"n": 0}
N = 0


def program(x):
    global N
    N += 1
    STATE["n"] = x + N
    torch._dynamo.graph_break()
    N += 10
    return STATE["n"] * N


def make():
    return program, [(torch.ones(2),), (torch.ones(2),)]
