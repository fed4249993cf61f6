"""An object counts over calls with a break in each."""

import torch


class Counter:
    def __init__(self):
        self.n = 0
        self.log = []

    def step(self, x):
        self.n += 1
        self.log.append((self.n, x))
        print(self.n)
        self.log.append(self.log[-1][0])
        return x + self.n


def program(x, counter):
    return counter.step(counter.step(x))


def make():
    counter = Counter()
    return program, [(torch.ones(2), counter), (torch.zeros(2), counter)]
