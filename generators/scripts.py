"""Script cases: a random straight sequence of a codegen's public methods.

Claim: `script_case(draw)` gives a well-formed case from either driver; fifteen to twenty steps at the mean.
"""

from __future__ import annotations

import dataclasses

from generators import limits
from generators.case import Case, Options
from generators.draw import Draw
from generators.links import LINKS
from generators.nodes import AliasNode, ObjectNode, SubclassNode
from generators.script_builder import Script, draw_object
from generators.script_steps import DRAWN
from generators.stacks import BOUND
from generators.steps import Step


def script_case(draw: Draw) -> Case:
    """A well-formed case of kind `script`."""
    script = Script(draw)
    builder = script.builder
    if draw.chance(limits.FIRST_OBJECT):
        draw_object(builder)
    while len(script.steps) < limits.STEPS.low or draw.chance(limits.MORE_STEPS):
        if len(script.steps) >= limits.STEPS.high:
            break
        # what is not possible now gives way to what always is
        for step in draw.weighted(DRAWN)(script) or script.pushed():
            script.add(step)
    _finish(script)
    marks = [
        at
        for at, node in enumerate(builder.nodes)
        if LINKS[type(node)] and not isinstance(node, AliasNode | ObjectNode | SubclassNode)
    ]
    marked = tuple(
        [at for at in marks if draw.chance(limits.MARK_OTHER) and at not in script.model.unmarkable]
    )
    case = builder.case([], [], Options(passes=1, temporaries=marked))
    return dataclasses.replace(case, kind="script", steps=tuple(script.steps))


def _finish(script: Script) -> None:
    """Use up every callable that waits with its NULL for a call, the topmost first."""
    while not script.model.finished():
        above = script.model.singles()
        waiting = script.model.stack[-1 - above]
        if waiting.kind == BOUND:
            script.add(Step("call_method", count=above))
        elif above == 0 and waiting.sure:
            script.add(Step("pop_null"))
        else:
            script.add(Step("call_function", count=above, null=False))
