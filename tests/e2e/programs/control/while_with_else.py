"""A while with an else, once left by a break and once not."""

import torch


def search(x, wanted, log):
    n = 0
    while n < 4:
        if n == wanted:
            log.append(("found", n))
            break
        n += 1
        x = x * 2
    else:
        log.append("not found")
    return x


def program(x, log):
    return search(x, 2, log) + search(x, 7, log)


def make():
    return program, (torch.ones(2), [])
