"""A hook is put on an argument, and sees its gradient."""

import torch

SEEN = []


def note(grad):
    SEEN.append(grad)
    return grad * 2


def program(w):
    w.register_hook(note)
    return (w * 3).sum()


def make():
    w = torch.ones(2, requires_grad=True)
    results = []

    def run(w):
        results.append(program(w))
        return results[0]

    def observe():
        results[0].backward()
        return w.grad

    return run, (w,), observe
