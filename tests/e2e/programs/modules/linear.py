"""A module with parameters is called."""

import torch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.one = torch.nn.Linear(2, 3)
        self.two = torch.nn.Linear(3, 1)

    def forward(self, x):
        return self.two(torch.relu(self.one(x)))


def make():
    return Net(), (torch.ones(4, 2),)
