"""Makers of context managers, and of what is made with one: decorated functions, the exits of entered ones.

Claim: see `makers.py`. Nothing is entered: a frame gives back a manager that it has made, a function that it
has decorated with one, or, where it is left inside a `with`, what makes the manager again.
"""

from __future__ import annotations

from generators.nodes import BoundMethodNode, ContextManagerNode, FunctionNode, MadeNode, Node
from generators.roles import ANY, FLAG, TEXT, Maker, Role

CONTEXTS: dict[str, Maker] = {
    "grad_mode": Maker((FLAG,), existing="loaded"),
    "no_grad": Maker(existing="loaded", weight=1),
    "autocast": Maker((FLAG,), existing="rebuilt"),
    "catch_warnings": Maker(existing="loaded", weight=7),
    "recorded_warnings": Maker((FLAG,), existing="loaded", weight=5),
    "disable_torch_function": Maker(existing="loaded", weight=5),
    "disable_torch_function_subclass": Maker(existing="loaded", weight=5),
    "saved_tensors_hooks": Maker((TEXT,), existing="loaded"),
    "record_function": Maker((TEXT,)),
    "sdpa_kernel": Maker(existing="loaded"),
    "sdpa_kernel_in_order": Maker(existing="loaded", weight=1),
    "annotate": Maker(
        (TEXT,), existing="loaded", weight=1, refused="an annotation of a graph does not leave the frame"
    ),
    "patched_config": Maker((FLAG,), existing="rebuilt"),
    "error_on_graph_break": Maker((FLAG,), existing="rebuilt"),
    "cudagraphs": Maker((FLAG, FLAG), existing="rebuilt"),
    "null_of": Maker((ANY,), existing="loaded", weight=1),
    "user_manager": Maker((ANY,), existing="loaded", aside=True),
    "user_mode": Maker(existing="always", weight=5),
}
"""Managers made with constants (the last but two: with anything). One that is known to come back as something
else is drawn rarely."""

DECORATING = ("grad_mode", "autocast")
"""Makers of managers that decorate functions, beside the manager with a mode of `MANAGERS`."""

ENTERED = (
    *("grad_mode", "autocast", "disable_torch_function", "disable_torch_function_subclass"),
    *("saved_tensors_hooks", "record_function", "sdpa_kernel", "patched_config", "error_on_graph_break"),
    "cudagraphs",
)
"""Makers of managers with which a frame can be left inside the `with`, beside those of `MANAGERS`."""

_METHODS = ("method", "other")


def _made_by(names: tuple[str, ...]) -> Role:
    def accepts(node: Node) -> bool:
        named = isinstance(node, MadeNode | ContextManagerNode) and node.name in names
        return named and node.source is None

    return Role(f"a new context manager of {', '.join(names)}", accepts)


def _is_decorated(node: Node) -> bool:
    if isinstance(node, BoundMethodNode):
        return node.source is None and node.name in _METHODS
    return isinstance(node, FunctionNode) or (isinstance(node, MadeNode) and node.name == "skipped_function")


DECORATOR = _made_by((*DECORATING, "mode"))
MANAGER = _made_by((*ENTERED, "mode", "null"))
DECORATED = Role("a function, a method bound anew to an object or a skipped function", _is_decorated)

WITH_CONTEXTS: dict[str, Maker] = {
    "decorated": Maker((DECORATOR, DECORATED), weight=35),
    "entered": Maker((MANAGER,), stands="on the stack"),
}
"""What is made with a manager; `entered` is what stands for its exit on the stack of a frame that is left in
the middle of the `with`: what makes the manager again, for the frame that goes on."""
