"""The name of a caught exception is unbound after the handler."""

import torch


def told(x):
    try:
        raise ValueError("it")
    except ValueError as error:
        return x + 1, str(error)


def program(x):
    error = "before"
    y, text = told(x)
    print("break")
    try:
        raise KeyError(text)
    except KeyError as error:
        text += str(error)
    return y * 2, text, "error" in locals()


def make():
    return program, (torch.ones(2),)
