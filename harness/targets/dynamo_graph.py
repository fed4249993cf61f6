"""The proxies of torch's graph, made once for the process: one made for each case would grow the graph.

Claim: a proxy is the same for every tracker of it, and its trackers are those that Dynamo makes of such a
value.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch._dynamo import source, variables
from torch._dynamo.utils import set_example_value
from torch._dynamo.variables.builder import wrap_fx_proxy
from torch.fx.experimental.symbolic_shapes import DimDynamic


class Overriding(torch.Tensor):  # type: ignore[misc]
    """The harness's tensor subclass: it overrides `__torch_function__`, to no effect."""

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        return super().__torch_function__(func, types, args, kwargs or {})


class Pool:
    """A first tracker for each proxy, which is cloned for each node."""

    def __init__(self, translator: Any, tensor_of: Callable[[int], torch.Tensor]) -> None:
        self.translator = translator
        self.tensor_of = tensor_of
        self.trackers: dict[tuple[int, str], Any] = {}

    def made(self, proxy: int, form: str, **changes: Any) -> Any:
        """A new tracker of a proxy: a `tensor`, an `ndarray`, or a symbolic number by its type."""
        first = self.first(proxy, form)
        if isinstance(first, variables.SymNodeVariable):
            # it cannot be cloned: its constructor does not take all that it has
            return variables.SymNodeVariable(first.proxy, first.sym_num, **changes)
        return first.clone(**changes)

    def first(self, proxy: int, form: str) -> Any:
        """The first tracker of a proxy, which no case gets."""
        key = proxy, form
        if key not in self.trackers:
            if form == "tensor":
                tensor = self.tensor_of(proxy)
                made = self._proxy(torch.zeros, tuple(tensor.shape), dtype=tensor.dtype)
                self.trackers[key] = wrap_fx_proxy(self.translator, made)
            elif form == "ndarray":
                tensor = self.first(proxy, "tensor")
                self.trackers[key] = variables.NumpyNdarrayVariable(**vars(tensor))
            else:
                self.trackers[key] = self._symbolic(proxy, form)
        return self.trackers[key]

    def as_tensor(self, proxy: int) -> Any:
        """The tensor form of a symbolic float, made as the codegen would have it made."""
        return self.first(proxy, "float").as_tensor(self.translator, torch.float64)

    def _proxy(self, function: Any, *arguments: Any, **keywords: Any) -> Any:
        return self.translator.output.create_proxy("call_function", function, arguments, keywords)

    def _symbolic(self, proxy: int, form: str) -> Any:
        """A number that the graph computes: of odd proxies it has no hint (unbacked), of even ones it has."""
        shapes = self.translator.output.shape_env
        if form == "float":
            create, hint = shapes.create_unbacked_symfloat, 1.5
        else:
            create, hint = shapes.create_unbacked_symint, 7
        with shapes.ignore_fresh_unbacked_symbols():
            # no node of the graph is asked what it binds
            number = create() if proxy % 2 else self._backed(proxy, hint)
        if form == "bool":
            number = number > 3
        made = self._proxy(operator.pos, proxy)
        set_example_value(made.node, number)
        return variables.SymNodeVariable(made, number)

    def _backed(self, proxy: int, hint: int | float) -> Any:
        shapes = self.translator.output.shape_env
        where = source.ConstantSource(f"symbolic_{proxy}_{type(hint).__name__}")
        symbol = shapes.create_unspecified_symbol(hint, where, DimDynamic.DYNAMIC)
        create = shapes.create_symfloatnode if isinstance(hint, float) else shapes.create_symintnode
        return create(symbol, hint=hint, source=where)
