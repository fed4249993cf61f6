"""The JSON form of a Case: `dumps`, `loads`, and the schema version.

Claim: `loads(dumps(case))` gives the case back to the bit, and reading any text at all either gives a
well-formed case or raises one CaseError that names the field; reading executes nothing.

Numbers and strings that JSON would not keep are tagged objects: `{"float": "-0.0"}`,
`{"nan": "7ff8000000000001"}`, `{"integer": "0x…"}` beyond 53 bits, `{"complex": [real, imaginary]}`,
`{"bytes": "…hex"}`, `{"text": "…hex of UTF-8 with surrogates"}` for a string that holds a surrogate,
`{"ellipsis": true}`.
"""

from __future__ import annotations

import dataclasses
import json
import re
import struct
from collections.abc import Callable
from typing import Any, NoReturn

from generators import limits
from generators.case import OPERATIONS, SOURCE_KINDS, Case, Effect, Options, Source
from generators.nodes import LINKS, NODE_KINDS, OPTIONAL, Node, Scalar
from generators.rules import CaseError, check
from generators.source_kinds import SOURCE_OPTIONAL
from generators.steps import STEPS, Step

SCHEMA = 4
"""The version written."""

READABLE = (1, 2, 3, 4)
"""The versions read. 1 has no effects; 2 fewer kinds of nodes, no cycles and fewer options; 3 trees only, of
fewer kinds of nodes and sources. What they have means the same: nothing to migrate."""

KINDS = ("tree", "call", "script")
"""The kinds of cases that can be read."""

_PLAIN_BITS = 53
_SURROGATE = re.compile("[\ud800-\udfff]")
_HEX_FLOAT = re.compile(r"[0-9a-f]{16}\Z")
_DECIMAL_FLOAT = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?\Z|-?inf\Z")
_HEX_INTEGER = re.compile(r"-?0x[0-9a-f]+\Z")


# --- writing ---------------------------------------------------------------------------------------


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


def _entry_to_data(entry: Node | Source) -> dict[str, Any]:
    data: dict[str, Any] = {"kind": entry.kind}
    unsaid = ("source", *_optional(type(entry)))
    for field in dataclasses.fields(entry):
        value = getattr(entry, field.name)
        if field.name in unsaid and value == field.default:
            continue
        data[field.name] = scalar_to_data(value) if field.name == "value" else value
    return data


def _optional(kind: type[Any]) -> tuple[str, ...]:
    return OPTIONAL.get(kind, ()) or SOURCE_OPTIONAL.get(kind, ())


def to_data(case: Case) -> dict[str, Any]:
    """The case as JSON-serialisable data, fields in the order a reader wants them; those of one kind of case
    alone are left out of the others."""
    call = case.kind == "call"
    steps = {"steps": [_step_to_data(step) for step in case.steps]} if case.steps else {}
    return {
        "schema": SCHEMA,
        "kind": case.kind,
        "nodes": [_entry_to_data(node) for node in case.nodes],
        "sources": [_entry_to_data(source) for source in case.sources],
        "locals": dict(case.locals),
        "globals": dict(case.globals),
        **{field: dict(getattr(case, field)) for field in ("cells", "free") if getattr(case, field)},
        "roots": list(case.roots),
        **({"as_tensor": list(case.as_tensor)} if call else {}),
        "effects": [
            {name: value for name, value in dataclasses.asdict(effect).items() if value is not None}
            for effect in case.effects
        ],
        **steps,
        "options": {
            "passes": case.options.passes,
            "value_from_source": case.options.value_from_source,
            "temporaries": list(case.options.temporaries),
            "overrides": [list(pair) for pair in case.options.overrides],
            "inlined": case.options.inlined,
            "export": case.options.export,
            **({"profile": case.options.profile} if call else {}),
            **({"lazy": list(case.options.lazy)} if case.options.lazy else {}),
            **({name: True for name in ("realized", "called", "modes") if getattr(case.options, name)}),
            **({} if case.options.replay else {"replay": False}),
            **({"reported": True} if case.options.reported else {}),
            **({"resumed": True} if case.options.resumed else {}),
            **({"logged": list(case.options.logged)} if case.options.logged else {}),
        },
    }


def _step_to_data(step: Step) -> dict[str, Any]:
    return {
        name: value for name, value in dataclasses.asdict(step).items() if value is not None and value != ()
    }


def dumps(case: Case) -> str:
    """The case as text for a file: one node and one source a line, ASCII, a newline at the end."""
    fields = []
    for name, value in to_data(case).items():
        if name in ("nodes", "sources", "effects", "steps") and value:
            lines = ",\n".join(f"    {json.dumps(entry)}" for entry in value)
            fields.append(f"  {json.dumps(name)}: [\n{lines}\n  ]")
        else:
            fields.append(f"  {json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(fields) + "\n}\n"


# --- reading ---------------------------------------------------------------------------------------


def loads(text: str | bytes) -> Case:
    """The well-formed case that `text` holds; raises CaseError, and nothing else, for anything wrong."""
    return check(from_data(_parse(text)))


def _parse(text: str | bytes) -> Any:
    if len(text) > limits.FILE_BYTES.high:
        raise CaseError("", f"larger than {limits.FILE_BYTES.high} bytes ({limits.FILE_BYTES.reason})")
    try:
        return json.loads(text, object_pairs_hook=_fields_once, parse_constant=_no_constant)
    except CaseError:
        raise
    except RecursionError:
        raise CaseError("", "nested too deeply to be a case") from None
    except ValueError as error:  # JSONDecodeError, UnicodeDecodeError, an integer of too many digits
        raise CaseError("", f"not JSON: {error}") from None


def _fields_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise CaseError("", f"the field {name!r} is there twice in one object")
        fields[name] = value
    return fields


def _no_constant(name: str) -> NoReturn:
    raise CaseError("", f'{name} is not JSON; write {{"float": "inf"}} or {{"nan": "7ff8000000000000"}}')


def from_data(data: Any) -> Case:
    """A case of the right shape, its rules not yet checked; raises CaseError."""
    fields = _fields(
        data,
        "",
        (*("schema", "kind", "nodes", "sources", "locals", "globals", "roots"), *_OPTIONAL, "options"),
        optional=_OPTIONAL,
    )
    if type(fields["schema"]) is not int or fields["schema"] not in READABLE:
        readable = " and ".join(map(str, READABLE))
        raise CaseError("schema", f"this stackproof reads schema {readable}, not {_show(fields['schema'])}")
    if fields["kind"] not in KINDS:
        raise CaseError("kind", f"{_show(fields['kind'])} is none of {', '.join(KINDS)}")
    always = ("passes", "value_from_source", "temporaries")
    later = (
        *("overrides", "inlined", "export", "profile", "lazy", "realized"),
        *("replay", "resumed", "logged", "reported", "called", "modes"),
    )
    options = _fields(fields["options"], "options", (*always, *later), optional=later)
    return Case(
        nodes=_entries(fields["nodes"], "nodes", NODE_KINDS),
        sources=_entries(fields["sources"], "sources", SOURCE_KINDS),
        locals=_names(fields["locals"], "locals"),
        globals=_names(fields["globals"], "globals"),
        roots=_indices(fields["roots"], "roots"),
        kind=fields["kind"],
        cells=_names(fields.get("cells", {}), "cells"),
        free=_names(fields.get("free", {}), "free"),
        effects=_effects(fields.get("effects", []), "effects"),
        steps=_steps(fields.get("steps", []), "steps"),
        as_tensor=_indices(fields.get("as_tensor", []), "as_tensor"),
        options=Options(
            passes=_index(options["passes"], "options.passes"),
            value_from_source=_flag(options["value_from_source"], "options.value_from_source"),
            temporaries=_indices(options["temporaries"], "options.temporaries"),
            overrides=_pairs(options.get("overrides", []), "options.overrides"),
            inlined=_flag(options.get("inlined", False), "options.inlined"),
            export=_flag(options.get("export", False), "options.export"),
            profile=_name(options.get("profile", Options().profile), "options.profile"),
            lazy=_indices(options.get("lazy", []), "options.lazy"),
            realized=_flag(options.get("realized", False), "options.realized"),
            replay=_flag(options.get("replay", True), "options.replay"),
            resumed=_flag(options.get("resumed", False), "options.resumed"),
            reported=_flag(options.get("reported", False), "options.reported"),
            logged=_indices(options.get("logged", []), "options.logged"),
            called=_flag(options.get("called", False), "options.called"),
            modes=_flag(options.get("modes", False), "options.modes"),
        ),
    )


_OPTIONAL = ("cells", "free", "effects", "as_tensor", "steps")
"""The fields of a case that a file may leave out."""


def _show(value: Any) -> str:
    # what is inside may be too deep or too large to write out
    if isinstance(value, dict):
        return f"an object of {len(value)} fields"
    if isinstance(value, list) and any(isinstance(entry, dict | list) for entry in value):
        return f"an array of {len(value)} entries"
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _fields(data: Any, where: str, names: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise CaseError(where, f"expected an object, not {_show(data)}")
    for name in names:
        if name not in data and name not in optional:
            raise CaseError(where, f"the field {name!r} is missing")
    for name in data:
        if name not in names:
            raise CaseError(where, f"unknown field {_show(name)}; known are {', '.join(names)}")
    return data


def _list(data: Any, where: str) -> list[Any]:
    if not isinstance(data, list):
        raise CaseError(where, f"expected an array, not {_show(data)}")
    return data


def _entries(data: Any, where: str, kinds: dict[str, type[Any]]) -> tuple[Any, ...]:
    entries = []
    for at, entry in enumerate(_list(data, where)):
        here = f"{where}[{at}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("kind"), str):
            raise CaseError(here, f"expected an object with a `kind`, not {_show(entry)}")
        kind = kinds.get(entry["kind"])
        if kind is None:
            raise CaseError(f"{here}.kind", f"{_show(entry['kind'])} is none of {', '.join(kinds)}")
        names = tuple(field.name for field in dataclasses.fields(kind))
        fields = _fields(entry, here, ("kind", *names), optional=("source", *_optional(kind)))
        shapes = dict(LINKS.get(kind, ()))
        entries.append(
            kind(
                **{
                    name: _reader(kind.kind, shapes.get(name, name))(fields[name], f"{here}.{name}")
                    for name in names
                    if name in fields
                }
            )
        )
    return tuple(entries)


def _effects(data: Any, where: str) -> tuple[Effect, ...]:
    effects = []
    for at, entry in enumerate(_list(data, where)):
        here = f"{where}[{at}]"
        names = tuple(field.name for field in dataclasses.fields(Effect))
        fields = _fields(entry, here, names, optional=names[2:])
        operation = _name(fields["operation"], f"{here}.operation")
        if operation not in OPERATIONS:
            raise CaseError(f"{here}.operation", f"{_show(operation)} is none of {', '.join(OPERATIONS)}")
        given = {name: _EFFECT_READERS[name](fields[name], f"{here}.{name}") for name in fields}
        effects.append(Effect(**given))
    return tuple(effects)


def _steps(data: Any, where: str) -> tuple[Step, ...]:
    steps = []
    for at, entry in enumerate(_list(data, where)):
        here = f"{where}[{at}]"
        names = tuple(field.name for field in dataclasses.fields(Step))
        fields = _fields(entry, here, names, optional=names[1:])
        operation = _name(fields["operation"], f"{here}.operation")
        if operation not in STEPS:
            raise CaseError(f"{here}.operation", f"{_show(operation)} is none of {', '.join(STEPS)}")
        steps.append(Step(**{name: _STEP_READERS[name](fields[name], f"{here}.{name}") for name in fields}))
    return tuple(steps)


def _index(data: Any, where: str) -> int:
    if type(data) is not int or data < 0:
        raise CaseError(where, f"expected a number from 0 up, not {_show(data)}")
    return data


def _integer(data: Any, where: str) -> int:
    if type(data) is not int:
        raise CaseError(where, f"expected a whole number, not {_show(data)}")
    return data


def _optional_index(data: Any, where: str) -> int | None:
    return None if data is None else _index(data, where)


def _reader(kind: str, shape: str) -> Callable[[Any, str], Any]:
    return _READERS.get(f"{kind}.{shape}", _READERS[shape])


def _optional_integer(data: Any, where: str) -> int | None:
    return None if data is None else _integer(data, where)


def _place(data: Any, where: str) -> int | str:
    return _name(data, where) if type(data) is str else _index(data, where)


def _flag(data: Any, where: str) -> bool:
    if type(data) is not bool:
        raise CaseError(where, f"expected true or false, not {_show(data)}")
    return data


def _name(data: Any, where: str) -> str:
    if type(data) is not str:
        raise CaseError(where, f"expected a name, not {_show(data)}")
    return data


def _optional_name(data: Any, where: str) -> str | None:
    return None if data is None else _name(data, where)


def _texts(data: Any, where: str) -> tuple[str, ...]:
    return tuple(_name(entry, f"{where}[{at}]") for at, entry in enumerate(_list(data, where)))


def _indices(data: Any, where: str) -> tuple[int, ...]:
    return tuple(_index(entry, f"{where}[{at}]") for at, entry in enumerate(_list(data, where)))


def _pairs(data: Any, where: str) -> tuple[tuple[int, int], ...]:
    pairs = []
    for at, entry in enumerate(_list(data, where)):
        pair = _indices(entry, f"{where}[{at}]")
        if len(pair) != 2:
            raise CaseError(f"{where}[{at}]", f"expected a pair such as [0, 1], not {_show(entry)}")
        pairs.append((pair[0], pair[1]))
    return tuple(pairs)


def _named(data: Any, where: str) -> tuple[tuple[str, int], ...]:
    pairs = []
    for at, entry in enumerate(_list(data, where)):
        if not isinstance(entry, list) or len(entry) != 2:
            raise CaseError(f"{where}[{at}]", f"expected [name, node], not {_show(entry)}")
        pairs.append((_name(entry[0], f"{where}[{at}][0]"), _index(entry[1], f"{where}[{at}][1]")))
    return tuple(pairs)


def _names(data: Any, where: str) -> tuple[tuple[str, int], ...]:
    if not isinstance(data, dict):
        raise CaseError(where, f"expected an object, not {_show(data)}")
    return tuple((name, _index(index, f"{where}.{name}")) for name, index in data.items())


# --- constants -------------------------------------------------------------------------------------


def scalar_from_data(data: Any, where: str) -> Scalar:
    """The constant that `data` stands for; raises CaseError at `where`."""
    if data is None or type(data) in (bool, int):
        return data  # type: ignore[no-any-return]
    if type(data) is str:
        if _SURROGATE.search(data):
            raise CaseError(where, 'a string with surrogates is written {"text": "hex of its UTF-8"}')
        return data
    if type(data) is not dict or len(data) != 1:
        raise CaseError(where, f"{_show(data)} is no constant; a float is written {{'float': '1.5'}}")
    ((tag, body),) = data.items()
    reader = _SCALAR_READERS.get(tag)
    if reader is None:
        known = ", ".join(_SCALAR_READERS)
        raise CaseError(where, f"unknown kind of constant {_show(tag)}; known are {known}")
    return reader(body, f"{where}.{tag}")


def _text_body(body: Any, where: str, pattern: re.Pattern[str], expected: str) -> str:
    if type(body) is not str or not pattern.match(body):
        raise CaseError(where, f"expected {expected}, not {_show(body)}")
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
        raise CaseError(where, f"expected [real part, imaginary part], not {_show(body)}")
    parts = [scalar_from_data(part, f"{where}[{at}]") for at, part in enumerate(body)]
    for at, part in enumerate(parts):
        if type(part) is not float:
            raise CaseError(f"{where}[{at}]", f"expected a float, not {_show(body[at])}")
    # complex(a, b) keeps the bits of both parts, signed zeros and NaNs included
    return complex(*parts)  # type: ignore[arg-type]


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
        raise CaseError(where, f"expected true, not {_show(body)}")
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


# --- which reader a field has ------------------------------------------------------------------------

_READERS: dict[str, Callable[[Any, str], Any]] = {
    "node": _index,
    "maybe": _optional_index,
    "nodes": _indices,
    "pairs": _pairs,
    "named": _named,
    "value": scalar_from_data,
    "output": _index,
    "type": _name,
    "subclass": _name,
    "unwrap": _flag,
    "start": _integer,
    "stop": _integer,
    "step": _integer,
    "slice_item.start": _optional_integer,
    "slice_item.stop": _optional_integer,
    "slice_item.step": _optional_integer,
    "by": _index,
    "how": _name,
    "tensor_property.index": _optional_index,
    "place": _place,
    "maxlen": _optional_index,
    "position": _index,
    "over": _name,
    "source": _optional_index,
    "name": _name,
    "variable": _optional_name,
    "factory": _name,
    "context_manager": _flag,
    "by_key": _flag,
    "base": _index,
    "index": _index,
    "key": _index,
}
"""The reader of a field by its shape in LINKS, or by its name; with a kind before it, for that one alone."""

_EFFECT_READERS: dict[str, Callable[[Any, str], Any]] = {
    "operation": _name,
    "on": _index,
    "index": _index,
    "key": _index,
    "name": _name,
    "value": _index,
}

_STEP_READERS: dict[str, Callable[[Any, str], Any]] = {
    "operation": _name,
    "nodes": _indices,
    "count": _index,
    "name": _name,
    "names": _texts,
    "via": _name,
    "null": _flag,
    "ex": _flag,
    "add": _flag,
    "from_source": _flag,
    "inner": _flag,
}
