"""What is on the stack after each step of a script, in symbols: no value is made, no instruction known.

Claim: what the model holds after a step is true on every CPython and for every codegen; a step that has no
meaning (an underflow, a NULL taken for a value) is refused with the reason. What each step does stands in
`taking.py`.

A callable and the NULL beside it are one entry here, `ready`: on which side the NULL is, and whether there is
one at all, is the CPython version's business. So nothing is ever moved over such an entry or duplicated
there.

NOT_PROMISED lists what no codegen owes anybody, and so no script asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from generators.graph import reached
from generators.links import children
from generators.makers import is_made_aside
from generators.nodes import (
    ConstantNode,
    DequeNode,
    DictNode,
    IteratorNode,
    ListNode,
    Node,
    ObjectNode,
    SetNode,
    TensorNode,
    TupleNode,
    is_stored_later,
)
from generators.steps import (
    FREE,
)

NOT_PROMISED: dict[str, str] = {
    "load_graph_output or add_cache while the top of the stack is known": (
        "torch's do not forget it, and Dynamo relies on nothing there: it calls the first inside "
        "`codegen(tracker)` alone, which sets the top afterwards, and the second after it appended an "
        "instruction, which forgets the top, or forgets it itself (`codegen_save_tempvars` says why)."
    ),
    "a tracker right after its value was rebuilt though it has a source, or before that": (
        "`codegen(tracker)` duplicates what is on top before it asks for the source, so it would give the "
        "copy. Dynamo rebuilds existing values in one scope, that of the stack in export; a value both "
        "returned there and stored by an effect has two meanings already, so trees do not ask for it either."
    ),
    "a marked tracker, or one that keeps itself in a temporary (a deque), in a scope without sources": (
        "Its temporary would hold the copy, and be loaded outside the scope too; see above."
    ),
}
"""What a sequence may not rely on -> why."""

VALUE, CELL, READY, BOUND = "value", "cell", "ready", "method"
"""Kinds of entries: a value; a cell; a callable with its NULL; what `load_method` leaves."""

ANYTHING, NOTHING = "anything", "nothing"

SCOPED = (ConstantNode, TensorNode, ListNode, TupleNode, DictNode, SetNode, DequeNode)
"""Kinds of nodes asked for without their sources. How single kinds are rebuilt is tested by trees."""

CHANGEABLE = (ListNode, DictNode, SetNode, DequeNode, IteratorNode)
RECONSTRUCTED = (ListNode, TupleNode, DictNode, SetNode)
"""Kinds whose `reconstruct` is called directly."""


class ImpossibleStepError(ValueError):
    """A step that has no meaning where it stands; `field` is the field at fault, or empty."""

    def __init__(self, what: str, field: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.field = field


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one place of the stack.

    `node`: it is the value of that node, as the world or the code has it. `takes`: what it may be called
    with.
    `module`: it is that module, or the shelf. `ex`: its NULL will do for `CALL_FUNCTION_EX`. `sure`:
    what lies beside it is a NULL, and not the object of a method. `era`: how often
    temporaries had been deleted when it was made.
    """

    kind: str = VALUE
    node: int | None = None
    takes: str = ""
    module: str = ""
    ex: bool = False
    sure: bool = False
    era: int = 0

    def spell(self) -> str:
        """In a word or two, for reports."""
        told = f"node {self.node}" if self.node is not None else self.module
        called = f"takes {self.takes}" if self.takes and not told else ""
        return " ".join(
            part for part in ("" if self.kind == VALUE and told else self.kind, told, called) if part
        )


ANY = Entry()
TOOL = Entry(takes=ANYTHING)


class Model:
    """The stack, the variables, and what else later steps depend on.

    `parameters`: the locals of the frame and their nodes. `nodes` may still grow.
    """

    def __init__(self, nodes: Sequence[Node], parameters: Mapping[str, int]) -> None:
        self.nodes = nodes
        self.parameters = parameters
        self.stack: list[Entry] = []
        self.variables: list[Entry | None] = []
        """By number; None once it was deleted."""
        self.cells: dict[str, Entry] = dict.fromkeys(FREE, ANY)
        """The cells that hold something."""
        self.attributes: dict[tuple[int, str], Entry] = {}
        self.interned: set[str] = set()
        self.installed: dict[str, int] = {}
        self.cached: set[int] = set()
        """Nodes that `add_cache` was called for."""
        self.unmarkable: dict[int, str] = {}
        """Nodes that may be no temporaries from the start -> why."""
        self.era = 0
        self.top_known = False
        self.copy_on_top = False
        self.generated: tuple[int, ...] = ()
        """What was asked for last."""

    # --- asking

    def entry(self, below: int = 0) -> Entry | None:
        """The entry so far below the top, or None."""
        return self.stack[-1 - below] if below < len(self.stack) else None

    def singles(self) -> int:
        """How many entries from the top on are one value each."""
        count = 0
        for entry in reversed(self.stack):
            if entry.kind not in (VALUE, CELL):
                break
            count += 1
        return count

    def on_object(self) -> int | None:
        """The object node that is on top, or None."""
        top = self.entry()
        if top is None or top.kind != VALUE or top.node is None:
            return None
        return top.node if isinstance(self.nodes[top.node], ObjectNode) else None

    def finished(self) -> bool:
        """Is every entry a value?"""
        return self.singles() == len(self.stack)

    # --- changing

    def pop(self, what: str = "a value") -> Entry:
        """The top, which has to be a value or cell."""
        if not self.singles():
            found = "nothing" if not self.stack else f"a callable with its NULL ({self.stack[-1].kind})"
            raise ImpossibleStepError(f"needs {what} on the stack, where {found} is")
        return self.stack.pop()

    def pop_several(self, count: int | None) -> list[Entry]:
        """So many from the top, bottom first."""
        if count is None or not 0 <= count <= self.singles():
            raise ImpossibleStepError(
                f"needs {count} values on the stack, where {self.singles()} are", "count"
            )
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return taken

    def push(self, entry: Entry = ANY) -> None:
        self.stack.append(entry)

    def value_of(self, at: int) -> Entry:
        """The entry of what asking for a node leaves."""
        if not 0 <= at < len(self.nodes):
            raise ImpossibleStepError(f"there is no node {at}", "nodes")
        below = [self.nodes[index] for index in reached(self.nodes, [at])]
        if any(map(is_stored_later, below)):
            raise ImpossibleStepError(f"node {at} holds what is stored once all is there", "nodes")
        if any(map(is_made_aside, below)):
            raise ImpossibleStepError(f"node {at} holds what is made before all is there", "nodes")
        return Entry(node=at, era=self.era)

    def existing(self, at: int) -> Entry:
        """The same, of a node with a source."""
        entry = self.value_of(at)
        if self.nodes[at].source is None:
            raise ImpossibleStepError(f"node {at} has no source", "nodes")
        return entry

    def rebuilt(self, nodes: Iterable[int]) -> list[Entry]:
        """The entries of nodes asked for without their sources."""
        entries = []
        for at in nodes:
            self.value_of(at)
            for index in self._below_the_rebuilt(at):
                node = self.nodes[index]
                if not isinstance(node, SCOPED) or self._keeps_itself(index):
                    raise ImpossibleStepError(f"a {node.kind} is not asked for without its source", "nodes")
                if index in self.cached:
                    raise ImpossibleStepError(f"not promised: node {index} is in a temporary", "nodes")
                self.unmarkable.setdefault(index, "not promised where a step asks for it without its source")
            node = self.nodes[at]
            itself = isinstance(node, ConstantNode | TensorNode) or (
                isinstance(node, CHANGEABLE) and node.source is not None
            )
            entries.append(Entry(node=at) if itself else ANY)
        return entries

    def _keeps_itself(self, at: int) -> bool:
        """May the node's `reconstruct` keep it in a temporary of its own accord?"""
        node = self.nodes[at]
        return node.source is None and (
            isinstance(node, DequeNode) or at in reached(self.nodes, children(node))
        )

    def _below_the_rebuilt(self, at: int) -> set[int]:
        """The nodes that rebuilding one comes across: what can change and exists is loaded."""
        found: set[int] = set()
        pending = [at]
        while pending:
            index = pending.pop()
            if index not in found:
                found.add(index)
                node = self.nodes[index]
                if not (isinstance(node, CHANGEABLE) and node.source is not None):
                    pending += children(node)
        return found
