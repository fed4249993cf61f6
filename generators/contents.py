"""What every container holds after the effects of a case, as node indices.

Claim: `after(case)` says what plain Python would leave, without making anything real; an effect that plain
Python would refuse (no such index, no such key) is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from generators import limits
from generators.case import OPERATIONS, REBINDING, TAKING, Case, Effect
from generators.instances import MAPPINGS, SEQUENCES, USER_CLASSES
from generators.keys import equals_itself, node_identity
from generators.links import children, generated
from generators.makers import MAKERS
from generators.nodes import (
    ConstantNode,
    DefaultDictNode,
    DequeNode,
    DictNode,
    FrozensetNode,
    InstanceNode,
    IteratorNode,
    ListNode,
    MadeNode,
    Node,
    ObjectNode,
    OrderedDictNode,
    RangeNode,
    SetNode,
    TensorNode,
    TupleNode,
    base_of,
)


@dataclass
class Left:
    """What an iterator over no nodes has left: so many items, None: it never ends."""

    count: int | None

    def take(self) -> None:
        """One item less; raises IndexError where there is none."""
        if self.count == 0:
            raise IndexError
        if self.count is not None:
            self.count -= 1

    def clear(self) -> None:
        """Nothing is left; raises IndexError where it never ends."""
        if self.count is None:
            raise IndexError
        self.count = 0


@dataclass(slots=True)
class Parts:
    """What an instance of a user's class holds: as its base class does, and as attributes."""

    inside: list[int] | dict[Any, tuple[int, int]] | dict[Any, int] = field(default_factory=list)
    attributes: dict[str, int] = field(default_factory=dict)


Contents: TypeAlias = "list[int] | dict[Any, tuple[int, int]] | dict[Any, int] | Left | Parts"
"""Items of a list or deque, or that an iterator has left; identity of a key -> (key node, value node) of a
dict; name -> node of an object; identity of an element -> node of a set; both of an instance."""


class ImpossibleEffectError(ValueError):
    """An effect that plain Python would refuse; `at` is its place in the case, `what` the reason."""

    def __init__(self, at: int, what: str) -> None:
        super().__init__(f"effects[{at}]: {what}")
        self.at = at
        self.what = what


def changed_as(node: Node) -> tuple[str, ...]:
    """The kinds as which effects may change the node: its own, and those of what it is made from."""
    if isinstance(node, InstanceNode):
        base = base_of(node)
        closed = base == "tuple" or (node.name in USER_CLASSES and base == "deque")
        return ("object",) if closed or base == "object" else (base, "object")
    if isinstance(node, MadeNode):
        return ("random",) if node.name == "random" else ("made",)
    if isinstance(node, TensorNode) and node.source is not None:
        return ("object",)
    return (node.kind,)


def before(case: Case, node: Node) -> Contents | None:
    """What the node holds before any effect, or None for one that no effect changes."""
    match node:
        case ListNode(items) | DequeNode(items) | TupleNode(items):
            return list(items)
        case DictNode(pairs) | OrderedDictNode(pairs) | DefaultDictNode(pairs):
            return _by_key(case, pairs)
        case SetNode(items) | FrozensetNode(items):
            return _by_element(case, items)
        case ObjectNode(attributes):
            return dict(attributes)
        case InstanceNode(_, items, pairs, attributes):
            return Parts(_inside(case, node), dict(attributes))
        case MadeNode(name="random"):
            return []
        case TensorNode():
            return {}
        case IteratorNode(items, position) if node.source is not None:
            return list(items[position:])
        case MadeNode(name, arguments) if MAKERS[name].changes and node.source is not None:
            return _of_made(case, name, arguments)
    return None


def _of_made(case: Case, name: str, arguments: tuple[int, ...]) -> Contents:
    if name == "ordered_set":
        held: dict[Any, int] = {}
        for element in arguments:
            held.setdefault(node_identity(case.nodes, element), element)
        return held
    over = case.nodes[case.same_object(arguments[0]) or 0]
    return Left(len(range(over.start, over.stop, over.step)) if isinstance(over, RangeNode) else None)


def left(case: Case) -> dict[int, Contents]:
    """For each node that an effect changes, what the emitted code leaves in it."""
    changed = after(case)
    if case.options.replay:
        return changed
    return {at: held for at, held in changed.items() if not case.exists(at)}


def _inside(case: Case, node: InstanceNode) -> list[int] | dict[Any, tuple[int, int]] | dict[Any, int]:
    base = base_of(node)
    if base in MAPPINGS:
        return _by_key(case, node.pairs)
    if base in SEQUENCES and base != "set":
        return list(node.items)
    return _by_element(case, node.items)


def _by_key(case: Case, pairs: tuple[tuple[int, int], ...]) -> dict[Any, tuple[int, int]]:
    return {node_identity(case.nodes, key): (key, value) for key, value in pairs}


def _by_element(case: Case, items: tuple[int, ...]) -> dict[Any, int]:
    return {node_identity(case.nodes, element): element for element in items}


class _State:
    """What each node holds as the effects go on."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.changed: dict[int, Contents] = {}

    def inside(self, at: int) -> Any:
        """What a node holds by now as a container."""
        node = self.case.nodes[self.case.same_object(at) or 0]
        held = self.changed.get(at, before(self.case, node))
        return held.inside if isinstance(held, Parts) else held

    def items(self, effect: Effect) -> list[int]:
        """The items of the list or tuple that the effect takes from."""
        return list(self._other(effect, ListNode, TupleNode))

    def entries(self, effect: Effect) -> list[tuple[Any, tuple[int, int]]]:
        """The entries of the dict that the effect takes from."""
        entries = self._other(effect, DictNode, OrderedDictNode, DefaultDictNode)
        self._look_up([key for key, _ in entries.values()])
        return list(entries.items())

    def elements(self, effect: Effect) -> dict[Any, int]:
        """The elements of the set that the effect takes from."""
        elements = dict(self._other(effect, SetNode, FrozensetNode))
        self._look_up(elements.values())
        held = self.inside(effect.on)
        constant = self.case.is_constant()
        # Dynamo compares the elements by tracing, where two tensors are no two objects; and which of two
        # equal elements stays is Python's choice
        if not all(constant[element] for element in [*elements.values(), *held.values()]):
            raise TypeError
        if any(not self._same(element, held[key]) for key, element in elements.items() if key in held):
            raise TypeError
        return elements

    def _same(self, one: int, other: int) -> bool:
        """Are two constants that are equal one and the same?"""
        mine, theirs = self.case.nodes[one], self.case.nodes[other]
        if one == other or not isinstance(mine, ConstantNode) or not isinstance(theirs, ConstantNode):
            return one == other
        return type(mine.value) is type(theirs.value) and repr(mine.value) == repr(theirs.value)

    def _look_up(self, keys: Iterable[int]) -> None:
        # which of several equal NaNs is meant would be a matter of identity
        if not all(equals_itself(self.case.nodes, key) for key in keys):
            raise TypeError

    def _other(self, effect: Effect, *kinds: type[Any]) -> Any:
        at = effect.value or 0
        if not isinstance(self.case.nodes[self.case.same_object(at) or 0], kinds):
            raise TypeError
        return self.inside(at)


def after(case: Case) -> dict[int, Contents]:
    """For each node that an effect changes, what it holds in the end; raises ImpossibleEffectError."""
    state = _State(case)
    for at, effect in enumerate(case.effects):
        if effect.operation in REBINDING:
            continue
        node = case.nodes[effect.on]
        kinds = changed_as(node)
        allowed = kinds != ("made",) or (
            isinstance(node, MadeNode) and effect.operation in MAKERS[node.name].changes
        )
        if not allowed or not set(kinds).intersection(OPERATIONS[effect.operation][0]):
            raise ImpossibleEffectError(at, f"{effect.operation} does not change {_a(kinds[0])}")
        if effect.on not in state.changed:
            held = before(case, node)
            if held is None:
                raise ImpossibleEffectError(at, f"a {node.kind} cannot be changed")
            state.changed[effect.on] = held
        held = state.changed[effect.on]
        if isinstance(held, Parts):
            held = held.attributes if OPERATIONS[effect.operation][0] == ("object",) else held.inside
        try:
            _APPLY[effect.operation](state, held, effect)
        except (IndexError, KeyError, TypeError):
            raise ImpossibleEffectError(at, _REFUSED[effect.operation].format(node.kind)) from None
        if not isinstance(held, Left) and len(held) not in _SIZE:
            raise ImpossibleEffectError(at, f"leaves more than {_SIZE.high} members")
    return state.changed


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aio' else 'a'} {kind}"


_SIZE = limits.Limit(0, limits.FILE_NODES.high, "a container that is extended by itself grows without end")


def held_after(case: Case, of: Callable[[Node], tuple[int, ...]] = generated) -> list[tuple[int, ...]]:
    """For each node those that it holds after the effects: those that `of` says, if no effect changes it."""
    changed = after(case)
    return [tuple(members(changed[at])) if at in changed else of(node) for at, node in enumerate(case.nodes)]


def live(
    case: Case,
    of: Callable[[Node], tuple[int, ...]] = children,
    *,
    replayed: bool = False,
    kept: Callable[[int], Sequence[int]] = lambda at: (),
) -> set[int]:
    """The nodes that are there in the end: the roots, what is stored in what existed before, and all that
    these hold. With `replayed`, only what is stored where the effects on existing values are replayed. `kept`
    says what a compiler keeps of a new node beside what that holds."""
    held = held_after(case, of)
    stored = case.options.replay or not replayed
    pending = [*case.roots, *(rebound(case).values() if stored else ())]
    for at in {effect.on for effect in case.effects} if stored else ():
        if case.exists(at):
            pending += held[at]
    # what an effect takes from has to be there for it
    taking = [effect.value for effect in case.effects if effect.operation in TAKING and not replayed]
    pending += [at for at in taking if at is not None]
    found: set[int] = set()
    while pending:
        at = pending.pop()
        if at not in found:
            found.add(at)
            pending += (*held[at], *kept(at)) if case.nodes[at].source is None else ()
    return found


def rebound(case: Case) -> dict[tuple[str, str], int]:
    """(operation, variable) -> the node that it is bound to in the end, for those that effects bind."""
    return {
        (effect.operation, effect.name or ""): effect.value or 0
        for effect in case.effects
        if effect.operation in REBINDING
    }


def _limit(state: _State, effect: Effect) -> int | None:
    node = state.case.nodes[effect.on]
    return node.maxlen if isinstance(node, DequeNode) else None


def _append(state: _State, held: Any, effect: Effect) -> None:
    _extended(state, held, effect, [effect.value])


def _extend(state: _State, held: Any, effect: Effect) -> None:
    _extended(state, held, effect, state.items(effect))


def _extended(state: _State, held: Any, effect: Effect, items: list[Any]) -> None:
    held.extend(items)
    most = _limit(state, effect)
    if most is not None:
        # a deque of limited length loses its first items
        del held[: max(0, len(held) - most)]


def _append_left(state: _State, held: Any, effect: Effect) -> None:
    _extended_left(state, held, effect, [effect.value])


def _extend_left(state: _State, held: Any, effect: Effect) -> None:
    _extended_left(state, held, effect, state.items(effect))


def _extended_left(state: _State, held: Any, effect: Effect, items: list[Any]) -> None:
    held[:0] = reversed(items)
    most = _limit(state, effect)
    if most is not None:
        del held[most:]


def _insert(state: _State, held: Any, effect: Effect) -> None:
    if effect.index is not None and effect.index > len(held):
        raise IndexError
    held.insert(effect.index, effect.value)


def _remove(state: _State, held: Any, effect: Effect) -> None:
    wanted = state.case.nodes[effect.value or 0]
    for at, item in enumerate(held):
        node = state.case.nodes[item]
        if not isinstance(node, ConstantNode) or not isinstance(wanted, ConstantNode):
            raise KeyError
        if node.value == wanted.value:
            del held[at]
            return
    raise KeyError


def _sort(state: _State, held: Any, effect: Effect) -> None:
    values: dict[int, Any] = {}
    for item in held:
        node = state.case.nodes[item]
        if not isinstance(node, ConstantNode) or type(node.value) not in (int, str):
            raise TypeError
        values[item] = node.value
    held.sort(key=values.__getitem__)


def _set_key(state: _State, held: Any, effect: Effect) -> None:
    _store(held, node_identity(state.case.nodes, effect.key or 0), effect.key, effect.value)


def _store(held: Any, identity: Any, key: int | None, value: int | None) -> None:
    # a dict keeps the key that it has
    held[identity] = (held[identity][0] if identity in held else key, value)


def _set_default(state: _State, held: Any, effect: Effect) -> None:
    if node_identity(state.case.nodes, effect.key or 0) not in held:
        _set_key(state, held, effect)


def _update(state: _State, held: Any, effect: Effect) -> None:
    for identity, (key, value) in state.entries(effect):
        _store(held, identity, key, value)


def _delete_key(state: _State, held: Any, effect: Effect) -> None:
    del held[node_identity(state.case.nodes, effect.key or 0)]


def _move_to_end(state: _State, held: Any, effect: Effect) -> None:
    identity = node_identity(state.case.nodes, effect.key or 0)
    held[identity] = held.pop(identity)


def _advance(state: _State, held: Any, effect: Effect) -> None:
    if isinstance(held, Left):
        held.take()
    else:
        del held[0]


def _move_to_front(state: _State, held: Any, effect: Effect) -> None:
    identity = node_identity(state.case.nodes, effect.key or 0)
    first = {identity: held.pop(identity)}
    others = dict(held)
    held.clear()
    held.update(first | others)


def _add(state: _State, held: Any, effect: Effect) -> None:
    # a set keeps the element that it has
    held.setdefault(node_identity(state.case.nodes, effect.value or 0), effect.value)


def _discard(state: _State, held: Any, effect: Effect) -> None:
    del held[node_identity(state.case.nodes, effect.value or 0)]


def _set_update(state: _State, held: Any, effect: Effect) -> None:
    for identity, element in state.elements(effect).items():
        held.setdefault(identity, element)


def _difference_update(state: _State, held: Any, effect: Effect) -> None:
    for identity in state.elements(effect):
        held.pop(identity, None)


def _intersection_update(state: _State, held: Any, effect: Effect) -> None:
    others = state.elements(effect)
    for identity in [identity for identity in held if identity not in others]:
        del held[identity]


def _symmetric_difference_update(state: _State, held: Any, effect: Effect) -> None:
    for identity, element in state.elements(effect).items():
        if held.pop(identity, None) is None:
            held[identity] = element


_EMPTY = "the {} is empty then"
_NO_ITEM = "the {} has no such item then"
_NO_KEY = "the {} has no such key then"
_NO_LIST = "takes the items of a list or tuple"
_NO_SET = "takes the elements of a set or frozenset, both of constants alone and without two that are equal"
_REFUSED = {
    **dict.fromkeys(("pop_left", "pop", "pop_item", "pop_first"), _EMPTY),
    "insert": "there is no such place in the {} then",
    **dict.fromkeys(("set_item", "delete_item"), _NO_ITEM),
    "remove": "the {} has no such constant then, or something else before it",
    "sort": "the {} holds something else than whole numbers, or than strings, then",
    **dict.fromkeys(("extend", "extend_left", "replace"), _NO_LIST),
    **dict.fromkeys(("delete_key", "pop_key", "move_to_end", "move_to_front"), _NO_KEY),
    "update": "takes the entries of a dict, with no NaN among the keys",
    "discard": "the {} has no such element then",
    **dict.fromkeys(
        ("set_update", "difference_update", "intersection_update", "symmetric_difference_update"), _NO_SET
    ),
    "delete_attribute": "the {} has no such attribute then",
    "advance": "the {} has nothing left then",
    "drain": "the {} never ends",
}
_APPLY: dict[str, Callable[[_State, Any, Effect], None]] = {
    "append": _append,
    "append_left": _append_left,
    "pop_left": lambda state, held, effect: held.__delitem__(0),
    "insert": _insert,
    "set_item": lambda state, held, effect: held.__setitem__(effect.index, effect.value),
    "delete_item": lambda state, held, effect: held.__delitem__(effect.index),
    "reverse": lambda state, held, effect: held.reverse(),
    **dict.fromkeys(("clear", "drain"), lambda state, held, effect: held.clear()),
    "advance": _advance,
    "set_key": _set_key,
    "delete_key": _delete_key,
    "move_to_end": _move_to_end,
    "add": _add,
    "discard": _discard,
    "set_attribute": lambda state, held, effect: held.__setitem__(effect.name, effect.value),
    "delete_attribute": lambda state, held, effect: held.__delitem__(effect.name),
    "extend": _extend,
    "extend_left": _extend_left,
    "pop": lambda state, held, effect: held.__delitem__(-1),
    "remove": _remove,
    "sort": _sort,
    "replace": lambda state, held, effect: held.__setitem__(slice(None), state.items(effect)),
    "set_default": _set_default,
    "pop_key": _delete_key,
    "pop_item": lambda state, held, effect: held.popitem(),
    "update": _update,
    "move_to_front": _move_to_front,
    "pop_first": lambda state, held, effect: held.__delitem__(next(iter(held), None)),
    "set_update": _set_update,
    "difference_update": _difference_update,
    "intersection_update": _intersection_update,
    "symmetric_difference_update": _symmetric_difference_update,
    "draw_number": lambda state, held, effect: None,
}


def members(contents: Contents) -> list[int]:
    """The nodes held, in order; of a dict's entry the key and then the value."""
    if isinstance(contents, Left):
        return []
    if isinstance(contents, list):
        return contents
    if isinstance(contents, Parts):
        return [*members(contents.inside), *contents.attributes.values()]
    found: list[int] = []
    for member in contents.values():
        found += member if isinstance(member, tuple) else (member,)
    return found
