"""What the emitted code of a call leaves in its frame.

Claim: after a passed run's call no temporary of the codegen is bound, where its profile promises to delete
them, so that nothing keeps the arguments alive while what follows runs; each of them was deleted once.

The code of a call has no jumps, so the instructions from first to last are its one path. A deletion of what
is not bound is the stack oracle's business.
"""

from __future__ import annotations

import dis

from oracles.run import PASSED, Finding, Run, Verdict, failed

_BINDS = "STORE_FAST"
_UNBINDS = "DELETE_FAST"


def judge(run: Run) -> Verdict:
    """Follow the temporaries through the code."""
    emission = run.emission
    if not emission.deletes:
        return PASSED
    bound: dict[str, int] = {}
    # dis writes every constant out, and Python refuses to write out a huge integer
    code = emission.code.replace(co_consts=(None,) * len(emission.code.co_consts))
    for instruction in dis.get_instructions(code):
        if instruction.opname == _BINDS and instruction.argval in emission.temporaries:
            bound[instruction.argval] = instruction.offset
        elif instruction.opname == _UNBINDS:
            bound.pop(instruction.argval, None)
    for name, offset in bound.items():
        told = f"the temporary {name} is still bound when the call is over"
        return failed(Finding("temporaries", "left bound", _BINDS, told, offset=offset))
    return PASSED
