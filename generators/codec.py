"""The JSON form of a Case: `dumps`, `loads`, and the schema version.

Claim: `loads(dumps(case))` gives the case back to the bit, and reading any text at all either gives a
well-formed case or raises one CaseError that names the field; reading executes nothing.

How constants are written stands in `scalars.py`.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any, NoReturn

from generators import limits, reading
from generators.case import OPERATIONS, SOURCE_KINDS, Case, Effect, Options, Source
from generators.links import LINKS, NODE_KINDS, OPTIONAL
from generators.nodes import Node
from generators.rules import CaseError, check
from generators.scalars import scalar_from_data, scalar_to_data
from generators.source_kinds import SOURCE_OPTIONAL
from generators.steps import STEPS, Step

SCHEMA = 4
"""The version written."""

READABLE = (1, 2, 3, 4)
"""The versions read. 1 has no effects; 2 fewer kinds of nodes, no cycles and fewer options; 3 trees only, of
fewer kinds of nodes and sources. What they have means the same: nothing to migrate."""

KINDS = ("tree", "call", "script")
"""The kinds of cases that can be read."""

# --- writing ---------------------------------------------------------------------------------------


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
    fields = reading.members(
        data,
        "",
        (*("schema", "kind", "nodes", "sources", "locals", "globals", "roots"), *_OPTIONAL, "options"),
        optional=_OPTIONAL,
    )
    if type(fields["schema"]) is not int or fields["schema"] not in READABLE:
        readable = " and ".join(map(str, READABLE))
        raise CaseError(
            "schema", f"this stackproof reads schema {readable}, not {reading.show(fields['schema'])}"
        )
    if fields["kind"] not in KINDS:
        raise CaseError("kind", f"{reading.show(fields['kind'])} is none of {', '.join(KINDS)}")
    always = ("passes", "value_from_source", "temporaries")
    later = (
        *("overrides", "inlined", "export", "profile", "lazy", "realized"),
        *("replay", "resumed", "logged", "reported", "called", "modes"),
    )
    options = reading.members(fields["options"], "options", (*always, *later), optional=later)
    return Case(
        nodes=_entries(fields["nodes"], "nodes", NODE_KINDS),
        sources=_entries(fields["sources"], "sources", SOURCE_KINDS),
        locals=reading.names(fields["locals"], "locals"),
        globals=reading.names(fields["globals"], "globals"),
        roots=reading.indices(fields["roots"], "roots"),
        kind=fields["kind"],
        cells=reading.names(fields.get("cells", {}), "cells"),
        free=reading.names(fields.get("free", {}), "free"),
        effects=_effects(fields.get("effects", []), "effects"),
        steps=_steps(fields.get("steps", []), "steps"),
        as_tensor=reading.indices(fields.get("as_tensor", []), "as_tensor"),
        options=Options(
            passes=reading.index(options["passes"], "options.passes"),
            value_from_source=reading.flag(options["value_from_source"], "options.value_from_source"),
            temporaries=reading.indices(options["temporaries"], "options.temporaries"),
            overrides=reading.pairs(options.get("overrides", []), "options.overrides"),
            inlined=reading.flag(options.get("inlined", False), "options.inlined"),
            export=reading.flag(options.get("export", False), "options.export"),
            profile=reading.name(options.get("profile", Options().profile), "options.profile"),
            lazy=reading.indices(options.get("lazy", []), "options.lazy"),
            realized=reading.flag(options.get("realized", False), "options.realized"),
            replay=reading.flag(options.get("replay", True), "options.replay"),
            resumed=reading.flag(options.get("resumed", False), "options.resumed"),
            reported=reading.flag(options.get("reported", False), "options.reported"),
            logged=reading.indices(options.get("logged", []), "options.logged"),
            called=reading.flag(options.get("called", False), "options.called"),
            modes=reading.flag(options.get("modes", False), "options.modes"),
        ),
    )


_OPTIONAL = ("cells", "free", "effects", "as_tensor", "steps")
"""The fields of a case that a file may leave out."""


def _entries(data: Any, where: str, kinds: dict[str, type[Any]]) -> tuple[Any, ...]:
    entries = []
    for at, entry in enumerate(reading.array(data, where)):
        here = f"{where}[{at}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("kind"), str):
            raise CaseError(here, f"expected an object with a `kind`, not {reading.show(entry)}")
        kind = kinds.get(entry["kind"])
        if kind is None:
            raise CaseError(f"{here}.kind", f"{reading.show(entry['kind'])} is none of {', '.join(kinds)}")
        names = tuple(field.name for field in dataclasses.fields(kind))
        fields = reading.members(entry, here, ("kind", *names), optional=("source", *_optional(kind)))
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
    for at, entry in enumerate(reading.array(data, where)):
        here = f"{where}[{at}]"
        names = tuple(field.name for field in dataclasses.fields(Effect))
        fields = reading.members(entry, here, names, optional=names[2:])
        operation = reading.name(fields["operation"], f"{here}.operation")
        if operation not in OPERATIONS:
            raise CaseError(
                f"{here}.operation", f"{reading.show(operation)} is none of {', '.join(OPERATIONS)}"
            )
        given = {name: _EFFECT_READERS[name](fields[name], f"{here}.{name}") for name in fields}
        effects.append(Effect(**given))
    return tuple(effects)


def _steps(data: Any, where: str) -> tuple[Step, ...]:
    steps = []
    for at, entry in enumerate(reading.array(data, where)):
        here = f"{where}[{at}]"
        names = tuple(field.name for field in dataclasses.fields(Step))
        fields = reading.members(entry, here, names, optional=names[1:])
        operation = reading.name(fields["operation"], f"{here}.operation")
        if operation not in STEPS:
            raise CaseError(f"{here}.operation", f"{reading.show(operation)} is none of {', '.join(STEPS)}")
        steps.append(Step(**{name: _STEP_READERS[name](fields[name], f"{here}.{name}") for name in fields}))
    return tuple(steps)


def _reader(kind: str, shape: str) -> Callable[[Any, str], Any]:
    return _READERS.get(f"{kind}.{shape}", _READERS[shape])


# --- which reader a field has ------------------------------------------------------------------------

_READERS: dict[str, Callable[[Any, str], Any]] = {
    "node": reading.index,
    "maybe": reading.optional_index,
    "nodes": reading.indices,
    "pairs": reading.pairs,
    "named": reading.named,
    "value": scalar_from_data,
    "output": reading.index,
    "type": reading.name,
    "subclass": reading.name,
    "unwrap": reading.flag,
    "start": reading.integer,
    "stop": reading.integer,
    "step": reading.integer,
    "slice_item.start": reading.optional_integer,
    "slice_item.stop": reading.optional_integer,
    "slice_item.step": reading.optional_integer,
    "by": reading.index,
    "how": reading.name,
    "tensor_property.index": reading.optional_index,
    "place": reading.place,
    "maxlen": reading.optional_index,
    "position": reading.index,
    "over": reading.name,
    "source": reading.optional_index,
    "name": reading.name,
    "variable": reading.optional_name,
    "factory": reading.name,
    "context_manager": reading.flag,
    "by_key": reading.flag,
    "base": reading.index,
    "index": reading.index,
    "key": reading.index,
}
"""The reader of a field by its shape in LINKS, or by its name; with a kind before it, for that one alone."""

_EFFECT_READERS: dict[str, Callable[[Any, str], Any]] = {
    "operation": reading.name,
    "on": reading.index,
    "index": reading.index,
    "key": reading.index,
    "name": reading.name,
    "value": reading.index,
}

_STEP_READERS: dict[str, Callable[[Any, str], Any]] = {
    "operation": reading.name,
    "nodes": reading.indices,
    "count": reading.index,
    "name": reading.name,
    "names": reading.texts,
    "via": reading.name,
    "null": reading.flag,
    "ex": reading.flag,
    "add": reading.flag,
    "from_source": reading.flag,
    "inner": reading.flag,
}
