"""The stack oracle's verdict on a Run: its emission's code, verified.

Claim: `passed` means that `verify` accepted the code; every violation becomes a finding that names the
invariant, the opcode and, where the calls were recorded, the codegen call that emitted it.

One note counts as a violation here: a read of a local that no path has bound. CPython raises cleanly there,
so code that somebody wrote may mean it; code that was generated to give a value back cannot.
"""

from __future__ import annotations

from oracles.run import PASSED, Emission, Finding, Verdict, failed, inconclusive
from oracles.stack import Note, Report, UnsupportedPython, Violation, verify

CONDEMNING_NOTES = frozenset({"unbound-local"})
"""Notes of the verifier that are violations in generated code."""


def judge(emission: Emission) -> Verdict:
    """The verdict on the emission's code; `inconclusive` on a Python without opcode tables."""
    try:
        report = verify(emission.code)
    except UnsupportedPython as missing:
        return inconclusive(f"stack: {missing}")
    found = findings(emission, report)
    return failed(*found) if found else PASSED


def findings(emission: Emission, report: Report) -> list[Finding]:
    """A finding for each violation of the report, and for each note that counts as one."""
    calls = emission.calls or {}
    wrong: list[tuple[str, Violation | Note]] = [(each.invariant, each) for each in report.violations]
    wrong += [(each.name, each) for each in report.notes if each.name in CONDEMNING_NOTES]
    found = []
    for invariant, each in wrong:
        call = calls.get(each.offset)
        found.append(
            Finding(
                oracle="stack",
                invariant=invariant,
                subject=each.opcode,
                message=each.message,
                emitter="" if call is None else call.function,
                offset=each.offset,
                node=None if call is None else call.node,
            )
        )
    return found
