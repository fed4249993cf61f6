"""Every bound of the project's inputs, as data: a name, a range and the reason for it.

Claim: no other module of `generators/` holds a number that bounds what is drawn or read.
Two kinds live here: what a *file* may hold (wide: a person may write a case by hand), and what is
*drawn* (narrow: small cases find bugs faster and shrink better).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """An inclusive range and why it is what it is."""

    low: int
    high: int
    reason: str

    def __contains__(self, number: int) -> bool:
        return self.low <= number <= self.high


# What a case file may hold.
FILE_BYTES = Limit(2, 8_000_000, "a case is read whole; nobody reads a larger one")
FILE_NODES = Limit(1, 20_000, "wide containers pass 65,535 bytes of code well before this")
FILE_SCRIPT_NODES = Limit(0, 20_000, "as of other cases, but steps need not be about nodes")
FILE_SOURCES = Limit(0, 20_000, "at most one source a node")
FILE_EFFECTS = Limit(0, 4_000, "each is replayed on both sides, in order")
FILE_STEPS = Limit(1, 2_000, "each is one or a few instructions")
FILE_CHAIN = Limit(0, 100, "links of a source; codegens recurse once or more a link")
FILE_ROOTS = Limit(1, 4_000, "every root is one slot of the value stack")
FILE_DEPTH = Limit(0, 100, "codegens recurse once or more a level; CPython's own limit is 1,000 frames")
FILE_UNFOLDED = Limit(1, 200_000, "a codegen's first pass walks every path to a shared node")
FILE_OUTPUTS = Limit(0, 1_023, "an index into the pool of graph outputs, which is made once a process")
FILE_NAME = Limit(1, 100, "length of a local, global or attribute name in characters")
FILE_INTEGER_BITS = Limit(0, 100_000, "a big integer is written in hexadecimal, so reading it is linear")
FILE_ITEM_INDEX = Limit(0, 19_999, "an index into a list or tuple of the same file")
FILE_RANGE = Limit(-(2**53), 2**53, "a bound of a range; every reader of JSON keeps it")
FILE_TENSOR_INTEGER = Limit(-(2**63), 2**63 - 1, "a whole number as a tensor has 64 bits")
FILE_PARAMETERS = Limit(0, 400, "cells or defaults of one function; its code object is made for them")

# What is drawn. Six to seven nodes at the mean, and few cases of very many: half of the instructions, and so
# of the time, are in the largest twentieth.
ROOTS = Limit(1, 6, "enough for a root to be repeated with others between")
CHILDREN = Limit(0, 5, "width adds little before 255 items, where EXTENDED_ARG begins")
DEPTH = Limit(0, 5, "depth at which only leaves are drawn")
NODES = Limit(1, 22, "above this only leaves are drawn, so that a case stays readable unshrunk")
OUTPUTS = Limit(0, 3, "few graph outputs, so that the same one is asked for twice often")
SYMBOLIC_OUTPUTS = {
    "int": Limit(48, 51, "proxies of their own, one known in each way: one that is a tensor is no number"),
    "float": Limit(52, 57, "among them -0.0, a NaN, an infinity and a subnormal"),
    "bool": Limit(58, 61, "two that are true, two that are not"),
}
LOCAL_NAMES = ("a", "b", "c", "d")
GLOBAL_NAMES = ("g", "h", "k")
HOSTILE_LOCALS = ("tmp_0", "tmp_1", "k", "dict_class", "___stack0", "__compiled_fn_0", "é", "ж0")
HOSTILE_CELLS = ("tmp_2", "dict_from", "___module_collections_1_c0", "ü")
HOSTILE_FREE = ("tmp_3", "dict_to", "__import_builtins", "ж")
HOSTILE_GLOBALS = (
    *(
        "frozenset",
        "range",
        "type",
        "list",
        "dict",
        "set",
        "tuple",
        "iter",
        "super",
        "slice",
        "len",
        "getattr",
    ),
    *("collections", "torch", "functools", "builtins", "types", "utils", "tmp_0", "ñ"),
)
"""Names that generated code uses for itself, or that hide a builtin or a module from it."""
CELL_NAMES = ("m", "n")
FREE_NAMES = ("p", "q")
ATTRIBUTE_NAMES = ("x", "y", "z")

ARGUMENTS = Limit(1, 8, "enough for several to lie in one object, with others between")
NESTED = Limit(1, 5, "links from a name to the innermost value that an argument may be")
BESIDE = Limit(0, 1, "links in what stands beside the next level: enough to share, and no second chain")

WIDE = Limit(256, 300, "more members than one byte of an argument says")
MANY_OUTPUTS = Limit(257, 290, "more than one byte of an index, and than a small whole number, says")
WIDE_VARIETY = Limit(1, 3, "different members of a wide container, repeated in turn")
STACKED_MODES = Limit(0, 3, "modes on the stack: enough for a wrong index to be another mode")
DEEP = Limit(6, 40, "levels of a chain of containers, each in the next")
FEW = Limit(0, 2, "cells, defaults or arguments of one function")
RING_LENGTH = Limit(2, 8, "containers in a ring, each in the next and the last in the first")
RANGE_BOUND = Limit(-3, 5, "small ranges, often empty, often downwards")
MAXLEN_SPARE = Limit(0, 2, "how many more items a deque of limited length could take")
OVERRIDE_NAMES = ("v", "w")

STEPS = Limit(5, 25, "a step that goes wrong shows itself some steps later")
ROTATION = Limit(0, 8, "0 and 1 move nothing; past 4 the instruction of 3.10 is another")
STEP_ARGUMENTS = Limit(0, 4, "arguments of one call in a script")
ABOVE = Limit(0, 6, "values that a callable is put below")
SCRIPT_DEPTH = 3
"""Depth at which the nodes of a script begin, as if they were in a tree: they are small."""
KEYWORD_NAMES = ("x", "y", "z")

# Chances in percent.
MORE_STEPS = 92
SAME_AGAIN = 30
FIRST_OBJECT = 75
NAME_ARGUMENT = 45
WITHOUT_SOURCES = 30
OPEN_CONTAINER = 22
NAME_OPEN = 24
WIDE_CONTAINER = 0.15
MANY_TENSORS = 0.05
ODD_FORM = 45
WIDE_ROOT = 0.45
WIDE_ROOTS = 0.15
DEEP_CHAIN = 0.5
RING = 0.9
INNER_ROOT_FIRST = 15
LIMITED_DEQUE = 40
CHANGE_LIMITED = 30
ODD_SLICE_MEMBER = 8
OVER_TUPLE = 80
PARTIAL_IN_OPEN = 40
TAKE_ITEM = 35
REUSE_CELL = 40
EMPTY_CELL = 8
CELL_OF_NONE = 6
CLOSE_OVER_ITSELF = 25
SET_ON_FUNCTION = 28
WITH_DOC = 40
OWN_NAME = 18
TWO_FUNCTIONS = 35
REUSE_FUNCTION = 40
INSIDE_MARKED = 60
MODULE_PARAMETERS = 60
MODULE_CHILD = 30
MODULE_ATTRIBUTE = 45
REUSE_HOLDER = 85
REUSE_ARGUMENT = 50
SYMBOLIC_SIZE = 40
NO_PREDICATE = 40
ADVANCE_BY_ITEM = 80
TWO_METHODS = 30
ENTERED = 1.6
CALLED = 1.6
LOOKED_INTO = 4.9
REBUILD_LOOKED_INTO = 80
WITH_HOOKS = 85
MADE_BY_FUNCTION = 80
RETURNED_CONTEXT_MANAGER = 5
MODULE_BY_KEY = 60
SUBMODULE = 35
ALIAS = 22
OVERRIDE = 7
HOSTILE_NAME = 9
INLINED = 8
EXPORT = 12
UNWRAP = 70
ANY_LAZY = 22
LAZY = 50
REALIZED = 35
MORE_ROOTS = 60
MORE_CHILDREN = 55
FEW_CHILDREN = 40
REUSE_NODE = 24
REPEAT_ROOT = 10
REUSE_OUTPUT = 55
REUSE_BINDING = 40
DERIVED = 20
REFER_TO_EXISTING = 40
KEY_BY_SOURCE = 45
NEW_KEY_OBJECT = 35
CALLABLE_DEFAULT = 54
CALLABLE_CELL = 76
SLICE_BOUND = Limit(-2, 2, "within a short list, at its ends and beyond")
TUPLE_KEY = 8
FROZENSET_KEY = 4
OBJECT_KEY = 8
NAMED_KEY = 8
KNOWN_KEY = 45
DELETE_ATTRIBUTE = 22
EXTRA_ATTRIBUTES = 32
FRAME_CELL = 50
FRAME_FUNCTION = 18
ANY_EFFECT = 41
CHANGE_KIND = 67
CHANGE_KNOWN = 75
CHANGE_NEW = 57
STORE_CHANGED = 48
NAME_CHANGED = 18
REBIND = 7
NO_REPLAY = 2.5
MODES = 1.5
MORE_EFFECTS = 52
EFFECTS = Limit(0, 6, "enough for one object to be changed twice with others between")
ONE_PASS = 20
MARK_SHARED = 85
MARK_OTHER = 6
REBUILD_FROM_CONTENTS = 18
REBUILD_MADE = 85
MORE_ARGUMENTS = 80
SECOND_MEMBER = 42
EARLIER_MEMBER = 25
AS_TENSOR = 50
LOGGED = 3
MORE_LOGGED = 50
RESUMED = 3
REPORTED = 4

# Names that belong to the frame the emitted code runs in.
RESERVED_PREFIXES = ("graph_out", "__")
RESERVED_REASON = "generated code keeps its graph outputs and its installed globals under such names"
RESERVED_LOCALS = ("graph_out",)
"""Of locals: the harness passes the graph outputs so; installed globals are no locals."""
