"""What every target is, and what all of them need: the protocol, the recorder of codegen calls, and the
line between a target's own error and the harness's.

Claim: an exception is the target's only if, of the frames that are anybody's, the innermost is the target's.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import CodeType, FrameType, TracebackType
from typing import Any, Protocol, runtime_checkable

from generators.case import (
    Attribute,
    Case,
    GlobalName,
    Link,
    LocalName,
    RandomValue,
    SliceItem,
    Source,
    Wrapped,
)
from generators.contents import live
from generators.graph import reached
from generators.links import LINKS, children
from generators.nodes import (
    FILLED,
    AliasNode,
    ConstantNode,
    InstanceNode,
    ModuleNode,
    Node,
    base_of,
    is_tuple,
)
from generators.steps import INNER
from harness.contracts import Watch
from oracles.graph_values import Output, Value
from oracles.making import Classes
from oracles.run import Bookkeeping, Call, Emission, Refused, TargetError, Verdict
from oracles.world import World


class Target(Protocol):
    """Something that can turn a case into bytecode.

    A target is entered once (`with target:`) and then serves case after case in that process.
    """

    name: str
    classes: Classes
    """The classes of what the target's trackers describe, where it has its own."""

    def __enter__(self) -> Target: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def graph_value(self, asked: Value) -> object:
        """What the graph computes for an output: the same object each time. And what plain Python makes of
        it, without any helper of a codegen: a new object each time."""

    def emit(self, case: Case, world: World, *, record: bool = False, watch: Watch | None = None) -> Emission:
        """The emission for the case; `world` holds the live objects that trackers describe.

        With `record`, the emission says which codegen call emitted each instruction. With `watch`, every call
        of the codegen's methods is held against what they declare. Raises Refused for a
        legitimate graph break and TargetError where the target's own code raised.
        """

    def versions(self) -> dict[str, str]:
        """What was tested: names and versions."""

    def lacking(self) -> frozenset[str]:
        """What cases may ask for and the tested version has not, by the names that a `Refused` gives it."""


@runtime_checkable
class Compared(Protocol):
    """A target that has a peer."""

    def compare(self, case: Case, mine: Emission | Refused | TargetError) -> Verdict:
        """Does the peer end alike on the case? `mine` is how the target itself did."""


def world_of(target: Target, case: Case) -> World:
    """The case's values in plain Python, as the target's trackers describe them; new objects each time."""
    return World(case, target.graph_value, target.classes)


GRAPH_OUTPUTS = "graph_out_0"
"""The parameter that holds the tuple of graph outputs, named as Dynamo names its local."""

LOGGING = "__log"
"""The global that holds the logging function."""

COMPILED = "__compiled_fn_0"
"""The global that holds the compiled function, named as Dynamo names it."""


def compiled(*arguments: Any) -> tuple[Any, ...]:
    """The compiled function of every call case: its arguments as they arrived."""
    return arguments


class Kept(dict[Any, Any]):
    """A codegen's `tempvars` that remembers each local in which something was kept, deleted since or not."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __setitem__(self, value: Any, name: str | None) -> None:
        super().__setitem__(value, name)
        if name is not None:
            self.names.add(name)


FORWARDERS = frozenset({"append_output", "extend_output", "foreach", "call_reconstruct"})
"""Public methods that only pass an instruction on: never the call that a reader wants to see."""


def _is_a_call(name: str) -> bool:
    """Is a function of this name one that a reader knows: public, and more than a forwarder?"""
    return name == "__call__" or (name not in FORWARDERS and not name.startswith(("_", "<")))


class Recorder(list[Any]):
    """A codegen's output list that notes, for each instruction, the codegen call that emitted it.

    It takes the place of the `_output` list of a PyCodegen. An instruction that is moved later (a NULL put
    below it) keeps its first call. `node_of` maps the id of a tracker or source to its node.
    """

    def __init__(self, codegen: object, node_of: dict[int, int]) -> None:
        super().__init__()
        self.codegen = codegen
        self.node_of = node_of
        self.calls: dict[int, Call] = {}
        self.kept_alive: list[Any] = []

    def append(self, instruction: Any) -> None:
        self._note((instruction,))
        super().append(instruction)

    def extend(self, instructions: Iterable[Any]) -> None:
        several = list(instructions)
        self._note(several)
        super().extend(several)

    def insert(self, at: Any, instruction: Any) -> None:
        self._note((instruction,))
        super().insert(at, instruction)

    def __iadd__(self, instructions: Iterable[Any]) -> Recorder:  # type: ignore[misc]
        self.extend(instructions)
        return self

    def _note(self, instructions: Iterable[Any]) -> None:
        call = self._call(sys._getframe(2))
        for instruction in instructions:
            if id(instruction) not in self.calls:
                self.calls[id(instruction)] = call
                self.kept_alive.append(instruction)

    def _call(self, frame: FrameType | None) -> Call:
        function = ""
        while frame is not None:
            if not function and _is_a_call(frame.f_code.co_name):
                function = function_name(frame)
            if frame.f_code.co_name == "__call__" and frame.f_locals.get("self") is self.codegen:
                node = self.node_of.get(id(frame.f_locals.get("value")))
                if node is not None:
                    return Call(function, node)
            frame = frame.f_back
        return Call(function, None)


def calls_at(recorded: object, offsets: Iterable[tuple[Any, int]]) -> dict[int, Call] | None:
    """Byte offset -> codegen call, for the (instruction, offset) pairs of assembled code; None unless
    `recorded` is a Recorder."""
    if not isinstance(recorded, Recorder):
        return None
    return {
        offset: recorded.calls[id(instruction)]
        for instruction, offset in offsets
        if id(instruction) in recorded.calls
    }


class Trackers(ABC):
    """A case's nodes and sources as a target's trackers and sources, new for each case.

    `proxies`: id of a graph proxy -> output. `node_of`: id of a tracker or source -> node.
    """

    logged_lives = True
    """Is what is logged kept to the end, so that it gets its attributes though nothing else leads to it?"""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.proxies: dict[int, Output] = {}
        # what nothing names a tracer drops, and so must who tracks what is new
        asked = [index for step in case.steps for index in step.nodes]
        if self.logged_lives:
            asked += case.options.logged
        self.live = live(case, kept=self.kept) | reached(case.nodes, asked)
        self._targets: list[int | None] | None = None
        self.sources: list[Any] = []
        self.trackers: list[Any] = []
        # what a lazy tracker stands for, where there is one
        self.plain: list[Any] = []
        for entry in case.sources:
            self.sources.append(self.source(entry))
        if case.kind != "call":  # where sources alone are loaded
            self._track(case)
        self.node_of = {id(tracker): at for at, tracker in enumerate(self.plain)}
        self.node_of.update((id(tracker), at) for at, tracker in enumerate(self.trackers))
        for at, node in enumerate(case.nodes):
            if node.source is not None:
                self.node_of[id(self.sources[node.source])] = at

    def kept(self, at: int) -> tuple[int, ...]:
        """Nodes that the compiler keeps of a new one beside what it holds in the end."""
        return ()

    def _unmarked(self, node: Node) -> Any:
        """The source of a value that has not been looked at, and so not been marked."""
        where = node.source
        while where is not None and isinstance(entry := self.case.sources[where], Wrapped):
            where = entry.base
        return None if where is None else self.sources[where]

    def _track(self, case: Case) -> None:
        later: list[int] = []
        for at, node in enumerate(case.nodes):
            where = None if node.source is None else self.sources[node.source]
            shown: Node = node
            if type(node) in FILLED and any(child >= at for child in children(node)):
                shown = _emptied(node)
                later.append(at)
            elif isinstance(node, AliasNode):
                shown = case.nodes[node.of]
            self.plain.append(self.tracker(at, shown, where))
            lazy = at in case.options.lazy
            self.trackers.append(
                self.lazy(at, self.plain[at], self._unmarked(node)) if lazy else self.plain[at]
            )
        for at in later:
            self.fill(self.plain[at], case.nodes[at])
        if case.options.realized:
            for at in case.options.lazy:
                self.trackers[at].realize()

    def holder_base(self, entry: Link) -> str | None:
        """As what the holder at the base of a link holds its contents, if that is an instance of a user's
        class."""
        if self._targets is None:
            self._targets = self.case.source_targets()
        holder = self._targets[entry.base]
        node = None if holder is None else self.case.nodes[holder]
        return base_of(node) if isinstance(node, InstanceNode) else None

    @abstractmethod
    def source(self, entry: Source) -> Any:
        """The target's source; those it is based on are in `sources` already."""

    @abstractmethod
    def tracker(self, at: int, node: Node, where: Any) -> Any:
        """The target's tracker of a node with the source `where` (or None); its children's are there."""

    @abstractmethod
    def lazy(self, at: int, tracker: Any, where: Any) -> Any:
        """A lazy tracker with the source `where` that becomes `tracker` when it is realised."""

    @abstractmethod
    def fill(self, tracker: Any, node: Node) -> None:
        """Put into the tracker of an empty container what the node holds; all trackers are there."""

    @abstractmethod
    def null(self) -> Any:
        """The target's tracker of the NULL of a call."""

    def many(self, items: Iterable[int]) -> list[Any]:
        """The trackers of these nodes."""
        return [self.trackers[at] for at in items]

    def named(self, entries: Iterable[tuple[str, int]]) -> dict[str, Any]:
        """Name -> tracker."""
        return {name: self.trackers[at] for name, at in entries}

    def asked_for(self, outputs: Iterable[Any]) -> tuple[Output, ...]:
        """The proxies of the graph outputs that a codegen asked for, in its order; raises TargetError for
        one that no node of the case has."""
        try:
            return tuple(self.proxies[id(output.as_proxy())] for output in outputs)
        except KeyError:
            unknown = LookupError("a graph output that no tracker of the case stands for")
            raise TargetError(unknown, "graph_output_vars") from None

    def slice_of(self, source: SliceItem) -> slice:
        """The index of a slice's source."""
        return slice(source.start, source.stop, source.step)

    def key(self, at: int) -> Any:
        """The constant at a node, for a dict item's source."""
        node = self.case.nodes[at]
        if not isinstance(node, ConstantNode):
            raise TypeError(f"node {at} is a {node.kind}: a well-formed case has a constant there")
        return node.value

    def arguments(self) -> list[tuple[Any, bool]]:
        """Of a call the source of each argument, and whether it is converted to a tensor."""
        found = []
        for at, root in enumerate(self.case.roots):
            where = self.case.nodes[root].source
            if where is None:
                raise ValueError(f"roots[{at}]: a well-formed call has a source there")
            found.append((self.sources[where], at in self.case.as_tensor))
        return found

    def module_key(self, at: int) -> str:
        """The dotted path of the module at a node: by the name that its source starts from, where it leads
        through attributes alone; else a name of its own in the root."""
        names: list[str] = []
        where = self.case.nodes[at].source
        while where is not None:
            entry = self.case.sources[where]
            if isinstance(entry, GlobalName) and entry.name in parameters(self.case):
                break
            if isinstance(entry, LocalName | GlobalName):
                # no key is the name of a global
                first = entry.name + _OF_A_GLOBAL * isinstance(entry, GlobalName)
                return ".".join([first, *reversed(names)])
            if isinstance(entry, Wrapped):
                where = entry.base
                continue
            if not isinstance(entry, Attribute):
                break
            names.append(entry.name)
            where = entry.base
        return f"__module_{at}"

    def module_root(self, world: World) -> Any:
        """The module that holds those which no local leads to, or None where there are none."""
        local = parameters(self.case)
        root = None
        for at, node in enumerate(self.case.nodes):
            name = self.module_key(at).partition(".")[0] if isinstance(node, ModuleNode) else ""
            if name and name not in local:
                root = world.classes.module() if root is None else root
                held = name.removesuffix(_OF_A_GLOBAL)
                setattr(root, name, world.globals.get(held, world.objects[at]))
        return root

    def roots(self) -> list[Any]:
        """The trackers to restore on the stack, in order, with the NULL of a call that is to follow."""
        roots = self.many(self.case.roots)
        if not self.case.options.called or sys.version_info < (3, 11):
            return roots
        at = len(roots) - (sys.version_info < (3, 13))
        return [*roots[:at], self.null(), *roots[at:]]

    def overridden(self) -> dict[Any, Any]:
        """Source -> the source to use in its place."""
        return {self.sources[source]: self.sources[other] for source, other in self.case.options.overrides}

    def marks(self) -> dict[Any, None]:
        """What is marked as a temporary beforehand: a node's tracker, and its source if it has one."""
        marked: dict[Any, None] = {}
        for at in self.case.options.temporaries:
            marked[self.trackers[at]] = None
            where = self.case.nodes[at].source
            if where is not None:
                marked[self.sources[where]] = None
        return marked


_OF_A_GLOBAL = "_0"
"""What is put to the name of a global that leads to a module, to name the module."""


def parameters(case: Case) -> tuple[str, ...]:
    """The parameters after the graph outputs: the locals, then those that are in cells."""
    return (*dict(case.locals), *dict(case.cells))


def named_beforehand(case: Case) -> tuple[str, ...]:
    """The globals that the frame names before any code is made: those that the compiler has added."""
    return tuple(
        source.name for source in case.sources if isinstance(source, GlobalName) and source.how == "constant"
    )


def random_values(case: Case) -> str | None:
    """The local that holds the random numbers of the frame; None: there are none."""
    for source in case.sources:
        if isinstance(source, RandomValue):
            base = case.sources[source.base]
            return base.name if isinstance(base, LocalName) else None
    return None


def own_cells(case: Case) -> tuple[str, ...]:
    """The cells that the frame makes: for parameters, and the one that every script's frame has."""
    return (*((INNER,) if case.kind == "script" else ()), *dict(case.cells))


def _emptied(node: Node) -> Node:
    """The node while nothing is in it yet."""
    nothing: dict[str, Any] = {field: None if shape == "maybe" else () for field, shape in LINKS[type(node)]}
    if is_tuple(node):
        del nothing["items"]
    return dataclasses.replace(node, **nothing)


def function_name(frame: FrameType) -> str:
    """`Class.method` of a running frame, the closures inside a method counted as the method."""
    code = frame.f_code
    qualified: str = getattr(code, "co_qualname", "")  # 3.11 on
    if not qualified:
        owner = frame.f_locals.get("self")
        qualified = code.co_name if owner is None else f"{type(owner).__name__}.{code.co_name}"
    return qualified.partition(".<locals>")[0]


TARGET_RAISES = (Exception, SystemExit, GeneratorExit)
"""What a target's code may raise that is a finding: all but a person's Ctrl-C."""


def target_error(error: BaseException, is_target: Callable[[CodeType], bool]) -> TargetError | None:
    """The error as the target's, or None where it was raised by the harness itself.

    From the innermost frame outwards, the first that belongs to either side decides; what lies between (the
    standard library, say) was called by that side. Where Python's stack was too deep, the innermost frame is
    a matter of chance, and the side decides that has more of the frames.
    """
    sides = []
    trace = error.__traceback__
    while trace is not None:
        sides.append((trace.tb_frame, _side(trace.tb_frame, is_target)))
        trace = trace.tb_next
    decided = [(frame, side) for frame, side in reversed(sides) if side]
    if isinstance(error, RecursionError):
        running = [frame for frame, side in decided if side == "target"]
        return TargetError(error, _recursive(running)) if 2 * len(running) > len(decided) else None
    if not decided or decided[0][1] != "target":
        return None
    return TargetError(error, function_name(decided[0][0]))


def _recursive(frames: Sequence[FrameType]) -> str:
    """The function that recurs: of those that run often, a reconstruct rather than what carries it.

    Which of them is the innermost is a matter of chance, so that is not asked.
    """
    running = Counter(frame.f_code for frame in frames)
    often = max(running.values()) // 8  # each turn may pass through several reconstructs
    names = {function_name(frame) for frame in frames if running[frame.f_code] > often}
    return min(names, key=lambda name: (not name.endswith(".reconstruct"), name))


def _side(frame: FrameType, is_target: Callable[[CodeType], bool]) -> str:
    """Whose code runs in the frame: `target`, `ours`, or nobody's."""
    if is_target(frame.f_code):
        return "target"
    ours = str(frame.f_globals.get("__name__", "")).partition(".")[0] in OUR_PACKAGES
    return "ours" if ours else ""


OUR_PACKAGES = frozenset({"harness", "oracles", "generators"})


def kept(codegen: Any, node_of: Mapping[int, int]) -> Bookkeeping:
    """What a codegen remembers: a tracker by its node, a source by its text, and what Dynamo made on the way
    by its class."""

    def label(value: Any) -> str:
        node = node_of.get(id(value))
        told = type(value).__name__
        if node is not None:
            return f"{told} of node {node}"
        return _ADDRESS.sub("…", repr(value)) if told.endswith("Source") else told

    uses = sorted((label(value), count) for value, count in codegen.uses.items() if count)
    return Bookkeeping(tuple(uses), tuple(sorted(label(value) for value in codegen.tempvars)))


_ADDRESS = re.compile("0x[0-9a-f]{6,}|[0-9]{6,}|(?<=___)[0-9]+|(?<=_c)[0-9]+")
"""What differs between two trackers of one value in their text: addresses, and numbers of added globals."""
