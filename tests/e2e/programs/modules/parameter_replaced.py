"""A parameter is replaced, and one is changed without gradients."""

import torch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(2))
        self.other = torch.nn.Parameter(torch.ones(2))

    def forward(self, x):
        with torch.no_grad():
            self.weight.mul_(2)
        return self.weight * x + self.other


def make():
    net = Net()
    return net, [(torch.ones(2),)] * 2, lambda: list(net.named_parameters())
