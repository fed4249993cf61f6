"""A generator changes a list between its items."""

import torch


def noted(x, log):
    log.append("start")
    yield x + 1
    log.append("middle")
    yield x + 2
    log.append("end")


def program(x, log):
    for y in noted(x, log):
        log.append(y)
        if len(log) > 3:
            break
    return log


def make():
    return program, (torch.ones(2), [])
