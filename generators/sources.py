"""Existing values and the sources that lead to them: locals, globals, attributes, items, dict items.

Claim: every existing value is bound or is reached through a chain of links from a binding, and all that it
holds exists too; aliases between inputs (one existing object inside two others) are drawn often.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable

from generators import limits
from generators.bindings import Family, bind, draw_import, some
from generators.builder import Builder
from generators.callables import context_manager
from generators.case import (
    SLICE_FIELDS,
    Attribute,
    CellContents,
    ClosureCell,
    Default,
    DictItem,
    DictItemByKey,
    DictKey,
    Item,
    SliceItem,
    Source,
    TupleIteratorItem,
    TypeOf,
    WeakRefCall,
    Wrapped,
)
from generators.constants import scalar
from generators.draw import Weighted
from generators.graph_outputs import graph_output
from generators.instances import USER_CLASSES
from generators.keys import node_identity
from generators.library import LIBRARY_CLASSES, LIBRARY_MODULES, class_name
from generators.made import draw_existing, draw_keys, draw_range_iterator, existing
from generators.members import more, plain_key
from generators.nodes import (
    ALIASED,
    FACTORIES,
    FIELDS,
    METHODS,
    REFERENCED,
    AliasNode,
    BoundMethodNode,
    CellNode,
    ConstantNode,
    DefaultDictNode,
    DequeNode,
    DictNode,
    FrozensetNode,
    FunctionNode,
    IteratorNode,
    LibraryNode,
    ListNode,
    ModuleNode,
    NamedTupleNode,
    ObjectNode,
    OrderedDictNode,
    PartialNode,
    RangeNode,
    SetNode,
    SliceNode,
    StructSequenceNode,
    TensorNode,
    TupleNode,
    WeakRefNode,
)
from generators.source_kinds import sliced
from generators.trackers import bounds, maxlen, opened, struct_fields
from generators.user_objects import existing_instance


def draw_node(builder: Builder, depth: int) -> int:
    """An existing node: one that is there already, or a new one bound to a name of its own."""
    reuse = builder.draw.chance(limits.REUSE_BINDING)
    if reuse and builder.existing:
        return builder.draw.choice(builder.existing)
    derived = builder.draw.chance(limits.DERIVED)
    if derived:
        return builder.draw.weighted(_DERIVED)(builder, depth)
    return bind(builder, depth, _bound)


def draw_changeable(builder: Builder, depth: int, kind: str) -> int:
    """An object of one of CHANGEABLE, bound to a name of its own; any existing one where all are taken."""
    return bind(builder, depth, CHANGEABLE[kind])


def draw_object(builder: Builder, depth: int) -> int | None:
    """An existing object, one that is there or a new one; None: no name is free."""
    return some(builder, depth, (ObjectNode,), (object_at,))


def draw_list(builder: Builder, depth: int) -> int | None:
    """An existing list, one that is there or a new one; None: no name is free."""
    return some(builder, depth, (ListNode,), (_list,))


# --- what is reached from an existing value that is there already ------------------------------------------


def _class(builder: Builder, depth: int) -> int:
    """The class of an existing object or named tuple."""
    at = some(builder, depth, (ObjectNode, NamedTupleNode), (object_at, _named_tuple))
    name = None if at is None else class_name(builder.nodes[at])
    source = None if at is None else builder.nodes[at].source
    if name is None or source is None:
        return draw_import(builder, depth)
    return builder.add(LibraryNode(name, builder.add_source(TypeOf(source))))


def _sliced(builder: Builder, depth: int) -> int:
    """A slice of an existing list or tuple."""
    draw = builder.draw
    low, high = limits.SLICE_BOUND.low, limits.SLICE_BOUND.high
    start, stop = [draw.integer(low, high) if draw.integer(0, 1) else None for _ in range(2)]
    step = draw.choice((None, 2, -1))
    at = some(builder, depth, (ListNode, TupleNode), (_list, _tuple))
    node = None if at is None else builder.nodes[at]
    if not isinstance(node, ListNode | TupleNode) or node.source is None:
        return draw_import(builder, depth)
    link = SliceItem(node.source, start, stop, step)
    if link in builder.sources:
        return builder.at(link)
    return builder.add(type(node)(sliced(node.items, link), builder.add_source(link)))


def _bound(builder: Builder, source: int, depth: int) -> int:
    """What is at `source`: a value, or one that another source leads to as well."""
    second = builder.draw.chance(limits.ALIAS)
    found = [at for at in builder.existing if type(builder.nodes[at]) in ALIASED] if second else []
    if found:
        return builder.add(AliasNode(builder.draw.choice(found), source))
    return value_at(builder, source, depth)


def value_at(builder: Builder, source: int, depth: int) -> int:
    """A new node at `source`, of any kind that can exist beforehand."""
    leaf = depth >= limits.DEPTH.high or builder.full()
    return builder.draw.weighted(_LEAVES if leaf else _KINDS)(builder, source, depth)


def child(builder: Builder, link: Source, depth: int) -> int:
    """What an existing container holds at `link`: another existing object, one that is being drawn around
    it, or a new value reached by it."""
    inside = builder.draw.chance(limits.NAME_OPEN)
    if inside and builder.opened_existing:
        return builder.draw.choice(builder.opened_existing)
    reuse = builder.draw.chance(limits.REUSE_NODE)
    if reuse and builder.existing:
        return builder.draw.choice(builder.existing)
    return _bound(builder, builder.add_source(link), depth + 1)


def _part(builder: Builder, depth: int) -> int:
    """What an existing value holds where no source of ours leads: an existing object, or a constant."""
    reuse = builder.draw.chance(limits.REUSE_BINDING)
    if reuse and builder.existing:
        return builder.draw.choice(builder.existing)
    return builder.add(ConstantNode(scalar(builder.draw)))


def _constant(builder: Builder, source: int, depth: int) -> int:
    return builder.add(ConstantNode(scalar(builder.draw), source))


def _tensor(builder: Builder, source: int, depth: int) -> int:
    return builder.add(graph_output(builder, source))


def _items(builder: Builder, source: int, depth: int) -> tuple[int, ...]:
    return tuple([child(builder, Item(source, at), depth) for at in more(builder)])


def _list(builder: Builder, source: int, depth: int) -> int:
    return opened(builder, ListNode((), source), lambda: ListNode(_items(builder, source, depth), source))


def _deque(builder: Builder, source: int, depth: int) -> int:
    def finish() -> DequeNode:
        items = _items(builder, source, depth)
        return DequeNode(items, maxlen(builder, len(items)), source)

    return opened(builder, DequeNode((), None, source), finish)


def _unlimited_deque(builder: Builder, source: int, depth: int) -> int:
    return opened(
        builder,
        DequeNode((), None, source),
        lambda: DequeNode(_items(builder, source, depth), None, source),
    )


def _tuple(builder: Builder, source: int, depth: int) -> int:
    return builder.add(TupleNode(_items(builder, source, depth), source))


def _pairs(builder: Builder, source: int, depth: int) -> tuple[tuple[int, int], ...]:
    taken: set[Hashable] = set()
    items: list[tuple[int, int]] = []
    for _ in more(builder):
        if builder.draw.chance(limits.KEY_BY_SOURCE):
            keyed = _key(builder, source, len(items), taken)
            index, link = keyed if keyed is not None else (None, None)
        else:
            index = plain_key(builder, taken)
            link = None if index is None else DictItem(source, index)
        if index is not None and link is not None:
            items.append((index, child(builder, link, depth)))
    return tuple(items)


def _key(builder: Builder, base: int, position: int, taken: set[Hashable]) -> tuple[int, Source] | None:
    """A key of the existing dict at `base` that is loaded from there (a constant, an object or what exists
    anyway) and the link to its value. None where the draw is one of those taken."""
    draw = builder.draw
    reuse = draw.chance(limits.REUSE_NODE)
    new = draw.chance(limits.NEW_KEY_OBJECT)
    found = [at for at in builder.existing if isinstance(builder.nodes[at], ObjectNode | TensorNode)]
    at = draw.choice(found) if reuse and found else None
    value = None if new or at is not None else scalar(draw)
    identity = value if at is None else node_identity(builder.nodes, at)
    if not (at is None and new) and (identity != identity or identity in taken):
        return None
    by = builder.add_source(DictKey(base, position))
    if at is None:
        at = builder.add(ObjectNode((), by) if new else ConstantNode(value, by))
    taken.add(node_identity(builder.nodes, at))
    return at, DictItemByKey(base, by)


def _dict(builder: Builder, source: int, depth: int) -> int:
    return opened(builder, DictNode((), source), lambda: DictNode(_pairs(builder, source, depth), source))


def _ordered_dict(builder: Builder, source: int, depth: int) -> int:
    return opened(
        builder,
        OrderedDictNode((), source),
        lambda: OrderedDictNode(_pairs(builder, source, depth), source),
    )


def _default_dict(builder: Builder, source: int, depth: int) -> int:
    factory = builder.draw.choice(FACTORIES)
    return opened(
        builder,
        DefaultDictNode((), factory, source),
        lambda: DefaultDictNode(_pairs(builder, source, depth), factory, source),
    )


def _constants(builder: Builder) -> tuple[int, ...]:
    taken: set[Hashable] = set()
    drawn = (plain_key(builder, taken) for _ in more(builder))
    return tuple([index for index in drawn if index is not None])


def _set(builder: Builder, source: int, depth: int) -> int:
    return builder.add(SetNode(_constants(builder), source))


def _frozenset(builder: Builder, source: int, depth: int) -> int:
    return builder.add(FrozensetNode(_constants(builder), source))


def _range(builder: Builder, source: int, depth: int) -> int:
    return builder.add(RangeNode(*bounds(builder), source))


def _slice(builder: Builder, source: int, depth: int) -> int:
    members = []
    for name in SLICE_FIELDS:
        value = builder.draw.choice((None, 0, 1, -1, 2))
        members.append(builder.add(ConstantNode(value, builder.add_source(Attribute(source, name)))))
    return builder.add(SliceNode(tuple(members), source))


def _attributes(
    builder: Builder, source: int, depth: int, names: tuple[str, ...]
) -> tuple[tuple[str, int], ...]:
    places = itertools.islice(more(builder), len(names))
    return tuple([(names[at], child(builder, Attribute(source, names[at]), depth)) for at in places])


def _named_tuple(builder: Builder, source: int, depth: int) -> int:
    held = _attributes(builder, source, depth, FIELDS)
    return builder.add(NamedTupleNode(tuple([index for _, index in held]), source))


def object_at(builder: Builder, source: int, depth: int) -> int:
    """An object with attributes at the source."""
    return opened(
        builder,
        ObjectNode((), source),
        lambda: ObjectNode(_attributes(builder, source, depth, limits.ATTRIBUTE_NAMES), source),
    )


def _instance(builder: Builder, source: int, depth: int, name: str | None = None) -> int:
    return existing_instance(
        builder,
        source,
        name,
        lambda: _part(builder, depth),
        lambda link: child(builder, link, depth),
    )


def _function(builder: Builder, source: int, depth: int) -> int:
    """A function, often with defaults and cells of its own, or cells that it has in common with another."""
    few = limits.FEW.high
    cells = tuple(
        [_cell(builder, ClosureCell(source, at), depth) for at in itertools.islice(more(builder), few)]
        if builder.draw.chance(limits.CALLABLE_CELL)
        else []
    )
    if not builder.draw.chance(limits.CALLABLE_DEFAULT):
        return builder.add(FunctionNode(cells, source=source))
    defaults = tuple(
        [child(builder, Default(source, at), depth) for at in itertools.islice(more(builder), few)]
    )
    names = limits.ATTRIBUTE_NAMES
    named = tuple(
        [
            (names[at], child(builder, Default(source, names[at]), depth))
            for at in itertools.islice(more(builder), few)
        ]
    )
    return builder.add(FunctionNode(cells, defaults, named, source))


def _cell(builder: Builder, link: Source, depth: int) -> int:
    reuse = builder.draw.chance(limits.REUSE_CELL)
    if reuse and builder.existing_cells:
        return builder.draw.choice(builder.existing_cells)
    source = builder.add_source(link)
    if builder.draw.chance(limits.EMPTY_CELL):
        return builder.add(CellNode(None, source))
    return builder.add(CellNode(child(builder, CellContents(source), depth), source))


def _weak_reference(builder: Builder, source: int, depth: int) -> int:
    reuse = builder.draw.chance(limits.REFER_TO_EXISTING)
    found = [at for at in builder.existing if isinstance(builder.nodes[at], REFERENCED)]
    if reuse and found:
        return builder.add(WeakRefNode(builder.draw.choice(found), source))
    draw_one = builder.draw.choice((object_at, _set, _deque, _function))
    return builder.add(
        WeakRefNode(draw_one(builder, builder.add_source(WeakRefCall(source)), depth + 1), source)
    )


def _library(builder: Builder, source: int, depth: int) -> int:
    return builder.add(LibraryNode(builder.draw.choice(LIBRARY_CLASSES + LIBRARY_MODULES), source))


def _partial(builder: Builder, source: int, depth: int) -> int:
    function = _function(builder, builder.add_source(Attribute(source, "func")), depth)
    arguments = tuple([_part(builder, depth) for _ in itertools.islice(more(builder), limits.FEW.high)])
    return builder.add(PartialNode(function, arguments, (), source))


def _iterator(builder: Builder, source: int, depth: int) -> int:
    """An iterator over a tuple, of which an item may be taken already: no source leads to that."""
    taken = (_part(builder, depth),) if builder.draw.chance(limits.TAKE_ITEM) else ()
    left = [child(builder, TupleIteratorItem(source, at), depth) for at in more(builder)]
    return builder.add(IteratorNode((*taken, *left), len(taken), "tuple", source))


def _struct_sequence(builder: Builder, source: int, depth: int) -> int:
    items = struct_fields(builder, lambda at: child(builder, Item(source, at), depth))
    return builder.add(StructSequenceNode(items, source))


def _bound_method(builder: Builder, source: int, depth: int) -> int:
    holders = [at for at in builder.existing if type(builder.nodes[at]) in METHODS]
    if not holders:
        return _constant(builder, source, depth)
    bound_to = builder.draw.choice(holders)
    name = builder.draw.choice(METHODS[type(builder.nodes[bound_to])])
    return builder.add(BoundMethodNode(bound_to, name, source))


def _plain_dict(builder: Builder, source: int, depth: int) -> int:
    taken: set[Hashable] = set()
    keys = [plain_key(builder, taken) for _ in more(builder)]
    items = [(key, child(builder, DictItem(source, key), depth)) for key in keys if key is not None]
    return builder.add(DictNode(tuple(items), source))


def _keys_of(builder: Builder, source: int, depth: int) -> int:
    """The keys of an existing dict: of one that is there, or of one that is bound for it."""
    some(builder, depth, (DictNode, OrderedDictNode, DefaultDictNode), (_plain_dict,))
    return draw_keys(builder, source, depth)


def _range_iterator(builder: Builder, source: int, depth: int) -> int:
    """An iterator over an existing range: one that is there, or one that is bound for it."""
    some(builder, depth, (RangeNode,), (_range,))
    return draw_range_iterator(builder, source, depth)


def _context_manager(builder: Builder, source: int, depth: int) -> int:
    return builder.add(context_manager(builder, source))


def _module(builder: Builder, source: int, depth: int) -> int:
    attributes = []
    for name in limits.ATTRIBUTE_NAMES:
        if builder.full() or not builder.draw.chance(limits.SUBMODULE):
            break
        inner = builder.add_source(Wrapped(builder.add_source(Attribute(source, name)), "static_module"))
        attributes.append((name, _module(builder, inner, depth + 1)))
    by_key = builder.draw.chance(limits.MODULE_BY_KEY)
    return builder.add(ModuleNode(tuple(attributes), source, by_key))


_DERIVED: Weighted[Callable[[Builder, int], int]] = Weighted([(32, draw_import), (34, _class), (34, _sliced)])
_LEAVES: Weighted[Family] = Weighted([(60, _constant), (40, _tensor)])


def _instance_of(*names: str) -> Family:
    return lambda builder, source, depth: _instance(builder, source, depth, builder.draw.choice(names))


CHANGEABLE: dict[str, Family] = {
    "list": _list,
    "dict": _dict,
    "object": object_at,
    "set": _set,
    "deque": _unlimited_deque,
    "limited_deque": _deque,
    "ordered_dict": _ordered_dict,
    "defaultdict": _default_dict,
    "tensor": _tensor,
    "iterator": _iterator,
    "range_iterator": _range_iterator,
    "count": lambda builder, source, depth: existing(builder, source, "count"),
    "ordered_set": lambda builder, source, depth: existing(builder, source, "ordered_set"),
    "Random": lambda builder, source, depth: existing(builder, source, "random"),
    **{
        kind: _instance_of(*[name for name, known in USER_CLASSES.items() if known.base == kind_of])
        for kind, kind_of in (
            *(
                ("SubList", "list"),
                ("SubDict", "dict"),
                ("SubSet", "set"),
                ("SubOrderedDict", "ordered_dict"),
            ),
            *(("SubDefaultDict", "defaultdict"), ("SubDeque", "deque"), ("SubTuple", "tuple")),
        )
    },
    "Plain": _instance_of("Plain", "Setter", "Described", "Record", "FrozenRecord"),
    "Slotted": _instance_of("Slotted", "SlottedSetter"),
}
"""What effects change, by family, and how an existing one is drawn."""
_KINDS: Weighted[Family] = Weighted(
    [
        (12, _constant),
        (12, _tensor),
        (16, _list),
        (10, _tuple),
        (11, _dict),
        (13, object_at),
        (4, _set),
        (3, _frozenset),
        (3, _slice),
        (2, _range),
        (4, _named_tuple),
        (4, _ordered_dict),
        (5, _deque),
        (13, _function),
        (3, _partial),
        (5, _iterator),
        (2, _default_dict),
        (2, _struct_sequence),
        (5, _bound_method),
        (2, _context_manager),
        (11, draw_existing),
        (4, _keys_of),
        (1, _range_iterator),
        (5, _instance),
        (6, _module),
        (7, _weak_reference),
        (1, _library),
    ]
)
