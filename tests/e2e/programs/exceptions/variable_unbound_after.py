"""The name of a caught exception is unbound after the handler."""

import torch


def program(x):
    error = "before"
    try:
        raise ValueError("it")
    except ValueError as error:
        told = str(error)
    try:
        error
    except UnboundLocalError:
        told += ", unbound"
    return x + 1, told


def make():
    return program, (torch.ones(2),)
