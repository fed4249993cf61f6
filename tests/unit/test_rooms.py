"""Who may import whom, held against the imports that the files really make."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("generators", "oracles", "harness", "tests", "benchmarks")


def imports(path: Path, *, top_level: bool = False) -> Iterator[str]:
    """The modules that a file imports; with `top_level` only those that importing it imports."""
    tree = ast.parse(path.read_text())
    statements = tree.body if top_level else list(ast.walk(tree))
    for statement in statements:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            yield statement.module


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


ALLOWED = {
    "generators": ("generators",),
    "oracles/stack": ("oracles.stack",),
    "oracles": (
        "oracles",
        *(
            "generators.case",
            "generators.nodes",
            "generators.links",
            "generators.library",
            "generators.graph",
            "generators.contents",
        ),
        *("generators.steps", "generators.makers", "generators.forms", "generators.instances"),
    ),
    "harness/codegen": ("harness.codegen",),
    "harness": ("harness", "oracles", "generators"),
}


EXCEPTIONS = {("oracles/stack/judge.py", "oracles.run")}
"""The verdict of the stack oracle: the one file of that room that knows what a run is."""


@pytest.mark.parametrize("folder", ALLOWED)
def test_a_room_imports_only_what_it_may(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files(folder)
        for module in imports(path)
        if within(module, OURS)
        and not within(module, ALLOWED[folder])
        and (str(path.relative_to(ROOT)), module) not in EXCEPTIONS
    ]
    assert wrong == []


TORCH_TARGET = {
    *(str(path.relative_to(ROOT)) for path in ROOT.glob("harness/targets/dynamo*.py")),
    *("harness/targets/dropin.py", "harness/targets/peers.py"),
}
"""The files that belong to torch."""


@pytest.mark.parametrize("folder", ["generators", "oracles", "harness"])
def test_torch_and_hypothesis_only_where_they_belong(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files(folder)
        if str(path.relative_to(ROOT)) not in TORCH_TARGET
        for module in imports(path, top_level=True)
        if within(module, ("torch", "hypothesis"))
    ]
    assert wrong == []


FRONTS = ("harness.targets.dynamo_reach", "harness.targets.dynamo_watch")
"""What others may name of it beside its front: what it reaches, and what is seen while programs run."""


def test_only_the_front_of_the_torch_target_is_named_by_others() -> None:
    naming = {
        str(path.relative_to(ROOT))
        for folder in ("generators", "oracles", "harness")
        for path in files(folder)
        for module in imports(path)
        if module.startswith("harness.targets.dynamo_") and module not in FRONTS
    }
    assert "harness/targets/dynamo.py" in naming
    assert naming <= TORCH_TARGET


def test_our_codegen_and_the_world_know_no_torch_at_all() -> None:
    places = [*files("harness/codegen"), *files("oracles/stack"), ROOT / "oracles" / "world.py"]
    assert [path.name for path in places for module in imports(path) if within(module, ("torch",))] == []


def test_the_reader_of_imports_sees_what_it_should(tmp_path: Path) -> None:
    sample = tmp_path / "sample.py"
    sample.write_text("import torch.fx\ndef f():\n    from oracles.run import Run\n")
    assert list(imports(sample)) == ["torch.fx", "oracles.run"]
    assert list(imports(sample, top_level=True)) == ["torch.fx"]
