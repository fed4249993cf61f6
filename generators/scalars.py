"""The JSON form of a constant.

Claim: `scalar_from_data(scalar_to_data(value))` is the value to the bit, and of its type.

Numbers and strings that JSON would not keep are tagged objects: `{"float": "-0.0"}`,
`{"nan": "7ff8000000000001"}`, `{"integer": "0x…"}` beyond 53 bits, `{"complex": [real, imaginary]}`,
`{"bytes": "…hex"}`, `{"text": "…hex of UTF-8 with surrogates"}` for a string that holds a surrogate,
`{"ellipsis": true}`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any, cast

from generators import limits, reading
from generators.nodes import Scalar
from generators.rules import CaseError

_PLAIN_BITS = 53
_SURROGATE = re.compile("[\ud800-\udfff]")
_HEX_FLOAT = re.compile(r"[0-9a-f]{16}\Z")
_DECIMAL_FLOAT = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?\Z|-?inf\Z")
_HEX_INTEGER = re.compile(r"-?0x[0-9a-f]+\Z")


def scalar_to_data(value: Scalar) -> Any:
    """The JSON value of a constant; raises TypeError for a type that no case may hold."""
    writer = _SCALAR_WRITERS.get(type(value))
    if writer is None:
        raise TypeError(f"a constant of type {type(value).__name__} cannot be in a case")
    return writer(value)


def _float_to_data(value: float) -> dict[str, str]:
    if value != value:
        return {"nan": struct.pack(">d", value).hex()}
    return {"float": repr(value)}


def _integer_to_data(value: int) -> Any:
    return value if value.bit_length() <= _PLAIN_BITS else {"integer": hex(value)}


def _text_to_data(value: str) -> Any:
    if _SURROGATE.search(value):
        return {"text": value.encode("utf-8", "surrogatepass").hex()}
    return value


_SCALAR_WRITERS: dict[type, Callable[[Any], Any]] = {
    type(None): lambda value: None,
    bool: lambda value: value,
    int: _integer_to_data,
    float: _float_to_data,
    complex: lambda value: {"complex": [_float_to_data(value.real), _float_to_data(value.imag)]},
    str: _text_to_data,
    bytes: lambda value: {"bytes": value.hex()},
    type(...): lambda value: {"ellipsis": True},
}


def scalar_from_data(data: Any, where: str) -> Scalar:
    """The constant that `data` stands for; raises CaseError at `where`."""
    if data is None or type(data) in (bool, int):
        return cast(Scalar, data)
    if type(data) is str:
        if _SURROGATE.search(data):
            raise CaseError(where, 'a string with surrogates is written {"text": "hex of its UTF-8"}')
        return data
    if type(data) is not dict or len(data) != 1:
        raise CaseError(where, f"{reading.show(data)} is no constant; a float is written {{'float': '1.5'}}")
    ((tag, body),) = data.items()
    reader = _SCALAR_READERS.get(tag)
    if reader is None:
        known = ", ".join(_SCALAR_READERS)
        raise CaseError(where, f"unknown kind of constant {reading.show(tag)}; known are {known}")
    return reader(body, f"{where}.{tag}")


def _text_body(body: Any, where: str, pattern: re.Pattern[str], expected: str) -> str:
    if type(body) is not str or not pattern.match(body):
        raise CaseError(where, f"expected {expected}, not {reading.show(body)}")
    return body


def _read_float(body: Any, where: str) -> float:
    return float(_text_body(body, where, _DECIMAL_FLOAT, "a decimal number, inf or -inf, as a string"))


def _read_nan(body: Any, where: str) -> float:
    bits = _text_body(body, where, _HEX_FLOAT, "the 16 hexadecimal digits of a NaN")
    value = struct.unpack(">d", bytes.fromhex(bits))[0]
    if value == value:
        raise CaseError(where, f"{bits} are not the bits of a NaN")
    return float(value)


def _read_integer(body: Any, where: str) -> int:
    text = _text_body(body, where, _HEX_INTEGER, "a hexadecimal integer such as 0x1f")
    value = int(text, 16)
    if value.bit_length() not in limits.FILE_INTEGER_BITS:
        raise CaseError(where, f"more than {limits.FILE_INTEGER_BITS.high} bits")
    return value


def _read_complex(body: Any, where: str) -> complex:
    if type(body) is not list or len(body) != 2:
        raise CaseError(where, f"expected [real part, imaginary part], not {reading.show(body)}")
    parts = [scalar_from_data(part, f"{where}[{at}]") for at, part in enumerate(body)]
    for at, part in enumerate(parts):
        if type(part) is not float:
            raise CaseError(f"{where}[{at}]", f"expected a float, not {reading.show(body[at])}")
    # complex(a, b) keeps the bits of both parts, signed zeros and NaNs included
    return complex(*parts)  # type: ignore[arg-type]  # both are floats: see above


def _read_hex(body: Any, where: str) -> bytes:
    text = _text_body(body, where, re.compile(r"([0-9a-f]{2})*\Z"), "an even number of hexadecimal digits")
    return bytes.fromhex(text)


def _read_text(body: Any, where: str) -> str:
    try:
        return _read_hex(body, where).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise CaseError(where, "these bytes are not UTF-8, surrogates allowed") from None


def _read_ellipsis(body: Any, where: str) -> Scalar:
    if body is not True:
        raise CaseError(where, f"expected true, not {reading.show(body)}")
    return ...


_SCALAR_READERS: dict[str, Callable[[Any, str], Scalar]] = {
    "float": _read_float,
    "nan": _read_nan,
    "integer": _read_integer,
    "complex": _read_complex,
    "bytes": _read_hex,
    "text": _read_text,
    "ellipsis": _read_ellipsis,
}
