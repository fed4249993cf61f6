"""What the proxies of a graph stand for: a stated function of their numbers.

Claim: `form_of(proxy)` and `element_of(proxy)` alone say what the tensor of a proxy is, on every target; two
proxies have different memory, but for those whose row says that one is a view of the other.

The forms go round: proxy N has row N modulo the number of rows. The first rows are plain tensors of one
element, so that a small case names nothing else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from generators.nodes import Node, TensorNode

VIEWS = ("transposed", "columns", "row", "element", "expanded", "diagonal", "detached", "itself")
"""How a tensor may lie over that of another proxy; the last is the same object, as an operation in place
gives."""

SPARSE = ("sparse_coo", "sparse_csr")


@dataclass(frozen=True, slots=True)
class Form:
    """A tensor: `dtype`, `shape` and `layout` as torch names them.

    `value`: its elements, None: the number of the proxy, as far as the dtype holds it. `back`, `view`: it
    lies over the tensor of the proxy that many before it. `gradient`: it is a `leaf` that requires one, or
    `computed` from one. `parameter`: it is a `torch.nn.Parameter`. `channels_last`: its strides are.
    `conjugate`: it is a lazy conjugate.
    """

    dtype: str = "float32"
    shape: tuple[int, ...] = ()
    value: bool | int | float | complex | None = None
    layout: str = "strided"
    back: int = 0
    view: str = ""
    gradient: str = ""
    parameter: bool = False
    channels_last: bool = False
    conjugate: bool = False

    @property
    def is_array(self) -> bool:
        """May a program make an array of it? It says `numpy()`, without `force`."""
        lazy = self.conjugate or self.gradient or self.parameter
        return self.layout == "strided" and self.dtype in ARRAY_DTYPES and not lazy

    @property
    def is_number(self) -> bool:
        """Is it what a graph has in the place of a Python number?"""
        one = not self.view and all(length == 1 for length in self.shape)
        return one and self.is_array and self.dtype in NUMBER_DTYPES

    @property
    def is_strided(self) -> bool:
        """Is it no sparse tensor? Dynamo takes those under export alone."""
        return self.layout not in SPARSE


ARRAY_DTYPES = frozenset(
    {
        *("bool", "uint8", "int8", "int16", "int32", "int64", "uint16"),
        *("float16", "float32", "float64", "complex64", "complex128"),
    }
)
"""The dtypes that both torch and NumPy have."""

NUMBER_DTYPES = frozenset({"int64", "float32", "float64"})
"""The dtypes of which `torch.tensor` makes one of a Python number, and that a graph computes with."""

_PLAIN = tuple([Form("int64" if at % 2 else "float32", (1,) * (at % 3)) for at in range(12)])

FORMS: tuple[Form, ...] = (
    *_PLAIN,
    # a matrix, and what lies over it
    Form(shape=(3, 3)),
    *(Form(back=1 + at, view=view) for at, view in enumerate(VIEWS[:6])),
    Form(back=7, view="itself"),
    # dtypes
    Form("bool", (), True),
    Form("uint8", (1,), 255),
    Form("int8", (2,)),
    Form("int16", (1, 1)),
    Form("int32"),
    Form("int64", (1,), 2**62 + 1),
    Form("uint16", (1,)),
    Form("float16", (), float("inf")),
    Form("bfloat16", (1,)),
    Form("float8_e4m3fn", (2,), 1.5),
    Form("float32", (), -0.0),
    Form("float64", (1,), float("nan")),
    Form("float64", (), 5e-324),
    Form("complex64", (), 1 - 2j),
    Form("complex128", (2, 1), complex(-0.0, 0.5)),
    Form("complex64", (2,), conjugate=True),
    # shapes
    Form(shape=(0,)),
    Form("int64", (2, 0, 3)),
    Form("bool", (1,) * 5, False),
    Form(shape=(2, 2, 2, 2), channels_last=True),
    # what has a gradient, and parameters
    Form(shape=(2,), gradient="leaf"),
    Form(shape=(2,), gradient="computed"),
    Form(shape=(2, 2), gradient="leaf", parameter=True),
    Form(back=1, view="detached"),
    Form("int64", parameter=True),
    # layouts
    Form(shape=(2, 2), layout="sparse_coo"),
    Form(shape=(2, 2), layout="sparse_csr"),
    # plain ones, where symbolic numbers have their proxies
    *(Form(shape=(1,)) for _ in range(17)),
)
"""The forms, row by row; a row means the same in every version of the schema."""

ODD_FORMS = range(len(_PLAIN), len(FORMS) - 17)
"""The rows of forms that are drawn for their oddity."""


def is_sparse(node: Node) -> bool:
    """Is the node a sparse tensor?"""
    return isinstance(node, TensorNode) and form_of(node.output).layout in SPARSE


def object_of(proxy: int) -> int:
    """The first proxy whose tensor is the very object that this one's is."""
    form = form_of(proxy)
    return object_of(proxy - form.back) if form.view == "itself" else proxy


def form_of(proxy: int) -> Form:
    """What the tensor of a proxy is."""
    return FORMS[proxy % len(FORMS)]


def tensor_property(output: int, name: str, index: int | None) -> int | None:
    """The size or stride in a dimension of the tensor that is proxy `output`, or its offset in its storage.

    None: it has no such thing, or one that its row alone does not say.
    """
    form = form_of(output)
    plain = not form.view and form.layout == "strided" and not (form.channels_last or form.conjugate)
    if not plain or 0 in form.shape:
        return None
    if name == "storage_offset":
        return 0 if index is None else None
    if name not in ("size", "stride") or index is None or not 0 <= index < len(form.shape):
        return None
    return form.shape[index] if name == "size" else math.prod(form.shape[index + 1 :])


def proxy_text(proxy: int) -> str:
    """The proxy as a reader is told of it, with its form where that is none of the plainest."""
    form = form_of(proxy)
    told = [form.dtype, str(list(form.shape)), form.layout, form.gradient, form.view]
    if form.view:
        told = [form.view, f"of proxy {proxy - form.back}"]
    flags = [name for name in ("parameter", "channels_last", "conjugate") if getattr(form, name)]
    text = " ".join(part for part in (*told, *flags) if part and part != "strided")
    return f"proxy {proxy}" if proxy < len(_PLAIN) else f"proxy {proxy} ({text})"


def element_of(proxy: int) -> bool | int | float | complex:
    """The elements of the tensor of a proxy: all are one number, which its dtype holds exactly."""
    form = form_of(proxy)
    if form.view:
        return element_of(proxy - form.back)
    if form.value is not None:
        return form.value
    kind = _KINDS.get(form.dtype.rstrip("0123456789"), int)
    return kind(proxy % _EXACT)


_KINDS: dict[str, type[int] | type[float] | type[complex]] = {
    "float": float,
    "bfloat": float,
    "complex": complex,
}
_EXACT = 128
"""Every dtype holds the whole numbers below this exactly."""

SYMBOLIC_KINDS = ("backed", "unbacked", "backed expression", "unbacked expression")
"""What a symbolic number may be: of proxy N the one in turn."""


def symbolic_kind(proxy: int) -> str:
    """How the number of a proxy is known while code is made."""
    return SYMBOLIC_KINDS[proxy % len(SYMBOLIC_KINDS)]


def symbolic_value(proxy: int, form: str) -> int | float | bool:
    """The number that a proxy stands for, of the type named `form`."""
    if form == "bool":
        return proxy % 2 == 0
    if form == "int":
        return _ODD_INTEGERS.get(proxy, proxy - 5)
    return _ODD_FLOATS.get(proxy, -0.0 if proxy % 4 == 0 else proxy / 8)


_ODD_INTEGERS = {49: 2**62 + 1, 50: -1}
_ODD_FLOATS = {53: float("nan"), 54: 5e-324, 55: float("-inf"), 57: 2.0**53 + 2}
