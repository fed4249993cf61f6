"""What can go wrong while emitting code: one exception type per kind of failure.

Two families. A `CodegenError` is a misuse of the codegen or of the assembler: it says what happened, in
which method, and what the caller can do about it, and leaves the codegen usable. A `GraphBreak` is no
mistake at all: the value cannot be rebuilt by bytecode, and the compiler has to give up this region.
"""

from __future__ import annotations

from collections.abc import Sequence


class CodegenError(Exception):
    """The codegen was asked for something it must not do.

    `what` happened, `where` (the method that refused) and the `remedy` are kept apart, so that a report can
    show them apart.
    """

    def __init__(self, what: str, *, where: str, remedy: str) -> None:
        super().__init__(f"{where}: {what}; {remedy}")
        self.what = what
        self.where = where
        self.remedy = remedy


class UnknownLocalError(CodegenError):
    """A load or a store names a local variable that `co_varnames` does not have.

    Usual cause: a name made up by the caller. Take temporaries from `new_var()`.
    """


class UnknownCellError(CodegenError):
    """A cell instruction names something that is neither a cell nor a free variable of the frame."""


class NameNotInternedError(CodegenError):
    """A global is loaded by a name that `co_names` does not have. Intern it, or pass `add=True`."""


class UnsafeConstantError(CodegenError):
    """A value that may be mutable, or that carries state, was to become a constant of the code.

    Two frames running the code would share it. Rebuild it, or say `create_load_const_unchecked` where sharing
    is what you want.
    """


class NotAnInstructionError(CodegenError):
    """Something else than an instruction was appended to the output, often a list: use `extend_output`."""


class NotAValueError(CodegenError):
    """The codegen was called with something that is neither a tracker nor a source."""


class UncachedSourceError(CodegenError):
    """A source was generated with `allow_cache=False`. Loading a source never makes a new object."""


class ReconstructReturnedError(CodegenError):
    """A `reconstruct` returned a value. It has to append to the codegen, and return None."""


class NoGraphOutputVariableError(CodegenError):
    """A graph output was to be loaded, but the codegen was made without a `graph_output_var`."""


class NoRootError(CodegenError):
    """A module is to be loaded by its path, and neither a local nor a root leads to it."""


class GlobalClashError(CodegenError):
    """A global was to be installed under a name that holds another object already."""


class ClosureError(CodegenError):
    """`make_function_with_closure` got code without free variables, or the other profile's arguments."""


class SideEffectError(CodegenError):
    """A change was recorded for a value that the emitted code cannot change.

    Usual cause: a tracker without a source or with the wrong mutation type. Only what existed before the
    frame is changed; what is new is built as it is at the end.
    """


class NothingPushedError(CodegenError):
    """The function given to `add_push_null` emitted nothing, so there is no callable to put a NULL beside."""


class MissingHelperError(CodegenError):
    """The emitted code needs a helper function, and the host does not say where it lives."""


class UnavailableError(CodegenError):
    """The method does not exist on this CPython version, or in the profile that is in force."""


class ContextManagerReturnedError(CodegenError):
    """A realised `@contextmanager` object was to be returned (profiles that call this a usage error)."""


class InstructionError(CodegenError):
    """An instruction was made with arguments that contradict each other, or of an unknown name."""


class AssemblyError(CodegenError):
    """An instruction cannot be turned into bytes: its name, its argument or its jump target is unknown."""


class GraphBreak(Exception):  # noqa: N818 - the field's name for it
    """A value cannot be rebuilt by bytecode.

    `gb_type` names the kind of break and is the same for every value of that kind, `context` names the
    value, `explanation` says why, and `hints` what a user can do.
    """

    def __init__(self, *, gb_type: str, context: str, explanation: str, hints: Sequence[str]) -> None:
        lines = [
            gb_type,
            f"  value: {context}",
            f"  why: {explanation}",
            *(f"  hint: {hint}" for hint in hints),
        ]
        super().__init__("\n".join(lines))
        self.gb_type = gb_type
        self.context = context
        self.explanation = explanation
        self.hints = tuple(hints)
