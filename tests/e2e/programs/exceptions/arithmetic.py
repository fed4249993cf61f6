"""Errors of plain numbers: division by zero, a bad conversion, an overflow."""

import torch


def told(function, *args):
    try:
        return function(*args)
    except ArithmeticError as error:
        return type(error).__name__, error.args
    except ValueError as error:
        return type(error).__name__


def program(x):
    found = [told(lambda a, b: a // b, 1, 0), told(int, "no"), told(lambda a, b: a % b, 1.0, 0.0)]
    return x + len(found), found


def make():
    return program, (torch.ones(2),)
