"""Trackers of instances of a user's class, and of random number generators.

Claim: as in `variables.py`; what a class has of its own (`__init__`, `__setattr__`, methods that change it,
properties) is never called: an instance is made, filled and changed as what its class is made from.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from harness.codegen import helpers
from harness.codegen.instructions import create_build_tuple, create_instruction
from harness.codegen.variables import (
    AttributeMutationExisting,
    CompositeVariable,
    MutationType,
    UserDefinedObjectVariable,
    VariableTracker,
)

if TYPE_CHECKING:
    from harness.codegen.pycodegen import PyCodegen
    from harness.codegen.sources import Source


class InstanceVariable(UserDefinedObjectVariable, CompositeVariable):
    """An instance of `value_type`, a class that is made from `base`.

    `items`: the trackers of what it holds as `base` does; of a kind of dict, pairs of them. `attributes`: in
    their order. All may be given later, but for the items of a tuple.
    """

    def __init__(
        self,
        value_type: type,
        base: type,
        items: Iterable[Any] = (),
        attributes: Mapping[str, VariableTracker] | None = None,
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(value_type, source=source, mutation_type=mutation_type)
        self.base = base
        self.items = list(items)
        self.attributes = dict(attributes or {})

    def children(self) -> Iterable[VariableTracker]:
        inside = (child for pair in self.items for child in pair) if self._is_mapping() else self.items
        return (*inside, *self.attributes.values())

    def _is_mapping(self) -> bool:
        return issubclass(self.base, dict)

    def reconstruct(self, codegen: PyCodegen) -> None:
        if isinstance(self.mutation_type, AttributeMutationExisting):
            # it can be loaded from where it is; nobody knows how to make another
            super().reconstruct(codegen)
            return
        made_of = self.items if self.base is tuple else ()
        if self.is_made_by(codegen, made_of):
            return
        codegen.add_push_null(lambda: codegen.load_import_from(helpers.__name__, "filled"))
        cyclic = self.rebuilds_itself(codegen)
        self._push_empty(codegen)
        if cyclic:
            self.keep_empty(codegen)
        self.push_contents(codegen)
        codegen.append_output(codegen.create_load_const(tuple(self.attributes)))
        codegen.foreach(self.attributes.values())
        codegen.call_function(3 + len(self.attributes), push_null=False)

    def _push_empty(self, codegen: PyCodegen) -> None:
        codegen.add_push_null(
            lambda: codegen.extend_output(
                [codegen.create_load_const(self.base), codegen.create_load_attr("__new__")]
            )
        )
        codegen.append_output(codegen.create_load_const(self.value_type))
        if self.base is tuple:
            codegen.foreach(self.items)
            codegen.append_output(create_build_tuple(len(self.items)))
        codegen.call_function(2 if self.base is tuple else 1, push_null=False)

    def push_contents(self, codegen: PyCodegen) -> None:
        """Leave on the stack what the instance holds as its base does: a list, a dict, or None."""
        if self.base in (object, tuple):
            codegen.append_output(codegen.create_load_const(None))
        elif self._is_mapping():
            for key, value in self.items:
                codegen(key)
                codegen(value)
            codegen.append_output(create_instruction("BUILD_MAP", arg=len(self.items)))
        else:
            codegen.foreach(self.items)
            codegen.append_output(create_instruction("BUILD_LIST", arg=len(self.items)))


class RandomVariable(VariableTracker):
    """A `random.Random`; `generator` is in the state that it has in the end."""

    def __init__(
        self,
        generator: random.Random,
        *,
        source: Source | None = None,
        mutation_type: MutationType | None = None,
    ) -> None:
        super().__init__(source=source, mutation_type=mutation_type)
        self.generator = generator

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def python_type(self) -> type:
        return random.Random

    def reconstruct(self, codegen: PyCodegen) -> None:
        codegen.add_push_null(lambda: codegen.load_import_from(helpers.__name__, "random_in_state"))
        self.push_state(codegen)
        codegen.call_function(1, push_null=False)

    def push_state(self, codegen: PyCodegen) -> None:
        """Leave the state on the stack."""
        codegen.append_output(codegen.create_load_const(self.generator.getstate()))
