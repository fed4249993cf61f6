"""What a codegen has to refuse, done to it in the middle of a script.

Claim: each misuse raises an error of a type that the target lists for it, which leaves out nothing of what
such an error says, and leaves emitted instructions, the known top, temporaries, graph outputs, globals and
`value_from_source` as they were."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from generators.steps import INNER, TOOLS
from harness.targets.base import TARGET_RAISES
from harness.targets.scripts import ContractBroken, same_instructions
from oracles import tools

if TYPE_CHECKING:
    from harness.targets.scripts import Driver

NOWHERE = "no_such_name"
"""A name that is no local, no cell and no interned global of any frame."""

NO_FREE_VARIABLES = tools.gather.__code__


def misuse(driver: Driver, name: str) -> None:
    """Do the misuse of this name; raises ContractBroken where the codegen does not refuse it as it has to."""
    expected = driver.odd.errors.get(name)
    if expected is None:
        return
    codegen = driver.codegen
    before = _state(codegen)
    instructions = list(codegen.get_instructions())
    try:
        _MISUSES[name](driver)
    except expected as error:
        unsaid = [part for part, text in driver.odd.told(error).items() if not text]
        if unsaid:
            raise ContractBroken(
                "misuse-untold", name, f"was refused, and no {' or '.join(unsaid)} is said", error
            ) from error
    except TARGET_RAISES as error:
        told = (
            f"raised {type(error).__name__}: {error}, not {' or '.join(each.__name__ for each in expected)}"
        )
        raise ContractBroken("wrong-error", name, told, error) from error
    else:
        raise ContractBroken("misuse-accepted", name, "was accepted")
    after = _state(codegen)
    changed = [what for what in before if before[what] != after[what]]
    if not same_instructions(instructions, codegen.get_instructions()):
        changed.append("the emitted instructions")
    if changed:
        raise ContractBroken("misuse-changed", name, f"was refused, and changed {', '.join(changed)}")


def _state(codegen: Any) -> dict[str, Any]:
    return {
        "the known top of the stack": id(codegen.top_of_stack),
        "the temporaries": dict(codegen.tempvars),
        "the graph outputs": list(codegen.graph_outputs),
        "value_from_source": codegen.value_from_source,
        "a global": [id(codegen.tx.f_globals.get(name)) for name in TOOLS],
    }


def _generate(name: str, **options: Any) -> Callable[[Driver], object]:
    """Ask for an odd value; its `reconstruct` gives something back."""
    return lambda driver: driver.codegen(driver.odd.make(name, lambda codegen: "something"), **options)


def _call(method: str, *arguments: Any) -> Callable[[Driver], object]:
    return lambda driver: getattr(driver.codegen, method)(*arguments)


def _without(attribute: str, use: Callable[[Driver], object]) -> Callable[[Driver], None]:
    """Use the codegen while one of its attributes is None."""
    return _changed(attribute, lambda kept: None, use)


def _changed(
    attribute: str, change: Callable[[Any], Any], use: Callable[[Driver], object]
) -> Callable[[Driver], None]:
    """Use the codegen while one of its attributes is what `change` makes of it."""

    def act(driver: Driver) -> None:
        codegen = driver.codegen
        kept = getattr(codegen, attribute)
        setattr(codegen, attribute, change(kept))
        try:
            use(driver)
        finally:
            setattr(codegen, attribute, kept)

    return act


def _switched(use: Callable[[Driver], object], **switches: Any) -> Callable[[Driver], object]:
    """Use the codegen with switches of its profile set so, if it has one."""
    switched = _changed("profile", lambda profile: dataclasses.replace(profile, **switches), use)
    return lambda driver: (switched if hasattr(driver.codegen, "profile") else use)(driver)


def _extend(driver: Driver) -> None:
    # the first of them is one
    made = driver.made("create_load_const", None)
    driver.codegen.extend_output([made, "no instruction"])


def _uncached_source(driver: Driver) -> None:
    driver.codegen(driver.tool_source(TOOLS[0]), allow_cache=False)


def _without_free_variables(driver: Driver) -> None:
    told = () if driver.takes_cells() else (False,)
    driver.codegen.make_function_with_closure("nested", NO_FREE_VARIABLES, *told)


def _closure(names: tuple[str, ...], *more: object) -> Callable[[Driver], object]:
    return _call("make_function_with_closure", "nested", tools.code_over(names), *more)


def _restore(driver: Driver) -> None:
    odd = driver.odd.make("tracker without reconstruct", lambda codegen: None)
    driver.codegen.restore_stack([odd], value_from_source=False)


_MISUSES: dict[str, Callable[[Driver], object]] = {
    "tracker without reconstruct": _generate("tracker without reconstruct"),
    "source without reconstruct": _generate("source without reconstruct"),
    "reconstruct that returns something": _generate("reconstruct that returns something"),
    "source whose reconstruct returns something": _generate("source whose reconstruct returns something"),
    "load of no local": _call("create_load", NOWHERE),
    "store of no local": _call("create_store", NOWHERE),
    "closure of no cell": _call("create_load_closure", NOWHERE),
    "load of no cell": _call("create_load_deref", NOWHERE),
    "store of no cell": _call("create_store_deref", NOWHERE),
    "global that is not interned": _call("create_load_global", NOWHERE),
    "constant that is not safe": _call("create_load_const", ([],)),
    "clash of globals": _call("setup_globally_cached", TOOLS[0], tools.tokens[0]),
    "append of no instruction": _call("append_output", "no instruction"),
    "extend by no instruction": _extend,
    "graph output without a variable": _without("graph_output_var", _call("load_graph_output", 0)),
    "source that is not cached": _uncached_source,
    "context manager object": _switched(
        _generate("context manager object"), context_manager_object="graph break"
    ),
    "context manager object as a usage error": _switched(
        _generate("context manager object"), context_manager_object="usage error"
    ),
    "closure without free variables": _without_free_variables,
    "closure over no cell": _switched(_closure((INNER, NOWHERE), False), closure="whole"),
    "closure with the arguments of another profile": _switched(_closure((INNER,), True), closure="cells"),
    "pop_null in a profile without it": _switched(_call("pop_null"), pop_null=False),
    "conversion without a helper": _changed(
        "host", lambda host: type(host)({}), _generate("conversion without a helper")
    ),
    "value that is neither tracker nor source": _call("__call__", object()),
    "module without a root": _without("root", _generate("module without a root")),
    "restore that raises": _restore,
}
"""Misuse -> what is done."""
