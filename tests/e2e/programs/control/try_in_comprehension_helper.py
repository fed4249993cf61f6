"""A helper with a try is called by a comprehension in a with."""

import torch


def number(text):
    try:
        return int(text)
    except ValueError:
        return None
    finally:
        SEEN.append(text)


SEEN = []


def program(x, texts):
    with torch.no_grad():
        numbers = [n for text in texts if (n := number(text)) is not None]
    return x + sum(numbers), numbers


def make():
    return program, (torch.ones(2), ["1", "no", "3"])
