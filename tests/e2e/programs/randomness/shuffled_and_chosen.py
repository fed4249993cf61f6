"""Shuffling, choosing and sampling."""

import random

import torch


def program(x, held):
    random.shuffle(held)
    return x + random.choice(held), random.sample(held, 2)


def make():
    return program, (torch.ones(2), [1, 2, 3, 4])
