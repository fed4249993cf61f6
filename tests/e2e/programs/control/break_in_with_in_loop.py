"""A loop with a manager in it, left by break and continue."""

import torch


class Count:
    def __init__(self, log):
        self.log = log

    def __enter__(self):
        self.log.append("in")

    def __exit__(self, *error):
        self.log.append("out")


def program(x, log):
    for n in range(5):
        with Count(log):
            if n == 1:
                continue
            if n == 3:
                break
            x = x + n
    return x


def make():
    return program, (torch.ones(2), [])
