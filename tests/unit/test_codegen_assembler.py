"""`assemble`: what the instructions say is what the code does."""

from __future__ import annotations

import dis
import sys
import traceback
import types
from collections.abc import Sequence
from typing import Any

import pytest

from harness.codegen import Assembled, Instruction, Translator, assemble, create_instruction
from harness.codegen.errors import AssemblyError, InstructionError
from harness.codegen.instructions import (
    RUNNING,
    Handler,
    create_binary_subscr,
    create_build_tuple,
    create_load_closure,
    create_load_const,
    create_load_method,
)
from oracles.stack import verify


def instr(name: str, arg: int | None = None, **more: Any) -> Instruction:
    return create_instruction(name, arg=arg, **more)


def run(body: Sequence[Instruction], *args: object, tx: Translator | None = None, **names: Any) -> Any:
    tx = tx or Translator((), {})
    code = assemble(body, tx.output.code_options).code
    closure = names.pop("closure", None)
    return types.FunctionType(code, {**tx.f_globals, **names}, closure=closure)(*args)


def checked(body: Sequence[Instruction], tx: Translator) -> Assembled:
    """Assembled, with every offset pointing at the opcode of its instruction."""
    assembled = assemble(body, tx.output.code_options)
    assert len(assembled.offsets) == len(body)
    # the bytes as written: co_code of a code object that never ran holds no specialised opcodes
    for inst, offset in zip(body, assembled.offsets, strict=True):
        assert assembled.code.co_code[offset] == dis.opmap[inst.opname]
    return assembled


def test_equal_constants_stay_apart_and_one_object_is_one_constant() -> None:
    first, second = [1], [1]
    values = [0.0, -0.0, 0, False, (0.0,), (-0.0,), first, second, first, None]
    body = [create_load_const(value) for value in values]
    code = assemble(
        [*body, create_build_tuple(len(values)), instr("RETURN_VALUE")],
        Translator((), {}).output.code_options,
    ).code
    result = types.FunctionType(code, {})()
    assert all(got is value for got, value in zip(result, values, strict=True))
    assert sum(value is first for value in code.co_consts) == 1


def test_a_string_is_no_docstring() -> None:
    code = assemble(
        [create_load_const("text"), instr("RETURN_VALUE")], Translator((), {}).output.code_options
    )
    assert types.FunctionType(code.code, {}).__doc__ is None


def test_the_frame_is_that_of_the_options() -> None:
    tx = Translator(("a", "b"), {}, local_names=("c",), name="frame", filename="file")
    body = [create_load_const(None), instr("RETURN_VALUE")]
    code = assemble(body, tx.output.code_options).code
    assert (code.co_name, code.co_filename, code.co_varnames) == ("frame", "file", ("a", "b", "c"))
    assert (code.co_argcount, code.co_nlocals, code.co_firstlineno) == (2, 3, 1)
    code = assemble(body, tx.output.code_options, name="other", filename="elsewhere").code
    assert (code.co_name, code.co_filename) == ("other", "elsewhere")
    assert {line for _, _, line in code.co_lines()} <= {1, None}


def test_offsets_lie_behind_extended_arguments() -> None:
    tx = Translator((), {})
    body = [create_load_const(float(i)) for i in range(70_000)]
    body += [create_build_tuple(70_000), instr("RETURN_VALUE")]
    assembled = checked(body, tx)
    gaps = [b - a for a, b in zip(assembled.offsets, assembled.offsets[1:], strict=False)]
    assert set(gaps) == {2, 4, 6}
    assert len(types.FunctionType(assembled.code, {})()) == 70_000


@pytest.mark.skipif(sys.version_info < (3, 11), reason="no inline caches")
def test_offsets_pass_over_inline_caches() -> None:
    tx = Translator(("a",), {})
    body = [
        *(instr("LOAD_FAST", argval="a"), instr("LOAD_ATTR", argval="real"), create_load_const(0)),
        *(instr("COMPARE_OP", 0 if sys.version_info < (3, 12) else 2), instr("RETURN_VALUE")),
    ]
    assembled = checked(body, tx)
    assert assembled.offsets != list(range(assembled.offsets[0], assembled.offsets[0] + 10, 2))


def test_cells_free_variables_and_arguments_in_cells() -> None:
    tx = Translator(("a", "b"), {}, local_names=("c",), cellvars=("b", "own"), freevars=("free",))
    body = [
        *(instr("LOAD_FAST", argval="a"), instr("STORE_DEREF", argval="own")),
        *(
            instr("LOAD_DEREF", argval="b"),
            instr("LOAD_DEREF", argval="own"),
            instr("LOAD_DEREF", argval="free"),
        ),
        *(create_load_closure("b"), create_load_closure("own"), create_load_closure("free")),
        *(create_build_tuple(6), instr("RETURN_VALUE")),
    ]
    checked(body, tx)
    cell = types.CellType("free value")
    *values, b_cell, own_cell, free_cell = run(body, 1, 2, tx=tx, closure=(cell,))
    assert values == [2, 1, "free value"]
    assert [b_cell.cell_contents, own_cell.cell_contents] == [2, 1]
    assert free_cell is cell


def test_two_locals_of_one_name_take_no_slot_of_a_free_variable() -> None:
    tx = Translator(("a",), {}, local_names=("twice", "twice"), freevars=("free",))
    body = [
        *(instr("LOAD_FAST", argval="a"), instr("STORE_FAST", argval="twice")),
        *(instr("LOAD_DEREF", argval="free"), instr("LOAD_FAST", argval="twice")),
        *(create_build_tuple(2), instr("RETURN_VALUE")),
    ]
    assert run(body, 1, tx=tx, closure=(types.CellType("free value"),)) == ("free value", 1)


def test_flags_beside_a_name() -> None:
    tx = Translator(("a",), {})
    method = [instr("LOAD_FAST", argval="a"), create_load_method("upper")]
    call = [instr(name, 0) for name in RUNNING.call_method]
    assert run([*method, *call, instr("RETURN_VALUE")], "x", tx=tx) == "X"
    if "LOAD_GLOBAL" in RUNNING.flagged:
        load = instr("LOAD_GLOBAL", 1, argval="f")
        call = [instr(name, 0) for name in RUNNING.call]
        assert run([load, *call, instr("RETURN_VALUE")], tx=Translator((), {"f": lambda: 3})) == 3


@pytest.mark.skipif("LOAD_SUPER_ATTR" not in dis.opmap, reason="not on this CPython")
def test_two_flags_beside_a_name() -> None:
    class Base:
        def method(self) -> str:
            return "base"

    class Derived(Base):
        def method(self) -> str:
            return "derived"

    tx = Translator(("a",), {"super": super, "Derived": Derived})
    load = [instr("LOAD_GLOBAL", argval="super"), instr("LOAD_GLOBAL", argval="Derived")]
    load += [instr("LOAD_FAST", argval="a"), instr("LOAD_SUPER_ATTR", 3, argval="method")]
    call = [instr(name, 0) for name in RUNNING.call]
    assert run([*load, *call, instr("RETURN_VALUE")], Derived(), tx=tx) == "base"


@pytest.mark.skipif("LOAD_FAST_BORROW" not in dis.opmap, reason="not on this CPython")
def test_a_borrowed_load_and_a_small_number_name_what_they_load() -> None:
    options = Translator(("a", "b"), {}).output.code_options
    body = [
        *(instr("LOAD_FAST_BORROW", argval="b"), instr("LOAD_SMALL_INT", arg=255)),
        *(create_build_tuple(2), instr("RETURN_VALUE")),
    ]
    assert types.FunctionType(assemble(body, options).code, {})(1, 2) == (2, 255)


def test_a_raw_index_is_taken_as_it_is() -> None:
    tx = Translator((), {})
    tx.output.code_options["co_consts"] = (None, "second")
    assert run([instr("LOAD_CONST", 1), instr("RETURN_VALUE")], tx=tx) == "second"


def test_interned_names_keep_their_order() -> None:
    tx = Translator((), {})
    tx.output.update_co_names("first")
    tx.output.update_co_names("second")
    body = [instr("LOAD_GLOBAL", argval="second"), instr("RETURN_VALUE")]
    assert assemble(body, tx.output.code_options).code.co_names == ("first", "second")


def conditional(padding: int) -> list[Instruction]:
    """`"yes" if a else "no"`, with much code between the test and its target."""
    no = create_load_const("no")
    test = "POP_JUMP_FORWARD_IF_FALSE" if sys.version_info[:2] == (3, 11) else "POP_JUMP_IF_FALSE"
    between: list[Instruction] = []
    for _ in range(padding):
        between += [create_load_const(1.5), instr("POP_TOP")]
    return [
        *(instr("LOAD_FAST", argval="a"), instr(test, target=no)),
        *(*between, create_load_const("yes"), instr("RETURN_VALUE")),
        *(no, instr("RETURN_VALUE")),
    ]


@pytest.mark.parametrize("padding", [0, 63, 64, 126, 127, 128, 300, 40_000])
def test_jumps_forward(padding: int) -> None:
    tx = Translator(("a",), {})
    body = conditional(padding)
    checked(body, tx)
    assert run(body, True, tx=tx) == "yes"
    assert run(body, False, tx=tx) == "no"


def test_jumps_back() -> None:
    end = create_load_const("end")
    start = instr("FOR_ITER", target=end)
    back = "JUMP_BACKWARD" if "JUMP_BACKWARD" in dis.opmap else "JUMP_ABSOLUTE"
    body = [
        instr("LOAD_FAST", argval="a"),
        instr("GET_ITER"),
        start,
        instr("POP_TOP"),
        instr(back, target=start),
    ]
    if sys.version_info >= (3, 12):
        # FOR_ITER leaves the iterator to END_FOR, whose place after the loop it knows
        end = instr("END_FOR")
        start.target = end
        body.append(end)
        if sys.version_info >= (3, 13):
            body.append(instr("POP_TOP"))
        body += [create_load_const("end"), instr("RETURN_VALUE")]
    else:
        body += [end, instr("RETURN_VALUE")]
    tx = Translator(("a",), {})
    checked(body, tx)
    rest = iter(range(5))
    assert run(body, rest, tx=tx) == "end"
    assert next(rest, None) is None


def test_the_stack_is_deep_enough() -> None:
    body = [create_load_const(float(i)) for i in range(1000)]
    body += [instr("POP_TOP")] * 999 + [instr("RETURN_VALUE")]
    assert assemble(body, Translator((), {}).output.code_options).code.co_stacksize == 1000


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (Instruction("NO_SUCH"), "no such instruction"),
        (Instruction("POP_TOP", 1), "takes no argument"),
        (Instruction("BUILD_LIST"), "needs a number"),
        (Instruction("LOAD_FAST", argval="nowhere"), "no variable 'nowhere'"),
        (Instruction("LOAD_DEREF", argval="nowhere"), "no variable 'nowhere'"),
        (Instruction("LOAD_GLOBAL", argval=1), "1 is no name"),
        (Instruction("LOAD_CONST"), "needs a number"),
        (Instruction("JUMP_FORWARD"), "needs an instruction to jump to"),
        (Instruction("JUMP_FORWARD", target=Instruction("NOP")), "not among the instructions"),
    ],
    ids=lambda value: value.opname if isinstance(value, Instruction) else None,
)
def test_what_cannot_be_assembled_is_said(bad: Instruction, message: str) -> None:
    with pytest.raises(AssemblyError, match=message) as caught:
        assemble([bad, instr("RETURN_VALUE")], Translator((), {}).output.code_options)
    assert caught.value.where == "assemble"
    assert caught.value.remedy


def test_a_forward_jump_does_not_go_back() -> None:
    start = instr("NOP")
    with pytest.raises(AssemblyError, match="other direction"):
        assemble([start, instr("JUMP_FORWARD", target=start)], Translator((), {}).output.code_options)


def test_a_path_that_takes_too_much_has_no_stack_size() -> None:
    end = instr("RETURN_VALUE")
    body = [instr("POP_TOP"), instr("POP_TOP"), instr("JUMP_FORWARD", target=end), end]
    with pytest.raises(AssemblyError, match="not bounded"):
        assemble(body, Translator((), {}).output.code_options)


def test_contradicting_arguments_are_refused_when_made() -> None:
    with pytest.raises(InstructionError, match="more than one"):
        create_instruction("LOAD_CONST", arg=1, argval=2)
    with pytest.raises(InstructionError, match="no instruction NO_SUCH"):
        create_instruction("NO_SUCH")
    assert create_binary_subscr().opcode in dis.opmap.values()


@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 254, 255, 256, 600])
def test_every_byte_of_the_code_is_on_its_first_line(length: int) -> None:
    tx = Translator((), {})
    tx.output.code_options["co_firstlineno"] = 41
    body = [*(instr("NOP") for _ in range(length)), create_load_const(None), instr("RETURN_VALUE")]
    code = assemble(body, tx.output.code_options).code
    lines = list(code.co_lines())
    assert {line for _, _, line in lines} == {41}
    assert sum(end - start for start, end, _ in lines) == len(code.co_code)


def test_where_the_code_raises_a_traceback_can_be_written() -> None:
    body = [create_load_const(None), create_load_method("missing"), instr("RETURN_VALUE")]
    with pytest.raises(AttributeError) as caught:
        run(body)
    assert "missing" in "".join(traceback.format_exception(caught.value))


def test_each_instruction_is_on_its_own_line_or_on_that_of_the_one_before() -> None:
    tx = Translator((), {})
    tx.output.code_options["co_firstlineno"] = 41
    # a line before the first, jumps of many lines, an argument that needs more bytes
    lines = [None, 43, None, 39, 300, 100_041, None]
    body = [create_load_const(float(at)) for at in range(300)]
    body += [instr("NOP") for _ in lines]
    body += [create_build_tuple(300), instr("RETURN_VALUE")]
    for inst, line in zip(body[300:], lines, strict=False):
        inst.line = line
    assembled = assemble(body, tx.output.code_options)
    told = {offset: line for start, end, line in assembled.code.co_lines() for offset in range(start, end, 2)}
    expected = [41] * 300 + [41, 43, 43, 39, 300, 100_041, 100_041, 100_041, 100_041]
    assert [told[offset] for offset in assembled.offsets] == expected
    assert len(types.FunctionType(assembled.code, {})()) == 300


needs_table = pytest.mark.skipif(not RUNNING.exception_table, reason="no exception table before 3.11")


def caught(result: object) -> list[Instruction]:
    """A handler that forgets the exception, and returns what lies below it beside the result."""
    return [
        *(instr("PUSH_EXC_INFO"), instr("POP_TOP"), instr("POP_EXCEPT")),
        *(create_load_const(result), create_build_tuple(2), instr("RETURN_VALUE")),
    ]


def protected(body: Sequence[Instruction], handler: Handler) -> list[Instruction]:
    for inst in body:
        inst.handler = handler
    return list(body)


def raising() -> list[Instruction]:
    return [create_load_const(None), instr("LOAD_ATTR", argval="missing"), instr("NOP"), instr("POP_TOP")]


@needs_table
@pytest.mark.parametrize("padding", [0, 1, 127, 300, 70_000])
def test_a_handler_finds_the_stack_at_its_depth(padding: int) -> None:
    inner, outer = caught("inner"), caught("outer")
    loads = [create_load_const(float(at)) for at in range(padding)]
    body = [
        create_load_const("kept"),
        *protected([create_load_const("dropped"), *raising()], Handler(inner[0], 1)),
        *(each for load in loads for each in (load, instr("POP_TOP"))),
        *protected(raising(), Handler(outer[0], 1)),
        *(create_load_const(None), instr("RETURN_VALUE")),
        *inner,
        *outer,
    ]
    tx = Translator((), {})
    assembled = checked(body, tx)
    assert types.FunctionType(assembled.code, {})() == ("kept", "inner")
    del body[1:6]
    assert run(body) == ("kept", "outer")
    # entries cover their instructions, caches and extended arguments included, and nothing else
    entries = dis._parse_exception_table(assembled.code)  # type: ignore[attr-defined]
    starts = {assembled.offsets[1], assembled.offsets[6 + 2 * padding]}
    covered = {at for entry in entries for at in range(entry.start, entry.end, 2)}
    for index, offset in enumerate(assembled.offsets):
        assert (offset in covered) is (body_is_protected(index, padding))
    assert {entry.depth for entry in entries} == {1}
    assert starts <= covered


def body_is_protected(index: int, padding: int) -> bool:
    return 1 <= index <= 5 or 6 + 2 * padding <= index < 10 + 2 * padding


@needs_table
def test_a_handler_that_wants_the_offset_finds_it_below_the_exception() -> None:
    handler = [
        *(instr("PUSH_EXC_INFO"), instr("POP_TOP"), instr("POP_EXCEPT"), instr("POP_TOP")),
        *(create_load_const("caught"), instr("RETURN_VALUE")),
    ]
    end = [create_load_const(None), instr("RETURN_VALUE")]
    body = [*protected(raising(), Handler(handler[0], 0, lasti=True)), *end, *handler]
    tx = Translator((), {})
    code = assemble(body, tx.output.code_options).code
    (entry,) = dis._parse_exception_table(code)  # type: ignore[attr-defined]
    assert (entry.depth, entry.lasti) == (0, True)
    assert code.co_stacksize >= 3
    assert verify(code).violations == ()
    assert types.FunctionType(code, {})() == "caught"


@needs_table
def test_a_handler_has_to_be_among_the_instructions() -> None:
    body = protected(raising(), Handler(instr("NOP"), 0))
    with pytest.raises(AssemblyError, match="handler is not among"):
        assemble(body, Translator((), {}).output.code_options)


@pytest.mark.skipif(RUNNING.exception_table, reason="handlers stand in a table from 3.11 on")
def test_before_3_11_there_are_no_handlers() -> None:
    body = [instr("NOP")]
    with pytest.raises(AssemblyError, match="no table of handlers"):
        assemble(protected(body, Handler(body[0], 0)), Translator((), {}).output.code_options)
