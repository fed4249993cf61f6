"""A dict in a closure is changed by a function that came in."""

import torch


def make():
    state = {"calls": 0}

    def note(y):
        state["calls"] += 1
        state[state["calls"]] = y
        return y

    def program(x, callback):
        return callback(x + 1) + callback(x + 2)

    return program, (torch.ones(2), note), lambda: state
