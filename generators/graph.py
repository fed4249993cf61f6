"""The table of nodes as a graph: how deep it is, and how large unfolded.

Claim: both bounds hold for any codegen's walk, cycles included: what lies on a cycle together counts as one
step per node, since a codegen that ends at all meets each at most once on its way down.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from generators.links import children
from generators.nodes import FILLED, Node


def components(nodes: Sequence[Node]) -> list[list[int]]:
    """The strongly connected components, children before parents; one node alone is one of its own."""
    return _components([children(node) for node in nodes])


def _components(below: Sequence[tuple[int, ...]]) -> list[list[int]]:
    if all(child < at for at, held in enumerate(below) for child in held):
        return [[at] for at in range(len(below))]
    return _tarjan(below)


def _tarjan(below: Sequence[tuple[int, ...]]) -> list[list[int]]:
    """Tarjan's algorithm with a stack of its own: tables are deeper than Python recurses."""
    number: dict[int, int] = {}
    lowest: dict[int, int] = {}
    path: list[int] = []
    on_path: set[int] = set()
    found: list[list[int]] = []
    for start in range(len(below)):
        if start in number:
            continue
        pending = [(start, iter(below[start]))]
        number[start] = lowest[start] = len(number)
        path.append(start)
        on_path.add(start)
        while pending:
            at, rest = pending[-1]
            child = next((child for child in rest if child not in number or child in on_path), None)
            if child is None:
                pending.pop()
                if pending:
                    parent = pending[-1][0]
                    lowest[parent] = min(lowest[parent], lowest[at])
                if lowest[at] == number[at]:
                    found.append(_cut(path, at))
                    on_path.difference_update(found[-1])
            elif child in number:
                lowest[at] = min(lowest[at], number[child])
            else:
                number[child] = lowest[child] = len(number)
                path.append(child)
                on_path.add(child)
                pending.append((child, iter(below[child])))
    return found


def _cut(path: list[int], at: int) -> list[int]:
    """What lies on the path from `at` on, taken off it, in the order of the table."""
    together = [path.pop()]
    while together[-1] != at:
        together.append(path.pop())
    return sorted(together)


def depths(nodes: Sequence[Node]) -> list[int]:
    """The height of every node over its leaves, which have 0; all nodes of a cycle are equally high."""
    height = [0] * len(nodes)
    for together in components(nodes):
        inside = set(together)
        outside = max(
            (height[child] for at in together for child in children(nodes[at]) if child not in inside),
            default=-1,
        )
        for at in together:
            height[at] = outside + len(together)
    return height


def unfolded(nodes: Sequence[Node]) -> list[int]:
    """How many nodes each one is when what is shared is counted each time.

    On a cycle, what is filled after it is made counts once: a codegen has to keep it. What is not (a tuple)
    counts each time that it is met.
    """
    size = [0] * len(nodes)
    for together in components(nodes):
        inside: dict[int, int] = dict.fromkeys(together, 1)
        # what is filled may name a later tuple; a tuple names earlier ones only
        for at in sorted(together, key=lambda at: type(nodes[at]) in FILLED):
            size[at] = 1 + sum(inside.get(child, size[child]) for child in children(nodes[at]))
            if type(nodes[at]) not in FILLED:
                inside[at] = size[at]
        total = sum(size[at] for at in together)
        for at in together:
            size[at] = total
    return size


def on_a_cycle(nodes: Sequence[Node]) -> set[int]:
    """The nodes that hold themselves, directly or through others."""
    return in_cycles([children(node) for node in nodes])


def in_cycles(below: Sequence[tuple[int, ...]]) -> set[int]:
    """The numbers that lead back to themselves, where each leads to those `below` it."""
    found: set[int] = set()
    for together in _components(below):
        if len(together) > 1 or together[0] in below[together[0]]:
            found.update(together)
    return found


def reached(nodes: Sequence[Node], starts: Iterable[int]) -> set[int]:
    """The nodes that the starts hold, directly or through others, and the starts."""
    found: set[int] = set()
    pending = list(starts)
    while pending:
        at = pending.pop()
        if at not in found:
            found.add(at)
            pending += children(nodes[at])
    return found
