"""What the frame may make by calling something that every process has: iterators, views, context managers …

Claim: a `made` node says which maker was called and with what; the one table MAKERS says what each may be
given, and what a codegen owes for a value that exists beforehand. A family of makers is a file of rows,
listed here; `oracles/makers.py` says what each is in plain Python, each target how it tracks that.
"""

from __future__ import annotations

from generators.makers_callables import CALLABLES
from generators.makers_contexts import CONTEXTS, WITH_CONTEXTS
from generators.makers_effects import MAKERS as EFFECTS
from generators.makers_exceptions import EXCEPTIONS
from generators.makers_iterators import COLLECTED, ITERATORS, VIEWS
from generators.makers_odd import ODD
from generators.makers_tensors import TENSORS
from generators.makers_torch import HELD, OBJECTS, ONE_OF_EACH
from generators.makers_values import VALUES
from generators.nodes import MadeNode, Node
from generators.roles import ITERATING, Maker

__all__ = ["ITERATING", "MAKERS", "is_made_aside"]

MAKERS: dict[str, Maker] = {
    **ITERATORS,
    **VIEWS,
    **COLLECTED,
    **VALUES,
    **EXCEPTIONS,
    **CALLABLES,
    **ODD,
    **CONTEXTS,
    **WITH_CONTEXTS,
    **OBJECTS,
    **ONE_OF_EACH,
    **HELD,
    **EFFECTS,
    **TENSORS,
}
"""Name -> what it takes; a name means the same in every version of the schema."""


def is_made_aside(node: Node) -> bool:
    """Is the node a new value that is made before all roots, whatever the options say of them, as effects are
    replayed after them?"""
    return isinstance(node, MadeNode) and node.source is None and MAKERS[node.name].aside
