"""A hoisted opaque object that the graph does not use, made and returned, is an UnboundLocalError.

Eager: the object. Compiled: `cannot access local variable 'tmp_1'`: what makes the object and stores it is
not in the code. With an operation that takes the object it works. Exits 1 when they differ. Needs torch only;
before `register_opaque_type` there is nothing to show.
"""

import importlib.util
import sys

import torch

if importlib.util.find_spec("torch._library.opaque_object") is None:
    print("this torch has no opaque objects")
    sys.exit(0)

from torch._library.opaque_object import register_opaque_type


class Name:
    def __init__(self, text):
        self.text = text

    def __eq__(self, other):
        return isinstance(other, Name) and self.text == other.text

    def __hash__(self):
        return hash(self.text)

    def __fx_repr__(self):
        return f"Name({self.text!r})", {"Name": Name}


register_opaque_type(Name, typ="value", hoist=True)


def function(x):
    return x + 1, Name("ab")


def outcome(run):
    try:
        return run(torch.ones(1))[1].text
    except UnboundLocalError as error:
        return f"{type(error).__name__}: {error}"


eager, compiled = outcome(function), outcome(torch.compile(function, backend="eager", fullgraph=True))
print(f"eager {eager}, compiled {compiled}")
sys.exit(eager != compiled)
