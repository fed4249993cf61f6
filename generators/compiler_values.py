"""Existing values as only a compiler's own sources lead to them: what it marks, adds, or finds in classes.

Claim: each is drawn with the values that Dynamo gives such a source, and of what is but a way to another
value (an added global, a parameter, the random numbers of a frame) only the other is named.
"""

from __future__ import annotations

from collections.abc import Callable

from generators import bindings, callables, limits, sources
from generators.builder import Builder
from generators.case import (
    Attribute,
    CellName,
    ClassMember,
    DictItem,
    Element,
    GlobalName,
    GlobalReferent,
    Gradient,
    Item,
    LocalName,
    ModeOnStack,
    RandomValue,
    Source,
    Subclasses,
    Superclass,
    TensorProperty,
    TypeOf,
    Wrapped,
)
from generators.compiler_sources import MODULES, PARAMETER_DICTS, is_mode
from generators.constants import scalar
from generators.draw import Weighted
from generators.forms import tensor_property
from generators.graph_outputs import number_output, output
from generators.nodes import (
    ConstantNode,
    DequeNode,
    DictNode,
    FunctionNode,
    LibraryNode,
    ListNode,
    MadeNode,
    ModuleNode,
    Node,
    NumberNode,
    ObjectNode,
    SetNode,
    TensorNode,
    TupleNode,
    WeakRefNode,
)
from generators.trackers import opened

Family = Callable[[Builder, int], int]


def draw_node(builder: Builder, depth: int) -> int:
    """A value of any of these kinds, new in the table."""
    return builder.draw.weighted(_VALUES)(builder, depth)


def draw_argument(builder: Builder) -> int:
    """One that a compiled function gets as an argument."""
    return builder.draw.weighted(_ARGUMENTS)(builder, limits.DEPTH.high - 1)


# --- what is marked ----------------------------------------------------------------------------------------


def _marked(builder: Builder, depth: int) -> int:
    """A marked object, or what is reached through it."""
    inner: list[int] = []
    how = builder.draw.weighted(_MARKS)

    def draw_one(builder: Builder, source: int, depth: int) -> int:
        return marked_object(builder, source, depth, how, inner)

    at = bindings.bind(builder, depth, draw_one)
    through = builder.draw.chance(limits.INSIDE_MARKED)
    return builder.draw.choice(inner) if through and inner else at


def marked_object(builder: Builder, source: int, depth: int, how: str, inner: list[int]) -> int:
    """An object whose source marks that at `source`; what the object holds is added to `inner`."""
    marked = builder.add_source(Wrapped(source, how))

    def finish() -> ObjectNode:
        attributes: list[tuple[str, int]] = []
        if how in MODULES and builder.draw.chance(limits.MODULE_PARAMETERS):
            name = builder.draw.choice(PARAMETER_DICTS)
            attributes.append((name, _held_by_name(builder, marked, name, _tensor, inner)))
        if how in MODULES and builder.draw.chance(limits.MODULE_CHILD) and not builder.full():
            draw_one = _child_module(depth, inner)
            attributes.append(("_modules", _held_by_name(builder, marked, "_modules", draw_one, inner)))
        if how == "optimizer" and builder.draw.chance(limits.MODULE_PARAMETERS):
            inner.append(_parameter(builder, builder.add_source(Attribute(marked, "params"))))
            holder = next(at for at, node in enumerate(builder.nodes) if _has_gradient(node, inner[-1]))
            attributes.append(("params", holder))
        if not attributes or builder.draw.chance(limits.MODULE_ATTRIBUTE):
            name = limits.ATTRIBUTE_NAMES[0]
            inner.append(sources.child(builder, Attribute(marked, name), depth))
            attributes.append((name, inner[-1]))
        return ObjectNode(tuple(attributes), marked)

    return opened(builder, ObjectNode((), marked), finish)


def _has_gradient(node: object, gradient: int) -> bool:
    return isinstance(node, MadeNode) and node.arguments == (gradient,)


def _held_by_name(
    builder: Builder, holder: int, name: str, draw_one: Callable[[Builder, int], int], inner: list[int]
) -> int:
    """The dict that is an attribute of a module, and one value in it."""
    base = builder.add_source(Attribute(holder, name))
    key = builder.add(ConstantNode(limits.ATTRIBUTE_NAMES[0]))
    inner.append(draw_one(builder, builder.add_source(DictItem(base, key))))
    return builder.add(DictNode(((key, inner[-1]),), base))


def _child_module(depth: int, inner: list[int]) -> Callable[[Builder, int], int]:
    def draw_one(builder: Builder, source: int) -> int:
        how = builder.draw.choice(MODULES[:2])
        return marked_object(builder, source, depth + 1, how, inner)

    return draw_one


def _tensor(builder: Builder, source: int) -> int:
    return builder.add(TensorNode(output(builder), source))


def _submodule(builder: Builder, depth: int) -> int:
    """A module in another, both of which the compiler knows by their paths."""
    inside: list[int] = []

    def draw_one(builder: Builder, source: int, depth: int) -> int:
        name = builder.draw.choice(limits.ATTRIBUTE_NAMES)
        marked = builder.add_source(Wrapped(builder.add_source(Attribute(source, name)), "static_module"))
        inside.append(builder.add(ModuleNode((), marked)))
        return builder.add(ModuleNode(((name, inside[0]),), source))

    at = bindings.bind(builder, depth, draw_one)
    return inside[0] if inside else at


# --- what the compiler has added ---------------------------------------------------------------------------


def _bind_alone(
    builder: Builder, taken: dict[str, int], names: tuple[str, ...], value: Callable[[str], int]
) -> int | None:
    """Bind the first free name; None where there is none."""
    free = [name for name in names if name not in taken]
    if not free:
        return None
    taken[free[0]] = -1  # taken, while the value is drawn
    taken[free[0]] = value(free[0])
    return taken[free[0]]


def _fallback(builder: Builder) -> int:
    return builder.draw.choice(builder.existing) if builder.existing else builder.add(ConstantNode(None))


def _synthetic(builder: Builder, depth: int) -> int:
    """A tensor that the code makes before all else."""
    at = _bind_alone(
        builder,
        builder.locals,
        limits.LOCAL_NAMES,
        lambda name: _tensor(builder, builder.add_source(LocalName(name, "synthetic"))),
    )
    return _fallback(builder) if at is None else at


def _constant(builder: Builder, depth: int) -> int:
    """What a function gave that the compiler called once and for all.

    It holds no dicts: Dynamo guards the keys of one that it looks into, and guards nothing here.
    """

    def value(name: str) -> int:
        source = builder.add_source(GlobalName(name, "constant"))
        value = ConstantNode(scalar(builder.draw), None)
        kind = builder.draw.choice(_PLAIN_HOLDERS)
        return builder.add(kind(builder, builder.add(value), source))

    at = _bind_alone(builder, builder.globals, limits.GLOBAL_NAMES, value)
    return _fallback(builder) if at is None else at


def _list_in_a_list(builder: Builder, held: int, source: int) -> ListNode:
    inner = builder.add(ListNode((held,), builder.add_source(Item(source, 0))))
    return ListNode((inner, held), source)


_PLAIN_HOLDERS: tuple[Callable[[Builder, int, int], Node], ...] = (
    lambda builder, held, source: ListNode((held,), source),
    lambda builder, held, source: DequeNode((held, held), None, source),
    lambda builder, held, source: ObjectNode((("x", held),), source),
    _list_in_a_list,
)


def _referent(builder: Builder, depth: int) -> int:
    """A tensor that an added global refers to weakly."""

    def value(name: str) -> int:
        base = builder.add_source(GlobalName(name))
        tensor = _tensor(builder, builder.add_source(GlobalReferent(base)))
        return builder.hide(builder.add(WeakRefNode(tensor, base)))

    at = _bind_alone(builder, builder.globals, limits.GLOBAL_NAMES, value)
    return _fallback(builder) if at is None else _held(builder, at)


def _held(builder: Builder, at: int) -> int:
    """What a hidden value is the way to."""
    node = builder.nodes[at]
    return node.of if isinstance(node, WeakRefNode) else at


def _random(builder: Builder, depth: int) -> int:
    """A number that a random generator gave."""
    return _random_number(builder, lambda source: NumberNode(number_output(builder), True, source))


def _random_argument(builder: Builder, depth: int) -> int:
    value = builder.draw.choice((0.25, 0.0, 3, 0.1))
    return _random_number(builder, lambda source: ConstantNode(value, source))


def _random_number(builder: Builder, number: Callable[[int], NumberNode | ConstantNode]) -> int:
    if any(isinstance(source, RandomValue) for source in builder.sources):
        return _fallback(builder)
    numbers: list[int] = []

    def value(name: str) -> int:
        base = builder.add_source(LocalName(name))
        for at in range(1 + builder.draw.chance(limits.SECOND_MEMBER)):
            numbers.append(builder.add(number(builder.add_source(RandomValue(base, at)))))
        return builder.hide(builder.add(TupleNode(tuple(numbers), base)))

    at = _bind_alone(builder, builder.locals, limits.LOCAL_NAMES, value)
    return _fallback(builder) if at is None else builder.draw.choice(numbers)


# --- what is found in classes, sets, parameters and tensors ------------------------------------------------


def _gradient(builder: Builder, depth: int) -> int:
    """The gradient of a parameter, which is but the way to it."""
    found: list[int] = []

    def parameter(builder: Builder, source: int, depth: int) -> int:
        found.append(_parameter(builder, source))
        return len(builder.nodes) - 1

    at = bindings.bind(builder, depth, parameter)
    return found[0] if found else at


def _parameter(builder: Builder, source: int) -> int:
    """A parameter at `source`, the last in the table then; what is given is its gradient."""
    gradient = _tensor(builder, builder.add_source(Gradient(source)))
    builder.hide(builder.add(MadeNode("parameter", (gradient,), source)))
    return gradient


def _element(builder: Builder, depth: int) -> int:
    """The one element of a set, an object; or the set."""
    elements: list[int] = []

    def draw_set(builder: Builder, source: int, depth: int) -> int:
        elements.append(sources.object_at(builder, builder.add_source(Element(source, 0)), depth))
        return builder.add(SetNode((elements[0],), source))

    at = bindings.bind(builder, depth, draw_set)
    through = builder.draw.chance(limits.INSIDE_MARKED)
    return elements[0] if through and elements else at


def _mode(builder: Builder, depth: int) -> int:
    """A mode on the stack: one that is drawn already, or the next above."""
    known = [at for at, node in enumerate(builder.nodes) if is_mode(node)]
    if len(known) == limits.STACKED_MODES.high or (known and builder.draw.chance(limits.REUSE_BINDING)):
        return builder.draw.choice(known)
    return builder.add(MadeNode("mode_on_stack", (), builder.add_source(ModeOnStack(len(known)))))


def _in_class(builder: Builder, depth: int) -> int:
    """A class that another derives from, what one of the two has, or the list of what derives from it."""
    at = bindings.some(builder, depth, (ObjectNode,), (sources.object_at,))
    source = None if at is None else builder.nodes[at].source
    if source is None:
        return _fallback(builder)
    thing = builder.add_source(TypeOf(source))
    builder.add(LibraryNode("Thing", thing))
    what = builder.draw.weighted(_OF_CLASSES)
    if what == "method":
        return builder.add(LibraryNode("Thing.method", builder.add_source(ClassMember(thing, "method"))))
    base = builder.add_source(Superclass(thing, 1))
    common = builder.add(LibraryNode("Common", base))
    if what == "shared":
        return builder.add(LibraryNode("Common.shared", builder.add_source(ClassMember(base, "shared"))))
    if what == "subclasses" and not any(isinstance(source, Subclasses) for source in builder.sources):
        return builder.add(LibraryNode("Common.__subclasses__()", builder.add_source(Subclasses(base))))
    return common


def draw_function(builder: Builder, depth: int) -> int:
    """A new function over the cell of a variable of the frame."""
    bound = {**builder.cell_variables, **builder.free_variables}
    names = [name for name, at in bound.items() if at >= 0]
    if not names:
        source = builder.add_source(CellName(limits.CELL_NAMES[0]))
        builder.cell_variables[limits.CELL_NAMES[0]] = -1  # taken, while the value is drawn
        bound = {limits.CELL_NAMES[0]: sources.value_at(builder, source, depth + 1)}
        builder.cell_variables.update(bound)
        names = list(bound)
    return builder.add(FunctionNode((callables.frame_cell(builder, bound, builder.draw.choice(names)),)))


# --- arguments alone ---------------------------------------------------------------------------------------


def _property(builder: Builder, depth: int) -> int:
    """The size, stride or offset of a tensor that exists."""
    found: list[tuple[Source, int]] = []
    for node in builder.nodes:
        if isinstance(node, TensorNode) and node.source is not None:
            for name, index in _PROPERTIES:
                value = tensor_property(node.output, name, index)
                if value is not None:
                    found.append((TensorProperty(node.source, name, index), value))
    if not found:
        return _fallback(builder)
    source, value = builder.draw.choice(found)
    return builder.add(ConstantNode(value, builder.add_source(source)))


_PROPERTIES = (
    *((name, index) for name in ("size", "stride") for index in range(2)),
    ("storage_offset", None),
)

_MARKS: Weighted[str] = Weighted(
    [
        (22, "unguarded"),
        (20, "optimizer"),
        (22, "user_module"),
        (18, "builtin_module"),
        (18, "proxied_module"),
    ]
)
_OF_CLASSES: Weighted[str] = Weighted([(16, "class"), (22, "shared"), (22, "method"), (40, "subclasses")])
_VALUES: Weighted[Family] = Weighted(
    [
        (36, _marked),
        (6, _submodule),
        (8, _synthetic),
        (8, _constant),
        (8, _referent),
        (8, _random),
        (8, _gradient),
        (8, _element),
        (16, _in_class),
        (8, _mode),
    ]
)
_ARGUMENTS: Weighted[Family] = Weighted(
    [
        (30, _marked),
        (8, _synthetic),
        (8, _referent),
        (14, _random_argument),
        (10, _gradient),
        (30, _property),
    ]
)
"""How a value comes to be an argument of the compiled function: they are tensors and numbers to it."""
