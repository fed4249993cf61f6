"""A class of a module beside this file is made here."""

import counting
import torch
from counting import Tally


def program(x, tally):
    new = Tally(x * 2)
    tally.merge(new)
    return new, tally.parts, counting.Tally is Tally


def make():
    return program, (torch.ones(2), Tally(torch.zeros(2)))
