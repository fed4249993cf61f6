"""Numbers of the module random, and the state that is left."""

import random

import torch


def program(x):
    n = random.randint(0, 100)
    return x * random.random() + n, random.uniform(1, 2)


def make():
    return program, [(torch.ones(2),), (torch.ones(2),)], random.random
