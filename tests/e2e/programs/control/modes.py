"""The modes of torch inside with: no_grad, enable_grad, inference, deterministic."""

import torch


def program(x):
    with torch.no_grad():
        a = x * 2
        with torch.enable_grad():
            b = x * 3
    torch.set_grad_enabled(False)
    c = x * 4
    torch.set_grad_enabled(True)
    return a, b, c


def make():
    return program, (torch.ones(2, requires_grad=True),)
