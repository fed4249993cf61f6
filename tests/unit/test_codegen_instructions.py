"""The builders: on the running CPython by running them, on every version by their shape."""

from __future__ import annotations

import dataclasses
import dis
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import pytest

from harness.codegen import (
    BASE,
    AttrSource,
    Builders,
    Instruction,
    LocalSource,
    OwnHost,
    PyCodegen,
    Translator,
    assemble,
    create_instruction,
)
from harness.codegen.errors import NothingPushedError, UnavailableError
from harness.codegen.instructions import RUNNING, VERSIONS, create_build_tuple

needs_null = pytest.mark.skipif(RUNNING.null == "none", reason="the calls of this CPython know no NULL")


def collect(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
    """Called by emitted code: shows what a call passed."""
    return args, kwargs


class Frame:
    """A codegen for a frame with the arguments `a`, `b` and the global `collect`, and a way to run it."""

    def __init__(self, **names: Any) -> None:
        self.namespace = {"collect": collect, **names}
        self.tx = Translator(("a", "b"), self.namespace)
        self.cg = PyCodegen(self.tx)

    def load(self, *values: object) -> None:
        for value in values:
            self.cg.append_output(self.cg.create_load_const_unchecked(value))

    def run(self, count: int, a: object = None, b: object = None) -> tuple[Any, ...]:
        end = [create_build_tuple(count), create_instruction("RETURN_VALUE")]
        code = assemble([*self.cg.get_instructions(), *end], self.tx.output.code_options).code
        result = types.FunctionType(code, self.namespace)(a, b)
        assert isinstance(result, tuple)
        return result

    def opnames(self) -> list[str]:
        return [inst.opname for inst in self.cg.get_instructions()]


# --- the stack ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(9))
def test_rot_n_puts_the_top_n_deep(n: int) -> None:
    frame = Frame()
    values = [float(i) for i in range(9)]
    frame.load(*values)
    frame.cg.extend_output(frame.cg.rot_n(n))
    depth = max(n, 1)
    assert frame.run(9) == (*values[: 9 - depth], values[-1], *values[9 - depth : -1])


@needs_null
@pytest.mark.parametrize("below", range(3))
def test_pop_null_takes_only_the_null(below: int) -> None:
    frame = Frame()
    frame.load(*range(below))
    frame.cg.append_output(create_instruction("PUSH_NULL"))
    frame.cg.extend_output(frame.cg.pop_null())
    assert frame.run(below) == tuple(range(below))


def test_dup_pop_store_and_delete() -> None:
    frame = Frame()
    frame.load(1, 2)
    frame.cg.dup_top()
    frame.cg.store("a")
    frame.cg.append_output(frame.cg.create_load("a"))
    frame.cg.pop_top()
    frame.cg.append_output(frame.cg.create_load("a"))
    frame.cg.append_output(frame.cg.create_delete("a"))
    assert frame.run(3) == (1, 2, 2)


def test_what_appends_forgets_the_top() -> None:
    cg = PyCodegen(Translator(("a",), {}, cellvars=("c",)), graph_output_var="a")
    appending: list[Callable[[], None]] = [
        *(lambda: cg.load_attr("x"), lambda: cg.store_attr("x"), lambda: cg.load_method("x")),
        *(lambda: cg.call_method(0), lambda: cg.call_function(0, False), cg.pop_top, cg.dup_top),
        *(lambda: cg.store("a"), lambda: cg.load_deref("c"), lambda: cg.load_graph_output(0)),
        *(lambda: cg.add_cache(object()), cg.clear_tempvars, cg.clear_tos),
        *(lambda: cg.append_output(create_instruction("NOP")), lambda: cg.extend_output([])),
    ]
    for append in appending:
        cg.top_of_stack = LocalSource("a")
        append()
        assert cg.top_of_stack is None


# --- calls ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nargs", range(6))
def test_a_late_null_finds_its_place_below_the_arguments(nargs: int) -> None:
    frame = Frame()
    frame.load("below", collect, *range(nargs))
    frame.cg.call_function(nargs, push_null=True)
    assert frame.run(2) == ("below", (tuple(range(nargs)), {}))


@pytest.mark.parametrize("push_null", [True, False])
@pytest.mark.parametrize("nargs", range(1, 5))
def test_keyword_calls(nargs: int, push_null: bool) -> None:
    for named in range(1, nargs + 1):
        frame = Frame()
        frame.load("below")
        if push_null:
            frame.load(collect)
        else:
            frame.cg.extend_output(frame.cg.load_function_name("collect", push_null=True))
        frame.load(*range(nargs))
        names = tuple(f"k{i}" for i in range(named))
        frame.cg.extend_output(frame.cg.create_call_function_kw(nargs, names, push_null))
        plain = nargs - named
        wanted = tuple(range(plain)), {name: plain + i for i, name in enumerate(names)}
        assert frame.run(2) == ("below", wanted)


@pytest.mark.parametrize("push_null", [True, False])
@pytest.mark.parametrize("has_kwargs", [True, False])
def test_calls_with_a_tuple_and_a_dict(push_null: bool, has_kwargs: bool) -> None:
    frame = Frame()
    frame.load("below")
    if push_null:
        frame.load(collect)
    else:
        frame.cg.add_push_null(lambda: frame.load(collect), call_function_ex=True)
    frame.load((1, 2))
    if has_kwargs:
        frame.load({"k": 3})
    frame.cg.extend_output(frame.cg.host.builders.create_call_function_ex(has_kwargs, push_null))
    assert frame.run(2) == ("below", ((1, 2), {"k": 3} if has_kwargs else {}))


@pytest.mark.parametrize("nargs", range(3))
def test_methods(nargs: int) -> None:
    class Thing:
        def method(self, *args: object) -> tuple[object, ...]:
            return self, *args

    thing = Thing()
    frame = Frame()
    frame.load("below", thing)
    frame.cg.load_method("method")
    frame.load(*range(nargs))
    frame.cg.call_method(nargs)
    assert frame.run(2) == ("below", (thing, *range(nargs)))


@pytest.mark.parametrize("push_null", [True, False])
@pytest.mark.parametrize("above", range(7))
def test_a_function_name_goes_below_what_is_there(above: int, push_null: bool) -> None:
    frame = Frame()
    frame.load("below", *range(above))
    frame.cg.extend_output(frame.cg.load_function_name("collect", push_null, above))
    frame.cg.call_function(above, push_null=not push_null)
    assert frame.run(2) == ("below", (tuple(range(above)), {}))


def push_global(frame: Frame) -> None:
    frame.cg.append_output(frame.cg.create_load_global("collect", add=True))


def push_attribute(frame: Frame) -> None:
    frame.cg.append_output(frame.cg.create_load_global("holder", add=True))
    frame.cg.load_attr("collect")


def push_constant(frame: Frame) -> None:
    frame.load(collect)


def push_import(frame: Frame) -> None:
    frame.cg.load_import_from("operator", "concat")


def push_flagged_global(frame: Frame) -> None:
    """A global with a NULL of its own, that is gone again: its bit cannot serve twice."""
    frame.cg.extend_output(frame.cg.load_function_name("maker", push_null=True))
    frame.cg.call_function(0, push_null=False)


PUSHES = [push_global, push_attribute, push_constant, push_import, push_flagged_global]


@pytest.mark.parametrize("ex", [False, True])
@pytest.mark.parametrize("push", PUSHES)
def test_a_null_stands_beside_whatever_was_pushed(push: Callable[[Frame], None], ex: bool) -> None:
    holder = types.SimpleNamespace(collect=collect)
    frame = Frame(holder=holder, maker=lambda: collect)
    frame.load("below")
    frame.cg.add_push_null(lambda: push(frame), call_function_ex=ex)
    if ex:
        frame.load(((1,), (2,)))
        frame.cg.extend_output(frame.cg.host.builders.create_call_function_ex(False, False))
    else:
        frame.load((1,), (2,))
        frame.cg.call_function(2, push_null=False)
    wanted = (1, 2) if push is push_import else (((1,), (2,)), {})
    assert frame.run(2) == ("below", wanted)


def test_a_null_needs_something_pushed() -> None:
    frame = Frame()
    with pytest.raises(NothingPushedError):
        frame.cg.add_push_null(lambda: None)


@needs_null
def test_the_top_is_forgotten_where_the_null_comes_between() -> None:
    source = LocalSource("a")
    frame = Frame()
    frame.cg(source)
    frame.cg.add_push_null(lambda: frame.cg(source))
    if RUNNING.null == "below":
        # loaded anew: a duplicate would be of what the NULL lies on
        assert frame.opnames() == ["LOAD_FAST", "PUSH_NULL", "LOAD_FAST"]
        assert frame.cg.top_of_stack is source
    else:
        assert frame.opnames()[-1] == "PUSH_NULL"
        assert frame.cg.top_of_stack is None
    frame.load(1)
    frame.cg.call_function(1, push_null=False)
    assert frame.run(2, a=collect) == (collect, ((1,), {}))


def test_a_bit_that_may_push_self_leaves_the_top_unknown() -> None:
    class Thing:
        def method(self, *args: object) -> tuple[object, ...]:
            return args

    thing = Thing()
    source = AttrSource(LocalSource("a"), "method")
    frame = Frame()
    frame.cg.add_push_null(lambda: frame.cg(source))
    # where the bit served, `self` is on top: a duplicate would be of that
    frame.cg(source)
    frame.cg.call_function(1, push_null=False)
    assert frame.run(1, a=thing) == ((thing.method,),)


@pytest.mark.parametrize(
    ("opname", "arg", "wanted"),
    [
        ("LOAD_ATTR", 1, (3, 12)),
        ("LOAD_SUPER_ATTR", 3, (3, 12)),
        ("LOAD_ATTR", 0, None),
        ("LOAD_SUPER_ATTR", 2, None),
        ("LOAD_GLOBAL", 1, None),
        ("LOAD_CONST", None, None),
    ],
)
def test_the_instructions_that_may_leave_self_on_top(
    opname: str, arg: int | None, wanted: tuple[int, int] | None
) -> None:
    found = [
        version for version in VERSIONS if builders(version).may_leave_self(Instruction(opname, arg, "name"))
    ]
    assert found == [version for version in VERSIONS if wanted is not None and version >= wanted]


# --- the shape on every version -------------------------------------------------------------------------

Shape = list[tuple[Any, ...]]


def builders(version: tuple[int, int]) -> Builders:
    def make(name: str, /, *, arg: int | None = None, argval: Any = None) -> Instruction:
        return Instruction(name, arg, argval)

    return Builders(make, VERSIONS[version])


def shape(instructions: Sequence[Instruction]) -> Shape:
    return [(i.opname, i.arg, i.argval) for i in instructions]


def by_version(*rows: str) -> dict[tuple[int, int], str]:
    return dict(zip(VERSIONS, rows, strict=True))


SHAPES: dict[str, tuple[Callable[[Builders], Sequence[Instruction]], dict[tuple[int, int], str]]] = {
    "duplicate": (lambda b: [b.create_dup_top()], by_version("DUP_TOP", *["COPY 1"] * 4)),
    "rotate 2": (lambda b: b.create_rot_n(2), by_version("ROT_TWO", *["SWAP 2"] * 4)),
    "rotate 4": (lambda b: b.create_rot_n(4), by_version("ROT_FOUR", *["SWAP 4, SWAP 3, SWAP 2"] * 4)),
    "rotate 5": (lambda b: b.create_rot_n(5), by_version("ROT_N 5", *["SWAP 5, SWAP 4, SWAP 3, SWAP 2"] * 4)),
    "call": (
        lambda b: b.create_call_function(2, push_null=False),
        by_version("CALL_FUNCTION 2", "PRECALL 2, CALL 2", *["CALL 2"] * 3),
    ),
    "call, late NULL": (
        lambda b: b.create_call_function(1, push_null=True),
        by_version(
            "CALL_FUNCTION 1",
            "PUSH_NULL, SWAP 3, SWAP 2, PRECALL 1, CALL 1",
            "PUSH_NULL, SWAP 3, SWAP 2, CALL 1",
            *["PUSH_NULL, SWAP 2, CALL 1"] * 2,
        ),
    ),
    "method": (
        lambda b: [b.create_load_method("m"), *b.create_call_method(1)],
        by_version(
            "LOAD_METHOD m, CALL_METHOD 1",
            "LOAD_METHOD m, PRECALL 1, CALL 1",
            *["LOAD_ATTR 1 m, CALL 1"] * 3,
        ),
    ),
    "keywords": (
        lambda b: b.create_call_function_kw(2, ("k",), push_null=False),
        by_version(
            "LOAD_CONST ('k',), CALL_FUNCTION_KW 2",
            "KW_NAMES ('k',), PRECALL 2, CALL 2",
            "KW_NAMES ('k',), CALL 2",
            *["LOAD_CONST ('k',), CALL_KW 2"] * 2,
        ),
    ),
    "tuple": (
        lambda b: b.create_call_function_ex(False, False),
        by_version(*["CALL_FUNCTION_EX 0"] * 4, "PUSH_NULL, CALL_FUNCTION_EX"),
    ),
    "tuple, late NULL": (
        lambda b: b.create_call_function_ex(False, True),
        by_version(
            "CALL_FUNCTION_EX 0",
            *["PUSH_NULL, SWAP 3, SWAP 2, CALL_FUNCTION_EX 0"] * 2,
            "PUSH_NULL, SWAP 2, CALL_FUNCTION_EX 0",
            "PUSH_NULL, PUSH_NULL, SWAP 3, SWAP 2, CALL_FUNCTION_EX",
        ),
    ),
    "dict": (
        lambda b: b.create_call_function_ex(True, False),
        by_version(*["CALL_FUNCTION_EX 1"] * 4, "CALL_FUNCTION_EX"),
    ),
    "subscript": (
        lambda b: [b.create_binary_subscr()],
        by_version(*["BINARY_SUBSCR"] * 4, "BINARY_OP 26"),
    ),
    "tuples": (
        lambda b: [b.create_build_tuple(0), b.create_build_tuple(1)],
        by_version(*["BUILD_TUPLE 0, BUILD_TUPLE 1"] * 4, "LOAD_CONST (), BUILD_TUPLE 1"),
    ),
    "cell": (
        lambda b: [b.create_load_closure("c")],
        by_version(*["LOAD_CLOSURE c"] * 3, *["LOAD_FAST c"] * 2),
    ),
    "closure": (
        lambda b: b.create_make_closure("f", "code"),
        by_version(
            "LOAD_CONST code, LOAD_CONST f, MAKE_FUNCTION 8",
            *["LOAD_CONST code, MAKE_FUNCTION 8"] * 2,
            *["LOAD_CONST code, MAKE_FUNCTION, SET_FUNCTION_ATTRIBUTE 8"] * 2,
        ),
    ),
    "NULL by a global": (
        lambda b: b.add_push_null([b.create_instruction("LOAD_GLOBAL", argval="g")]),
        by_version("LOAD_GLOBAL g", *["LOAD_GLOBAL 1 g"] * 4),
    ),
    "NULL by a global of a chain": (
        lambda b: b.add_push_null(chain(b)),
        by_version(
            "LOAD_GLOBAL g, LOAD_ATTR a",
            "LOAD_GLOBAL 1 g, LOAD_ATTR a",
            *["LOAD_GLOBAL g, LOAD_ATTR 1 a"] * 3,
        ),
    ),
    "NULL of a chain before a tuple call": (
        lambda b: b.add_push_null(chain(b), call_function_ex=True),
        by_version(
            "LOAD_GLOBAL g, LOAD_ATTR a",
            *["LOAD_GLOBAL 1 g, LOAD_ATTR a"] * 2,
            *["LOAD_GLOBAL g, LOAD_ATTR a, PUSH_NULL"] * 2,
        ),
    ),
    "NULL by no bit": (
        lambda b: b.add_push_null([b.create_load_const("f")]),
        by_version(
            "LOAD_CONST f",
            *["PUSH_NULL, LOAD_CONST f"] * 2,
            *["LOAD_CONST f, PUSH_NULL"] * 2,
        ),
    ),
    "NULL twice": (
        lambda b: b.add_push_null([b.create_instruction("LOAD_GLOBAL", arg=1, argval="g")]),
        by_version(
            "LOAD_GLOBAL 1 g",
            *["PUSH_NULL, LOAD_GLOBAL 1 g"] * 2,
            *["LOAD_GLOBAL 1 g, PUSH_NULL"] * 2,
        ),
    ),
}


def chain(b: Builders) -> list[Instruction]:
    return [b.create_instruction("LOAD_GLOBAL", argval="g"), b.create_instruction("LOAD_ATTR", argval="a")]


def text(instructions: Sequence[Instruction]) -> str:
    return ", ".join(
        " ".join(str(part) for part in (i.opname, i.arg, i.argval) if part is not None) for i in instructions
    )


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: f"{version[0]}.{version[1]}")
@pytest.mark.parametrize("name", SHAPES)
def test_shapes(name: str, version: tuple[int, int]) -> None:
    build, wanted = SHAPES[name]
    assert text(build(builders(version))) == wanted[version]


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: f"{version[0]}.{version[1]}")
def test_pop_null_on_every_version(version: tuple[int, int]) -> None:
    if version == (3, 10):
        with pytest.raises(UnavailableError):
            builders(version).create_pop_null()
        return
    opnames = [inst.opname for inst in builders(version).create_pop_null()]
    swap = ["SWAP"] if version >= (3, 13) else []
    precall = ["PRECALL"] if version == (3, 11) else []
    assert opnames == ["LOAD_CONST", *swap, *precall, "CALL", "POP_TOP"]


def test_the_running_row_names_instructions_that_exist() -> None:
    names = [*RUNNING.call, *RUNNING.call_method, RUNNING.keyword_call, RUNNING.load_closure]
    names += [RUNNING.load_method[0], RUNNING.duplicate[0], RUNNING.subscript[0], *RUNNING.flagged]
    assert set(names) <= set(dis.opmap)
    assert VERSIONS[sys.version_info[:2]] is RUNNING


# --- another host, another profile ----------------------------------------------------------------------


def test_the_host_makes_the_instructions() -> None:
    class Other(Instruction):
        pass

    def make(name: str, /, *, arg: int | None = None, argval: Any = None) -> Other:
        return Other(name, arg, argval)

    class OtherHost(OwnHost):
        def __init__(self) -> None:
            super().__init__()
            self.builders = Builders(make)

        def is_instruction(self, value: object) -> bool:
            return isinstance(value, Other)

    class Codegen(PyCodegen):
        host: ClassVar[OwnHost] = OtherHost()

    cg = Codegen(Translator(("a",), {"collect": collect}), graph_output_var="a")
    cg(LocalSource("a"))
    cg.load_graph_output(0)
    cg.add_push_null(lambda: cg.append_output(cg.create_load_const(1)))
    cg.extend_output(cg.load_function_name("collect", True, 2))
    cg.call_function(2, push_null=True)
    cg.extend_output(cg.create_call_function_kw(1, ("k",), False))
    assert {type(inst) for inst in cg.get_instructions()} == {Other}


def test_a_profile_may_lack_pop_null() -> None:
    class Codegen(PyCodegen):
        profile = dataclasses.replace(BASE, pop_null=False)

    with pytest.raises(UnavailableError, match="pop_null"):
        Codegen(Translator((), {})).pop_null()
