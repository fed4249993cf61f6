"""A Case: one test input as plain frozen data, independent of every codegen.

Claim: a case is a table of nodes addressed by index, so that sharing is plain to see (two parents naming one
child *is* aliasing, a child naming its parent is a cycle), and nothing in it can be executed.

The kinds of nodes stand in `nodes.py`, the well-formedness rules in `rules.py`, the JSON form in `codec.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from generators.compiler_sources import (
    COMPILER_SOURCES,
    ClassMember,
    Element,
    GlobalReferent,
    Gradient,
    ModeOnStack,
    RandomValue,
    Subclasses,
    Superclass,
    TensorProperty,
    Wrapped,
    wraps,
)
from generators.library import LIBRARY_CLASSES
from generators.links import children
from generators.nodes import AliasNode, ConstantNode, FrozensetNode, LibraryNode, Node, SliceNode, TupleNode
from generators.source_kinds import (
    CLAIMED,
    MADE_BY_LOADING,
    SLICE_FIELDS,
    SOURCE_KINDS,
    SOURCE_LINKS,
    Attribute,
    CellContents,
    CellName,
    ChainedSource,
    ClosureCell,
    Default,
    DictItem,
    DictItemByKey,
    DictKey,
    FreeName,
    GlobalName,
    Import,
    Item,
    Link,
    LocalName,
    NamedSource,
    SliceItem,
    Source,
    TupleIteratorItem,
    TypeOf,
    WeakRefCall,
    may_claim,
    member_key,
    members,
    sources_in,
)
from generators.steps import Step

__all__ = [
    "CLAIMED",
    "COMPILER_SOURCES",
    "MADE_BY_LOADING",
    "OPERATIONS",
    "PROFILES",
    "REBINDING",
    "SLICE_FIELDS",
    "SOURCE_KINDS",
    "SOURCE_LINKS",
    "TAKING",
    "Attribute",
    "Case",
    "CellContents",
    "CellName",
    "ChainedSource",
    "ClassMember",
    "ClosureCell",
    "Default",
    "DictItem",
    "DictItemByKey",
    "DictKey",
    "Effect",
    "Element",
    "FreeName",
    "GlobalName",
    "GlobalReferent",
    "Gradient",
    "Import",
    "Item",
    "Link",
    "LocalName",
    "ModeOnStack",
    "NamedSource",
    "Options",
    "RandomValue",
    "SliceItem",
    "Source",
    "Subclasses",
    "Superclass",
    "TensorProperty",
    "TupleIteratorItem",
    "TypeOf",
    "WeakRefCall",
    "Wrapped",
    "sources_in",
]

# --- effects: what happens to values ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Effect:
    """One change to an object, as plain Python makes it; OPERATIONS says which fields each takes.

    `on`: the node of the object, existing or new; of a variable that is bound anew, what it was bound to.
    `value`, `key`: nodes; `index`: a position in a list; `name`: an attribute or a variable.
    """

    operation: str
    on: int
    index: int | None = None
    key: int | None = None
    name: str | None = None
    value: int | None = None


_DICTS = ("dict", "ordered_dict", "defaultdict")

OPERATIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "append": (("list", "deque"), ("value",)),
    "append_left": (("deque",), ("value",)),
    "pop_left": (("deque",), ()),
    "insert": (("list",), ("index", "value")),
    "set_item": (("list", "deque"), ("index", "value")),
    "delete_item": (("list", "deque"), ("index",)),
    "reverse": (("list", "deque"), ()),
    "clear": (("list", *_DICTS, "set", "deque", "made"), ()),
    "set_key": (_DICTS, ("key", "value")),
    "delete_key": (_DICTS, ("key",)),
    "move_to_end": (("ordered_dict",), ("key",)),
    "add": (("set", "made"), ("value",)),
    "discard": (("set", "made"), ("value",)),
    "advance": (("iterator", "made"), ()),
    "drain": (("iterator", "made"), ()),
    "set_attribute": (("object",), ("name", "value")),
    "delete_attribute": (("object",), ("name",)),
    "extend": (("list", "deque"), ("value",)),
    "extend_left": (("deque",), ("value",)),
    "pop": (("list", "deque"), ()),
    "remove": (("list",), ("value",)),
    "sort": (("list",), ()),
    "replace": (("list",), ("value",)),
    "set_default": (_DICTS, ("key", "value")),
    "pop_key": (_DICTS, ("key",)),
    "pop_item": (_DICTS, ()),
    "update": (_DICTS, ("value",)),
    "move_to_front": (("ordered_dict",), ("key",)),
    "pop_first": (("ordered_dict",), ()),
    "set_update": (("set",), ("value",)),
    "difference_update": (("set",), ("value",)),
    "intersection_update": (("set",), ("value",)),
    "symmetric_difference_update": (("set",), ("value",)),
    "draw_number": (("random",), ()),
    "rebind_global": ((), ("name", "value")),
    "rebind_cell": ((), ("name", "value")),
}
"""Operation -> the kinds of nodes it changes, and the fields it takes beside `on`. An instance of a user's
class is changed as what it is made from, and as an object. `discard` wants an element that is there, so that
it says something; `move_to_end` moves to the last place, `move_to_front` to the first; `remove` takes the
first item that equals a constant out; `replace` puts other items in the place of all; `advance` takes the
next item, `drain` all that is left. Of what a maker makes, MAKERS says what changes it."""

TAKING = frozenset(
    {
        *("extend", "extend_left", "replace", "update", "set_update", "difference_update"),
        *("intersection_update", "symmetric_difference_update"),
    }
)
"""The operations that store, or take out, what their value holds at that moment."""

REBINDING = {"rebind_global": ("globals",), "rebind_cell": ("cells", "free")}
"""The operations that bind a variable to another value, and the fields of the case with such variables."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the codegen is driven.

    `passes`: 2 counts uses first and keeps in temporaries what was built more than once, as Dynamo does;
    1 emits at once. `value_from_source`: load existing values rather than rebuild them where both are
    allowed. `temporaries`: nodes marked beforehand to be kept in a local: the tracker is marked, and its
    source if it has one. `overrides`: pairs of sources that lead to one object: the second is used in the
    place of the first. `inlined`: the values were made in functions that the frame calls, so that the
    frame's own code does not name the builtins that made them. `export`: the graph is exported, and so a
    symbolic float is given back as the graph has it. `profile`: one of PROFILES. `lazy`: nodes with a source
    whose trackers are made only when something of them is asked for; `realized`: that has happened to all of
    them already. `replay`: what existed before is changed; without it, only what the frame made is, as for
    who wants the graph alone. `modes`: the frame entered and left a mode in which a compiler's functions are
    called, so that the stack of modes counts as changed. `resumed`: the frame goes on in a function of its
    own, so its cells are put first. `logged`: what a logging function is called with before the roots are
    there: its calls were put off. `reported`: the compiler reports what it replays, which is the default of
    Dynamo, and slow. `called`: the last root, a function, is called with nothing once all is restored, as the
    instruction at which the frame is left calls it: the NULL of the call is on the stack beside it.
    """

    passes: int = 2
    value_from_source: bool = True
    temporaries: tuple[int, ...] = ()
    overrides: tuple[tuple[int, int], ...] = ()
    inlined: bool = False
    export: bool = False
    profile: str = "later"
    lazy: tuple[int, ...] = ()
    realized: bool = False
    replay: bool = True
    resumed: bool = False
    logged: tuple[int, ...] = ()
    reported: bool = False
    called: bool = False
    modes: bool = False


PROFILES = ("later", "base", "unmarked")
"""How a codegen behaves in a call: as later or as earlier releases of Dynamo's class, which cache sources,
and clear up, differently; or as the later ones where a profiler's marks are not wanted. A target that has
one of the first two only takes no notice of which."""


Problem: TypeAlias = tuple[str, str]
"""Where in a case (a field path such as `nodes[3].items[1]`) and what is wrong there."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One case.

    A `tree`: rebuild `roots`, in order, on the value stack, then replay `effects`, in order.
    A `call`: call the compiled function with the existing values `roots`, in order, as arguments, each loaded
    from the source of its node; those at the positions `as_tensor` are converted to tensors.
    A `script`: carry out `steps`, in order.

    `locals`, `globals`, `cells` (variables of the frame that closures share) and `free` (those of its own
    closure) bind names to the nodes that exist there before the emitted code runs. Nodes
    describe what was there before the effects.
    """

    nodes: tuple[Node, ...]
    roots: tuple[int, ...]
    sources: tuple[Source, ...] = ()
    locals: tuple[tuple[str, int], ...] = ()
    globals: tuple[tuple[str, int], ...] = ()
    options: Options = field(default_factory=Options)
    effects: tuple[Effect, ...] = ()
    kind: str = "tree"
    steps: tuple[Step, ...] = ()
    as_tensor: tuple[int, ...] = ()
    cells: tuple[tuple[str, int], ...] = ()
    free: tuple[tuple[str, int], ...] = ()

    def kinds(self) -> frozenset[str]:
        """The kinds of nodes, of sources (`source:KIND`), of effects (`effect:OPERATION`) and of steps
        (`step:OPERATION`) in it, and `case:KIND`."""
        return frozenset(
            ["case:" + self.kind]
            + [node.kind for node in self.nodes]
            + ["source:" + source.kind for source in self.sources]
            + ["effect:" + effect.operation for effect in self.effects]
            + ["step:" + step.operation for step in self.steps]
        )

    def source_targets(self) -> list[int | None]:
        """For each source the node that it leads to in the table, or None where it leads nowhere.

        One pass: a source names only an earlier source as its base.
        """
        bound: dict[str, dict[str, int]] = {}
        for kind, _, name, index in self.bindings():
            bound.setdefault(kind, {})[name] = index
        held: dict[int, dict[object, int]] = {}
        claims: dict[int, int] = {}
        for at, node in enumerate(self.nodes):
            if node.source is not None:
                claims.setdefault(node.source, at)
        targets: list[int | None] = []
        for at, source in enumerate(self.sources):
            if isinstance(source, NamedSource):
                targets.append(bound.get(source.kind, {}).get(source.name))
                continue
            base = getattr(source, "base", None)
            holder = None if base is None else self.same_object(targets[base])
            if isinstance(source, Wrapped):
                marked = targets[source.base]
                found = marked is not None and wraps(source, self.nodes[marked])
                targets.append(marked if found else None)
            elif isinstance(source, CLAIMED):
                claim = claims.get(at)
                from_node = None if holder is None else self.nodes[holder]
                found = claim is not None and may_claim(source, self.nodes[claim], from_node)
                targets.append(claim if found else None)
            elif holder is None:
                targets.append(None)
            else:
                if holder not in held:
                    held[holder] = members(self.nodes[holder])
                targets.append(held[holder].get(member_key(cast("Link", source), targets)))
        return targets

    def bindings(self) -> Iterator[tuple[str, str, str, int]]:
        """Every name that is bound: (kind of source, field of the case, name, node)."""
        for kind, field_name in (
            (LocalName.kind, "locals"),
            (GlobalName.kind, "globals"),
            (CellName.kind, "cells"),
            (FreeName.kind, "free"),
        ):
            for name, index in getattr(self, field_name):
                yield kind, field_name, name, index

    def exists(self, index: int) -> bool:
        """Is the value of this node there before the emitted code runs?"""
        node = self.nodes[index]
        if node.source is None:
            return isinstance(node, ConstantNode)
        return not self.is_made_by_loading(node)

    def is_made_by_loading(self, node: Node) -> bool:
        """Is the value of this node made when its source is loaded?"""
        return node.source is not None and isinstance(self.sources[node.source], MADE_BY_LOADING)

    def same_object(self, index: int | None) -> int | None:
        """The node that stands for the object of this one: itself, but for an alias."""
        node = None if index is None else self.nodes[index]
        return node.of if isinstance(node, AliasNode) else index

    def is_constant(self) -> list[bool]:
        """For each node: is it a constant, or a tuple, frozenset or slice of nothing but constants at any
        depth?

        Such a value is emitted as one `LOAD_CONST` and has no identity that a codegen must keep.
        """
        constant: list[bool] = []
        for node in self.nodes:
            constant.append(
                isinstance(node, ConstantNode)
                or (isinstance(node, LibraryNode) and node.name in LIBRARY_CLASSES)
                or (
                    isinstance(node, TupleNode | FrozensetNode | SliceNode | AliasNode)
                    and all(constant[child] for child in children(node))
                )
            )
        return constant
