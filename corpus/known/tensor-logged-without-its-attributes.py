"""A new tensor of a subclass is logged, by a call that is put off, without the attributes set before it.

Eager: it has the mark. Compiled: it has none in the call; afterwards it has one only if something else leads
to it. The documentation of `reorderable_logging_functions` warns only of what is changed after the call.
Exits 1 when they differ. Needs torch only.
"""

import sys

import torch


class Tagged(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return super().__torch_function__(func, types, args, kwargs or {})


logged = []
marks = []


def log(tagged):
    logged.append(tagged)
    marks.append("mark" in vars(tagged))


def returned(x):
    tagged = x.as_subclass(Tagged)
    tagged.mark = 1
    log(tagged)
    return tagged


def dropped(x):
    tagged = x.as_subclass(Tagged)
    tagged.mark = 1
    log(tagged)
    return x + 1


torch._dynamo.config.reorderable_logging_functions.add(log)
differ = False
for function in (returned, dropped):
    found = []
    for run in (function, torch.compile(function, backend="eager", fullgraph=True)):
        logged.clear()
        marks.clear()
        run(torch.ones(1))
        found.append((marks[0], "mark" in vars(logged[0])))
    eager, compiled = found
    print(f"{function.__name__}, has a mark in the call and afterwards: eager {eager}, compiled {compiled}")
    differ |= eager != compiled
sys.exit(differ)
