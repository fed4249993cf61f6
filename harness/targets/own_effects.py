"""The effects of a case on our trackers.

Claim: they are recorded as a tracer would leave them, and what is changed holds what it has in the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import harness.codegen as codegen
from generators.case import REBINDING, Case, Effect
from generators.contents import Contents, Parts, after, members
from harness.codegen.functions import CELL_CONTENTS

if TYPE_CHECKING:
    from harness.targets.own_trackers import OwnTrackers


def recorded(case: Case, build: OwnTrackers) -> codegen.SideEffects:
    """The effects recorded as a tracer would leave them: trackers hold the final contents."""
    effects = codegen.SideEffects(replay=case.options.replay)
    for cell in build.cells:
        effects.track(cell)
    for tensor, node in build.attributed:
        effects.track(tensor)
        for name, index in node.attributes:
            effects.store_attr(tensor, name, build.trackers[index])
    final = after(case)
    written: set[int] = set()
    for effect in case.effects:
        tracker = build.plain[effect.on]
        value = None if effect.value is None else build.trackers[effect.value]
        if effect.operation in REBINDING:
            _rebind(effects, build, effect, value)
        elif case.nodes[effect.on].source is None and effect.on not in written:
            written.add(effect.on)
            _hold(build, effect.on, final[effect.on])
        elif case.nodes[effect.on].source is None:
            continue
        elif effect.operation in ("advance", "drain"):
            effects.advance(tracker, whole=effect.operation == "drain")
        elif effect.name is not None and value is not None:
            effects.store_attr(tracker, effect.name, value)
        elif effect.name is not None:
            effects.delete_attr(tracker, effect.name)
        elif effect.on not in written:
            written.add(effect.on)
            _hold(build, effect.on, final[effect.on])
            effects.mutation(tracker)
    return effects


def _rebind(effects: codegen.SideEffects, build: OwnTrackers, effect: Effect, value: Any) -> None:
    name = effect.name or ""
    if effect.operation == "rebind_global":
        effects.store_global(name, value)
    else:
        effects.store_attr(build.frame_cell(name), CELL_CONTENTS, value)


def _hold(build: OwnTrackers, at: int, contents: Contents) -> None:
    """Let the tracker of a node hold these contents."""
    tracker = build.plain[at]
    if isinstance(tracker, codegen.RandomVariable):
        for effect in build.case.effects:
            if effect.on == at and effect.operation == "draw_number":
                tracker.generator.random()
        return
    if isinstance(contents, Parts):
        tracker.attributes = build.named(contents.attributes.items())
        contents = contents.inside
    held = build.many(members(contents))
    pairs = (
        any(isinstance(entry, tuple) for entry in contents.values()) if isinstance(contents, dict) else False
    )
    if isinstance(tracker, codegen.FunctionCallVariable):
        tracker.arguments = held
        return
    tracker.items = list(zip(held[::2], held[1::2], strict=True)) if pairs else held
