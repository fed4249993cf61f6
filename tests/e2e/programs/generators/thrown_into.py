"""An exception is thrown into a generator, which goes on."""

import torch


def patient(x):
    try:
        yield x
    except KeyError as error:
        yield error.args[0]
    yield x + 1


def program(x):
    made = patient(x * 2)
    return next(made), made.throw(KeyError("thrown")), next(made)


def make():
    return program, (torch.ones(2),)
