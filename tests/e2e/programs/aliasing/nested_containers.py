"""What lies deep in an argument comes back as itself."""

import torch


def program(x, deep):
    inner = deep["a"][1]["b"]
    return inner, x + inner[0], (inner, [inner])


def make():
    return program, (torch.ones(2), {"a": (0, {"b": [torch.ones(2), 2]})})
