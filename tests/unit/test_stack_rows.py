"""Every row of the opcode table against what this Python says of its opcodes."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable

import pytest

from oracles.stack import UnsupportedPython
from oracles.stack.notation import DeclarationError, parse
from oracles.stack.opcodes import table
from oracles.stack.rows import NULL_AS
from oracles.stack.rows311 import PSEUDO, ROWS

pytestmark = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the table of 3.11")

OPARGS = (0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 200, 0x102, 0x203)

# `dis` shares out the effect of a call between PRECALL and CALL, and leaves out what is sent to a generator.
DIFFERENT: dict[str, Callable[[int], int]] = {
    "PRECALL": lambda oparg: oparg,
    "CALL": lambda oparg: -oparg,
    "RETURN_GENERATOR": lambda oparg: 1,
}


def net(name: str, oparg: int, jump: bool) -> int:
    found = table().effect(dis.opmap[name], oparg, jump)
    return len(found.push) - found.drop


def stack_effect(name: str, oparg: int, jump: bool) -> int:
    op = dis.opmap[name]
    return dis.stack_effect(op, oparg if op >= dis.HAVE_ARGUMENT else None, jump=jump)


def opargs_of(name: str) -> list[int]:
    low, high = ROWS[name].oparg or (0, OPARGS[-1])
    return [oparg for oparg in OPARGS if low <= oparg <= high]


def test_every_opcode_has_a_row_and_every_row_an_opcode() -> None:
    assert set(dis.opmap) - PSEUDO == set(ROWS)


@pytest.mark.parametrize("jump", [False, True])
@pytest.mark.parametrize("name", sorted(ROWS))
def test_row_has_the_net_effect_of_dis(name: str, jump: bool) -> None:
    for oparg in opargs_of(name):
        other = DIFFERENT[name](oparg) if name in DIFFERENT else 0
        assert net(name, oparg, jump) == stack_effect(name, oparg, jump) + other, oparg


@pytest.mark.parametrize("oparg", OPARGS)
def test_a_call_has_the_effect_of_its_two_opcodes(oparg: int) -> None:
    ours = net("PRECALL", oparg, False) + net("CALL", oparg, False)
    assert ours == stack_effect("PRECALL", oparg, False) + stack_effect("CALL", oparg, False)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_rows_jump_where_dis_says(name: str) -> None:
    assert bool(ROWS[name].jump) == (dis.opmap[name] in dis.hasjrel)
    assert (ROWS[name].jump < 0) == ("BACKWARD" in name)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_rows_address_what_dis_says(name: str) -> None:
    op = dis.opmap[name]
    spaces = {"name": dis.hasname, "name * 2": dis.hasname, "const": dis.hasconst, "local": dis.haslocal}
    spaces["cell"] = dis.hasfree
    for space, opcodes in spaces.items():
        if ROWS[name].space == space:
            assert op in opcodes
    if op in {*dis.hasname, *dis.hasconst, *dis.haslocal, *dis.hasfree}:
        # Without an index of its own: copies all free variables.
        assert ROWS[name].space in spaces or name == "COPY_FREE_VARS"


def test_names_of_the_null_invariants_are_opcodes() -> None:
    assert set(NULL_AS) <= set(ROWS)


@pytest.mark.parametrize("text", ["value", "value: wrong --", "value[oparg * 7] --", "a b -- c"])
def test_a_row_that_does_not_follow_the_notation_is_refused(text: str) -> None:
    with pytest.raises(DeclarationError):
        parse(text)


def test_a_python_without_table_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedPython, match=r"no opcode table for Python 2\.7"):
        table((2, 7))
