"""The JSON form of a case: exact to the bit, readable, and safe against any text."""

from __future__ import annotations

import copy
import json
import pickle
import re
import signal
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from generators import SCHEMA, Case, CaseError, Options, dumps, limits, loads
from generators.case import Attribute, DictItem, GlobalName, Item, LocalName
from generators.nodes import ConstantNode, DictNode, ListNode, ObjectNode, Scalar, TensorNode, TupleNode
from generators.scalars import scalar_to_data


def nan(bits: int) -> float:
    return float(struct.unpack(">d", struct.pack(">Q", bits))[0])


def bits(value: Scalar) -> tuple[str, object]:
    """Equal for two scalars exactly when nothing tells them apart."""
    match value:
        case float():
            return "float", struct.pack(">d", value)
        case complex():
            return "complex", struct.pack(">dd", value.real, value.imag)
        case str():
            return "str", tuple(map(ord, value))
    return type(value).__name__, value


def holding(value: Scalar) -> Case:
    return Case((ConstantNode(value),), (0,))


def round_trip(value: Scalar) -> Scalar:
    node = loads(dumps(holding(value))).nodes[0]
    assert isinstance(node, ConstantNode)
    return node.value


# --- scalars ----------------------------------------------------------------------------------------

QUIET = 0x7FF8_0000_0000_0000
SIGN = 1 << 63

SCALARS: list[Scalar] = [
    *(None, ..., True, False, 0, 1, -1, 255, 256),
    *(2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**63, 2**64, -(2**64), 10**40, 1 << 1024, -(1 << 1024)),
    *((1 << limits.FILE_INTEGER_BITS.high) - 1, -((1 << limits.FILE_INTEGER_BITS.high) - 1)),
    *(0.0, -0.0, 1.0, -1.0, 0.1, 5e-324, -5e-324, 2.0**53, 1.7976931348623157e308, 1e22, 123456789.125),
    *(float("inf"), float("-inf"), nan(QUIET), nan(SIGN | QUIET), nan(QUIET | 0xDEAD)),
    *(nan(SIGN | QUIET | 1), nan(0x7FFF_FFFF_FFFF_FFFF), nan(0xFFFF_FFFF_FFFF_FFFF)),
    *("", "a", "é", "\U0001f600", "\x00", '\n\t"\\/', "\x7f\x80\u2028", "None", "true", "nan"),
    *(
        "\ud800",
        "\udfff",
        "a\udc00b",
        "\udc00\ud800",
        "\ud83d\ude00",
        "\ud83d\ude00\U0001f600",
        "\ud7ff\ue000",
    ),
    *('{"float": "1.0"}', "__import__('os').abort()", "cos\nsystem\n(S'false'\ntR."),
    *(b"", b"\x00", b"\xff\xfe", bytes(range(256)), b"{}", b"__import__('os').abort()"),
    *(0j, complex(-0.0, 0.0), complex(0.0, -0.0), complex(-0.0, -0.0), complex(1.5, -2.5)),
    *(
        complex(nan(QUIET | 7), 0.0),
        complex(-0.0, nan(SIGN | QUIET | 7)),
        complex(float("-inf"), float("inf")),
    ),
    complex(nan(QUIET), nan(QUIET | 1)),
]


@pytest.mark.parametrize("value", SCALARS, ids=lambda value: type(value).__name__)
def test_scalar_comes_back_to_the_bit(value: Scalar) -> None:
    assert bits(round_trip(value)) == bits(value)


def test_scalars_that_compare_equal_are_written_apart() -> None:
    for alike in (
        (1, True, 1.0, complex(1, 0)),
        (0, False, 0.0, -0.0, 0j, complex(0.0, -0.0), complex(-0.0, 0.0)),
        (nan(QUIET), nan(SIGN | QUIET), nan(QUIET | 1), "nan", complex(nan(QUIET), 0.0)),
        ("\ud83d\ude00", "\U0001f600"),
        ("", b"", None, "None"),
    ):
        assert len({dumps(holding(value)) for value in alike}) == len(alike)


def test_integers_that_a_double_may_lose_are_written_in_hexadecimal() -> None:
    for magnitude in (2**53 - 1, 2**53):
        plain = magnitude < 2**53
        for value in (magnitude, -magnitude):
            assert scalar_to_data(value) == (value if plain else {"integer": hex(value)})


def test_equal_constants_side_by_side_stay_apart() -> None:
    values: list[Scalar] = [True, 1, 1.0, False, 0, 0.0, -0.0]
    case = Case(tuple(map(ConstantNode, values)), tuple(range(len(values))))
    read = [node.value for node in loads(dumps(case)).nodes if isinstance(node, ConstantNode)]
    assert list(map(bits, read)) == list(map(bits, values))


def test_surrogates_written_by_hand_as_a_pair_are_one_character() -> None:
    text = dumps(holding("x")).replace('"x"', r'"\ud83d\ude00"')
    node = loads(text).nodes[0]
    assert isinstance(node, ConstantNode)
    assert node.value == "\U0001f600"


@pytest.mark.parametrize(
    "text", ["__import__('os').abort()", "exit()", "{1: 2}", "\x80\x04.", "!!python/object"]
)
def test_reading_executes_nothing(text: str) -> None:
    assert round_trip(text) == text
    assert round_trip(text.encode("latin-1")) == text.encode("latin-1")


def test_subclasses_and_other_types_are_not_written() -> None:
    class Whole(int):
        pass

    for value in (Whole(1), [1], (1,), {1}, object(), bytearray(b""), type):
        with pytest.raises(TypeError, match="cannot be in a case"):
            scalar_to_data(value)  # type: ignore[arg-type]


# --- the file ---------------------------------------------------------------------------------------

CASE = Case(
    nodes=(
        ConstantNode("k"),
        ConstantNode(-0.0, source=2),
        DictNode(((0, 1),), source=1),
        ObjectNode((("x", 2),), source=0),
        TensorNode(3),
        ListNode((0, 0), source=3),
        TupleNode((3, 4)),
        ListNode((6, 4)),
    ),
    roots=(7, 4, 7),
    sources=(LocalName("a"), Attribute(0, "x"), DictItem(1, 0), GlobalName("g"), Item(3, 1)),
    locals=(("a", 3),),
    globals=(("g", 5),),
    options=Options(passes=1, value_from_source=False, temporaries=(7, 6)),
)
FILE = """\
{
  "schema": 4,
  "kind": "tree",
  "nodes": [
    {"kind": "constant", "value": "k"},
    {"kind": "constant", "value": {"float": "-0.0"}, "source": 2},
    {"kind": "dict", "items": [[0, 1]], "source": 1},
    {"kind": "object", "attributes": [["x", 2]], "source": 0},
    {"kind": "tensor", "output": 3},
    {"kind": "list", "items": [0, 0], "source": 3},
    {"kind": "tuple", "items": [3, 4]},
    {"kind": "list", "items": [6, 4]}
  ],
  "sources": [
    {"kind": "local", "name": "a"},
    {"kind": "attribute", "base": 0, "name": "x"},
    {"kind": "dict_item", "base": 1, "key": 0},
    {"kind": "global", "name": "g"},
    {"kind": "item", "base": 3, "index": 1}
  ],
  "locals": {"a": 3},
  "globals": {"g": 5},
  "roots": [7, 4, 7],
  "effects": [],
  "options": {"passes": 1, "value_from_source": false, "temporaries": [7, 6], "overrides": [], \
"inlined": false, "export": false}
}
"""


def test_file_is_what_a_person_would_write() -> None:
    assert dumps(CASE) == FILE


def test_file_gives_the_same_case() -> None:
    case = loads(FILE)
    assert repr(case) == repr(CASE)
    assert dumps(case) == FILE


def test_layout_does_not_matter() -> None:
    data = json.loads(FILE)
    reordered = {name: data[name] for name in reversed(data)}
    for text in (json.dumps(data), json.dumps(reordered, indent=4), FILE.encode(), FILE.encode("utf-8-sig")):
        assert dumps(loads(text)) == FILE


def test_order_of_bindings_is_kept() -> None:
    sources = (LocalName("b"), LocalName("a"), GlobalName("z"), GlobalName("y"))
    nodes = tuple(ListNode((), source=at) for at in range(4))
    case = Case(nodes, (0, 1, 2, 3), sources, (("b", 0), ("a", 1)), (("z", 2), ("y", 3)))
    assert loads(dumps(case)).locals == (("b", 0), ("a", 1))
    assert loads(dumps(case)).globals == (("z", 2), ("y", 3))


def test_file_is_ascii_with_one_entry_a_line() -> None:
    nodes = (ConstantNode("é\n\ud800"), ConstantNode("\n"), TupleNode((0, 1)))
    text = dumps(Case(nodes, (2,)))
    assert text.isascii()
    assert text.endswith("}\n")
    assert len(re.findall(r'^    \{"kind": "[a-z]+", .*\},?$', text, re.MULTILINE)) == len(nodes)
    assert '"sources": [],' in text


@pytest.mark.parametrize("schema", [0, SCHEMA + 1, -1, "1", 1.0, True, None, [1]])
def test_unknown_schema_is_refused(schema: object) -> None:
    refusal = refused(json.dumps({**json.loads(FILE), "schema": schema}))
    assert refusal.where == "schema"
    assert "reads schema 1 and 2 and 3 and 4, not" in refusal.what


# --- ill-formed and hostile files --------------------------------------------------------------------


def refused(text: str | bytes) -> CaseError:
    """The one CaseError that reading gives; any other exception, or none, fails the test."""
    with pytest.raises(CaseError) as caught:
        loads(text)
    error = caught.value
    assert type(error) is CaseError
    assert error.__cause__ is None
    assert error.what
    assert str(error) == (f"{error.where}: {error.what}" if error.where else error.what)
    return error


def edited(path: str, value: object) -> str:
    """FILE with the field at `path`, such as `nodes.3.source`, set to `value`."""
    data = json.loads(FILE)
    *parents, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    place: Any = data
    for step in parents:
        place = place[step]
    place[last] = copy.deepcopy(value)
    return json.dumps(data)


def without(path: str) -> str:
    data = json.loads(FILE)
    *parents, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    place: Any = data
    for step in parents:
        place = place[step]
    del place[last]
    return json.dumps(data)


def constant(value: object) -> str:
    return edited("nodes.0.value", value)


# path of the field, its new value, the field that the refusal names
WRONG_FIELDS: list[tuple[str, object, str]] = [
    # wrong types
    ("nodes", {}, "nodes"),
    ("nodes", None, "nodes"),
    ("nodes", "abc", "nodes"),
    ("nodes.0", [], "nodes[0]"),
    ("nodes.0", "constant", "nodes[0]"),
    ("nodes.0", {}, "nodes[0]"),
    ("nodes.0.kind", 1, "nodes[0]"),
    ("nodes.0.kind", "Constant", "nodes[0].kind"),
    ("nodes.0.kind", "__class__", "nodes[0].kind"),
    ("nodes.5.kind", "local", "nodes[5].kind"),
    ("nodes.5.items", 0, "nodes[5].items"),
    ("nodes.5.items", {"0": 0}, "nodes[5].items"),
    ("nodes.5.items", "01", "nodes[5].items"),
    ("nodes.5.items", [[0]], "nodes[5].items[0]"),
    ("nodes.5.items", [0, "0"], "nodes[5].items[1]"),
    ("nodes.2.items", [0, 1], "nodes[2].items[0]"),
    ("nodes.2.items", [[0]], "nodes[2].items[0]"),
    ("nodes.2.items", [[0, 1, 0]], "nodes[2].items[0]"),
    ("nodes.2.items", [[0, None]], "nodes[2].items[0][1]"),
    ("nodes.2.items", {"0": 1}, "nodes[2].items"),
    ("nodes.3.attributes", {"x": 2}, "nodes[3].attributes"),
    ("nodes.3.attributes", [["x"]], "nodes[3].attributes[0]"),
    ("nodes.3.attributes", ["x2"], "nodes[3].attributes[0]"),
    ("nodes.3.attributes", [[2, "x"]], "nodes[3].attributes[0][0]"),
    ("nodes.3.attributes", [["x", "2"]], "nodes[3].attributes[0][1]"),
    ("nodes.4.output", None, "nodes[4].output"),
    ("nodes.5.source", "g", "nodes[5].source"),
    ("sources", {}, "sources"),
    ("sources.0", None, "sources[0]"),
    ("sources.0.kind", "builtin", "sources[0].kind"),
    ("sources.0.kind", "constant", "sources[0].kind"),
    ("sources.0.name", 1, "sources[0].name"),
    ("sources.1.name", None, "sources[1].name"),
    ("locals", [], "locals"),
    ("locals", [["a", 3]], "locals"),
    ("globals", None, "globals"),
    ("locals.a", "3", "locals.a"),
    ("locals.a", [3], "locals.a"),
    ("roots", 7, "roots"),
    ("roots", {}, "roots"),
    ("roots.1", "4", "roots[1]"),
    ("roots.1", None, "roots[1]"),
    ("options", [], "options"),
    ("options", None, "options"),
    ("options.value_from_source", 1, "options.value_from_source"),
    ("options.value_from_source", "true", "options.value_from_source"),
    ("options.passes", "2", "options.passes"),
    ("options.temporaries", 7, "options.temporaries"),
    ("options.temporaries", [None], "options.temporaries[0]"),
    ("kind", "program", "kind"),
    ("kind", ["tree"], "kind"),
    ("options.overrides", None, "options.overrides"),
    ("options.overrides", [0, 0], "options.overrides[0]"),
    ("options.overrides", [[0]], "options.overrides[0]"),
    ("options.overrides", [[0, True]], "options.overrides[0][1]"),
    ("options.overrides", [[0, 5]], "options.overrides[0]"),
    ("options.overrides", [[0, 3]], "options.overrides[0]"),
    ("options.inlined", 0, "options.inlined"),
    ("options.inlined", None, "options.inlined"),
    # numbers that are not an index
    ("roots.1", -1, "roots[1]"),
    ("roots.1", 4.0, "roots[1]"),
    ("roots.1", True, "roots[1]"),
    ("roots.1", float("1e300"), "roots[1]"),
    ("roots.1", 10**400, "roots[1]"),
    ("roots.1", 8, "roots[1]"),
    ("roots", [], "roots"),
    ("nodes", [], "nodes"),
    ("nodes.5.items", [0, -1], "nodes[5].items[1]"),
    ("nodes.5.items", [False], "nodes[5].items[0]"),
    ("nodes.2.items", [[0, 1.0]], "nodes[2].items[0][1]"),
    ("nodes.4.output", -1, "nodes[4].output"),
    ("nodes.4.output", True, "nodes[4].output"),
    ("nodes.4.output", limits.FILE_OUTPUTS.high + 1, "nodes[4].output"),
    ("nodes.5.source", -1, "nodes[5].source"),
    ("nodes.5.source", False, "nodes[5].source"),
    ("nodes.5.source", 5, "nodes[5].source"),
    ("sources.1.base", -1, "sources[1].base"),
    ("sources.1.base", 0.0, "sources[1].base"),
    ("sources.4.index", -1, "sources[4].index"),
    ("sources.4.index", 10**300, "sources[4].index"),
    ("sources.4.index", 2, "sources[4]"),
    ("sources.2.key", True, "sources[2].key"),
    ("sources.2.key", 99, "sources[2].key"),
    ("sources.2.key", 2, "sources[2]"),
    ("locals.a", -1, "locals.a"),
    ("locals.a", 99, "locals.a"),
    ("globals.g", True, "globals.g"),
    ("options.passes", 0, "options.passes"),
    ("options.passes", 3, "options.passes"),
    ("options.passes", True, "options.passes"),
    ("options.passes", -1, "options.passes"),
    ("options.temporaries", [8], "options.temporaries[0]"),
    ("options.temporaries", [7, 7], "options.temporaries"),
    # forward and self references, cycles of sources
    ("nodes.6.items", [7], "nodes[6]"),
    ("nodes.6.items", [6], "nodes[6]"),
    ("nodes.0", {"kind": "tuple", "items": [0]}, "nodes[0]"),
    ("nodes.0", {"kind": "list", "items": [8]}, "nodes[0]"),
    ("nodes.3.attributes", [["x", 8]], "nodes[3]"),
    ("nodes.2.items", [[0, 8]], "nodes[2]"),
    ("nodes.2.items", [[8, 0]], "nodes[2]"),
    ("sources.1.base", 1, "sources[1].base"),
    ("sources.1.base", 2, "sources[1].base"),
    ("sources.0", {"kind": "item", "base": 0, "index": 0}, "sources[0].base"),
    ("sources.2.base", 10**30, "sources[2].base"),
    # names
    ("locals", {"a": 3, "graph_out_0": 3}, "locals.graph_out_0"),
    ("locals", {"a": 3, "graph_out_1": 3}, "locals.graph_out_1"),
    ("globals", {"g": 5, "__builtins__": 5}, "globals.__builtins__"),
    ("locals", {"a": 3, "lambda": 3}, "locals.lambda"),
    ("locals", {"a": 3, "None": 3}, "locals.None"),
    ("locals", {"a": 3, "": 3}, "locals."),
    ("locals", {"a": 3, "a b": 3}, "locals.a b"),
    ("locals", {"a": 3, "b;import os": 3}, "locals.b;import os"),
    ("locals", {"a": 3, "ﬁ": 3}, "locals.ﬁ"),
    ("locals", {"a": 3, "ａ": 3}, "locals.ａ"),
    ("locals", {"a": 3, "\ud800": 3}, "locals.\ud800"),
    ("locals", {"a": 3, "n" * 101: 3}, "locals." + "n" * 101),
    ("sources.0.name", "class", "sources[0].name"),
    ("sources.0.name", "graph_out_0", "sources[0].name"),
    ("sources.1.name", "__class__", "sources[1].name"),
    ("sources.1.name", "ﬁ", "sources[1].name"),
    ("nodes.3.attributes", [["__dict__", 2]], "nodes[3].attributes.__dict__"),
    ("nodes.3.attributes", [["x", 2], ["x", 2]], "nodes[3].attributes"),
    ("sources.0.name", "b", "sources[0]"),
    # what does not exist, exists twice, or exists where it cannot
    ("locals", {"a": 3, "b": 6}, "locals.b"),
    ("nodes.5.items", [0, 4], "nodes[5]"),
    ("nodes.3.source", None, "nodes[3].source"),
    ("nodes.5.source", 0, "nodes[5].source"),
    ("nodes.2.items", [[1, 0]], "sources[2]"),
    ("nodes.7", {"kind": "dict", "items": [[0, 4], [0, 4]]}, "nodes[7].items[1]"),
    ("nodes.7", {"kind": "dict", "items": [[5, 4]]}, "nodes[7].items[0]"),
    # constants
    ("nodes.0.value", 1.5, "nodes[0].value"),
    ("nodes.0.value", [], "nodes[0].value"),
    ("nodes.0.value", {}, "nodes[0].value"),
    ("nodes.0.value", {"float": "1", "nan": "1"}, "nodes[0].value"),
    ("nodes.0.value", {"set": []}, "nodes[0].value"),
    ("nodes.0.value", {"__class__": "os"}, "nodes[0].value"),
    ("nodes.0.value", "\ud800", "nodes[0].value"),
    ("nodes.0.value", {"float": 1.5}, "nodes[0].value.float"),
    ("nodes.0.value", {"float": "nan"}, "nodes[0].value.float"),
    ("nodes.0.value", {"float": "1.5 "}, "nodes[0].value.float"),
    ("nodes.0.value", {"float": "1.5\n"}, "nodes[0].value.float"),
    ("nodes.0.value", {"float": "1_0"}, "nodes[0].value.float"),
    ("nodes.0.value", {"float": "١"}, "nodes[0].value.float"),
    ("nodes.0.value", {"float": "0x1p3"}, "nodes[0].value.float"),
    ("nodes.0.value", {"float": ""}, "nodes[0].value.float"),
    ("nodes.0.value", {"nan": "7ff0000000000000"}, "nodes[0].value.nan"),
    ("nodes.0.value", {"nan": "3ff0000000000000"}, "nodes[0].value.nan"),
    ("nodes.0.value", {"nan": "7ff8"}, "nodes[0].value.nan"),
    ("nodes.0.value", {"nan": "7FF8000000000000"}, "nodes[0].value.nan"),
    ("nodes.0.value", {"nan": "7ff8000000000000\n"}, "nodes[0].value.nan"),
    ("nodes.0.value", {"nan": None}, "nodes[0].value.nan"),
    ("nodes.0.value", {"integer": 1}, "nodes[0].value.integer"),
    ("nodes.0.value", {"integer": "1"}, "nodes[0].value.integer"),
    ("nodes.0.value", {"integer": "0x"}, "nodes[0].value.integer"),
    ("nodes.0.value", {"integer": "0x1_0"}, "nodes[0].value.integer"),
    ("nodes.0.value", {"integer": "0x1\n"}, "nodes[0].value.integer"),
    ("nodes.0.value", {"integer": "--0x1"}, "nodes[0].value.integer"),
    ("nodes.0.value", {"integer": "0x" + "f" * 1_000_000}, "nodes[0].value.integer"),
    ("nodes.0.value", {"integer": hex(1 << limits.FILE_INTEGER_BITS.high)}, "nodes[0].value.integer"),
    ("nodes.0.value", {"complex": 1}, "nodes[0].value.complex"),
    ("nodes.0.value", {"complex": [{"float": "1.0"}]}, "nodes[0].value.complex"),
    ("nodes.0.value", {"complex": [1, {"float": "1.0"}]}, "nodes[0].value.complex[0]"),
    ("nodes.0.value", {"complex": [{"float": "1.0"}, None]}, "nodes[0].value.complex[1]"),
    ("nodes.0.value", {"complex": [{"float": "x"}, None]}, "nodes[0].value.complex[0].float"),
    ("nodes.0.value", {"bytes": "abc"}, "nodes[0].value.bytes"),
    ("nodes.0.value", {"bytes": "AB"}, "nodes[0].value.bytes"),
    ("nodes.0.value", {"bytes": "ab "}, "nodes[0].value.bytes"),
    ("nodes.0.value", {"bytes": [1]}, "nodes[0].value.bytes"),
    ("nodes.0.value", {"text": "ff"}, "nodes[0].value.text"),
    ("nodes.0.value", {"text": "c0af"}, "nodes[0].value.text"),
    ("nodes.0.value", {"text": "\ud800"}, "nodes[0].value.text"),
    ("nodes.0.value", {"ellipsis": False}, "nodes[0].value.ellipsis"),
    ("nodes.0.value", {"ellipsis": 1}, "nodes[0].value.ellipsis"),
]


@pytest.mark.parametrize(
    ("path", "value", "where"),
    WRONG_FIELDS,
    ids=[f"{path}={value!a}"[:50] for path, value, _ in WRONG_FIELDS],
)
def test_wrong_field_is_named(path: str, value: object, where: str) -> None:
    assert refused(edited(path, value)).where == where


FIELDS = [
    *("schema", "kind", "nodes", "sources", "locals", "globals", "roots", "options"),
    *("options.passes", "options.value_from_source", "options.temporaries"),
    *("nodes.0.value", "nodes.2.items", "nodes.3.attributes", "nodes.4.output", "nodes.5.items"),
    *("sources.0.name", "sources.1.base", "sources.1.name", "sources.2.key", "sources.4.index"),
]


@pytest.mark.parametrize("path", FIELDS)
def test_missing_field_is_named(path: str) -> None:
    refusal = refused(without(path))
    holder, _, name = path.rpartition(".")
    assert refusal.where == re.sub(r"\.(\d+)", r"[\1]", holder)
    assert repr(name) in refusal.what


@pytest.mark.parametrize(
    "path", ["extra", "options.extra", "nodes.0.items", "nodes.5.extra", "sources.0.base"]
)
def test_unknown_field_is_named(path: str) -> None:
    refusal = refused(edited(path, 0))
    holder, _, name = path.rpartition(".")
    assert refusal.where == re.sub(r"\.(\d+)", r"[\1]", holder)
    assert f'"{name}"' in refusal.what


@pytest.mark.parametrize(
    ("field", "twice"),
    [
        ("kind", FILE.replace('"kind": "tree",', '"kind": "tree", "kind": "tree",')),
        ("a", FILE.replace('"a": 3', '"a": 3, "a": 2')),
        ("value", FILE.replace('"value": "k"', '"value": "k", "value": "l"')),
        ("passes", FILE.replace('"passes": 1', '"passes": 1, "passes": 1')),
        ("float", FILE.replace('{"float": "-0.0"}', '{"float": "-0.0", "float": "0.0"}')),
    ],
)
def test_field_twice_is_named(field: str, twice: str) -> None:
    assert twice != FILE
    assert f"{field!r} is there twice" in refused(twice).what


NOT_JSON: dict[str, str | bytes] = {
    "empty": "",
    "empty bytes": b"",
    "blank": " \n",
    "a word": "null and void",
    "a NUL": "\x00",
    "truncated": FILE[: len(FILE) // 2],
    "truncated in a string": FILE[: FILE.index('"k"') + 2],
    "truncated in an escape": FILE[: FILE.index('"k"') + 1] + "\\u12",
    "something after it": FILE + "{}",
    "two cases": FILE + FILE,
    "a trailing comma": FILE.replace('"roots": [7, 4, 7]', '"roots": [7, 4, 7,]'),
    "single quotes": FILE.replace('"', "'"),
    "Python's names": FILE.replace("false", "False"),
    "a comment": "// a case\n" + FILE,
    "a control character in a string": FILE.replace('"k"', '"\x01"'),
    "not UTF-8": FILE.encode().replace(b'"k"', b'"\xff\xfe"'),
    "UTF-16 of odd length": FILE.encode("utf-16")[:-1],
    "a byte order mark in text": "\ufeff" + FILE,
    "a pickle": pickle.dumps({"schema": 1}),
    "an old pickle": b"cos\nsystem\n(S'false'\ntR.",
    "bytecode": b"\xa7\r\r\n" + bytes(12),
    "NaN": FILE.replace('"k"', "NaN"),
    "Infinity": FILE.replace('"k"', "Infinity"),
    "-Infinity as an index": FILE.replace("[7, 4, 7]", "[-Infinity]"),
    "an integer of 5,000 digits": FILE.replace('"k"', "1" + "0" * 4_999),
    "an index of 5,000 digits": FILE.replace("[7, 4, 7]", "[" + "9" * 5_000 + "]"),
    "larger than a file may be": " " * (limits.FILE_BYTES.high + 1),
    "bytes, larger than a file may be": b" " * (limits.FILE_BYTES.high + 1),
    "10,000 arrays deep": "[" * 10_000 + "]" * 10_000,
    "10,000 arrays deep, open": "[" * 10_000,
    "10,000 objects deep": '{"nodes":' * 10_000 + "1" + "}" * 10_000,
    "10,000 deep in a constant": FILE.replace('"k"', '{"complex":[' * 10_000 + "]}" * 10_000),
    "10,000 deep in an index": FILE.replace("[7, 4, 7]", "[" * 10_000 + "]" * 10_000),
}


@pytest.mark.parametrize("text", NOT_JSON.values(), ids=NOT_JSON)
def test_text_that_is_no_case_is_refused_whole(text: str | bytes) -> None:
    assert refused(text).where == ""


def test_size_of_a_file_is_bounded() -> None:
    largest = FILE.ljust(limits.FILE_BYTES.high)
    assert dumps(loads(largest)) == dumps(loads(largest.encode())) == FILE
    for text in (largest + " ", largest.encode() + b" "):
        assert "larger than 8000000 bytes" in refused(text).what


@pytest.mark.parametrize("data", [None, 1, "x", [], [FILE], True, {}])
def test_json_that_is_no_case_is_refused(data: object) -> None:
    assert refused(json.dumps(data)).where == ""


@pytest.mark.parametrize(
    "around",
    [
        lambda deep: deep,
        lambda deep: FILE.replace('"schema": 4', f'"schema": {deep}'),
        lambda deep: FILE.replace('"k"', deep),
        lambda deep: FILE.replace('"k"', f'{{"float": {deep}}}'),
        lambda deep: FILE.replace("[7, 4, 7]", f"[{deep}]"),
    ],
    ids=["whole", "schema", "constant", "in a constant", "index"],
)
def test_nesting_of_every_depth_is_refused(around: Callable[[str], str]) -> None:
    """Also where reading it goes just well, and showing it in the refusal goes deeper."""
    for depth in range(2, 1_100):
        with pytest.raises(CaseError):
            loads(around("[" * depth + "]" * depth))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail what takes longer."""

    def late(number: int, frame: object) -> None:
        pytest.fail(f"took more than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_last_of_many_fields_twice_is_found_in_time() -> None:
    fields = ",".join(f'"f{number}":0' for number in range(50_000))
    with within(2):
        assert "'f49999' is there twice" in refused(f'{{{fields},"f49999":0}}').what


def test_long_wrong_value_is_shown_short() -> None:
    assert len(str(refused(constant(["x" * 100_000])))) < 300
    assert len(str(refused(edited("kind", "x" * 100_000)))) < 300
