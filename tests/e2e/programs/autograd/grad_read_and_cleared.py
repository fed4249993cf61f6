"""The gradient of an argument is used and thrown away."""

import torch


def program(w, rate):
    with torch.no_grad():
        w -= rate * w.grad
    w.grad = None
    return w


def make():
    w = torch.ones(2, requires_grad=True)
    (w * 3).sum().backward()
    return program, (w, 0.5)
