"""The programs below `programs/`, each as it is beside compiled, and each with Dynamo told to leave it alone.

Eager is the judge. What fails is listed here with its cause, which lies in `corpus/known/`.
"""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import torch._inductor.compile_fx  # noqa: F401 - an optimizer's step imports it: once, before children are made

from harness.corpus import HERE
from harness.isolation import Death, isolated
from harness.programs import Checked, Options, check_program
from harness.programs.loading import read
from harness.programs.running import run_both

PROGRAMS = Path(__file__).parent / "programs"
BESIDE = {"helpers/counting"}
"""Files that programs import."""

KNOWN: dict[str, str] = {
    "aliasing/list_appended_to_itself": "mutated-object-holds-itself",
    "arrays/converted_once": "array-returned-twice-is-two",
    "arrays/given_twice": "array-changed-in-place-is-another",
    "arrays/stored_and_returned": "array-returned-twice-is-two",
    "breaks/iterator_across": "list-iterator-rebuilt-over-a-tuple",
    "classes/class_of_tensors_given": "class-of-tensors-is-not-guarded",
    "classes/data_in_metaclass": "call-of-a-metaclass-is-passed-over",
    "classes/opaque_hoisted": "hoisted-object-of-no-graph-is-not-made",
    "classes/instance_dict": "new-attributes-stand-first",
    "classes/iter_and_contains_fallback": "sequence-without-a-length",
    "exceptions/existing_raised": "existing-exception-cannot-be-raised",
    "exceptions/from_python": "missing-attribute-is-not-missed",
    "exceptions/in_a_tensor_operation": "error-of-an-operation-is-not-caught",
    "exceptions/variable_unbound_after": "text-of-a-key-error",
    "functions/code_in_other_globals": "namespace-without-builtins",
    "functions/code_in_other_globals_called": "code-of-two-namespaces",
    "generators/delegating": "yield-from-loses-what-is-returned",
    "generators/returned": "generator-comes-back-over-a-tuple",
    "generators/returned_half_consumed": "generator-comes-back-over-a-tuple",
    "generators/stored": "generator-comes-back-over-a-tuple",
    "mutation/deque": "bound-of-a-deque-is-forgotten",
    "mutation/deque_with_bound_appended": "bound-of-a-deque-is-forgotten",
    "mutation/set_of_objects": "change-of-a-set-is-forgotten",
}
"""The name of the cause of each program that fails on torch 2.13."""

MADE_RIGHT = frozenset({"array-returned-twice-is-two"})
"""Causes that lie in the codegen, and that ours in torch's place has not."""

COMPILED_ITSELF = frozenset({"calls/nested_compile"})
"""Programs whose eager run compiles too, by torch's own class: that has to work there."""

QUICK: tuple[tuple[str, object], ...] = (("torch._dynamo.guards.profile_guard_manager", lambda *_: 0.0),)
"""Guards are not timed: that takes a third of the time, and is but logged."""

SETTINGS: dict[str, tuple[tuple[str, object], ...]] = {
    # numpy's own random numbers are the documented exception
    "randomness/numpy_random": (("torch._dynamo.config.use_numpy_random_stream", True),),
}
"""What a program is compiled with."""

SECONDS = 60.0

SCRIPTS = sorted(path.stem for path in HERE.glob("known/programs/*.py"))

GROUPS = sorted(each.name for each in PROGRAMS.iterdir() if each.is_dir() and each.name != "__pycache__")


def programs(group: str = "*") -> list[str]:
    """Names of programs, of one folder or of all."""
    found = (path.relative_to(PROGRAMS).with_suffix("").as_posix() for path in PROGRAMS.glob(f"{group}/*.py"))
    return sorted(name for name in found if name not in BESIDE)


def options(name: str, *, disabled: bool = False, target: str = "torch") -> Options:
    """How the program is compiled."""
    return Options(sets=(*QUICK, *SETTINGS.get(name, ())), disabled=disabled, target=target)


def warm() -> None:
    """What Dynamo imports when it is first used is imported before children are made."""
    for name in ("breaks/aliases_kept", "modules/buffer_changed", "closures/nested_three_deep"):
        run_both(read(PROGRAMS / f"{name}.py"), Options(sets=QUICK))


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warm()


@pytest.mark.parametrize("group", GROUPS)
def test_programs_give_the_same_compiled(group: str) -> None:
    ended = {
        name: check_program(read(PROGRAMS / f"{name}.py"), options(name), SECONDS) for name in programs(group)
    }
    all_as_expected(ended, frozenset(KNOWN))


@pytest.mark.usefixtures("torchs_codegen_raises")
@pytest.mark.parametrize("group", GROUPS)
def test_programs_give_the_same_with_our_codegen_in_torchs_place(group: str) -> None:
    ended = {
        name: check_program(read(PROGRAMS / f"{name}.py"), options(name, target="dropin"), SECONDS)
        for name in programs(group)
        if name not in COMPILED_ITSELF
    }
    all_as_expected(ended, frozenset(name for name, cause in KNOWN.items() if cause not in MADE_RIGHT))


@pytest.mark.parametrize("name", sorted(COMPILED_ITSELF))
def test_programs_that_compile_themselves_give_the_same_too(name: str) -> None:
    done = check_program(read(PROGRAMS / f"{name}.py"), options(name, target="dropin"), SECONDS)
    all_as_expected({name: done}, frozenset())


def all_as_expected(ended: dict[str, Checked], failing: frozenset[str]) -> None:
    """Fail with the whole of what is told of each program that ended otherwise."""
    wrong = [
        f"{name}: {done.told.message if done.told else f'{done.status}: {done.reason}'}"
        for name, done in ended.items()
        if done.status != ("failed" if name in failing else "passed")
    ]
    if wrong:
        pytest.fail("\n\n".join(wrong), pytrace=False)


@pytest.mark.parametrize("group", GROUPS)
def test_programs_that_dynamo_leaves_alone_compare_equal(group: str) -> None:
    def child() -> dict[str, Checked]:
        return {
            name: run_both(read(PROGRAMS / f"{name}.py"), options(name, disabled=True))
            for name in programs(group)
        }

    ended = isolated(child, SECONDS)
    assert not isinstance(ended, Death), ended.stderr
    assert not {name: done.told for name, done in ended.value.items() if done.status != "passed"}


def test_there_are_enough_programs_and_every_failing_one_has_a_known_cause() -> None:
    assert len(programs()) >= 120
    assert set(KNOWN) <= set(programs())
    causes = {path.stem for path in (*HERE.glob("known/*.py"), *HERE.glob("known/programs/*.py"))}
    assert set(KNOWN.values()) <= causes


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_script_of_a_cause_shows_it_with_torch_alone(name: str) -> None:
    def child() -> object:
        try:
            runpy.run_path(str(HERE / "known" / "programs" / f"{name}.py"), run_name="__main__")
        except SystemExit as end:
            return end.code
        return "came to its end"

    ended = isolated(child, SECONDS)
    assert not isinstance(ended, Death), ended.stderr
    assert ended.value in (1, True)
