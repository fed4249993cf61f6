"""The stack oracle's verdict on a Run: its emission's code, verified.

Claim: `passed` means that `verify` accepted the code; every violation becomes a finding that names the
invariant, the opcode and, where the calls were recorded, the codegen call that emitted it.
"""

from __future__ import annotations

from oracles.run import PASSED, Emission, Finding, Verdict, failed, inconclusive
from oracles.stack import Report, UnsupportedPython, verify


def judge(emission: Emission) -> Verdict:
    """The verdict on the emission's code; `inconclusive` on a Python without opcode tables."""
    try:
        report = verify(emission.code)
    except UnsupportedPython as missing:
        return inconclusive(f"stack: {missing}")
    return PASSED if report.ok else failed(*findings(emission, report))


def findings(emission: Emission, report: Report) -> list[Finding]:
    """A finding for each violation of the report."""
    calls = emission.calls or {}
    found = []
    for violation in report.violations:
        call = calls.get(violation.offset)
        found.append(
            Finding(
                oracle="stack",
                invariant=violation.invariant,
                subject=violation.opcode,
                message=violation.message,
                emitter="" if call is None else call.function,
                offset=violation.offset,
                node=None if call is None else call.node,
            )
        )
    return found
