"""A new tensor of a subclass is printed, by a `print` that is put off, without the attributes set before it.

Eager: it has the mark. Compiled: it has none while it is printed; afterwards it has. The documentation of
`reorderable_logging_functions` warns only of what is changed after the print. Exits 1 when they differ.
Needs torch only.
"""

import contextlib
import io
import sys

import torch


class Tagged(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return super().__torch_function__(func, types, args, kwargs or {})

    def __repr__(self):
        return f"{type(self).__name__} with {self.__dict__}"


def tag(x):
    tagged = x.as_subclass(Tagged)
    tagged.mark = 1
    print(tagged)
    return tagged


def printed(compiled):
    torch._dynamo.reset()
    run = torch.compile(tag, backend="eager", fullgraph=True) if compiled else tag
    with contextlib.redirect_stdout(io.StringIO()) as out:
        run(torch.ones(1))
    return out.getvalue().strip()


torch._dynamo.config.reorderable_logging_functions.add(print)
eager, compiled = printed(False), printed(True)
print(f"eager: {eager}, compiled: {compiled}")
sys.exit(eager != compiled)
