"""Four breaks in one function, with new objects alive over all of them."""

import torch


def program(x):
    state = {"log": [], "x": x}
    one = state["log"]
    for_later = lambda: (state, one)  # noqa: E731
    print(1)
    one.append(x + 1)
    print(2)
    state["x"] = one[0] * 2
    print(3)
    alias = state
    print(4)
    return alias is state, for_later()


def make():
    return program, (torch.ones(2),)
