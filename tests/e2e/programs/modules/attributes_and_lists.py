"""Modules in a list and a dict, attributes of all kinds."""

import torch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList(torch.nn.Linear(2, 2) for _ in range(2))
        self.named = torch.nn.ModuleDict({"act": torch.nn.Tanh()})
        self.log = []

    def forward(self, x):
        for layer in self.layers:
            x = self.named["act"](layer(x))
            self.log.append(x.shape)
        self.seen = len(self.log)
        return x


def make():
    return Net(), [(torch.ones(1, 2),)] * 2
