"""The compiled function is itself a closure, and binds its variable anew."""

import torch


def make():
    count, held = 0, []

    def program(x):
        nonlocal count
        count += 2
        held.append(count)
        return x + count

    return program, [(torch.ones(2),), (torch.ones(2),)], lambda: (count, held)
