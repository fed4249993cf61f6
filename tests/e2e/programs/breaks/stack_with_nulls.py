"""A break while calls and their arguments are half made."""

import torch


def noisy(x):
    print("noise")
    return x


def pack(*args, **named):
    return args, named


def program(x, held):
    return pack(x + 1, *held, noisy(x), key=noisy(x * 2), other=held)


def make():
    return program, (torch.ones(2), [1, 2])
