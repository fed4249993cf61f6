"""More recompilations than Dynamo makes."""

import torch


def program(x, name, log):
    log.append(name)
    return x + len(name)


def make():
    log = []
    return program, [(torch.ones(2), "n" * n, log) for n in range(12)]
