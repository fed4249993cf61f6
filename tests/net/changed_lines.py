"""One-line changes to the source of a codegen, for the gate: wrong ones, and ones that change nothing.

Each replaces a text that stands exactly once in the installed file, so that a change that no longer fits its
file is an error and not a test of nothing.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Change:
    """In the source of `module`, each old text gives way to its new one."""

    name: str
    module: str
    edits: tuple[tuple[str, str], ...]

    @property
    def target(self) -> str:
        return "torch" if self.module.startswith("torch") else "own"

    def write(self, folder: Path) -> Path:
        """The changed file, made of the installed one."""
        text = source_of(self.module).read_text()
        for old, new in self.edits:
            if text.count(old) != 1:
                raise ValueError(f"{self.name}: {old!r} is {text.count(old)} times in {self.module}")
            text = text.replace(old, new)
        path = folder / f"{self.module.rpartition('.')[2]}.py"
        path.write_text(text)
        return path


def source_of(module: str) -> Path:
    """Where a module's source is; its packages are not imported."""
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0], *rest).with_suffix(".py")


TORCH = "torch._dynamo.codegen"
OWN = "harness.codegen.pycodegen"


def _one(name: str, module: str, old: str, new: str) -> Change:
    return Change(name, module, ((old, new),))


FAULTS = (
    _one(
        "the temporary is forgotten", TORCH, "self.tempvars[value] = var\n", "self.tempvars[value] = None\n"
    ),
    _one(
        "no duplicate before a store",
        TORCH,
        "                self._output.append(create_dup_top())\n                self.add_cache(value)\n",
        "                self.add_cache(value)\n",
    ),
    _one(
        "no duplicate before a source is stored",
        TORCH,
        "                self._output.append(create_dup_top())\n                self.add_cache(source)\n",
        "                self.add_cache(source)\n",
    ),
    _one(
        "no duplicate of the top of stack",
        TORCH,
        "is value:\n                output.append(create_dup_top())\n                return",
        "is value:\n                return",
    ),
    _one("every output is the first", TORCH, "self.create_load_const(index)", "self.create_load_const(0)"),
    _one(
        "outputs counted from one",
        TORCH,
        "len(self.graph_outputs), value",
        "len(self.graph_outputs) + 1, value",
    ),
    _one(
        "outputs listed backwards",
        TORCH,
        "in self.graph_outputs.values()]",
        "in list(self.graph_outputs.values())[::-1]]",
    ),
    _one("the output is not taken out", TORCH, "        output.append(self.create_binary_subscr())\n", ""),
    _one("no index", TORCH, "        output.append(self.create_load_const(index))\n", ""),
    _one(
        "True is 1",
        TORCH,
        "        return create_load_const(value)\n",
        "        return create_load_const(int(value) if isinstance(value, bool) else value)\n",
    ),
    _one("a store is a load", TORCH, 'create_instruction("STORE_FAST"', 'create_instruction("LOAD_FAST"'),
    _one("a global is a name", TORCH, 'create_instruction("LOAD_GLOBAL"', 'create_instruction("LOAD_NAME"'),
    _one(
        "an attribute is a method",
        TORCH,
        'create_instruction("LOAD_ATTR"',
        'create_instruction("LOAD_METHOD"',
    ),
    _one(
        "the stack upside down", TORCH, "self.foreach(stack_values)", "self.foreach(reversed(stack_values))"
    ),
    _one(
        "sources are always used", TORCH, "self.value_from_source &= value", "self.value_from_source |= value"
    ),
    _one(
        "sources are hardly used",
        TORCH,
        "ValueMutationExisting)\n                or self.value_from_source",
        "ValueMutationExisting)\n                and self.value_from_source",
    ),
    _one(
        "unsafe constants",
        TORCH,
        "if value.is_python_constant() and is_safe_constant(value.as_python_constant()):",
        "if value.is_python_constant():",
    ),
    _one(
        "loaded, and built as well",
        TORCH,
        "                self.top_of_stack = value\n                return\n",
        "                self.top_of_stack = value\n",
    ),
    _one("uses are not counted", TORCH, "            self.uses[value] += 1\n", ""),
    _one("marks are dropped", TORCH, "Any] = tempvars or {}", "Any] = {}"),
    _one(
        "rebuilt twice",
        TORCH,
        "res = value.reconstruct(self)",
        "res = value.reconstruct(self) or value.reconstruct(self)",
    ),
    _one("three at most", TORCH, "        for i in items:\n", "        for i in list(items)[:3]:\n"),
    _one(
        "temporaries on top of each other",
        TORCH,
        "        var = self.new_var()\n",
        "        var = next(filter(None, self.tempvars.values()), None) or self.new_var()\n",
    ),
    _one(
        "True is 1",
        OWN,
        "self.create_load_const(value.as_python_constant())",
        "self.create_load_const(1 if (c := value.as_python_constant()) is True else c)",
    ),
    _one(
        "no duplicate",
        OWN,
        "        self._duplicate()\n        self.add_cache(value)",
        "        self.add_cache(value)",
    ),
    _one(
        "no duplicate of the top of stack",
        OWN,
        "is value:\n                self._duplicate()\n                return",
        "is value:\n                return",
    ),
    _one("the temporary is forgotten", OWN, "self.tempvars[value] = var\n", "self.tempvars[value] = None\n"),
    _one("every output is the first", OWN, "self.create_load_const(index)", "self.create_load_const(0)"),
    _one("uses are not counted", OWN, "        self.uses[value] += 1\n", ""),
    _one(
        "outputs counted from one",
        OWN,
        "len(self.graph_outputs), value",
        "len(self.graph_outputs) + 1, value",
    ),
    _one("marks are dropped", OWN, "None] = tempvars or {}", "None] = {}"),
    _one("backwards", OWN, "        for item in items:\n", "        for item in list(items)[::-1]:\n"),
    _one(
        "loaded, and built as well",
        OWN,
        "        self._output.append(self.create_load(var))\n        return True\n",
        "        self._output.append(self.create_load(var))\n        return False\n",
    ),
    _one(
        "sources are hardly used", OWN, "(self.value_from_source or self", "(self.value_from_source and self"
    ),
    _one(
        "the index goes first",
        "harness.codegen.sources",
        "        codegen(self.base)\n        codegen.append_output(codegen.create_load_const(self.index))\n",
        "        codegen.append_output(codegen.create_load_const(self.index))\n        codegen(self.base)\n",
    ),
)
"""Each has to be told no."""

HARMLESS = (
    _one(
        "a comment",
        TORCH,
        "        var = self.new_var()\n",
        "        # a new local\n        var = self.new_var()\n",
    ),
    Change(
        "a local renamed",
        TORCH,
        (
            ("        var = self.new_var()\n", "        local = self.new_var()\n"),
            ("self.tempvars[value] = var\n", "self.tempvars[value] = local\n"),
            (
                "        self._output.append(self.create_store(var))\n",
                "        self._output.append(self.create_store(local))\n",
            ),
        ),
    ),
    _one(
        "independent statements in another order",
        TORCH,
        "        self.root = root\n        self.top_of_stack: VariableTracker | Source | None = None\n",
        "        self.top_of_stack: VariableTracker | Source | None = None\n        self.root = root\n",
    ),
    _one("a message in other words", TORCH, '"value must not be None"', '"there is no value"'),
    _one(
        "a loop written out",
        TORCH,
        "return [x.variable for x in self.graph_outputs.values()]",
        "return list(map(lambda entry: entry.variable, self.graph_outputs.values()))",
    ),
    _one(
        "a comment", OWN, "        for item in items:\n", "        # in order\n        for item in items:\n"
    ),
    Change(
        "a local renamed",
        OWN,
        (
            (
                "        var = self.new_var()\n        self.tempvars[value] = var\n",
                "        name = self.new_var()\n        self.tempvars[value] = name\n",
            ),
            ("self._output.append(self.create_store(var))", "self._output.append(self.create_store(name))"),
        ),
    ),
)
"""Each has to be told yes."""
