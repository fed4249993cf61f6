"""The comparison of two runs over tensors and arrays: each part of the claim broken once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest
import torch

from oracles import heap_allowed, heap_tensors
from oracles.heap import HeapWalk
from oracles.values import Difference

ROOT = ("root", 0)


def difference(actual: Any, expected: Any, *, close: bool = False) -> Difference | None:
    return HeapWalk(close=close).look_at_all([(ROOT, actual, expected)])


class Tagged(torch.Tensor):
    pass


def tensor(*values: float, **asked: Any) -> torch.Tensor:
    return torch.tensor(values or (1.0, 2.0), **asked)


def noted(note: int) -> torch.Tensor:
    made = tensor()
    made.note = note  # type: ignore[attr-defined]
    return made


def with_grad(value: float) -> torch.Tensor:
    made = tensor(requires_grad=True)
    (made * value).sum().backward()
    return made


def viewed(shared: bool) -> list[torch.Tensor]:
    base = tensor()
    return [base, base.view(2) if shared else base.clone()]


def viewed_array(shared: bool) -> list[Any]:
    base = numpy.zeros(2)
    return [base, base[:] if shared else base.copy()]


def sparse(value: float) -> torch.Tensor:
    return torch.sparse_coo_tensor([[0]], [value], (3,))


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def over(tensor: torch.Tensor, offset: int) -> torch.Tensor:
    return tensor[offset : offset + 1]


BROKEN: list[tuple[type | None, str, Callable[[], Any], Callable[[], Any]]] = [
    (torch.Tensor, "bits", lambda: tensor(1), lambda: tensor(2)),
    (torch.Tensor, "bits", lambda: tensor(0.0), lambda: tensor(-0.0)),
    (torch.Tensor, "memory", lambda: tensor(1.0), lambda: tensor(1.0, dtype=torch.float64)),
    (torch.Tensor, "memory", lambda: tensor(), lambda: tensor().view(1, 2)),
    (torch.Tensor, "memory", lambda: torch.zeros(2, 2), lambda: torch.zeros(2, 2).t()),
    (torch.Tensor, "memory", lambda: over(torch.zeros(2), 0), lambda: over(torch.zeros(2), 1)),
    (torch.Tensor, "memory", lambda: tensor(), lambda: tensor(device="meta")),
    (torch.Tensor, "memory", lambda: tensor(), lambda: tensor(requires_grad=True)),
    (torch.Tensor, "memory", lambda: tensor(requires_grad=True), lambda: tensor(requires_grad=True) * 1),
    (torch.Tensor, "bits", lambda: with_grad(1), lambda: with_grad(2)),
    (torch.Tensor, "type", lambda: tensor(requires_grad=True), lambda: with_grad(2)),
    (torch.Tensor, "bits", lambda: noted(1), lambda: noted(2)),
    (torch.Tensor, "names", lambda: noted(1), lambda: tensor()),
    (torch.Tensor, "type", lambda: tensor(), lambda: tensor().as_subclass(Tagged)),
    (torch.Tensor, "memory", lambda: viewed(True), lambda: viewed(False)),
    (
        torch.Tensor,
        "memory",
        lambda: tensor(1j, dtype=torch.complex64),
        lambda: tensor(-1j, dtype=torch.complex64).conj(),
    ),
    (torch.Tensor, "bits", lambda: sparse(1.0), lambda: sparse(2.0)),
    (torch.Tensor, "memory", lambda: torch.zeros(3), lambda: sparse(1.0)),
    (torch.dtype, "bits", lambda: torch.float32, lambda: torch.float64),
    (torch.device, "bits", lambda: torch.device("cpu"), lambda: torch.device("meta")),
    (torch.layout, "bits", lambda: torch.strided, lambda: torch.sparse_coo),
    (torch.memory_format, "bits", lambda: torch.contiguous_format, lambda: torch.channels_last),
    (torch.Size, "bits", lambda: torch.Size([1]), lambda: torch.Size([2])),
    (torch.Generator, "bits", lambda: generator(1), lambda: generator(2)),
    (
        torch.UntypedStorage,
        "bits",
        lambda: tensor(1.0).untyped_storage(),
        lambda: tensor(2.0).untyped_storage(),
    ),
    (numpy.ndarray, "bits", lambda: numpy.zeros(2), lambda: numpy.ones(2)),
    (numpy.ndarray, "memory", lambda: numpy.zeros(2), lambda: numpy.zeros(2, numpy.float32)),
    (numpy.ndarray, "memory", lambda: numpy.zeros((2, 2)), lambda: numpy.zeros((2, 2), order="F")),
    (numpy.ndarray, "memory", lambda: viewed_array(True), lambda: viewed_array(False)),
    (
        numpy.ndarray,
        "bits",
        lambda: numpy.array([1, None]),
        lambda: numpy.array([2, None]),
    ),
    (numpy.generic, "bits", lambda: numpy.float32(1), lambda: numpy.float32(2)),
    (numpy.dtype, "bits", lambda: numpy.dtype("f4"), lambda: numpy.dtype("f4").newbyteorder()),
]


@pytest.mark.parametrize(
    ("kind", "expected", "make", "broken"), BROKEN, ids=lambda each: getattr(each, "__name__", None)
)
def test_a_rule_holds_and_is_broken(kind: Any, expected: str, make: Any, broken: Any) -> None:
    assert difference(make(), make()) is None
    found, other = difference(broken(), make()), difference(make(), broken())
    assert found is not None
    assert other is not None
    assert expected in (found.kind, other.kind), (found, other)


def test_every_rule_is_broken_by_some_value() -> None:
    kinds = set(heap_tensors.rules()) | {kind for kind, _ in heap_tensors.derived()}
    assert kinds <= {kind for kind, *_ in BROKEN}


def test_close_lets_rounding_through_and_nothing_else() -> None:
    assert difference(tensor(1.0), tensor(1.0 + 1e-7)) is not None
    assert difference(tensor(1.0), tensor(1.0 + 1e-7), close=True) is None
    assert difference(tensor(1.0), tensor(1.1), close=True) is not None
    assert difference(torch.tensor([1]), torch.tensor([2]), close=True) is not None
    assert difference(numpy.array([1.0]), numpy.array([1.0 + 1e-9]), close=True) is None


def test_an_array_without_dimensions_stands_for_a_number_and_is_counted() -> None:
    walk = HeapWalk()
    assert walk.look_at_all([(ROOT, numpy.array(1.5), numpy.float64(1.5))]) is None
    assert walk.allowed == {heap_allowed.NO_SCALARS: 1}
    assert difference(numpy.array(1.5), numpy.float64(2.5)) is not None
    assert difference(numpy.array(1.5), numpy.float32(1.5)) is not None
    assert difference(numpy.array([1.5]), numpy.float64(1.5)) is not None
    assert difference(numpy.float64(1.5), numpy.array(1.5)) is not None


def test_sharing_of_memory_is_asked_across_tensors_and_arrays() -> None:
    def pair(shared: bool) -> list[Any]:
        base = torch.zeros(2)
        return [base, base.numpy() if shared else base.clone().numpy()]

    assert difference(pair(True), pair(True)) is None
    assert difference(pair(True), pair(False)) is not None
    assert difference(pair(False), pair(True)) is not None


def test_a_parameter_of_a_module_and_its_buffer_are_looked_into() -> None:
    def module(value: float) -> torch.nn.Module:
        made = torch.nn.Linear(1, 1)
        torch.nn.init.constant_(made.weight, value)
        torch.nn.init.zeros_(made.bias)
        return made

    assert difference(module(1), module(1)) is None
    assert difference(module(1), module(2)) is not None
