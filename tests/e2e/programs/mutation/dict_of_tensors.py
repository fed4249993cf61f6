"""The tensors of a dict are replaced while its keys are walked over."""

import torch


def program(state, rate):
    for name in state:
        state[name] = state[name] * rate
    return sum(state.values())


def make():
    return program, ({"w": torch.ones(2), "b": torch.zeros(2) + 3}, 0.5)
