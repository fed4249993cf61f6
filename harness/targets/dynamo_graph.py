"""The proxies of torch's graph, made once for the process: one made for each case would grow the graph.

Claim: a proxy is the same for every tracker of it, its example value is a tensor of the form that the proxy
stands for, and its trackers are those that Dynamo makes of such a value.
"""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch._dynamo import config, source, variables
from torch._dynamo.utils import set_example_value
from torch._dynamo.variables.builder import wrap_fx_proxy
from torch.fx.experimental.symbolic_shapes import DimDynamic

from generators.forms import SPARSE, Form, element_of, form_of, symbolic_kind, symbolic_value
from oracles.graph_values import AsTensor, AsView, Computed, subclasses


def _overriding() -> dict[str, Any]:
    """What a class has that overrides `__torch_function__`, to no effect."""

    def torch_function(
        cls: Any, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        return torch.Tensor.__torch_function__.__func__(cls, func, types, args, kwargs or {})

    return {"__torch_function__": classmethod(torch_function), "__module__": __name__}


SUBCLASSES = subclasses(torch.Tensor, torch.nn.Parameter, **_overriding())
"""The harness's tensor subclasses by name."""


class Tensors:
    """The real tensors of outputs, made once for the process."""

    def __init__(self) -> None:
        self._made: dict[Computed, torch.Tensor] = {}

    def __call__(self, output: Computed) -> torch.Tensor:
        """The tensor that the graph gives for an output."""
        if output not in self._made:
            self._made[output] = self._make(output)
        return self._made[output]

    def _make(self, output: Computed) -> torch.Tensor:
        match output:
            case AsTensor(proxy):
                return torch.tensor(symbolic_value(proxy, "float"), dtype=torch.float64)
            case AsView(proxy):
                return self(proxy).view_as(self(proxy))
        form = form_of(output)
        if form.view:
            return _VIEWS[form.view](self(output - form.back))
        return _whole(form, element_of(output))


def _whole(form: Form, element: Any) -> torch.Tensor:
    made = torch.full(form.shape, element, dtype=getattr(torch, form.dtype))
    if form.layout in SPARSE:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch says that it is new
            return made.to_sparse() if form.layout == SPARSE[0] else made.to_sparse_csr()
    if form.channels_last:
        made = made.to(memory_format=torch.channels_last)
    if form.conjugate:
        made = made.conj()
    if form.gradient and not form.parameter:
        made.requires_grad_()
    if form.gradient == "computed":
        made = made * 1
    return torch.nn.Parameter(made, bool(form.gradient)) if form.parameter else made


_VIEWS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "transposed": lambda tensor: tensor.t(),
    "columns": lambda tensor: tensor[:, 1:],
    "row": lambda tensor: tensor[0],
    "element": lambda tensor: tensor[1, 2],
    "expanded": lambda tensor: tensor.expand(2, *tensor.shape),
    "diagonal": lambda tensor: tensor.diagonal(),
    "detached": lambda tensor: tensor.detach(),
    "itself": lambda tensor: tensor,
}
"""Name of a view in a form -> the view."""


class Pool:
    """A first tracker for each proxy, which is cloned for each node."""

    def __init__(self, translator: Any, tensor_of: Callable[[Computed], torch.Tensor]) -> None:
        self.translator = translator
        self.tensor_of = tensor_of
        self._first: dict[tuple[Computed, str], Any] = {}

    def made(self, output: Computed, form: str, **changes: Any) -> Any:
        """A new tracker of an output: a `tensor`, an `ndarray`, or a symbolic number by its type."""
        first = self.first(output, form)
        if isinstance(first, variables.SymNodeVariable):
            # it cannot be cloned: its constructor does not take all that it has
            return variables.SymNodeVariable(first.proxy, first.sym_num, **changes)
        return first.clone(**changes)

    def first(self, output: Computed, form: str) -> Any:
        """The first tracker of an output, which no case gets."""
        key = output, form
        if key not in self._first:
            make = {"tensor": self._tensor, "ndarray": self._array}.get(form)
            self._first[key] = make(output) if make is not None else self._symbolic(output, form)
        return self._first[key]

    def as_tensor(self, proxy: int) -> Any:
        """The tensor form of a symbolic float, made as the codegen would have it made."""
        return self.first(proxy, "float").as_tensor(self.translator, torch.float64)

    def _tensor(self, output: Any) -> Any:
        tensor = self.tensor_of(output)
        proxy = self.translator.output.create_proxy("call_function", torch.clone, (), {})
        exporting = self.translator.export
        # a sparse tensor is traced under export alone
        self.translator.export = True
        try:
            with config.patch(capture_sparse_compute=True):
                example = self.translator.fake_mode.from_tensor(tensor, static_shapes=True)
                return wrap_fx_proxy(self.translator, proxy, example)
        finally:
            self.translator.export = exporting

    def _array(self, output: Any) -> Any:
        """As `numpy()` of a tensor is traced: a view of the whole that is known as an array."""
        tensor = self.first(output.proxy, "tensor").as_proxy()
        proxy = self.translator.output.create_proxy("call_method", "view_as", (tensor, tensor), {})
        return variables.NumpyNdarrayVariable.create(self.translator, proxy)

    def _symbolic(self, proxy: Any, form: str) -> Any:
        """A number that the graph computes, known as its proxy says."""
        shapes = self.translator.output.shape_env
        kind = symbolic_kind(proxy)
        whole = form != "float"
        with shapes.ignore_fresh_unbacked_symbols():
            # no node of the graph is asked what it binds
            if kind.startswith("unbacked"):
                number = shapes.create_unbacked_symint() if whole else shapes.create_unbacked_symfloat()
            else:
                number = self._backed(proxy, 7 if whole else 1.5)
        if kind.endswith("expression"):
            number = number * 2 + 1 if whole else number * 0.5
        if form == "bool":
            number = number > 3
        made = self.translator.output.create_proxy("call_function", operator.pos, (proxy,), {})
        set_example_value(made.node, number)
        return variables.SymNodeVariable(made, number)

    def _backed(self, proxy: int, hint: int | float) -> Any:
        shapes = self.translator.output.shape_env
        where = source.ConstantSource(f"symbolic_{proxy}_{type(hint).__name__}")
        symbol = shapes.create_unspecified_symbol(hint, where, DimDynamic.DYNAMIC)
        create = shapes.create_symfloatnode if isinstance(hint, float) else shapes.create_symintnode
        return create(symbol, hint=hint, source=where)
