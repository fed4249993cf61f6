"""The reducer: a failing case made small, as data, without the generator that drew it.

Claim: what it returns is well-formed, is in the same bucket as the case it was given, and none of the
reducer's steps makes it smaller and keeps it there (unless the attempts ran out). It is deterministic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from generators.case import OPERATIONS, SOURCE_KINDS, Case, Options
from generators.codec import dumps
from generators.nodes import ConstantNode, children
from harness.draft import is_stand_in
from harness.plainness import PLAINNESS, field_weight
from harness.steps import STEPS, uses

__all__ = ["ATTEMPTS", "STEPS", "Reduced", "reduce", "weight"]

ATTEMPTS = 1_500
"""Candidates tried at most; a case of 40 nodes needs about 300."""


@dataclass(frozen=True, slots=True)
class Reduced:
    """The smaller case, and how many candidates were tried for it."""

    case: Case
    attempts: int


def reduce(case: Case, same_bucket: Callable[[Case], bool], attempts: int = ATTEMPTS) -> Reduced:
    """Shrink the case as long as `same_bucket` says that a candidate fails for the same cause."""
    tried = 0
    seen: set[str] = set()
    smaller = True
    while smaller:
        smaller = False
        for step in STEPS:
            progress = True
            while progress:
                progress = False
                for candidate in step(case):
                    if not weight(candidate) < weight(case):
                        continue
                    key = dumps(candidate)
                    if key in seen:
                        continue
                    if tried >= attempts:
                        return Reduced(case, tried)
                    seen.add(key)
                    tried += 1
                    if same_bucket(candidate):
                        case = candidate
                        smaller = progress = True
                        break
    return Reduced(case, tried)


def weight(case: Case) -> tuple[int, ...]:
    """What the reducer makes smaller, the most important first: nodes that are no constants; nodes that are
    not the stand-in 0; edges, roots, sources, effects, overrides; how often nodes are named again; how much
    a reader has to know of the kinds of nodes, sources and effects; fields that are not plain; options that
    are not the default."""
    nodes, options, default = case.nodes, case.options, Options()
    return (
        sum(not isinstance(node, ConstantNode) for node in nodes),
        sum(not is_stand_in(node) for node in nodes),
        sum(len(children(node)) for node in nodes),
        len(case.roots),
        len(case.sources),
        len(case.effects),
        len(options.overrides),
        sum(count - 1 for at, count in uses(case).items() if not isinstance(nodes[at], ConstantNode)),
        len(nodes),
        sum(_KINDS[node.kind] for node in nodes),
        sum(_SOURCES[source.kind] for source in case.sources),
        sum(_OPERATIONS[effect.operation] + (effect.index or 0) for effect in case.effects),
        sum(field_weight(node) for node in nodes),
        len(options.temporaries),
        (options.passes != default.passes)
        + (options.value_from_source != default.value_from_source)
        + (options.inlined != default.inlined),
    )


_KINDS = {kind: rank for rank, kind in enumerate(PLAINNESS)}
_SOURCES = {kind: rank for rank, kind in enumerate(SOURCE_KINDS)}
_OPERATIONS = {operation: rank for rank, operation in enumerate(OPERATIONS)}
