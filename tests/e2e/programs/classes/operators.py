"""Operators of a class: arithmetic, comparison, hash, bool."""

import torch


class Money:
    def __init__(self, n):
        self.n = n

    def __add__(self, other):
        return Money(self.n + (other.n if isinstance(other, Money) else other))

    __radd__ = __add__

    def __iadd__(self, other):
        self.n += other
        return self

    def __eq__(self, other):
        return isinstance(other, Money) and self.n == other.n

    def __hash__(self):
        return hash(self.n)

    def __bool__(self):
        return self.n != 0


def program(x, money):
    before = money
    money += 3
    total = 1 + money + Money(2)
    return x + total.n, total, before is money, total == Money(7), bool(Money(0))


def make():
    return program, (torch.ones(2), Money(1))
