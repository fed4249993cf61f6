"""The abstract stack interpreter: verifies CPython code objects without running them.

The claim: code it accepts cannot crash the interpreter through its stack, names or control flow; code it
rejects is wrong. `verify(code)` is the whole API; `annotate` lists the code with its report.
"""

from .interpreter import verify
from .listing import ListingRow, annotate
from .opcodes import UnsupportedPython
from .report import Note, Report, Violation
from .slots import Slot

__all__ = ["ListingRow", "Note", "Report", "Slot", "UnsupportedPython", "Violation", "annotate", "verify"]
