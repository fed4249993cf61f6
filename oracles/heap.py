"""Two runs of one program held against each other: everything that both can reach, of whatever class.

Claim: `values.py`, widened to the objects of any program. The two runs may be of two copies of a module, so
classes, functions and modules are held against each other like any other object, and nothing has to be the
same object on both sides. No method of the program is called, but that what is left in iterators and
generators is taken, after everything else was looked at.

What the insides of a value are stands in `heap_members.py` and, of tensors and arrays, in `heap_tensors.py`.
A value of a class that neither knows is counted in `unjudged`, and is never a difference.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from oracles import heap_allowed, heap_members, heap_tensors
from oracles.heap_attributes import attributes_of
from oracles.members import ATOM_BITS
from oracles.values import Difference, DiffersError, Path, Step, Walk

Root: TypeAlias = "tuple[Step, Any, Any]"
"""Step, actual and expected value."""
Pair: TypeAlias = "tuple[Any, Any, Path]"

LEFT = 100
"""What is left in an iterator is compared up to so many items: some have no end."""


class HeapWalk(Walk):
    """A walk over any two object graphs.

    `paired`: objects that stand for each other from before. `close` allows floats that a compiler may compute
    in another order to differ by `torch.testing`'s tolerances; without it bits count. After the walk `pairs`
    has what stands for what, in the order of its being met, and `unjudged` counts by type what was not looked
    into, and `allowed` what was let through, by its reason.
    """

    def __init__(self, paired: Iterable[tuple[Any, Any]] = (), *, close: bool = False) -> None:
        super().__init__(paired, (), ())
        self.close = close
        self.pairs: list[Pair] = []
        self._met: dict[int, Any] = {}
        self.unjudged: collections.Counter[str] = collections.Counter()
        self.allowed: collections.Counter[str] = collections.Counter()
        self.added: frozenset[str] = frozenset()
        """Names of globals that one side may have alone: what the compiler was seen to add."""
        self._kept: list[Any] = []
        self._memory: dict[int, int] = {}
        self._memory_back: dict[int, int] = {}
        self._later: collections.deque[Callable[[], None]] = collections.deque()
        self._last: list[Callable[[], None]] = []

    def visit(self, actual: Any, expected: Any, path: Path) -> None:
        """See `Walk.visit`; two classes are held against each other as objects."""
        if issubclass(type(expected), type) and issubclass(type(actual), type):
            if type(actual) is not type(expected):
                self.other_type(actual, expected, path)
            if actual is not expected and self.identify(actual, expected, path):
                self.later(lambda: heap_members.members_of_class(self, actual, expected, path))
            return
        super().visit(actual, expected, path)

    def other_type(self, actual: Any, expected: Any, path: Path) -> None:
        """Their classes may be those of two copies of one module."""
        mine, theirs = type(actual), type(expected)
        if heap_allowed.other_class(self, actual, expected):
            return
        if (mine.__module__, mine.__qualname__) != (theirs.__module__, theirs.__qualname__):
            super().other_type(actual, expected, path)
        self.visit(mine, theirs, (*path, ("attribute", "__class__")))

    def members(self, actual: Any, expected: Any, path: Path) -> Any:
        """What compares the insides of the two, whatever their class is."""
        if heap_allowed.of_the_compiler(type(expected)):
            return heap_allowed.own_object
        for rules in (heap_members.RULES, heap_tensors.rules()):
            exact = rules.get(type(expected))
            if exact is not None:
                return exact
        for known in heap_tensors.derived(), heap_members.DERIVED:
            for kind, members in known:
                if issubclass(type(expected), kind):
                    return members
        return heap_members.of_unknown(expected)

    def without_identity(self, value: Any) -> bool:
        """See `Walk.without_identity`; what is asked stays alive, since its answer is kept by its address."""
        self._kept.append(value)
        return super().without_identity(value)

    def identify(self, actual: Any, expected: Any, path: Path) -> bool:
        """See `Walk.identify`; notes the pair."""
        first = super().identify(actual, expected, path)
        if first:
            self.pairs.append((actual, expected, path))
            self._met[id(expected)] = actual
        return first

    def later(self, look: Callable[[], None]) -> None:
        """Look there when all that is nearer has been looked at: a namespace holds the whole program."""
        self._later.append(look)

    def at_last(self, look: Callable[[], None]) -> None:
        """Look there when nothing else is left to look at: it changes what it looks at."""
        self._last.append(look)

    def same_memory(self, mine: int, theirs: int, path: Path) -> None:
        """Two values lie over the memory that starts at these addresses: so must all others over either."""
        known = self._memory.setdefault(theirs, mine), self._memory_back.setdefault(mine, theirs)
        if known == (mine, theirs):
            return
        told = (
            "lies over the memory of another"
            if known[1] != theirs
            else "does not lie over the memory of another"
        )
        self.differs("memory", path, mine, theirs, f"{told} value, and the expected is not so")

    def unknown(self, value: Any) -> None:
        """A value that no rule looks into."""
        self.unjudged[type(value).__qualname__] += 1

    def look_at_all(self, roots: Iterable[Root]) -> Difference | None:
        """The first difference between the graphs of the roots, or None. What is left in iterators is gone
        then."""
        try:
            for step, actual, expected in roots:
                self.visit(actual, expected, (step,))
            while self._later or self._last:
                while self._later:
                    self._later.popleft()()
                if self._last:
                    self._last.pop(0)()
        except DiffersError as end:
            return end.difference
        return None

    def look_without_taking(self, roots: Iterable[Root]) -> Difference | None:
        """The same, and nothing is taken from iterators."""
        try:
            for step, actual, expected in roots:
                self.visit(actual, expected, (step,))
            while self._later:
                self._later.popleft()()
        except DiffersError as end:
            return end.difference
        return None

    # --- what rules ask for ------------------------------------------------------------------------------

    def stand_in(self, expected: Any) -> Any:
        """The actual object that stands for this one, as far as is known; else the object itself."""
        known = self.partner.get(id(expected))
        if known is not None:
            return known
        return self._met.get(id(expected), expected)

    def fingerprint(self, value: Any, mine: bool) -> Any:
        """Equal for two elements of which one may stand for the other, as far as can be told without a
        walk."""
        if not mine:
            met = self.stand_in(value)
            if met is not value:
                return "met", id(met)
        elif id(value) in self.expected_of or id(value) in self.existing:
            return "met", id(value)
        kind = type(value)
        atom = ATOM_BITS.get(kind)
        if issubclass(kind, type):
            return "class", value.__module__, value.__qualname__
        if atom is not None:
            return kind, atom(value)
        if kind in (tuple, frozenset):
            each = [self.fingerprint(member, mine) for member in value]
            return kind, tuple(each) if kind is tuple else frozenset(each)
        held = attributes_of(value)
        atoms = [
            (name, ATOM_BITS[type(each)](each)) for name, each in held.items() if type(each) in ATOM_BITS
        ]
        return kind.__module__, kind.__qualname__, tuple(held), tuple(atoms)
