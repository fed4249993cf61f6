"""The kinds of cases, listed: what a campaign draws, and how often.

Claim: `drawn_case(seed, index)` is the same case on every machine and run; adding a kind is one line here.

- `tree`: roots over shared trees of trackers, with the effects to be replayed.
- `call`: arguments of the compiled function over shared and nested sources.
- `script`: a straight sequence of the codegen's public methods.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from generators.calls import call_case
from generators.case import Case
from generators.draw import Draw, SeededDraw, Weighted
from generators.scripts import script_case
from generators.trees import tree_case

DEFINITIONS: dict[str, tuple[int, Callable[[Draw], Case]]] = {
    "tree": (70, tree_case),
    "call": (10, call_case),
    "script": (20, script_case),
}
"""Kind -> its share among all kinds, and its definition."""

CASE_KINDS = tuple(DEFINITIONS)


def any_case(draw: Draw, kinds: Sequence[str] = CASE_KINDS) -> Case:
    """A well-formed case of one of the kinds."""
    if len(kinds) == 1:
        return DEFINITIONS[kinds[0]][1](draw)
    return draw.weighted(Weighted([DEFINITIONS[kind] for kind in kinds]))(draw)


def drawn_case(seed: int, index: int, kinds: Sequence[str] = CASE_KINDS) -> Case:
    """Case `index` of the campaign with this seed that draws these kinds."""
    return any_case(SeededDraw(seed, index), kinds)
