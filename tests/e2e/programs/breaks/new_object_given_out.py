"""An object made before the break is changed by code that is not compiled."""

import torch


class Node:
    def __init__(self, value):
        self.value = value
        self.next = None


@torch._dynamo.disable
def link(a, b):
    a.next = b


def program(x):
    a, b = Node(x + 1), Node(x + 2)
    link(a, b)
    link(b, a)
    a.next.value = a.value * 3
    return a


def make():
    return program, (torch.ones(2),)
