"""Hooks before and after forward."""

import torch


def make():
    layer = torch.nn.Linear(2, 2)
    log = []
    layer.register_forward_pre_hook(lambda module, args: log.append("before"))
    layer.register_forward_hook(lambda module, args, result: result * 2)

    def program(x):
        return layer(x)

    return program, (torch.ones(1, 2),), lambda: log
