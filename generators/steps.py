"""The steps of a script case: public methods of a codegen, one after the other.

Claim: STEPS says of every operation which fields it takes, and nothing else of a step has a meaning.

A script runs in a frame of its own kind: the names that stand here are there in every script's world.
"""

from __future__ import annotations

from dataclasses import dataclass

# --- what the frame of a script has -------------------------------------------------------------------

TOOLS = ("gather", "spread")
"""Globals that hold functions which take anything, and give all that they got and which of them it was."""

TOOLS_MODULE = "oracles.tools"
"""Where they live. The global named by its last part holds the module itself."""

SHELF = "shelf"
"""What that module holds beside them, and which has both as attributes."""

MODULES = (TOOLS_MODULE, "operator", "string")
"""Modules that are loaded: one that the global of its own name holds, one whose name no global has, one whose
name is another object's."""

METHOD = "collect"
"""The method of every object node: takes anything, and gives the object and all that it got."""

TOKENS = 3
"""How many objects there are, told apart by number, that code may hold as they are."""

INNER = "inner"
FREE = ("outer_a", "outer_b")
CELLS = (INNER, *FREE)
"""The cells of the frame: its own holds nothing yet; two come from outside and hold their names."""

CACHED = {"cached one": "cached_one", "cached.two": "cached_two", "cached": "cached"}
"""Names asked for in `setup_globally_cached`, and those that they become."""

STORED = ("p", "q")
"""Attributes that steps store: no source leads through them, so no other step means something else then."""

FRAME_NAMES = frozenset(
    {*TOOLS, *CELLS, *CACHED.values(), *(module.rpartition(".")[2] for module in MODULES)}
)
"""Names that no local or global of a script may have."""


# --- a step -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """One step; STEPS says which of the fields its operation takes.

    `nodes`: what it is about. `count`: arguments, values above, positions, or the number of a variable or
    token. `name`, `names`: what it names; `via`: how a callable is come by (one of VIAS). `null`: is a NULL
    pushed by this step; `ex`: is the NULL one for `CALL_FUNCTION_EX`; `add`: is the name interned;
    `from_source`, and `inner` for a scope within: are values loaded from their sources."""

    operation: str
    nodes: tuple[int, ...] = ()
    count: int | None = None
    name: str | None = None
    names: tuple[str, ...] = ()
    via: str | None = None
    null: bool | None = None
    ex: bool | None = None
    add: bool | None = None
    from_source: bool | None = None
    inner: bool | None = None


VIAS = ("global", "source", "import", "module", "shelf")
"""How a tool is come by: the global; its source; an import from its module; an attribute of the module; an
attribute of an attribute of it."""

STEPS: dict[str, tuple[str, ...]] = {
    # values
    "tracker": ("nodes",),
    "source": ("nodes",),
    "foreach": ("nodes",),
    "restore_stack": ("nodes", "from_source"),
    "restore_nested": ("nodes", "from_source", "inner"),
    "call_reconstruct": ("nodes",),
    "graph_output": ("nodes",),
    # what is remembered
    "add_cache": ("nodes",),
    "mark_source_temp": ("nodes",),
    "clear_tempvars": (),
    "clear_tos": (),
    "pycode": (),
    # the stack
    "dup_top": (),
    "pop_top": (),
    "rot_n": ("count",),
    "pop_null": (),
    # constants, globals, modules
    "create_load_const": ("nodes",),
    "create_load_const_unchecked": ("count",),
    "create_load_global": ("name", "add"),
    "setup_globally_cached": ("name", "count"),
    "create_load_python_module": ("name",),
    "load_import_from": ("name",),
    "create_import_name": ("name",),
    # attributes and items
    "load_attr": ("name",),
    "create_load_attr": ("name",),
    "create_load_attrs": ("name",),
    "store_attr": ("name",),
    "create_store_attr": ("name",),
    "create_binary_subscr": ("count",),
    # calls
    "load_callable": ("name", "via"),
    "add_push_null": ("name", "via", "ex"),
    "add_push_null_method": ("nodes", "ex"),
    "load_function_name": ("name", "null", "count"),
    "call_function": ("count", "null"),
    "create_call_function": ("count", "null"),
    "create_call_function_kw": ("count", "names", "null"),
    "call_function_ex": ("count", "names", "null"),
    "load_method": (),
    "call_method": ("count",),
    "make_function_with_closure": ("names",),
    # locals and cells
    "store": ("count",),
    "create_store": ("count",),
    "create_load": ("count",),
    "load_parameter": ("name",),
    "create_delete": ("count",),
    "create_load_closure": ("name",),
    "load_deref": ("name",),
    "create_load_deref": ("name",),
    "create_store_deref": ("name",),
    # what has to be refused
    "misuse": ("name",),
}
"""Operation -> the fields it takes. Most are named as the method that they call."""

MISUSES = (
    "tracker without reconstruct",
    "source without reconstruct",
    "reconstruct that returns something",
    "source whose reconstruct returns something",
    "load of no local",
    "store of no local",
    "closure of no cell",
    "load of no cell",
    "store of no cell",
    "global that is not interned",
    "constant that is not safe",
    "clash of globals",
    "append of no instruction",
    "extend by no instruction",
    "graph output without a variable",
    "source that is not cached",
    "context manager object",
    "context manager object as a usage error",
    "closure without free variables",
    "closure over no cell",
    "closure with the arguments of another profile",
    "pop_null in a profile without it",
    "conversion without a helper",
    "value that is neither tracker nor source",
    "module without a root",
    "restore that raises",
)
"""What a step of operation `misuse` does wrong: it leaves the stack, and all that was emitted, as it is."""
