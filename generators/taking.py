"""What each operation of a script does to the symbolic stack of `stacks.py`, and when it has no meaning.

Claim: `take` says the same of a step wherever it is asked: while scripts are drawn, read from files, and
reduced."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence

from generators.graph import reached
from generators.nodes import (
    AliasNode,
    ConstantNode,
    DequeNode,
    FrozensetNode,
    ListNode,
    Node,
    ObjectNode,
    SliceNode,
    TensorNode,
    TupleNode,
)
from generators.stacks import (
    ANY,
    ANYTHING,
    BOUND,
    CELL,
    NOTHING,
    READY,
    RECONSTRUCTED,
    TOOL,
    VALUE,
    Entry,
    ImpossibleStepError,
    Model,
)
from generators.steps import (
    CACHED,
    CELLS,
    METHOD,
    MISUSES,
    MODULES,
    SHELF,
    STEPS,
    STORED,
    TOKENS,
    TOOLS,
    TOOLS_MODULE,
    VIAS,
    Step,
)

SEVERAL = frozenset({"foreach", "restore_stack", "restore_nested", "create_load_const"})
"""Operations about more than one node."""

KEEPS_TOP = frozenset({"mark_source_temp", "pycode", "misuse"})
"""Operations that leave the known top of the stack as it is."""

SETS_TOP = frozenset(
    {
        *("tracker", "source", "foreach", "restore_stack", "restore_nested", "call_reconstruct"),
        *("load_import_from", "load_callable", "add_push_null"),
    }
)
"""Operations after which the top of the stack may be known."""

NEEDS_UNKNOWN_TOP = frozenset({"graph_output", "add_cache"})
BY_TRACKER = frozenset({"tracker", "foreach", "restore_stack", "restore_nested", "call_reconstruct"})


def _loads(step: Step) -> bool:
    """Does the step load existing values from their sources?"""
    return step.from_source is not False and step.inner is not False


def take(model: Model, step: Step) -> None:
    """Carry the step out on the model; raises ImpossibleStepError, and leaves the model of no use then."""
    _check_fields(step)
    known, copy = model.top_known, model.copy_on_top
    if known and step.operation in NEEDS_UNKNOWN_TOP:
        raise ImpossibleStepError("not promised while the top of the stack is known")
    if known and not _loads(step):
        raise ImpossibleStepError("not promised while the top of the stack is known", "from_source")
    if copy and step.operation in BY_TRACKER:
        raise ImpossibleStepError("not promised while a rebuilt copy is the known top of the stack")
    _TAKE[step.operation](model, step)
    if step.operation in KEEPS_TOP or (step.operation in ("foreach", "restore_stack") and not step.nodes):
        return
    model.top_known = step.operation in SETS_TOP
    model.copy_on_top = step.operation == "restore_stack" and not _loads(step)


def _check_fields(step: Step) -> None:
    takes = STEPS.get(step.operation)
    if takes is None:
        raise ImpossibleStepError(f"{step.operation!r} is none of {', '.join(STEPS)}", "operation")
    for field, value in zip(FIELDS, _VALUES(step), strict=True):
        given = value is not None and value != ()
        empty = value == () and field in takes and step.operation in MAY_BE_EMPTY
        if given != (field in takes) and not empty:
            raise ImpossibleStepError(f"{step.operation} takes {', '.join(takes) or 'nothing'}", field)
    if len(step.nodes) > 1 and step.operation not in SEVERAL:
        raise ImpossibleStepError(f"{step.operation} is about one node", "nodes")


FIELDS = tuple(field.name for field in dataclasses.fields(Step))[1:]
_VALUES = operator.attrgetter(*FIELDS)
MAY_BE_EMPTY = frozenset({"foreach", "restore_stack", "restore_nested", "call_function_ex"})
"""Operations whose nodes or names may be none."""


# --- what each operation does --------------------------------------------------------------------------


def _one_of(name: str | None, names: Iterable[str], field: str = "name") -> str:
    if name is None or name not in names:
        raise ImpossibleStepError(f"{name!r} is none of {', '.join(names)}", field)
    return name


def _tracker(model: Model, step: Step) -> None:
    model.push(model.value_of(step.nodes[0]))
    model.generated = step.nodes


def _source(model: Model, step: Step) -> None:
    model.push(model.existing(step.nodes[0]))
    model.generated = step.nodes


def _several(model: Model, step: Step) -> None:
    entries = [model.value_of(at) for at in step.nodes] if _loads(step) else model.rebuilt(step.nodes)
    model.stack += entries
    model.generated = step.nodes or model.generated


def _nested(model: Model, step: Step) -> None:
    _several(model, step)
    del model.stack[len(model.stack) - len(step.nodes) :]
    model.push()


def _call_reconstruct(model: Model, step: Step) -> None:
    at = step.nodes[0]
    node = model.nodes[at] if 0 <= at < len(model.nodes) else None
    if not isinstance(node, RECONSTRUCTED) or node.source is not None:
        raise ImpossibleStepError(f"node {at} is no new list, tuple, dict or set", "nodes")
    model.unmarkable.setdefault(at, "is rebuilt whether or not a temporary holds it")
    model.push(model.value_of(at))


def _graph_output(model: Model, step: Step) -> None:
    entry = model.value_of(step.nodes[0])
    if not isinstance(model.nodes[step.nodes[0]], TensorNode):
        raise ImpossibleStepError(f"node {step.nodes[0]} is no tensor", "nodes")
    model.push(entry)


def _add_cache(model: Model, step: Step) -> None:
    entry = model.pop()
    if entry.kind != VALUE or entry.node is None or (entry.node,) != step.nodes:
        raise ImpossibleStepError("what is on top is not the value of that node", "nodes")
    if model.nodes[entry.node].source is None and entry.era != model.era:
        raise ImpossibleStepError("what is on top was made before the temporaries were deleted", "nodes")
    model.cached.add(entry.node)


def _mark(model: Model, step: Step) -> None:
    model.existing(step.nodes[0])


def _clear_tempvars(model: Model, step: Step) -> None:
    model.cached.clear()
    model.era += 1


def _nothing(model: Model, step: Step) -> None:
    """Nothing on the stack changes."""


def _dup_top(model: Model, step: Step) -> None:
    entry = model.pop()
    model.push(entry)
    model.push(entry)


def _pop_top(model: Model, step: Step) -> None:
    model.pop()


def _rot_n(model: Model, step: Step) -> None:
    moved = model.pop_several(step.count)
    model.stack += [*moved[-1:], *moved[:-1]]


def _pop_null(model: Model, step: Step) -> None:
    if not model.stack or model.stack[-1].kind != READY:
        raise ImpossibleStepError("no callable with its NULL is on top")
    if not model.stack[-1].sure:
        raise ImpossibleStepError("the NULL may be the object of a method")
    model.stack[-1] = Entry(takes=model.stack[-1].takes)


def _load_const(model: Model, step: Step) -> None:
    for at in step.nodes:
        if not (0 <= at < len(model.nodes) and isinstance(model.nodes[at], ConstantNode)):
            raise ImpossibleStepError(f"node {at} is no constant", "nodes")
    model.push()


def _token(model: Model, step: Step) -> None:
    _number(step, TOKENS)
    model.push()


def _number(step: Step, count: int) -> int:
    if step.count is None or not 0 <= step.count < count:
        raise ImpossibleStepError(f"{step.count} is not in 0 to {count - 1}", "count")
    return step.count


def _load_global(model: Model, step: Step) -> None:
    name = _one_of(step.name, TOOLS)
    if step.add:
        model.interned.add(name)
    elif name not in model.interned:
        raise ImpossibleStepError(f"no step before interned {name!r}", "add")
    model.push(TOOL)


def _globally_cached(model: Model, step: Step) -> None:
    name = CACHED[_one_of(step.name, CACHED)]
    token = _number(step, TOKENS)
    if model.installed.setdefault(name, token) != token:
        raise ImpossibleStepError(f"the global {name!r} holds another object by then", "count")
    model.push()


def _module(model: Model, step: Step) -> None:
    model.push(Entry(module=_one_of(step.name, MODULES)))


def _import_from(model: Model, step: Step) -> None:
    _one_of(step.name, TOOLS)
    model.push(TOOL)


def _load_attr(model: Model, step: Step) -> None:
    holder = model.on_object()
    module = model.stack[-1].module if holder is None and model.singles() else ""
    name = str(step.name)
    found: Entry | None = None
    if holder is not None:
        node = model.nodes[holder]
        there = dict(node.attributes) if isinstance(node, ObjectNode) else {}
        found = Entry(node=there[name]) if name in there else model.attributes.get((holder, name))
        found = TOOL if name == METHOD else found
    elif module in (TOOLS_MODULE, SHELF):
        found = TOOL if name in TOOLS else None
        if module == TOOLS_MODULE and name == SHELF:
            found = Entry(module=SHELF)
    if found is None:
        raise ImpossibleStepError(f"what is on top has no attribute {name!r} that is known", "name")
    model.stack[-1] = found


def _load_attrs(model: Model, step: Step) -> None:
    for name in str(step.name).split("."):
        _load_attr(model, Step("load_attr", name=name))


def _store_attr(model: Model, step: Step) -> None:
    name = _one_of(step.name, STORED)
    holder = model.on_object()
    if holder is None:
        raise ImpossibleStepError("no object is on top")
    model.pop()
    model.attributes[holder, name] = model.pop()


def _subscript(model: Model, step: Step) -> None:
    top = model.pop("a list, tuple or deque")
    node = None if top.node is None else model.nodes[top.node]
    if top.kind != VALUE or not isinstance(node, (ListNode, TupleNode, DequeNode)):
        raise ImpossibleStepError("no list, tuple or deque of the case is on top")
    if isinstance(node, TupleNode) and is_constant(model, top.node or 0):
        raise ImpossibleStepError("what is in a tuple of constants has no identity")
    model.push(Entry(node=node.items[_number(step, len(node.items))], era=top.era))


def is_constant(model: Model, at: int) -> bool:
    """Is the node a constant, or a tuple of nothing but constants at any depth, and so one `LOAD_CONST`?"""
    return all(isinstance(model.nodes[index], CONSTANT) for index in reached(model.nodes, [at]))


CONSTANT = (ConstantNode, TupleNode, FrozensetNode, SliceNode, AliasNode)


def _callable(model: Model, step: Step) -> None:
    _one_of(step.name, TOOLS)
    via = _one_of(step.via, VIAS, "via")
    if via in ("global", "source"):
        model.interned.add(str(step.name))
    if step.ex is None:
        model.push(TOOL)
        return
    # the load of an attribute may push the object of a method instead of a NULL
    sure = step.ex or via not in ("module", "shelf")
    model.push(Entry(READY, takes=ANYTHING, ex=step.ex, sure=sure))


def _method_with_null(model: Model, step: Step) -> None:
    at = step.nodes[0]
    model.existing(at)
    if not isinstance(model.nodes[at], ObjectNode):
        raise ImpossibleStepError(f"node {at} is no object", "nodes")
    model.push(Entry(READY, takes=ANYTHING, ex=step.ex is True, sure=step.ex is True))


def _function_name(model: Model, step: Step) -> None:
    model.interned.add(_one_of(step.name, TOOLS))
    above = model.pop_several(step.count)
    model.push(Entry(READY, takes=ANYTHING, ex=True, sure=True) if step.null else TOOL)
    model.stack += above


def _called(model: Model, step: Step, arguments: int) -> Entry:
    """Take the callable: a value if the step pushes the NULL, else one with its NULL."""
    if step.null:
        found = model.pop("something that can be called")
        if found.kind != VALUE or not found.takes:
            raise ImpossibleStepError("what lies below the arguments is nothing that is known to be callable")
    else:
        if not model.stack or model.stack[-1].kind != READY:
            raise ImpossibleStepError("no callable with its NULL lies below the arguments", "null")
        found = model.stack.pop()
    if found.takes == NOTHING and arguments:
        raise ImpossibleStepError("what lies below the arguments takes none", "count")
    return found


def _call(model: Model, step: Step) -> None:
    arguments = model.pop_several(step.count)
    _called(model, step, len(arguments))
    model.push()


def _call_kw(model: Model, step: Step) -> None:
    if len(set(step.names)) != len(step.names) or len(step.names) > (step.count or 0):
        raise ImpossibleStepError("the names are not those of so many arguments", "names")
    _call(model, step)


def _call_ex(model: Model, step: Step) -> None:
    if len(set(step.names)) != len(step.names):
        raise ImpossibleStepError("a name is there twice", "names")
    arguments = model.pop_several(step.count)
    found = _called(model, step, len(arguments) + len(step.names))
    if found.kind == READY and not found.ex:
        raise ImpossibleStepError("the NULL of the callable is not one for CALL_FUNCTION_EX", "null")
    model.push()


def _load_method(model: Model, step: Step) -> None:
    if model.on_object() is None:
        raise ImpossibleStepError("no object is on top")
    model.stack[-1] = Entry(BOUND, takes=ANYTHING)


def _call_method(model: Model, step: Step) -> None:
    model.pop_several(step.count)
    if not model.stack or model.stack[-1].kind != BOUND:
        raise ImpossibleStepError("no method lies below the arguments")
    model.stack[-1] = ANY


def _make_function(model: Model, step: Step) -> None:
    for name in step.names:
        _one_of(name, CELLS, "names")
    if len(set(step.names)) != len(step.names):
        raise ImpossibleStepError("a cell is there twice", "names")
    model.push(Entry(takes=NOTHING) if all(name in model.cells for name in step.names) else ANY)


def _store(model: Model, step: Step) -> None:
    number = _number(step, len(model.variables) + 1)
    entry = model.pop()
    if number == len(model.variables):
        model.variables.append(entry)
    model.variables[number] = entry


def _bound(model: Model, step: Step) -> Entry:
    entry = model.variables[_number(step, len(model.variables))] if model.variables else None
    if entry is None:
        raise ImpossibleStepError(f"variable {step.count} holds nothing by then", "count")
    return entry


def _load(model: Model, step: Step) -> None:
    model.push(_bound(model, step))


def _delete(model: Model, step: Step) -> None:
    _bound(model, step)
    model.variables[step.count or 0] = None


def _parameter(model: Model, step: Step) -> None:
    model.push(Entry(node=model.parameters[_one_of(step.name, model.parameters)]))


def _closure(model: Model, step: Step) -> None:
    _one_of(step.name, CELLS)
    model.push(Entry(CELL))


def _deref(model: Model, step: Step) -> None:
    name = _one_of(step.name, CELLS)
    if name not in model.cells:
        raise ImpossibleStepError(f"the cell {name!r} holds nothing yet", "name")
    model.push(model.cells[name])


def _store_deref(model: Model, step: Step) -> None:
    model.cells[_one_of(step.name, CELLS)] = model.pop()


def _misuse(model: Model, step: Step) -> None:
    _one_of(step.name, MISUSES)


_TAKE: dict[str, Callable[[Model, Step], None]] = {
    "tracker": _tracker,
    "source": _source,
    "foreach": _several,
    "restore_stack": _several,
    "restore_nested": _nested,
    "call_reconstruct": _call_reconstruct,
    "graph_output": _graph_output,
    "add_cache": _add_cache,
    "mark_source_temp": _mark,
    "clear_tempvars": _clear_tempvars,
    "clear_tos": _nothing,
    "pycode": _nothing,
    "dup_top": _dup_top,
    "pop_top": _pop_top,
    "rot_n": _rot_n,
    "pop_null": _pop_null,
    "create_load_const": _load_const,
    "create_load_const_unchecked": _token,
    "create_load_global": _load_global,
    "setup_globally_cached": _globally_cached,
    "create_load_python_module": _module,
    "load_import_from": _import_from,
    "create_import_name": _module,
    "load_attr": _load_attr,
    "create_load_attr": _load_attr,
    "create_load_attrs": _load_attrs,
    "store_attr": _store_attr,
    "create_store_attr": _store_attr,
    "create_binary_subscr": _subscript,
    "load_callable": _callable,
    "add_push_null": _callable,
    "add_push_null_method": _method_with_null,
    "load_function_name": _function_name,
    "call_function": _call,
    "create_call_function": _call,
    "create_call_function_kw": _call_kw,
    "call_function_ex": _call_ex,
    "load_method": _load_method,
    "call_method": _call_method,
    "make_function_with_closure": _make_function,
    "store": _store,
    "create_store": _store,
    "create_load": _load,
    "load_parameter": _parameter,
    "create_delete": _delete,
    "create_load_closure": _closure,
    "load_deref": _deref,
    "create_load_deref": _deref,
    "create_store_deref": _store_deref,
    "misuse": _misuse,
}
"""Operation -> what it does to the model."""


def left_by(nodes: Sequence[Node], parameters: Mapping[str, int], steps: Iterable[Step]) -> Model:
    """The model after the steps; raises ImpossibleStepError."""
    model = Model(nodes, parameters)
    for step in steps:
        take(model, step)
    return model
