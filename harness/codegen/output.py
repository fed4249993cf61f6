"""The surroundings of a codegen: a translator and the output it writes to, for the `own` target.

Claim: they hold everything one case changes (names, temporaries, numbering), so that a fresh pair per
case is all the resetting there is. Only the globals outlive them, and belong to the caller.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from harness.codegen.errors import GlobalClashError
from harness.codegen.sources import GlobalSource, Source

if TYPE_CHECKING:
    from harness.codegen.pycodegen import PyCodegen

CO_OPTIMIZED_NEWLOCALS: Final = 0x01 | 0x02
CO_NESTED: Final = 0x10


@dataclass(frozen=True)
class GraphArg:
    """One argument of the compiled graph. `source` None: an argument that no source can be traced for."""

    source: Source | None
    pass_arg_as_tensor: bool = False

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen(self.source)


def install_global(scope: dict[str, Any], name: str, value: object, *, where: str) -> None:
    """Put `value` under `name`, which must be free or hold `value` already (else `GlobalClashError`)."""
    if scope.setdefault(name, value) is not value:
        raise GlobalClashError(
            f"the global {name!r} already holds another object",
            where=where,
            remedy="use another name, or the object that is there",
        )


class Output:
    """What the emitted code belongs to: the options of its code object, its globals and graph arguments."""

    __slots__ = ("_installed", "_unique", "code_options", "global_scope", "graphargs")

    def __init__(
        self, code_options: dict[str, Any], global_scope: dict[str, Any], graphargs: Iterable[GraphArg] = ()
    ) -> None:
        self.code_options = code_options
        self.global_scope = global_scope
        self.graphargs = list(graphargs)
        self._unique = 0
        self._installed: dict[tuple[str, int], str] = {}

    def new_var(self, name: str = "tmp") -> str:
        """A local variable that the code does not have yet; it has it then. Numbered from 0 per output."""
        varnames = self.code_options["co_varnames"]
        # a local of a cell's name would be the cell's own place
        taken = {*varnames, *self.code_options["co_cellvars"], *self.code_options["co_freevars"]}
        while True:
            var = f"{name}_{self._unique}"
            self._unique += 1
            if var not in taken:
                self.code_options["co_varnames"] = (*varnames, var)
                return var

    def update_co_names(self, name: str) -> None:
        """Intern a name that instructions refer to."""
        names = self.code_options["co_names"]
        if name not in names:
            self.code_options["co_names"] = (*names, name)

    def install_global_by_id(self, prefix: str, value: object) -> str:
        """The name of a global that holds `value`; the same one for the same prefix and object.

        Numbered by order of installation, so that the same case gives the same names in every process.
        """
        key = prefix, id(value)
        name = self._installed.get(key)
        if name is None:
            scope = self.global_scope
            number = len(self._installed)
            while scope.setdefault(f"{prefix}_{number}", value) is not value:
                number += 1
            name = self._installed[key] = f"{prefix}_{number}"
        return name


class Translator:
    """The frame that code is emitted for (`tx`).

    `argument_names` are its parameters, by position, `local_names` further locals that instructions may
    name; `cellvars` are those of both that closures share (and may be neither), `freevars` come from the
    function's closure. `f_globals` is used as it is, and emitted code may add to it.
    """

    __slots__ = ("_cells", "export", "f_globals", "output")

    def __init__(
        self,
        argument_names: Sequence[str],
        f_globals: dict[str, Any],
        *,
        local_names: Sequence[str] = (),
        cellvars: Sequence[str] = (),
        freevars: Sequence[str] = (),
        graphargs: Iterable[GraphArg] = (),
        export: bool = False,
        name: str = "generated",
        filename: str = "<generated>",
    ) -> None:
        self.f_globals = f_globals
        self.export = export
        self._cells = (*cellvars, *freevars)
        self.output = Output(
            {
                "co_argcount": len(argument_names),
                "co_posonlyargcount": 0,
                "co_kwonlyargcount": 0,
                "co_flags": CO_OPTIMIZED_NEWLOCALS | (CO_NESTED if freevars else 0),
                # a string as the first constant would be the function's docstring
                "co_consts": (None,),
                "co_names": (),
                "co_varnames": (*argument_names, *local_names),
                "co_cellvars": tuple(cellvars),
                "co_freevars": tuple(freevars),
                "co_name": name,
                "co_filename": filename,
                "co_firstlineno": 1,
            },
            f_globals,
            graphargs,
        )

    def cell_and_freevars(self) -> tuple[str, ...]:
        """The names that closures share, in the order of their slots."""
        return self._cells

    def import_source(self, module_name: str) -> GlobalSource:
        """Import a module and keep it in a global; the source of that global."""
        alias = f"__import_{module_name.replace('.', '_dot_')}"
        install_global(self.f_globals, alias, importlib.import_module(module_name), where="import_source")
        self.output.update_co_names(alias)
        return GlobalSource(alias)
