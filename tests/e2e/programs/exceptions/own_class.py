"""A class of exceptions with a constructor and attributes of its own."""

import torch


class Failed(Exception):
    def __init__(self, code, *rest):
        super().__init__(f"code {code}")
        self.code = code
        self.rest = rest


def program(x):
    try:
        raise Failed(3, x + 1)
    except Failed as error:
        return error.code, error.rest, error.args


def make():
    return program, (torch.ones(2),)
