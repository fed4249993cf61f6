"""The half of `PyCodegen` that knows instructions, and nothing of the values they rebuild.

Claim: an instruction it makes names only what the frame has (a local, a cell, an interned global), and what
is appended through it leaves nothing false in `top_of_stack`.

Methods named `create_*`, and `load_function_name`, `rot_n`, `pop_null` and `setup_globally_cached`, return
instructions; all others append them.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from types import CodeType, ModuleType
from typing import Any, ClassVar

from harness.codegen.contracts import (
    Arguments,
    appends,
    appends_what_is_given,
    emits_nothing,
    returns,
)
from harness.codegen.errors import (
    ClosureError,
    NameNotInternedError,
    NotAnInstructionError,
    UnavailableError,
    UnknownCellError,
    UnknownLocalError,
    UnsafeConstantError,
)
from harness.codegen.host import Host, OwnHost, TranslatorLike
from harness.codegen.inlining import inlined
from harness.codegen.output import install_global
from harness.codegen.profiles import DEFAULT, Profile

# --- what some methods do to the stack, where it depends on their arguments ---------------------------------


def _null(a: Arguments) -> int:
    """The NULL that the method pushes."""
    return int(a.null) if a.push_null else 0


def _null_there(a: Arguments) -> int:
    """The NULL that lies beside the callable already."""
    return 0 if a.push_null else int(a.null)


def _function_net(a: Arguments) -> int:
    # with the cells on the stack, there is no `push_null` to give
    return 0 if a.push_null is None else 1 + _null(a)


def _function_reach(a: Arguments) -> int:
    return 1 if a.push_null is None else int(a.num_on_stack)


class Emitter(ABC):
    """Makes instructions for the frame of `tx`, and keeps those that were emitted."""

    host: ClassVar[Host] = OwnHost()
    profile: ClassVar[Profile] = DEFAULT

    def __init__(self, tx: TranslatorLike) -> None:
        self.tx = tx
        self.code_options = tx.output.code_options
        self.cell_and_freevars = tx.cell_and_freevars
        self.new_var = tx.output.new_var
        self.top_of_stack: Any = None
        self._output: list[Any] = []

    @abstractmethod
    def __call__(self, value: Any, allow_cache: bool = True) -> None:
        """Leave the value that a tracker or a source describes on top of the stack."""

    @abstractmethod
    def mark_source_temp(self, source: Any) -> None:
        """Ask for the source to be kept in a temporary once it is loaded."""

    # --- the output -------------------------------------------------------------------------------------

    @emits_nothing
    def clear_tos(self) -> None:
        """Forget what is on top of the stack."""
        self.top_of_stack = None

    @appends_what_is_given
    def append_output(self, inst: Any) -> None:
        """Append an instruction. What was on top of the stack is not known to be there any more."""
        self._check_instruction(inst, "append_output")
        self._output.append(inst)
        self.clear_tos()

    @appends_what_is_given
    def extend_output(self, insts: Iterable[Any]) -> None:
        """Append instructions: all, or on an error none."""
        insts = list(insts)
        for inst in insts:
            self._check_instruction(inst, "extend_output")
        self._output.extend(insts)
        self.clear_tos()

    def _check_instruction(self, inst: Any, where: str) -> None:
        if not self.host.is_instruction(inst):
            raise NotAnInstructionError(
                f"{inst!r} is a {type(inst).__name__}, not an instruction",
                where=where,
                remedy="append what create_* methods return; extend_output takes several",
            )

    @emits_nothing
    def get_instructions(self) -> list[Any]:
        """What was emitted so far: the list itself."""
        return self._output

    # --- locals and cells -------------------------------------------------------------------------------

    def _local(self, name: str, where: str) -> str:
        if name not in self.code_options["co_varnames"]:
            raise UnknownLocalError(
                f"{name!r} is no local of the frame",
                where=where,
                remedy="take the name from co_varnames, or a new one from new_var()",
            )
        return name

    def _cell(self, name: str, where: str) -> str:
        if name not in self.cell_and_freevars():
            raise UnknownCellError(
                f"{name!r} is neither a cell nor a free variable of the frame",
                where=where,
                remedy="take the name from cell_and_freevars()",
            )
        return name

    @returns(+1)
    def create_load(self, name: str) -> Any:
        return self.host.builders.create_instruction("LOAD_FAST", argval=self._local(name, "create_load"))

    @returns(-1, reach=1)
    def create_store(self, name: str) -> Any:
        return self.host.builders.create_instruction("STORE_FAST", argval=self._local(name, "create_store"))

    @returns(0)
    def create_delete(self, value: str) -> Any:
        """Delete a local. Not checked: temporaries of other codegens are deleted too."""
        return self.host.builders.create_instruction("DELETE_FAST", argval=value)

    @returns(+1)
    def create_load_closure(self, name: str) -> Any:
        """Load a cell itself."""
        return self.host.builders.create_load_closure(self._cell(name, "create_load_closure"))

    @returns(+1)
    def create_load_deref(self, name: str) -> Any:
        """Load what is in a cell."""
        return self.host.builders.create_instruction(
            "LOAD_DEREF", argval=self._cell(name, "create_load_deref")
        )

    @returns(-1, reach=1)
    def create_store_deref(self, name: str) -> Any:
        return self.host.builders.create_instruction(
            "STORE_DEREF", argval=self._cell(name, "create_store_deref")
        )

    @appends(-1, reach=1)
    def store(self, varname: str) -> None:
        self.append_output(self.create_store(varname))

    @appends(+1)
    def load_deref(self, varname: str) -> None:
        self.append_output(self.create_load_deref(varname))

    # --- globals, constants, attributes -----------------------------------------------------------------

    @returns(+1)
    def create_load_global(self, name: str, add: bool = False) -> Any:
        """Load a global by an interned name; `add` interns it."""
        if add:
            self.tx.output.update_co_names(name)
        elif name not in self.code_options["co_names"]:
            raise NameNotInternedError(
                f"{name!r} is not in co_names",
                where="create_load_global",
                remedy="pass add=True, or intern it with update_co_names",
            )
        return self.host.builders.create_instruction("LOAD_GLOBAL", argval=name)

    @returns(+1)
    def create_load_const(self, value: Any) -> Any:
        """Load a constant that all runs of the code may share."""
        if not self.host.is_safe_constant(value):
            raise UnsafeConstantError(
                f"{value!r} of type {type(value).__name__} may change between two runs of the code",
                where="create_load_const",
                remedy="rebuild the value, or use create_load_const_unchecked to share it on purpose",
            )
        return self.host.builders.create_load_const(value)

    @returns(+1)
    def create_load_const_unchecked(self, value: Any) -> Any:
        """Load an object, the same one in every run of the code."""
        return self.host.builders.create_load_const(value)

    @returns(0, reach=1)
    def create_load_attr(self, name: str) -> Any:
        self.tx.output.update_co_names(name)
        return self.host.builders.create_instruction("LOAD_ATTR", argval=name)

    @returns(0, reach=1)
    def create_load_attrs(self, names: str) -> list[Any]:
        """Load an attribute of an attribute …, for names with dots between them."""
        return [self.create_load_attr(name) for name in names.split(".")]

    @returns(-2, reach=2)
    def create_store_attr(self, name: str) -> Any:
        self.tx.output.update_co_names(name)
        return self.host.builders.create_instruction("STORE_ATTR", argval=name)

    @appends(0, reach=1)
    def load_attr(self, name: str) -> None:
        self.append_output(self.create_load_attr(name))

    @appends(-2, reach=2)
    def store_attr(self, name: str) -> None:
        self.append_output(self.create_store_attr(name))

    @returns(-1, reach=2)
    def create_binary_subscr(self) -> Any:
        return self.host.builders.create_binary_subscr()

    @returns(-1, reach=2)
    def create_import_name(self, module_name: str) -> Any:
        """Import a module, whose level and names are on the stack."""
        self.tx.output.update_co_names(module_name)
        return self.host.builders.create_instruction("IMPORT_NAME", argval=module_name)

    @returns(-1, reach=2)
    def create_list_append(self) -> list[Any]:
        """Append the top to the list below it, and leave the list. As an extension by a list of one, which a
        list that other threads know of bears too."""
        return [self.host.builders.create_instruction(name, arg=1) for name in ("BUILD_LIST", "LIST_EXTEND")]

    def _inline(self, body: CodeType, names: Mapping[str, str]) -> None:
        """Append the body of a function, which leaves what it returns on top."""
        for name in body.co_names:
            self.tx.output.update_co_names(names[name])
        self.extend_output(inlined(self.host.builders.create_instruction, body, names))

    @returns(+1)
    def setup_globally_cached(self, name: str, value: Any) -> list[Any]:
        """Put an object in a global, under the name with all but letters, digits and _ replaced; load it."""
        name = re.sub(r"[^a-zA-Z0-9_]+", "_", name)
        install_global(self.tx.f_globals, name, value, where="setup_globally_cached")
        return [self.create_load_global(name, add=True)]

    @returns(+1)
    def create_load_python_module(self, mod: ModuleType) -> Any:
        """Load a module: from the global of its own name, if that holds it, else from a new global."""
        name = mod.__name__.rpartition(".")[2]
        if self.tx.output.global_scope.get(name) is not mod:
            name = self.tx.output.install_global_by_id(f"___module_{name}", mod)
        return self.create_load_global(name, add=True)

    @appends(+1)
    def load_import_from(self, module_name: str, object_name: str) -> None:
        """Load what a module has under a name (or dotted names).

        It is kept in a temporary without asking how often it is used: imports are used again.
        """
        source = self.host.attribute_source(self.tx.import_source(module_name), object_name)
        self.mark_source_temp(source)
        self(source)

    # --- the stack --------------------------------------------------------------------------------------

    @appends(+1)
    def dup_top(self) -> None:
        self.append_output(self.host.builders.create_dup_top())

    @appends(-1, reach=1)
    def pop_top(self) -> None:
        self.append_output(self.host.builders.create_instruction("POP_TOP"))

    @returns(0, reach=lambda a: a.n if a.n > 1 else 0)
    def rot_n(self, n: int) -> list[Any]:
        """The top goes n deep."""
        return self.host.builders.create_rot_n(n)

    @returns(-1, reach=1)
    def pop_null(self) -> list[Any]:
        """Take a NULL off the stack, which `POP_TOP` cannot (3.11+)."""
        if not self.profile.pop_null:
            raise UnavailableError(
                "this profile has no pop_null", where="pop_null", remedy="use a profile that has it"
            )
        return self.host.builders.create_pop_null()

    # --- calls ------------------------------------------------------------------------------------------

    @appends(lambda a: 1 + a.null)
    def add_push_null(self, gen_fn: Callable[[], None], call_function_ex: bool = False) -> None:
        """Let `gen_fn` push one callable, and put the NULL of a call beside it."""
        null = self.host.builders.version.null
        start = len(self._output)
        if null == "below":
            # gen_fn must not duplicate a value that the NULL comes to lie on
            self.clear_tos()
        gen_fn()
        index = self.host.builders.null_index(self._output[start:], call_function_ex=call_function_ex)
        if index is not None:
            self._output.insert(start + index, self.host.builders.create_instruction("PUSH_NULL"))
        if null == "above" or self.host.builders.may_leave_self(self._output[-1]):
            # the NULL is on top, by whatever instruction, or it is `self` that is
            self.clear_tos()

    @returns(lambda a: 1 + _null(a), reach=lambda a: a.num_on_stack)
    def load_function_name(self, fn_name: str, push_null: bool, num_on_stack: int = 0) -> list[Any]:
        """Load a global below `num_on_stack` values that are on the stack already, with its NULL if asked."""
        load = [self.create_load_global(fn_name, add=True)]
        return self._put_below(load, push_null, num_on_stack)

    def _put_below(self, pushed: list[Any], push_null: bool, num_on_stack: int) -> list[Any]:
        """`pushed`, which push one callable, and what puts it below `num_on_stack` values."""
        builders = self.host.builders
        if not push_null or builders.version.null == "none":
            return [*pushed, *builders.create_rot_n(num_on_stack + 1)]
        pushed = builders.add_push_null(pushed)
        if num_on_stack > 0:
            # the callable and its NULL go down one after the other, and so keep their order
            for _ in range(2):
                pushed += builders.create_rot_n(num_on_stack + 2)
        return pushed

    @appends(+1, reach=1)
    def load_method(self, name: str) -> None:
        """Load a method of the top, ready for `call_method`."""
        self.tx.output.update_co_names(name)
        self.append_output(self.host.builders.create_load_method(name))

    @appends(lambda a: -1 - a.nargs, reach=lambda a: 2 + a.nargs)
    def call_method(self, nargs: int) -> None:
        self.extend_output(self.host.builders.create_call_method(nargs))

    @appends(lambda a: -a.nargs - _null_there(a), reach=lambda a: 1 + a.nargs + _null_there(a))
    def call_function(self, nargs: int, push_null: bool) -> None:
        """Call; `push_null` says that there is no NULL beside the callable yet."""
        self.extend_output(self.host.builders.create_call_function(nargs, push_null))

    @returns(lambda a: -a.nargs - _null_there(a), reach=lambda a: 1 + a.nargs + _null_there(a))
    def create_call_function_kw(self, nargs: int, kw_names: Iterable[str], push_null: bool) -> list[Any]:
        """Call with `nargs` arguments, the last of them named by `kw_names`."""
        return self.host.builders.create_call_function_kw(nargs, kw_names, push_null)

    @appends(_function_net, reach=_function_reach)
    def make_function_with_closure(
        self, fn_name: str, code: CodeType, push_null: bool | None = None, num_on_stack: int = 0
    ) -> None:
        """Make a function of code with free variables.

        Profiles with `closure="cells"` find the tuple of its cells on the stack and take two arguments. With
        `"whole"` the cells are those of the frame with the names of the code's free variables, and the
        function goes below `num_on_stack` values, with a NULL beside it if `push_null`.
        """
        whole = self.profile.closure == "whole"
        if whole is (push_null is None) or (num_on_stack and not whole):
            takes = "(fn_name, code, push_null, num_on_stack=0)" if whole else "(fn_name, code)"
            raise ClosureError(
                "these are the arguments of another profile",
                where="make_function_with_closure",
                remedy=f"pass {takes}",
            )
        if not code.co_freevars:
            raise ClosureError(
                f"the code {code.co_name!r} has no free variables",
                where="make_function_with_closure",
                remedy="make the function as a constant: it needs no closure",
            )
        builders = self.host.builders
        made = builders.create_make_closure(fn_name, code)
        if whole:
            cells = [self.create_load_closure(name) for name in code.co_freevars]
            made = [*cells, builders.create_build_tuple(len(cells)), *made]
            made = self._put_below(made, push_null is True, num_on_stack)
        self.extend_output(made)
