"""A hook on a tensor sees the gradient."""

import torch


def make():
    w = torch.ones(2, requires_grad=True)
    seen = []
    kept = []

    def program(w):
        y = w * 3
        y.register_hook(lambda grad: seen.append(grad))
        kept.append(y)
        return y.sum()

    def observe():
        kept[0].sum().backward()
        return w.grad, seen

    return program, (w,), observe
