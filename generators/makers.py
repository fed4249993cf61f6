"""What the frame may make by calling something that every process has: iterators, views, context managers …

Claim: a `made` node says which maker was called and with what; the one table MAKERS says what each may be
given, and what a codegen owes for a value that exists beforehand. A family of makers is a file of rows,
listed here; `oracles/makers.py` says what each is in plain Python, each target how it tracks that.
"""

from __future__ import annotations

from generators.makers_effects import MAKERS as EFFECTS
from generators.makers_iterators import ITERATORS, VIEWS
from generators.makers_tensors import TENSORS
from generators.roles import Maker

MAKERS: dict[str, Maker] = {**ITERATORS, **VIEWS, **EFFECTS, **TENSORS}
"""Name -> what it takes; a name means the same in every version of the schema."""
