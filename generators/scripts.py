"""Script cases: a random straight sequence of a codegen's public methods.

Claim: `script_case(draw)` gives a well-formed case from either driver: the symbolic stack decides at each step what is
possible, and at the end every entry of it is a value. About half of the steps push, so that scripts do not starve.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from generators import constants, graph_outputs, limits, sources, trackers
from generators.builder import Builder
from generators.case import Attribute, Case, LocalName, Options
from generators.constants import scalar
from generators.draw import Draw, Weighted
from generators.limits import Limit
from generators.nodes import LINKS, AliasNode, ConstantNode, ObjectNode, TensorNode
from generators.stacks import ANYTHING, BOUND, READY, RECONSTRUCTED, ImpossibleStepError, Model
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
from generators.taking import take


class Script:
    """A script that is being drawn: its table of nodes, its steps, and the symbolic stack after them."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.builder = Builder(draw, _draw_node)
        self.steps: list[Step] = []
        self.model = Model(self.builder.nodes, self.builder.locals)

    def add(self, step: Step) -> None:
        """The step comes next. It has to be possible."""
        take(self.model, step)
        self.steps.append(step)

    def node(self) -> int:
        """A node to be asked for: what was asked for last, one that is there, or a new one."""
        again = self.draw.chance(limits.SAME_AGAIN)
        if again and self.model.generated:
            return self.model.generated[-1]
        return self.builder.node(limits.SCRIPT_DEPTH)

    def one(self, found: Sequence[int]) -> tuple[int, ...]:
        """One of the nodes found, as the nodes of a step; none if there are none."""
        return (self.draw.choice(found),) if found else ()

    def up_to(self, limit: Limit) -> int:
        """A number of values that are on the stack."""
        return self.draw.integer(limit.low, min(limit.high, self.model.singles()))


def script_case(draw: Draw) -> Case:
    """A well-formed case of kind `script`."""
    script = Script(draw)
    builder = script.builder
    if draw.chance(limits.FIRST_OBJECT):
        _object(builder)
    while len(script.steps) < limits.STEPS.low or draw.chance(limits.MORE_STEPS):
        if len(script.steps) >= limits.STEPS.high:
            break
        step = draw.weighted(_OPERATIONS)(script)
        # what is not possible now gives way to what always is
        script.add(step if step is not None else Step("load_callable", name=TOOLS[0], via=VIAS[0]))
    _finish(script)
    marks = [
        at
        for at, node in enumerate(builder.nodes)
        if LINKS[type(node)] and not isinstance(node, AliasNode | ObjectNode)
    ]
    marked = tuple(
        [at for at in marks if draw.chance(limits.MARK_OTHER) and at not in script.model.unmarkable]
    )
    return Case(
        nodes=tuple(builder.nodes),
        roots=(),
        sources=tuple(builder.sources),
        locals=tuple(builder.locals.items()),
        globals=tuple(builder.globals.items()),
        options=Options(passes=1, temporaries=marked),
        kind="script",
        steps=tuple(script.steps),
    )


def _finish(script: Script) -> None:
    """Use up every callable that waits with its NULL for a call, the topmost first."""
    while not script.model.finished():
        above = script.model.singles()
        waiting = script.model.stack[-1 - above]
        if waiting.kind == BOUND:
            script.add(Step("call_method", count=above))
        elif above == 0:
            script.add(Step("pop_null"))
        else:
            script.add(Step("call_function", count=above, null=False))


# --- nodes: small ones, of the kinds whose rebuilding is no business of scripts ---------------------------

_LEAVES = Weighted([(40, constants.draw_node), (30, graph_outputs.draw_node), (30, sources.draw_node)])
_FAMILIES = Weighted(
    [
        (16, constants.draw_node),
        (18, graph_outputs.draw_node),
        (36, sources.draw_node),
        (12, trackers.draw_list),
        (10, trackers.draw_tuple),
        (6, trackers.draw_dict),
        (3, trackers.draw_set),
        (3, trackers.draw_deque),
    ]
)


def _draw_node(builder: Builder, depth: int) -> int:
    reuse = builder.draw.chance(limits.REUSE_BINDING)
    if reuse and builder.shareable:
        return builder.draw.choice(builder.shareable)
    leaf = depth >= limits.DEPTH.high or builder.full()
    return builder.draw.weighted(_LEAVES if leaf else _FAMILIES)(builder, depth)


def _object(builder: Builder) -> int | None:
    """A new object in a local of its own, or None where no name is left."""
    free = [name for name in limits.LOCAL_NAMES if name not in builder.locals]
    if not free:
        return None
    source = builder.add_source(LocalName(free[0]))
    name = limits.ATTRIBUTE_NAMES[0]
    value = ConstantNode(scalar(builder.draw), builder.add_source(Attribute(source, name)))
    held = builder.add(value)
    builder.locals[free[0]] = builder.add(ObjectNode(((name, held),), source))
    return builder.locals[free[0]]


def _objects(builder: Builder) -> list[int]:
    return [at for at in builder.existing if isinstance(builder.nodes[at], ObjectNode)]


# --- the operations: each gives a step that is possible now, or None --------------------------------------


def _tracker(script: Script) -> Step | None:
    return None if script.model.copy_on_top else Step("tracker", nodes=(script.node(),))


def _source(script: Script) -> Step | None:
    return _about("source", script, script.builder.existing)


def _about(operation: str, script: Script, nodes: Sequence[int]) -> Step | None:
    found = script.one(nodes)
    return Step(operation, nodes=found) if found else None


def _several(operation: str) -> Callable[[Script], Step | None]:
    def drawn(script: Script) -> Step | None:
        nodes: tuple[int, ...] = ()
        while len(nodes) < limits.FEW.high + 1 and script.draw.chance(limits.MORE_CHILDREN):
            nodes += (script.node(),)
        flags = {}
        if operation != "foreach":
            flags["from_source"] = not script.draw.chance(limits.WITHOUT_SOURCES)
        if operation == "restore_nested":
            flags["inner"] = not script.draw.chance(limits.WITHOUT_SOURCES)
        step = Step(operation, nodes=nodes, **flags)
        return step if _is_possible(script, step) else None

    return drawn


def _is_possible(script: Script, step: Step) -> bool:
    """Would the step be taken after those that are there? Asked of a model of its own."""
    trial = Model(script.builder.nodes, script.builder.locals)
    try:
        for before in (*script.steps, step):
            take(trial, before)
    except ImpossibleStepError:
        return False
    return True


def _call_reconstruct(script: Script) -> Step | None:
    nodes = script.builder.nodes
    found = [at for at, node in enumerate(nodes) if isinstance(node, RECONSTRUCTED) and node.source is None]
    return None if script.model.copy_on_top else _about("call_reconstruct", script, found)


def _graph_output(script: Script) -> Step | None:
    if script.model.top_known:
        return Step("clear_tos")
    at = graph_outputs.draw_node(script.builder, 0)
    found = [at for at, node in enumerate(script.builder.nodes) if isinstance(node, TensorNode)]
    return _about("graph_output", script, [*found, at])


def _add_cache(script: Script) -> Step | None:
    top = script.model.entry()
    if top is None or top.node is None or not script.model.singles():
        return None
    return Step("clear_tos") if script.model.top_known else Step("add_cache", nodes=(top.node,))


def _mark_source_temp(script: Script) -> Step | None:
    return _about("mark_source_temp", script, script.builder.existing)


def _plain(operation: str, needs: int = 0) -> Callable[[Script], Step | None]:
    """An operation without fields that needs so many values on the stack."""
    return lambda script: Step(operation) if script.model.singles() >= needs else None


def _rot_n(script: Script) -> Step | None:
    return Step("rot_n", count=script.up_to(limits.ROTATION))


def _pop_null(script: Script) -> Step | None:
    top = script.model.entry()
    return Step("pop_null") if top is not None and top.kind == READY else None


def _load_const(script: Script) -> Step | None:
    nodes = [script.builder.add(ConstantNode(scalar(script.draw)))]
    while len(nodes) < limits.FEW.high and script.draw.chance(limits.TUPLE_KEY):
        nodes.append(script.builder.add(ConstantNode(scalar(script.draw))))
    return Step("create_load_const", nodes=tuple(nodes))


def _token(script: Script) -> Step | None:
    return Step("create_load_const_unchecked", count=script.draw.integer(0, TOKENS - 1))


def _load_global(script: Script) -> Step | None:
    name = script.draw.choice(TOOLS)
    return Step("create_load_global", name=name, add=name not in script.model.interned)


def _globally_cached(script: Script) -> Step | None:
    name = script.draw.choice(tuple(CACHED))
    token = script.draw.integer(0, TOKENS - 1)
    return Step("setup_globally_cached", name=name, count=script.model.installed.get(CACHED[name], token))


def _module(operation: str) -> Callable[[Script], Step | None]:
    return lambda script: Step(operation, name=script.draw.choice(MODULES))


def _import_from(script: Script) -> Step | None:
    via = script.draw.choice(("import", "shelf"))
    return Step("load_import_from", name=script.draw.choice(TOOLS), via=via)


def _attribute(operation: str) -> Callable[[Script], Step | None]:
    def drawn(script: Script) -> Step | None:
        model = script.model
        held = model.on_object()
        if held is not None:
            node = model.nodes[held]
            names = [name for name, _ in node.attributes] if isinstance(node, ObjectNode) else []
            names += [name for at, name in model.attributes if at == held]
            return Step(operation, name=script.draw.choice([*names, METHOD]))
        top = model.entry()
        if top is None or top.module not in (TOOLS_MODULE, SHELF):
            return None
        on_shelf = operation == "create_load_attrs" and top.module != SHELF
        return Step(operation, name=(f"{SHELF}." if on_shelf else "") + script.draw.choice(TOOLS))

    return drawn


def _store_attr(operation: str) -> Callable[[Script], Step | None]:
    def drawn(script: Script) -> Step | None:
        model = script.model
        if model.on_object() is not None and model.singles() > 1:
            return Step(operation, name=script.draw.choice(STORED))
        # the next one of this kind finds it on top
        return _about("source", script, _objects(script.builder))

    return drawn


def _subscript(script: Script) -> Step | None:
    top = script.model.entry()
    node = None if top is None or top.node is None else script.model.nodes[top.node]
    items = getattr(node, "items", ()) if node is not None and node.kind in ("list", "tuple", "deque") else ()
    if not items:
        return None
    return Step(
        "create_binary_subscr", count=script.draw.integer(0, min(len(items), limits.CHILDREN.high) - 1)
    )


def _load_callable(script: Script) -> Step | None:
    return Step("load_callable", name=script.draw.choice(TOOLS), via=script.draw.choice(VIAS))


def _add_push_null(script: Script) -> Step | None:
    name, via = script.draw.choice(TOOLS), script.draw.choice(VIAS)
    return Step("add_push_null", name=name, via=via, ex=script.draw.chance(limits.NAME_ARGUMENT))


def _method_with_null(script: Script) -> Step | None:
    found = script.one(_objects(script.builder))
    ex = script.draw.chance(limits.NAME_ARGUMENT)
    return Step("add_push_null_method", nodes=found, ex=ex) if found else None


def _function_name(script: Script) -> Step | None:
    name, null = script.draw.choice(TOOLS), script.draw.choice((True, False))
    return Step("load_function_name", name=name, null=null, count=script.up_to(limits.ABOVE))


def _call(operation: str) -> Callable[[Script], Step | None]:
    """A call of what is nearest to the top, with a NULL or without."""

    def drawn(script: Script) -> Step | None:
        model = script.model
        singles = model.singles()
        waiting = model.entry(singles)
        found: list[tuple[int, bool]] = []
        if waiting is not None and waiting.kind == READY:
            fits = waiting.ex or operation != "call_function_ex"
            found += [(singles, False)] if fits and singles <= limits.ARGUMENTS.high else []
        for count in range(min(singles, limits.ARGUMENTS.high + 1)):
            entry = model.stack[-1 - count]
            if entry.takes == ANYTHING or (entry.takes and not count):
                found.append((count, True))
        if not found:
            return None
        count, null = script.draw.choice(found)
        named: dict[str, tuple[str, ...]] = {}
        anything = not null or model.stack[-1 - count].takes == ANYTHING
        if operation == "create_call_function_kw":
            if not count:
                return None
            named["names"] = _keywords(script, 1, min(count, len(limits.KEYWORD_NAMES)))
        elif operation == "call_function_ex" and anything and script.draw.chance(limits.NAME_ARGUMENT):
            named["names"] = _keywords(script, 1, len(limits.KEYWORD_NAMES))
        return Step(operation, count=count, null=null, **named)

    return drawn


def _keywords(script: Script, low: int, high: int) -> tuple[str, ...]:
    first = script.draw.integer(0, len(limits.KEYWORD_NAMES) - 1)
    names = (*limits.KEYWORD_NAMES[first:], *limits.KEYWORD_NAMES[:first])
    return names[: script.draw.integer(low, high)]


def _load_method(script: Script) -> Step | None:
    if script.model.on_object() is not None:
        return Step("load_method")
    return _about("source", script, _objects(script.builder))


def _call_method(script: Script) -> Step | None:
    singles = script.model.singles()
    waiting = script.model.entry(singles)
    return Step("call_method", count=singles) if waiting is not None and waiting.kind == BOUND else None


def _make_function(script: Script) -> Step | None:
    first = script.draw.integer(0, len(CELLS) - 1)
    names = (*CELLS[first:], *CELLS[:first])
    return Step("make_function_with_closure", names=names[: script.draw.integer(1, len(CELLS))])


def _store(operation: str) -> Callable[[Script], Step | None]:
    def drawn(script: Script) -> Step | None:
        if not script.model.singles():
            return None
        return Step(operation, count=script.draw.integer(0, len(script.model.variables)))

    return drawn


def _variable(operation: str) -> Callable[[Script], Step | None]:
    def drawn(script: Script) -> Step | None:
        bound = [number for number, held in enumerate(script.model.variables) if held is not None]
        return Step(operation, count=script.draw.choice(bound)) if bound else None

    return drawn


def _parameter(script: Script) -> Step | None:
    names = list(script.builder.locals)
    return Step("load_parameter", name=script.draw.choice(names)) if names else None


def _cell(operation: str, *, needs: int = 0, filled: bool = False) -> Callable[[Script], Step | None]:
    def drawn(script: Script) -> Step | None:
        if script.model.singles() < needs:
            return None
        names = [name for name in CELLS if not filled or name in script.model.cells]
        return Step(operation, name=script.draw.choice(names))

    return drawn


def _misuse(script: Script) -> Step | None:
    return Step("misuse", name=script.draw.choice(MISUSES))


_OPERATIONS: Weighted[Callable[[Script], Step | None]] = Weighted(
    [
        (22, _tracker),
        (8, _source),
        (4, _several("foreach")),
        (7, _several("restore_stack")),
        (4, _several("restore_nested")),
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
        (9, _misuse),
    ]
)
