"""The state of a module beside this file is changed."""

import counting
import torch


def program(x):
    counting.add(2)
    counting.LOG.append(x + counting.TOTAL)
    return counting.TOTAL


def make():
    return program, [(torch.ones(2),)] * 2, lambda: (counting.TOTAL, counting.LOG)
