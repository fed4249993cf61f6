"""Opaque objects that are hoisted out of the graph: one that no operation takes is made and returned."""

import torch
from torch._library.opaque_object import register_opaque_type


class Label:
    def __init__(self, text):
        self.text = text

    def __eq__(self, other):
        return isinstance(other, Label) and self.text == other.text

    def __hash__(self):
        return hash(self.text)

    def __fx_repr__(self):
        return f"Label({self.text!r})", {"Label": Label}


# what is registered is registered by name, once in a process, and this file is loaded twice
Label.__qualname__ = f"Label{id(Label)}"
register_opaque_type(Label, typ="value", hoist=True)
Label.__qualname__ = "Label"


def make():
    def program(x):
        return x + 1, Label("ab")

    return program, (torch.ones(1),)
