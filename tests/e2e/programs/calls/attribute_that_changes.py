"""An attribute that a guard looks at changes between the calls."""

import torch


class Config:
    mode = "a"
    depth = 1


def program(x, config):
    config.depth += 1
    if config.mode == "a":
        config.mode = "b"
        return x + config.depth
    config.mode = "a"
    return x - config.depth


def make():
    config = Config()
    return program, [(torch.ones(2), config)] * 4
