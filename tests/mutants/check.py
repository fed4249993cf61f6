"""Every file of `corpus/bytecode/` that is for the running Python: does the verifier say what the file says?

    python -m tests.mutants.check

Needs nothing but the standard library, so that any CPython can run it. Prints a line for each file whose
verdict is another; the exit code is 1 where there is one.
"""

from __future__ import annotations

import sys

from oracles.stack import verify

from . import badcode


def main() -> int:
    """Print what is not as its file says."""
    known = [path for path in badcode.files() if badcode.applies(badcode.python_of(path))]
    wrong = 0
    for path in known:
        bad = badcode.read(path)
        found = badcode.first_invariant(bad.code, verify)
        if (found == bad.verdict) == bool(bad.gap):
            print(f"{path.name}: {found}, and the file says {bad.verdict}{' as a gap' if bad.gap else ''}")
            wrong += 1
    print("{}.{}: {} files, {} not as they say".format(*sys.version_info[:2], len(known), wrong))
    return int(wrong > 0 or not known)


if __name__ == "__main__":
    sys.exit(main())
