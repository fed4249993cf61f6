"""Makers of a compiler's own objects: streams, storages, and what it keeps one of.

Claim: see `makers.py`.
"""

from __future__ import annotations

from generators.makers_callables import SIMPLE
from generators.roles import FUNCTION, TENSOR, Maker

OBJECTS: dict[str, Maker] = {
    "stream": Maker(existing="loaded"),
    "event": Maker(existing="loaded"),
    "storage": Maker((TENSOR,), existing="loaded"),
    "data_ptr": Maker((TENSOR,)),
    "dispatch_keys": Maker((TENSOR,), existing="always"),
    "interpreter": Maker(existing="always"),
    "removed_handle": Maker(),
    "opaque": Maker((SIMPLE,), existing="always"),
}
"""Objects that a frame makes, most of them of a tensor; the graph itself gives an opaque one back."""

ONE_OF_EACH: dict[str, Maker] = {
    "function_of_the_graph": Maker(existing="always"),
    "function_that_makes_a_manager": Maker(existing="always", stands="beforehand"),
    "function_that_logs": Maker(existing="always", stands="beforehand"),
    "skipped_function": Maker(existing="loaded", stands="beforehand"),
    "function_mode": Maker(existing="always", stands="beforehand"),
}
"""Functions and the like of which every process has one."""

HELD: dict[str, Maker] = {
    "hooks": Maker(rest=FUNCTION, existing="rebuilt", stands="beforehand"),
    "sdpa_params": Maker((TENSOR,), existing="rebuilt", stands="beforehand"),
}
"""What the compiler looks into where it exists beforehand, and no frame makes."""
