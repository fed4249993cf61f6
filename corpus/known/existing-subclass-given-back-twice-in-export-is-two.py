"""Under export, a tensor of a subclass that came in and goes out twice comes back as two tensors.

Eager: the two places hold one object. Compiled with `export=True`: two objects over one memory. Exits 1 when
they differ. Needs torch only.
"""

import sys

import torch


class Subclass(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return super().__torch_function__(func, types, args, kwargs or {})


def twice(x):
    return x, 1, x


def is_one(result):
    return result[0] is result[2]


given = torch.ones(2).as_subclass(Subclass)
eager = is_one(twice(given))
compiled = is_one(torch._dynamo.optimize_assert(backend="eager", export=True)(twice)(given))
print(f"a subclass given back twice: eager one object {eager}, compiled one object {compiled}")
sys.exit(eager != compiled)
