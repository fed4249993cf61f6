"""The well-formedness rules of the sources that a compiler makes.

Claim: what is refused here is what no compiler of the kind makes, or what no case can say of its world.
"""

from __future__ import annotations

from collections.abc import Iterator

from generators.call_rules import wrapper_of
from generators.case import (
    Case,
    ClassMember,
    GlobalName,
    GlobalReferent,
    LocalName,
    ModeOnStack,
    Problem,
    RandomValue,
    Superclass,
    TensorProperty,
)


def compiler_source_problems(case: Case, at: int) -> Iterator[Problem]:
    """The problems of the source at a place, which leads to a node; none for kinds that a program writes."""
    source = case.sources[at]
    wrapper = wrapper_of(source)
    if (wrapper is not None and wrapper.calls) or isinstance(source, TensorProperty):
        if case.kind != "call":
            yield f"sources[{at}]", "only an argument of a call has it: anything else is a graph output"
    elif isinstance(source, Superclass | ClassMember):
        if case.kind == "call":
            yield f"sources[{at}]", "a call has classes of its own, which note what is read of their objects"
    elif isinstance(source, GlobalReferent):
        if not isinstance(case.sources[source.base], GlobalName):
            yield f"sources[{at}].base", f"source {source.base} is no global"
    elif isinstance(source, RandomValue):
        yield from _random_value(case, at, source)
    elif isinstance(source, ModeOnStack):
        below = {other.index for other in case.sources[:at] if isinstance(other, ModeOnStack)}
        if len(below) != source.index:
            yield (
                f"sources[{at}].index",
                f"there are {len(below)} modes below, each with a source before this",
            )


def _random_value(case: Case, at: int, source: RandomValue) -> Iterator[Problem]:
    if not isinstance(case.sources[source.base], LocalName):
        yield f"sources[{at}].base", f"source {source.base} is no local"
    first = next(other for other in case.sources if isinstance(other, RandomValue))
    if first.base != source.base:
        yield (
            f"sources[{at}].base",
            f"the random numbers of a frame are in one local, source {first.base}",
        )
