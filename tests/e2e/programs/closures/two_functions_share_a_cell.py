"""A getter and a setter over one variable."""

import torch


def program(x):
    value = x + 1

    def get():
        return value

    def put(new):
        nonlocal value
        value = new

    put(value * 2)
    return get, put


def make():
    return program, (torch.ones(2),)
