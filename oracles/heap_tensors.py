"""What the insides of tensors, arrays and their like are, and how those of two are held against each other.

Claim: two tensors compare equal exactly when they agree in class, dtype, shape, strides, offset, device,
layout, bits, `requires_grad`, gradient and attributes, and share their memory with what stands for each
other.

There are none where torch is not loaded: nothing here imports it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy

from oracles.heap_attributes import attributes
from oracles.heap_members import Members
from oracles.members import in_order

if TYPE_CHECKING:
    from oracles.heap import HeapWalk
    from oracles.values import Path

_ASKED = ("dtype", "shape", "device", "layout", "requires_grad", "is_leaf", "is_quantized", "names")


def rules() -> dict[type, Members]:
    """Exact classes, and what is compared of their values."""
    torch = sys.modules.get("torch")
    found: dict[type, Members] = {numpy.dtype: _equal}
    if torch is not None:
        found |= {
            torch.dtype: _equal,
            torch.device: _equal,
            torch.layout: _equal,
            torch.memory_format: _equal,
            torch.Size: _size,
            torch.Generator: _generator,
            torch.UntypedStorage: _storage,
        }
    return found


def derived() -> list[tuple[type, Members]]:
    """Classes that others derive from, and what is compared of their values."""
    found: list[tuple[type, Members]] = [
        (numpy.ndarray, _array),
        (numpy.generic, _number),
        (numpy.dtype, _equal),
    ]
    torch = sys.modules.get("torch")
    if torch is not None:
        found.append((torch.Tensor, _tensor))
    return found


def _equal(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    if actual != expected:
        walk.differs("bits", path, actual, expected, f"is {actual}, not {expected}")


def _size(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    in_order(walk, list(actual), list(expected), path, "item")


def _generator(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    if actual.get_state().tolist() != expected.get_state().tolist():
        walk.differs("bits", path, actual, expected, "is a generator in another state")


def _storage(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    if actual.tolist() != expected.tolist():
        walk.differs("bits", path, actual, expected, "holds other bytes")
    _over(walk, actual.data_ptr(), expected.data_ptr(), path)


def _over(walk: HeapWalk, mine: int, theirs: int, path: Path) -> None:
    """The memory that starts at these addresses."""
    if mine and theirs:
        walk.same_memory(mine, theirs, path)


def _number(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    if actual.dtype != expected.dtype or actual.tobytes() != expected.tobytes():
        walk.differs("bits", path, actual, expected, f"is {actual!r}, not {expected!r}")


def _array(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    for name in ("dtype", "shape", "strides"):
        mine, theirs = getattr(actual, name), getattr(expected, name)
        if mine != theirs:
            walk.differs("memory", path, actual, expected, f"has {name} {mine}, not {theirs}")
    if expected.dtype.hasobject:
        in_order(walk, actual.ravel().tolist(), expected.ravel().tolist(), path, "item")
    elif not _same_numbers(walk, actual, expected):
        walk.differs("bits", path, actual, expected, f"is {_few(actual)}, not {_few(expected)}")
    if expected.size:
        _over(walk, _start(actual), _start(expected), path)
    attributes(walk, actual, expected, path)


def _start(array: Any) -> int:
    """The address at which the memory starts that an array is a view of."""
    whole = array
    while isinstance(whole.base, numpy.ndarray):
        whole = whole.base
    address: int = whole.__array_interface__["data"][0]
    return address


def _same_numbers(walk: HeapWalk, actual: Any, expected: Any) -> bool:
    if actual.tobytes() == expected.tobytes():
        return True
    kinds = "fc"
    return bool(
        walk.close
        and expected.dtype.kind in kinds
        and numpy.allclose(actual, expected, 1e-4, 1e-5, equal_nan=True)
    )


def _few(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else text[:59] + "…"


def _tensor(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    import torch

    with torch._C.DisableTorchFunction(), torch._C._DisableTorchDispatch(), torch.no_grad():
        _told(walk, actual, expected, path)
        _bits(walk, actual, expected, path)
    if (actual.grad_fn is None) != (expected.grad_fn is None):
        told = "has no grad_fn" if actual.grad_fn is None else "has a grad_fn"
        walk.differs("memory", path, actual, expected, f"{told}, and the expected is not so")
    mine, theirs = (each.grad if each.is_leaf else None for each in (actual, expected))
    walk.visit(mine, theirs, (*path, ("attribute", "grad")))
    attributes(walk, actual, expected, path)


def _told(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    """What a tensor says of itself."""
    for name in _ASKED:
        mine, theirs = getattr(actual, name, None), getattr(expected, name, None)
        if mine != theirs:
            walk.differs("memory", path, actual, expected, f"has {name} {mine}, not {theirs}")
    for name in ("is_conj", "is_neg"):
        if getattr(actual, name)() != getattr(expected, name)():
            walk.differs("memory", path, actual, expected, f"{name} is another")


def _bits(walk: HeapWalk, actual: Any, expected: Any, path: Path) -> None:
    import torch

    if expected.layout is not torch.strided or expected.is_quantized or expected.device.type == "meta":
        parts = [each.coalesce() if each.layout is torch.sparse_coo else each for each in (actual, expected)]
        if expected.layout is torch.sparse_coo:
            for name in ("indices", "values"):
                one, other = (getattr(each, name)() for each in parts)
                _bits(walk, one, other, (*path, ("attribute", name)))
        elif expected.device.type != "meta":
            walk.unknown(expected)
        return
    if actual.stride() != expected.stride() or actual.storage_offset() != expected.storage_offset():
        mine, theirs = ((each.stride(), each.storage_offset()) for each in (actual, expected))
        walk.differs("memory", path, actual, expected, f"lies at {mine}, not {theirs}, in its memory")
    if not _same_bits(walk, actual, expected):
        walk.differs(
            "bits", path, actual, expected, f"is {_few(actual.tolist())}, not {_few(expected.tolist())}"
        )
    try:
        starts = [each.untyped_storage().data_ptr() for each in (actual, expected)]
    except (NotImplementedError, RuntimeError):
        return  # a wrapper of others, without memory of its own
    _over(walk, starts[0], starts[1], path)


def _same_bits(walk: HeapWalk, actual: Any, expected: Any) -> bool:
    import torch

    one, other = (each.detach().resolve_conj().resolve_neg().contiguous() for each in (actual, expected))
    if one.numel() == 0:
        return True
    if torch.equal(one.flatten().view(torch.uint8), other.flatten().view(torch.uint8)):
        return True
    floats = expected.dtype.is_floating_point or expected.dtype.is_complex
    if not (walk.close and floats):
        return False
    try:
        torch.testing.assert_close(one, other, equal_nan=True)
    except AssertionError:
        return False
    return True
