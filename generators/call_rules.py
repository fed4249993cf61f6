"""The well-formedness rules of call cases, and of what they alone have.

Claim: what a call says nothing with is refused, with the path of the field, so that two files of one meaning
do not differ.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from generators import limits
from generators.case import PROFILES, Case, Options, Problem, RandomValue, Source, Wrapped
from generators.compiler_sources import WRAPPERS, Wrapper
from generators.forms import form_of
from generators.nodes import ArrayNode, ConstantNode


def call_problems(case: Case) -> Iterator[Problem]:
    """The problems of a call; in any other kind of case, of the fields that only a call has."""
    if case.kind != "call":
        if case.as_tensor:
            yield "as_tensor", f"a {case.kind} converts nothing to tensors: only a call has arguments"
        if case.options.profile != Options().profile:
            yield "options.profile", f"a {case.kind} is emitted in the profile {Options().profile!r} only"
        return
    for at, root in enumerate(case.roots):
        if case.nodes[root].source is None:
            yield (
                f"roots[{at}]",
                f"node {root} has no source: an argument of a call is loaded from its source",
            )
    yield from _conversions(case)
    if case.effects:
        yield "effects", "a call replays no effects"
    for field in dataclasses.fields(Options):
        if field.name != "profile" and getattr(case.options, field.name) != getattr(Options(), field.name):
            yield f"options.{field.name}", "means nothing in a call, where sources alone are loaded"
    if case.options.profile not in PROFILES:
        yield "options.profile", f"{case.options.profile!r} is none of {', '.join(PROFILES)}"


def _conversions(case: Case) -> Iterator[Problem]:
    previous = -1
    for place, at in enumerate(case.as_tensor):
        where = f"as_tensor[{place}]"
        if at >= len(case.roots):
            yield where, f"there is no argument {at}"
        elif at <= previous:
            yield where, "the positions are not in rising order"
        elif not can_be_tensor(case, case.roots[at]):
            yield (
                where,
                f"node {case.roots[at]} is neither a float nor a whole number of 64 bits, nor an array",
            )
        previous = at
    for at, root in enumerate(case.roots):
        if must_be_tensor(case, root) and at not in case.as_tensor:
            yield f"roots[{at}]", "is always passed as a tensor, so its place has to be in as_tensor"


def can_be_tensor(case: Case, index: int) -> bool:
    """Is the value of the node a number that Dynamo passes as a tensor?"""
    node = case.nodes[case.same_object(index) or 0]
    wrapper = _wrapper(case, index)
    if wrapper is not None:
        return wrapper.tensor and not (isinstance(node, ArrayNode) and not form_of(node.output).is_number)
    if not isinstance(node, ConstantNode):
        return False
    return type(node.value) is float or (type(node.value) is int and node.value in limits.FILE_TENSOR_INTEGER)


def must_be_tensor(case: Case, index: int) -> bool:
    """Is the value of the node never passed as anything but a tensor? So of arrays, and of random numbers."""
    wrapper = _wrapper(case, index)
    where = case.nodes[index].source
    random = where is not None and isinstance(case.sources[where], RandomValue)
    return (wrapper is not None and wrapper.tensor) or (random and can_be_tensor(case, index))


def _wrapper(case: Case, index: int) -> Wrapper | None:
    where = case.nodes[index].source
    return None if where is None else wrapper_of(case.sources[where])


def wrapper_of(source: Source) -> Wrapper | None:
    """How the source marks what another gives; None: it does not."""
    return WRAPPERS.get(source.how) if isinstance(source, Wrapped) else None
