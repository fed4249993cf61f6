"""Constants: every scalar type, weighted to the values that compare equal and are not the same.

Claim: bits that a careless codegen loses (`-0.0`, NaN payloads, `True` beside `1`, lone surrogates) are
drawn often, and often beside the value they would be confused with.
"""

from __future__ import annotations

import struct

from generators.builder import Builder
from generators.draw import Draw, Weighted
from generators.nodes import ConstantNode, Scalar


def _nan(bits: int) -> float:
    return float(struct.unpack("<d", struct.pack("<Q", bits))[0])


def _small_integer(draw: Draw) -> Scalar:
    return draw.choice((0, 1, -1, 2, 255, 256, 257, -5, -6))


def _flag(draw: Draw) -> Scalar:
    return draw.choice((False, True))


def _float(draw: Draw) -> Scalar:
    return draw.choice(
        (0.0, -0.0, 1.0, -1.0, 0.5, float("inf"), float("-inf"), 5e-324, 1.7976931348623157e308, 2.0**53)
    )


def _any_nan(draw: Draw) -> Scalar:
    sign = draw.integer(0, 1) << 63
    quiet = 0x7FF8_0000_0000_0000
    # Only quiet NaNs: loading a signalling one into a register may set its quiet bit on some machines.
    return _nan(sign | quiet | draw.choice((0, 1, 0xDEAD, 0x7_FFFF_FFFF_FFFF)))


def _text(draw: Draw) -> Scalar:
    return draw.choice(
        ("", "s", "x", "0", "None", "é", "\U0001f600", "\ud800", "\udc00\ud800", "a b", "\x00")
    )


def _bytes(draw: Draw) -> Scalar:
    return draw.choice((b"", b"s", b"\x00", b"\xff\xfe"))


def _complex(draw: Draw) -> Scalar:
    parts = (0.0, -0.0, 1.0, float("inf"), _nan(0x7FF8_0000_0000_0001))
    return complex(draw.choice(parts), draw.choice(parts))


def _big_integer(draw: Draw) -> Scalar:
    magnitude = draw.choice((2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, 2**64, 10**40, 1 << 1024))
    return magnitude if draw.integer(0, 1) == 0 else -magnitude


_KINDS = Weighted(
    [
        (22, _small_integer),
        (8, lambda draw: None),
        (14, _flag),
        (18, _float),
        (6, _any_nan),
        (14, _text),
        (6, _bytes),
        (5, _complex),
        (5, _big_integer),
        (3, lambda draw: ...),
    ]
)


def scalar(draw: Draw) -> Scalar:
    """Any constant."""
    return draw.weighted(_KINDS)(draw)


def draw_node(builder: Builder, depth: int) -> int:
    """A new constant node; `depth` does not matter to a leaf."""
    return builder.add(ConstantNode(scalar(builder.draw)))
