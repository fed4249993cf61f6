"""The table under construction that every family of nodes draws into.

Claim: what is built here keeps the rules of `rules.py`, whatever the families choose.
"""

from __future__ import annotations

from collections.abc import Callable

from generators import limits
from generators.case import MADE_BY_LOADING, Case, Effect, Options, Source
from generators.draw import Draw
from generators.nodes import GRAPH_OUTPUTS, CellNode, ConstantNode, FunctionNode, Node, proxy_form


class Builder:
    """A node table that grows children first, with the sources and bindings that go with it.

    A container that may hold itself is *opened*: it stands in the table before its children, which may name
    it while it is open.
    """

    def __init__(self, draw: Draw, family: Callable[[Builder, int], int], *, hostile: bool = False) -> None:
        self.draw = draw
        self.hostile = hostile
        """May names be those that generated code uses itself?"""
        self._family = family
        self.nodes: list[Node] = []
        self.sources: list[Source] = []
        self.made_by_loading: set[int] = set()
        """The sources whose values do not exist beforehand."""
        self.locals: dict[str, int] = {}
        self.globals: dict[str, int] = {}
        self.cell_variables: dict[str, int] = {}
        self.free_variables: dict[str, int] = {}
        self.shareable: list[int] = []
        """Nodes worth naming a second time: all but cells and plain constants without a source."""
        self.existing: list[int] = []
        """Nodes that are there before the emitted code runs."""
        self.cells: list[int] = []
        """New cells, which functions may share."""
        self.existing_cells: list[int] = []
        self.functions: list[int] = []
        self.opened: list[int] = []
        """New containers that are still being drawn, the outermost first."""
        self.opened_existing: list[int] = []
        self.lean = False
        """Is little to be drawn into each container from here on?"""

    def node(self, depth: int) -> int:
        """A node for a place at `depth` below the roots, of any family."""
        return self._family(self, depth)

    def add(self, node: Node) -> int:
        """The index of the new node."""
        index = len(self.nodes)
        self.nodes.append(node)
        self._list(index)
        return index

    def hide(self, index: int) -> int:
        """The index of a node that is but the way to another: nothing drawn later names it."""
        for listed in (self.existing, self.shareable):
            if index in listed:
                listed.remove(index)
        return index

    def open(self, node: Node) -> int:
        """The index of a new node that its children may name; `node` stands there until it is closed."""
        index = len(self.nodes)
        self.nodes.append(node)
        (self.opened if node.source is None else self.opened_existing).append(index)
        return index

    def close(self, index: int, node: Node) -> int:
        """Put the finished node into its place."""
        (self.opened if node.source is None else self.opened_existing).remove(index)
        self.nodes[index] = node
        self._list(index)
        return index

    def _list(self, index: int) -> None:
        node = self.nodes[index]
        if isinstance(node, CellNode):
            (self.cells if node.source is None else self.existing_cells).append(index)
            return
        if node.source is not None and node.source not in self.made_by_loading:
            self.existing.append(index)
        if isinstance(node, FunctionNode):
            self.functions.append(index)
        if node.source is not None or not isinstance(node, ConstantNode):
            self.shareable.append(index)

    def add_source(self, source: Source) -> int:
        """The index of the new source."""
        if isinstance(source, MADE_BY_LOADING):
            self.made_by_loading.add(len(self.sources))
        self.sources.append(source)
        return len(self.sources) - 1

    def at(self, source: Source) -> int:
        """The node that has the source."""
        index = self.sources.index(source)
        return next(at for at, node in enumerate(self.nodes) if node.source == index)

    def full(self) -> bool:
        """Is it time to draw leaves only?"""
        return len(self.nodes) >= limits.NODES.high

    def outputs(self, form: str = "tensor") -> list[int]:
        """The proxies of the form that nodes name so far, in order of first use."""
        return list(
            dict.fromkeys(
                node.output
                for node in self.nodes
                if isinstance(node, GRAPH_OUTPUTS) and proxy_form(node) == form
            )
        )

    def case(self, roots: list[int], effects: list[Effect], options: Options) -> Case:
        """The finished case."""
        return Case(
            nodes=tuple(self.nodes),
            roots=tuple(roots),
            sources=tuple(self.sources),
            locals=tuple(self.locals.items()),
            globals=tuple(self.globals.items()),
            effects=tuple(effects),
            options=options,
            cells=tuple(self.cell_variables.items()),
            free=tuple(self.free_variables.items()),
        )
