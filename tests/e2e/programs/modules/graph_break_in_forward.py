"""A graph break in the forward of an inner module."""

import torch


class Inner(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        print("inner", self.calls)
        return x + self.calls


class Outer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = Inner()
        self.register_buffer("n", torch.zeros(1))

    def forward(self, x):
        self.n += 1
        y = self.inner(x)
        self.n += 1
        return y * self.n


def make():
    return Outer(), [(torch.ones(2),)] * 2
