"""What is put into an existing set of objects is not in it afterwards under torch.compile.

Eager: both are in it. Compiled: the object alone. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


class Thing:
    pass


def added(x, things):
    things.add(3)
    return x + 1


def run(function):
    things = {Thing()}
    function(torch.ones(1), things)
    return len(things)


eager, compiled = run(added), run(torch.compile(added, backend="eager"))
print(f"elements of the set: eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
