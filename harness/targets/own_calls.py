"""How the target named `own` calls the compiled function, and the functions that its code calls there.

Claim: our codegen gets what Dynamo gives its own in this place: graph arguments and a fresh codegen, in the
behaviour of the release that the case asks for.
"""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import harness.codegen as codegen
from generators.case import Case
from harness.codegen.host import Host
from harness.codegen.profiles import Profile
from harness.contracts import Watch, constructor
from harness.targets.base import COMPILED, Kept, Recorder, Trackers, compiled
from oracles.making import Converted, converted


def as_tensor(value: float) -> Converted:
    """The conversion of an argument, without torch."""
    return converted(value)


MARKS: list[object] = []
"""The marks of calls that are being prepared, the innermost last."""


def enter_mark() -> object:
    """Where a profiler would begin to measure."""
    MARKS.append(object())
    return MARKS[-1]


def exit_mark(mark: object) -> None:
    """Where it would end: raises ValueError for a mark that is not the one begun last."""
    if not MARKS or MARKS.pop() is not mark:
        raise ValueError("the mark that ends here did not begin last")


class _Later(codegen.PyCodegen):
    """The codegen with helper functions that need no torch."""

    profile: ClassVar[Profile] = codegen.LATER
    host: ClassVar[Host] = codegen.OwnHost(
        {
            "as tensor": (__name__, as_tensor.__name__),
            "enter mark": (__name__, enter_mark.__name__),
            "exit mark": (__name__, exit_mark.__name__),
        }
    )


class _Base(_Later):
    """The same as the earlier releases have it."""

    profile: ClassVar[Profile] = codegen.BASE


class _Unmarked(_Later):
    """The same where no marks are wanted."""

    profile: ClassVar[Profile] = dataclasses.replace(codegen.LATER, profiler_marks="never")


PROFILES: dict[str, type[codegen.PyCodegen]] = {"later": _Later, "base": _Base, "unmarked": _Unmarked}
"""The name of a profile in a case -> the codegen that behaves so."""


def call(
    translator: codegen.Translator, case: Case, build: Trackers, kept: Kept, record: bool, watch: Watch | None
) -> codegen.PyCodegen:
    """A codegen that has emitted the call of the compiled function."""
    translator.f_globals[COMPILED] = compiled
    translator.output.graphargs = [codegen.GraphArg(*argument) for argument in build.arguments()]
    generator: codegen.PyCodegen = constructor(PROFILES[case.options.profile], watch)(translator)
    generator.tempvars = kept
    if record:
        generator._output = Recorder(generator, build.node_of)
    MARKS.clear()
    generator.make_call_generated_code(COMPILED)
    return generator
