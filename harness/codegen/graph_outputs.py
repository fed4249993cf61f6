"""Trackers of what the compiled graph computes and that is no plain tensor to Python.

Claim: each one's proxy is the graph output that its value is made of; trackers of one proxy are one output. A
plain tensor is `variables.TensorVariable`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.codegen.variables import MutationType, TensorVariable, VariableTracker

if TYPE_CHECKING:
    from harness.codegen.host import TranslatorLike
    from harness.codegen.sources import Source


class SymNodeVariable(VariableTracker):
    """A number of which only the type is known: int, bool or float.

    `tensor` is a float's form as a tensor, which is an output of its own.
    """

    def __init__(
        self,
        proxy: object,
        number_type: type,
        tensor: TensorVariable | None = None,
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(source=source, mutation_type=mutation_type)
        self.proxy = proxy
        self.number_type = number_type
        self.tensor = tensor

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.number_type.__name__}, {self.proxy!r})"

    def python_type(self) -> type:
        return self.number_type

    def as_proxy(self) -> Any:
        return self.proxy

    def as_tensor(self, tx: TranslatorLike, dtype: Any) -> TensorVariable:
        """The number as a tensor: the same tracker each time, so that it is one output."""
        if self.tensor is None:
            self.tensor = TensorVariable((self.proxy, dtype))
        return self.tensor


class NumpyNdarrayVariable(TensorVariable):
    """An array over the memory of the tensor that the proxy stands for."""


class UnspecializedPythonVariable(TensorVariable):
    """A Python number that the graph knows as a tensor of one element; with `need_unwrap`, not to Python."""

    def __init__(
        self,
        proxy: object,
        *,
        need_unwrap: bool = True,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(proxy, source=source, mutation_type=mutation_type)
        self.need_unwrap = need_unwrap


class TensorWithTFOverrideVariable(TensorVariable):
    """A tensor of a class that overrides `__torch_function__`."""

    def __init__(
        self,
        proxy: object,
        class_type: type,
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(proxy, source=source, mutation_type=mutation_type)
        self.class_type = class_type

    def python_type(self) -> type:
        return self.class_type

    def global_mangled_class_name(self, tx: TranslatorLike) -> str:
        """The global that holds the class."""
        return tx.output.install_global_by_id(f"__subclass_{self.class_type.__name__}", self.class_type)
