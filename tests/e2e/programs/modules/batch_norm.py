"""Running statistics in training, and none in evaluation."""

import torch


def make():
    norm = torch.nn.BatchNorm1d(3)

    def program(x, training):
        norm.train(training)
        return norm(x)

    x = torch.arange(6.0).view(2, 3)
    return program, [(x, True), (x, False)], lambda: norm
