"""The script that shows a finding with torch alone: the program, run as it is and compiled, in one file.

Claim: it needs nothing of this project, prints what either run gave, and exits with 1 where the two differ.
"""

from __future__ import annotations

import inspect
from typing import Any

from harness.programs import beside
from harness.programs.running import Options

_SCRIPT = '''"""{bucket}

The program below as it is beside compiled: exit code 1 where the two differ.
"""

PROGRAM = {program}

{beside}

if __name__ == "__main__":
    sys.exit(beside(PROGRAM, {maker!r}, {times}, {options!r}, {sets!r}))
'''


def script_of(source: str, options: Options, maker: str, bucket: str) -> str:
    """The text of the script."""
    named: dict[str, Any] = {
        "backend": options.backend,
        "fullgraph": options.fullgraph,
        "dynamic": options.dynamic,
    }
    quotable = "'''" not in source and "\\" not in source
    return _SCRIPT.format(
        bucket=bucket,
        program=f"'''\n{source.strip()}\n'''" if quotable else repr(source),
        beside=inspect.getsource(beside).partition('"""\n\n')[2].strip(),
        maker=maker,
        times=options.calls,
        options=named,
        sets=options.sets,
    )
