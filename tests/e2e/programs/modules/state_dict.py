"""The state of a module is asked for, and a module is put into training mode."""

import torch


def make():
    net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout(0.5))

    def program(x):
        net.eval()
        y = net(x)
        return y, net.training, [name for name, _ in net.named_parameters()]

    return program, (torch.ones(1, 2),), lambda: net
