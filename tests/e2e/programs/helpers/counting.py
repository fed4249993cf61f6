"""What the programs beside this file import: state, and a class."""

TOTAL = 0
LOG = []


def add(n):
    global TOTAL
    TOTAL += n


def scale(x, n):
    return x * n


class Tally:
    def __init__(self, value):
        self.parts = [value]

    def merge(self, other):
        self.parts.append(other)
        self.parts.extend(other.parts)
