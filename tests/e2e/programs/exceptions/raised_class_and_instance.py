"""Raising a class, an instance, and what is no exception."""

import torch


def try_to(thing):
    try:
        raise thing
    except TypeError as error:
        return "type", len(error.args)
    except ValueError as error:
        return "value", error.args


def program(x):
    return x + 1, try_to(ValueError), try_to(ValueError(1, 2)), try_to(3)


def make():
    return program, (torch.ones(2),)
