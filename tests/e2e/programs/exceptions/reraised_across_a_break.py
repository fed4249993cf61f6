"""An exception is caught in an inlined function, and raised again after a graph break."""

import torch


def fail(x):
    try:
        raise RuntimeError("again", 1)
    except RuntimeError as error:
        return x + 1, error


def program(x, log):
    y, error = fail(x)
    torch._dynamo.graph_break()
    log.append(y * 2)
    if len(log) == 1:
        try:
            raise error
        except RuntimeError as caught:
            log.append(caught)
            log.append(caught is error)
    return log


def make():
    return program, (torch.ones(2), [])
