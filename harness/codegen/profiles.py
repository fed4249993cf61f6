"""Which release of the interface a codegen behaves like, as a record of independent switches.

Releases mix the switches, so none of them follows from another; `BASE` and `LATER` are the two ends, and
`DEFAULT` is what a codegen of ours does if nothing else is said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class Profile:
    """The switches. Every field changes one rule, and no rule reads two of them.

    - `cached_sources`: keep *all* sources in temporaries once loaded, or only those *marked* in `tempvars`.
    - `counted_sources`: sources that were really built are counted in `uses`, as trackers are.
    - `context_manager_object`: what returning a `@contextmanager` object is.
    - `closure`: `make_function_with_closure` emits the *whole* closure, or finds the tuple of *cells* on the
      stack.
    - `delete_temporaries`: the temporaries are deleted after the generated call.
    - `profiler_marks`: the arguments of the generated call are put between two marks: *never*, *always*, or
      only while the code runs *under a profiler*, which it asks.
    - `pop_null`: there is a `pop_null`.
    - `kept_conversions`: what a helper makes of a graph output (an array, a tensor of a subclass) is counted
      in `uses`, and kept in a temporary if asked for, as what is rebuilt is. No release does it: there, each
      use is a new object.
    """

    cached_sources: Literal["all", "marked"]
    counted_sources: bool
    context_manager_object: Literal["usage error", "graph break"]
    closure: Literal["whole", "cells"]
    delete_temporaries: bool
    profiler_marks: Literal["never", "always", "under a profiler"]
    pop_null: bool
    kept_conversions: bool


BASE = Profile(
    cached_sources="all",
    counted_sources=False,
    context_manager_object="usage error",
    closure="whole",
    delete_temporaries=False,
    profiler_marks="never",
    pop_null=True,
    kept_conversions=False,
)

LATER = Profile(
    cached_sources="marked",
    counted_sources=True,
    context_manager_object="graph break",
    closure="cells",
    delete_temporaries=True,
    profiler_marks="always",
    pop_null=True,
    kept_conversions=False,
)

DEFAULT = replace(LATER, kept_conversions=True)
"""`LATER`, without its fault of giving back one array as two."""
