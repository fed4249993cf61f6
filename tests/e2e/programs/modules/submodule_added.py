"""A module is put into another in the function."""

import torch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.steps = 0

    def forward(self, x):
        self.steps += 1
        self.extra = [x + self.steps]
        return x * self.steps


def make():
    net = Net()

    def program(x):
        y = net(x)
        net.note = y
        return y, net.extra

    return program, [(torch.ones(2),)] * 2, lambda: net
