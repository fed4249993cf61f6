"""The assembler of plain code, held against Dynamo's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from torch._dynamo import bytecode_analysis, bytecode_transformation
from torch._dynamo.bytecode_transformation import create_instruction as make

from generators.cases import drawn_case
from harness.runner import Runner
from harness.targets import dynamo_quick
from harness.targets.base import Target
from harness.targets.dynamo_quick import AssemblersDiffer, Familiar, assembled, held_against


@pytest.fixture
def torchs(targets: dict[str, Target]) -> Any:
    return targets["torch"]


def frame() -> dict[str, Any]:
    """The options of a frame with two parameters, one of them in a cell, and a free variable."""

    def outer(free: object) -> object:
        def template(a: object, b: object) -> object:
            return lambda: (b, free)

        return template

    code: Any = outer(None)
    return {key: getattr(code.__code__, key) for key in bytecode_transformation.get_code_keys()}


def loop() -> list[Any]:
    """Takes all that `a` gives."""
    again, after = make("FOR_ITER"), make("LOAD_CONST", argval=None)
    again.target = after
    start = [make("LOAD_FAST", argval="a"), make("GET_ITER")]
    return [*start, again, make("POP_TOP"), make("JUMP_BACKWARD", target=again), after, make("RETURN_VALUE")]


def of(*instructions: Any) -> Any:
    return assembled(list(instructions), bytecode_transformation.get_code_keys(), frame())


def returned(*instructions: Any) -> Any:
    return of(*instructions, make("RETURN_VALUE"))


CONSTANT = object()


def test_the_installed_assembler_is_known() -> None:
    assert Familiar(), f"{dynamo_quick.fingerprint()} is not in KNOWN"


def test_drawn_cases_are_assembled_as_by_dynamo(torchs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is assembled by both, and a difference raises."""
    ends: Counter[bool] = Counter()
    compared: Callable[..., None] = dynamo_quick.held_against

    def note(*arguments: Any) -> None:
        ends[True] += 1
        compared(*arguments)

    monkeypatch.setattr(dynamo_quick, "is_sampled", lambda code: True)
    monkeypatch.setattr(dynamo_quick, "held_against", note)
    runner = Runner(torchs)
    statuses = Counter(runner.run(drawn_case(11, index)).status for index in range(400))
    assert ends[True] > 0.8 * statuses["passed"] > 100


@pytest.mark.parametrize(
    "instructions",
    [
        pytest.param([make("LOAD_CONST", argval=CONSTANT), make("RETURN_VALUE")], id="constant"),
        pytest.param([make("LOAD_FAST", argval="a"), make("RETURN_VALUE")], id="local"),
        pytest.param([make("LOAD_DEREF", argval="b"), make("RETURN_VALUE")], id="cell of a parameter"),
        pytest.param([make("LOAD_DEREF", argval="free"), make("RETURN_VALUE")], id="free variable"),
        pytest.param(
            [
                make("LOAD_GLOBAL", arg=1, argval="g"),
                *(make(name, arg=0) for name in ("PRECALL", "CALL")),
                make("LOAD_METHOD", argval="m"),
                make("RETURN_VALUE"),
            ],
            id="global, caches of more than eight units",
        ),
        pytest.param(loop(), id="loop"),
        pytest.param(
            [*(make("LOAD_CONST", argval=object()) for _ in range(300)), make("RETURN_VALUE")],
            id="arguments of two bytes",
        ),
        pytest.param(
            [*(make("LOAD_CONST", arg=1 << at) for at in range(31)), make("RETURN_VALUE")],
            id="arguments of four bytes",
        ),
        pytest.param([], id="nothing"),
        pytest.param([make("LOAD_CONST", argval=None), make("POP_TOP")], id="no return"),
        pytest.param([make("POP_TOP"), make("RETURN_VALUE")], id="too little on the stack"),
        pytest.param([make("LOAD_GLOBAL", arg=1), make("RETURN_VALUE")], id="a global without a name"),
        pytest.param([make("LOAD_FAST", argval="unknown"), make("RETURN_VALUE")], id="unknown local"),
        pytest.param([make("BUILD_LIST"), make("RETURN_VALUE")], id="no argument"),
    ],
)
def test_what_is_made_by_hand_is_assembled_as_by_dynamo(instructions: list[Any]) -> None:
    """What Dynamo refuses this one refuses too; what both assemble is equal."""
    keys = bytecode_transformation.get_code_keys()
    mine = assembled(instructions, keys, frame()) if instructions else None
    try:
        _, theirs = bytecode_transformation.clean_and_assemble_instructions(list(instructions), keys, frame())
    except (AssertionError, KeyError, ValueError, IndexError):
        assert mine is None
    else:
        assert mine is not None
        held_against(mine.code, theirs, keys)


TWICE = make("LOAD_CONST", argval=None)


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda: returned(TWICE, TWICE), id="one instruction twice"),
        pytest.param(
            lambda: of(*(make("LOAD_CONST", argval=object()) for _ in range(300)), *loop()),
            id="a jump among wide arguments",
        ),
        pytest.param(lambda: returned(make("NOP")), id="what may be a mark"),
        pytest.param(
            lambda: of(TWICE, make("RETURN_VALUE"), make("LOAD_CONST", argval=None), make("RETURN_VALUE")),
            id="dead code",
        ),
        pytest.param(
            lambda: of(*(each for each in loop() if each.opname != "POP_TOP")), id="a loop that piles up"
        ),
        pytest.param(lambda: of(make("JUMP_FORWARD", target=make("NOP"))), id="a jump to nowhere"),
    ],
)
def test_the_rest_is_left_to_dynamo(made: Callable[[], Any]) -> None:
    assert made() is None


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (bytecode_transformation, "fix_vars"),
        (bytecode_transformation, "stacksize_analysis"),
        (bytecode_analysis, "remove_dead_code"),
        (bytecode_analysis.StackSize, "offset_of"),
    ],
)
def test_an_assembler_with_another_part_is_not_known(
    owner: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    familiar = Familiar()
    original = getattr(owner, name)

    def other(*arguments: Any) -> Any:
        return original(*arguments)

    monkeypatch.setattr(owner, name, other)
    assert not familiar
    assert not Familiar()
    monkeypatch.undo()
    assert familiar


def test_a_difference_raises_and_is_named() -> None:
    keys = bytecode_transformation.get_code_keys()
    code = returned(make("LOAD_CONST", argval=1.5)).code
    held_against(code, code.replace(), keys)
    with pytest.raises(AssemblersDiffer, match="co_stacksize 1 in the place of 2"):
        held_against(code, code.replace(co_stacksize=2), keys)
    with pytest.raises(AssemblersDiffer, match="co_consts"):
        held_against(code, code.replace(co_consts=(None, float("1.5"))), keys)


def test_the_sample_is_a_fixed_share_of_the_code() -> None:
    codes = [
        returned(make("LOAD_CONST", argval=None), *(make("COPY", arg=1) for _ in range(count))).code
        for count in range(2 * dynamo_quick.SAMPLE)
    ]
    sampled = [dynamo_quick.is_sampled(code) for code in codes]
    assert 0 < sum(sampled) < len(codes) / 4
    assert [dynamo_quick.is_sampled(code.replace()) for code in codes] == sampled
