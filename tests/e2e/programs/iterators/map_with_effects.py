"""A map whose function notes what it is given, asked for two items."""

import torch


def program(x, held, log):
    def note(value):
        log.append(value)
        return x + value

    mapped = map(note, held)
    first = next(mapped)
    second = next(mapped)
    return first, second, len(log)


def make():
    return program, (torch.ones(2), [1, 2, 3, 4], [])
