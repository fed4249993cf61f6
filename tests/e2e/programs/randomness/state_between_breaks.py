"""Random numbers before and after a graph break."""

import random

import torch


def program(x):
    a = random.random()
    y = x + torch.rand(2)
    print("break")
    return y * random.random() + a, torch.rand(1), random.randint(1, 6)


def make():
    return program, [(torch.ones(2),)] * 2
