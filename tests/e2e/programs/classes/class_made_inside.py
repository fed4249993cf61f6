"""A class that is made in a function which is not compiled, and used in one which is."""

import torch


def make_class(base_value):
    class Local:
        value = base_value

        def get(self):
            return self.value

    return Local


def program(x, kind):
    one = kind()
    one.value = x + one.get()
    return one, kind.value


def make():
    return program, (torch.ones(2), make_class(3))
