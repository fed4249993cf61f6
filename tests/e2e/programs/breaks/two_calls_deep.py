"""A graph break two calls deep, with locals on each level."""

import torch


def low(x, log):
    log.append("low")
    torch._dynamo.graph_break()
    log.append(x)
    return x + 1


def middle(x, log):
    before = [x]
    y = low(x * 2, log)
    before.append(y)
    return before


def program(x, log):
    new = {"log": log}
    new["result"] = middle(x, log)
    return new


def make():
    return program, (torch.ones(2), [])
