"""A method is replaced on the instance and on the class between the calls."""

import torch


class Net:
    def step(self, x):
        return x + 1

    def run(self, x, change):
        y = self.step(x)
        if change == 1:
            self.step = lambda z: z * 10
        if change == 2:
            del self.step
        return y


def program(x, net, change):
    return net.run(x, change)


def make():
    net = Net()
    return program, [(torch.ones(2), net, change) for change in (0, 1, 2, 0)]
