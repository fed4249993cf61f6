"""The operations of scripts, listed: how each is drawn, and how often.

Claim: what is drawn is possible after the steps that are there; an operation that is not in the list is never
drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from generators import graph_outputs, limits
from generators.constants import scalar
from generators.draw import Weighted
from generators.nodes import ConstantNode, DequeNode, ListNode, ObjectNode, TensorNode, TupleNode
from generators.script_builder import Script, objects
from generators.stacks import ANYTHING, BOUND, READY, RECONSTRUCTED, VALUE, ImpossibleStepError, Model
from generators.steps import (
    CACHED,
    CELLS,
    METHOD,
    MISUSES,
    MODULES,
    SHELF,
    STORED,
    TOKENS,
    TOOLS,
    TOOLS_MODULE,
    VIAS,
    Step,
)
from generators.taking import is_constant, take

Steps: TypeAlias = "tuple[Step, ...] | None"
Drawn: TypeAlias = "Callable[[Script], Steps]"


# --- the operations: each gives a step that is possible now, or None --------------------------------------


def _tracker(script: Script) -> Steps:
    return script.pushed()


def _source(script: Script) -> Steps:
    return _about("source", script, script.builder.existing)


def _about(operation: str, script: Script, nodes: Sequence[int]) -> Steps:
    found = script.one(nodes)
    return (Step(operation, nodes=found),) if found else None


def _several(operation: str) -> Drawn:
    def drawn(script: Script) -> Steps:
        nodes: tuple[int, ...] = ()
        if operation == "restore_nested" and script.draw.chance(limits.SAME_AGAIN):
            # what the outer scope forbids to load shows in what can be rebuilt instead
            nodes = script.one(_rebuildable(script))
        while len(nodes) < limits.FEW.high + 1 and script.draw.chance(limits.MORE_CHILDREN):
            nodes += (script.node(),)
        flags: dict[str, Any] = {}
        if operation != "foreach":
            flags["from_source"] = not script.draw.chance(limits.WITHOUT_SOURCES)
        if operation == "restore_nested":
            flags["inner"] = not script.draw.chance(limits.WITHOUT_SOURCES)
        steps = (Step("clear_tos"), Step(operation, nodes=nodes, **flags))
        # what is known to be on top is forgotten only where that is needed
        if _is_possible(script, steps[1:]):
            return steps[1:]
        return steps if _is_possible(script, steps) else None

    return drawn


def _rebuildable(script: Script) -> list[int]:
    """The existing nodes that have a tracker with a `reconstruct` of its own."""
    nodes = script.builder.nodes
    return [at for at in script.builder.existing if isinstance(nodes[at], RECONSTRUCTED)]


def _is_possible(script: Script, steps: tuple[Step, ...]) -> bool:
    """Would the steps be taken after those that are there? Asked of a model of its own."""
    trial = Model(script.builder.nodes, script.builder.locals)
    try:
        for step in (*script.steps, *steps):
            take(trial, step)
    except ImpossibleStepError:
        return False
    return True


def _call_reconstruct(script: Script) -> Steps:
    nodes = script.builder.nodes
    found = [at for at, node in enumerate(nodes) if isinstance(node, RECONSTRUCTED) and node.source is None]
    return None if script.model.copy_on_top else _about("call_reconstruct", script, found)


def _forgotten(script: Script, step: Step) -> Steps:
    """The step, what is known to be on top being forgotten before it."""
    return (Step("clear_tos"), step) if script.model.top_known else (step,)


def _graph_output(script: Script) -> Steps:
    at = graph_outputs.draw_tensor(script.builder)
    found = [at for at, node in enumerate(script.builder.nodes) if isinstance(node, TensorNode)]
    return _forgotten(script, Step("graph_output", nodes=script.one([*found, at])))


def _add_cache(script: Script) -> Steps:
    top = script.model.entry()
    fresh = top is not None and top.era == script.model.era
    if top is not None and fresh and top.node is not None and script.model.singles():
        return _forgotten(script, Step("add_cache", nodes=(top.node,)))
    steps = script.pushed()
    return (*steps, Step("clear_tos"), Step("add_cache", nodes=steps[-1].nodes))


def _mark_source_temp(script: Script) -> Steps:
    return _about("mark_source_temp", script, script.builder.existing)


def _plain(operation: str, needs: int = 0) -> Drawn:
    """An operation without fields that needs so many values on the stack."""
    return lambda script: (Step(operation),) if script.model.singles() >= needs else None


def _rot_n(script: Script) -> Steps:
    return (Step("rot_n", count=script.up_to(limits.ROTATION)),)


def _pop_null(script: Script) -> Steps:
    top = script.model.entry()
    is_null = top is not None and top.kind == READY and top.sure
    return (Step("pop_null"),) if is_null else None


def _load_const(script: Script) -> Steps:
    nodes = [script.builder.add(ConstantNode(scalar(script.draw)))]
    while len(nodes) < limits.FEW.high and script.draw.chance(limits.TUPLE_KEY):
        nodes.append(script.builder.add(ConstantNode(scalar(script.draw))))
    return (Step("create_load_const", nodes=tuple(nodes)),)


def _token(script: Script) -> Steps:
    return (Step("create_load_const_unchecked", count=script.draw.integer(0, TOKENS - 1)),)


def _load_global(script: Script) -> Steps:
    name = script.draw.choice(TOOLS)
    return (Step("create_load_global", name=name, add=name not in script.model.interned),)


def _globally_cached(script: Script) -> Steps:
    name = script.draw.choice(tuple(CACHED))
    token = script.draw.integer(0, TOKENS - 1)
    return (Step("setup_globally_cached", name=name, count=script.model.installed.get(CACHED[name], token)),)


def _module(operation: str) -> Drawn:
    return lambda script: (Step(operation, name=script.draw.choice(MODULES)),)


def _import_from(script: Script) -> Steps:
    return (Step("load_import_from", name=script.draw.choice(TOOLS)),)


def _attribute(operation: str) -> Drawn:
    def drawn(script: Script) -> Steps:
        model = script.model
        held = model.on_object()
        if held is not None:
            node = model.nodes[held]
            names = [name for name, _ in node.attributes] if isinstance(node, ObjectNode) else []
            names += [name for at, name in model.attributes if at == held]
            return (Step(operation, name=script.draw.choice([*names, METHOD])),)
        top = model.entry()
        if top is None or top.module not in (TOOLS_MODULE, SHELF):
            found = script.one(objects(script.builder))
            return (Step("source", nodes=found), Step(operation, name=METHOD)) if found else None
        on_shelf = operation == "create_load_attrs" and top.module != SHELF
        return (Step(operation, name=(f"{SHELF}." if on_shelf else "") + script.draw.choice(TOOLS)),)

    return drawn


def _store_attr(operation: str) -> Drawn:
    def drawn(script: Script) -> Steps:
        model = script.model
        if model.on_object() is not None and model.singles() > 1:
            return (Step(operation, name=script.draw.choice(STORED)),)
        found = script.one(objects(script.builder)) if model.singles() else ()
        return (Step("source", nodes=found), Step(operation, name=STORED[0])) if found else None

    return drawn


def _subscript(script: Script) -> Steps:
    top = script.model.entry()
    if top is not None and top.node is not None and top.kind == VALUE and _items(script, top.node):
        return (_item(script, top.node),)
    found = [at for at in range(len(script.builder.nodes)) if _items(script, at)]
    if not found or script.model.copy_on_top:
        return None
    at = script.draw.choice(found)
    return Step("tracker", nodes=(at,)), _item(script, at)


def _items(script: Script, at: int) -> tuple[int, ...]:
    node = script.builder.nodes[at]
    if isinstance(node, TupleNode) and is_constant(script.model, at):
        return ()
    return node.items if isinstance(node, ListNode | TupleNode | DequeNode) else ()


def _item(script: Script, at: int) -> Step:
    last = min(len(_items(script, at)), limits.CHILDREN.high) - 1
    return Step("create_binary_subscr", count=script.draw.integer(0, last))


def _load_callable(script: Script) -> Steps:
    return (Step("load_callable", name=script.draw.choice(TOOLS), via=script.draw.choice(VIAS)),)


def _add_push_null(script: Script) -> Steps:
    name, via = script.draw.choice(TOOLS), script.draw.choice(VIAS)
    step = Step("add_push_null", name=name, via=via, ex=script.draw.chance(limits.NAME_ARGUMENT))
    # what is known to be on top is then the very callable
    same = script.draw.chance(limits.SAME_AGAIN)
    return (Step("load_callable", name=name, via=via), step) if same else (step,)


def _method_with_null(script: Script) -> Steps:
    found = script.one(objects(script.builder))
    ex = script.draw.chance(limits.NAME_ARGUMENT)
    return (Step("add_push_null_method", nodes=found, ex=ex),) if found else None


def _function_name(script: Script) -> Steps:
    name, null = script.draw.choice(TOOLS), script.draw.choice((True, False))
    return (Step("load_function_name", name=name, null=null, count=script.up_to(limits.ABOVE)),)


def _call(operation: str) -> Drawn:
    """A call of what is nearest to the top, with a NULL or without."""

    def drawn(script: Script) -> Steps:
        model = script.model
        singles = model.singles()
        waiting = model.entry(singles)
        found: list[tuple[int, bool]] = []
        if waiting is not None and waiting.kind == READY:
            fits = waiting.ex or operation != "call_function_ex"
            found += [(singles, False)] if fits and singles <= limits.STEP_ARGUMENTS.high else []
        for count in range(min(singles, limits.STEP_ARGUMENTS.high + 1)):
            entry = model.stack[-1 - count]
            if entry.takes == ANYTHING or (entry.takes and not count):
                found.append((count, True))
        if not found:
            return None
        count, null = script.draw.choice(found)
        named: dict[str, Any] = {}
        anything = not null or model.stack[-1 - count].takes == ANYTHING
        if operation == "create_call_function_kw":
            if not count:
                return None
            named["names"] = _keywords(script, 1, min(count, len(limits.KEYWORD_NAMES)))
        elif operation == "call_function_ex" and anything and script.draw.chance(limits.NAME_ARGUMENT):
            named["names"] = _keywords(script, 1, len(limits.KEYWORD_NAMES))
        return (Step(operation, count=count, null=null, **named),)

    return drawn


def _keywords(script: Script, low: int, high: int) -> tuple[str, ...]:
    first = script.draw.integer(0, len(limits.KEYWORD_NAMES) - 1)
    names = (*limits.KEYWORD_NAMES[first:], *limits.KEYWORD_NAMES[:first])
    return names[: script.draw.integer(low, high)]


def _load_method(script: Script) -> Steps:
    if script.model.on_object() is not None:
        return (Step("load_method"),)
    found = script.one(objects(script.builder))
    return (Step("source", nodes=found), Step("load_method")) if found else None


def _call_method(script: Script) -> Steps:
    singles = script.model.singles()
    waiting = script.model.entry(singles)
    return (Step("call_method", count=singles),) if waiting is not None and waiting.kind == BOUND else None


def _make_function(script: Script) -> Steps:
    first = script.draw.integer(0, len(CELLS) - 1)
    names = (*CELLS[first:], *CELLS[:first])
    return (Step("make_function_with_closure", names=names[: script.draw.integer(1, len(CELLS))]),)


def _store(operation: str) -> Drawn:
    def drawn(script: Script) -> Steps:
        if not script.model.singles():
            return None
        return (Step(operation, count=script.draw.integer(0, len(script.model.variables))),)

    return drawn


def _variable(operation: str) -> Drawn:
    def drawn(script: Script) -> Steps:
        bound = [number for number, held in enumerate(script.model.variables) if held is not None]
        return (Step(operation, count=script.draw.choice(bound)),) if bound else None

    return drawn


def _parameter(script: Script) -> Steps:
    names = list(script.builder.locals)
    return (Step("load_parameter", name=script.draw.choice(names)),) if names else None


def _cell(operation: str, *, needs: int = 0, filled: bool = False) -> Drawn:
    def drawn(script: Script) -> Steps:
        if script.model.singles() < needs:
            return None
        names = [name for name in CELLS if not filled or name in script.model.cells]
        return (Step(operation, name=script.draw.choice(names)),)

    return drawn


def _misuse(script: Script) -> Steps:
    return (Step("misuse", name=script.draw.choice(MISUSES)),)


DRAWN: Weighted[Drawn] = Weighted(
    [
        (22, _tracker),
        (8, _source),
        (4, _several("foreach")),
        (7, _several("restore_stack")),
        (9, _several("restore_nested")),
        (3, _call_reconstruct),
        (5, _graph_output),
        (4, _add_cache),
        (3, _mark_source_temp),
        (2, _plain("clear_tempvars")),
        (2, _plain("clear_tos")),
        (1, _plain("pycode")),
        (5, _plain("dup_top", 1)),
        (2, _plain("pop_top", 1)),
        (7, _rot_n),
        (4, _pop_null),
        (4, _load_const),
        (3, _token),
        (3, _load_global),
        (3, _globally_cached),
        (3, _module("create_load_python_module")),
        (4, _import_from),
        (3, _module("create_import_name")),
        (3, _attribute("load_attr")),
        (3, _attribute("create_load_attr")),
        (3, _attribute("create_load_attrs")),
        (4, _store_attr("store_attr")),
        (4, _store_attr("create_store_attr")),
        (4, _subscript),
        (5, _load_callable),
        (7, _add_push_null),
        (4, _method_with_null),
        (7, _function_name),
        (7, _call("call_function")),
        (5, _call("create_call_function")),
        (7, _call("create_call_function_kw")),
        (7, _call("call_function_ex")),
        (5, _load_method),
        (4, _call_method),
        (5, _make_function),
        (4, _store("store")),
        (3, _store("create_store")),
        (4, _variable("create_load")),
        (3, _parameter),
        (2, _variable("create_delete")),
        (3, _cell("create_load_closure")),
        (3, _cell("load_deref", filled=True)),
        (3, _cell("create_load_deref", filled=True)),
        (4, _cell("create_store_deref", needs=1)),
        (10, _misuse),
    ]
)
