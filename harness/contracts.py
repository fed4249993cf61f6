"""A codegen's methods held against what they declare, call by call, while a case is emitted.

Claim: with a `Watch`, every public call in an emission, nested ones included, is compared: the code it
appended or returned with the declared net effect and reach (`harness/codegen/contracts.py`), `codegen(value)`
among them; and what the codegen promises of its bookkeeping is looked at:

- `value_from_source` is what it was when a call is over, though it raised;
- a value that is on top or has a temporary is duplicated or loaded, and not built again; one that was to be
  kept is kept once it is built;
- graph outputs are numbered without gaps, in the order of their first use.

The declarations are those of our own class; they hold for any codegen that has its methods.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from oracles.run import PASSED, Finding, Verdict, failed
from oracles.stack.segments import NotStraight, segment

if TYPE_CHECKING:
    from harness.codegen.contracts import Contract

BUILDING = frozenset({"__call__", "call_reconstruct"})
"""The methods whose code is that of the value they are given."""


class Watch:
    """What was found wrong in the calls of one emission."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.asked: list[_Wanted] = []
        """The values that are being generated, the innermost last."""
        self.indices: list[int] = []
        """The graph outputs in the order of their first use."""

    def constructor(self, kind: Callable[..., Any]) -> Callable[..., Any]:
        """What makes codegens of this kind that are watched."""

        def construct(*arguments: Any, **named: Any) -> Any:
            made = _watched(kind)(*arguments, **named)
            # each codegen numbers its own graph outputs
            self.indices.clear()
            made._watch = self
            return made

        return construct

    def verdict(self) -> Verdict:
        """`failed` with the first finding: those around it follow from it."""
        return failed(self.findings[0]) if self.findings else PASSED

    def report(self, invariant: str, method: str, message: str, value: Any = None) -> None:
        """Note what is wrong with a call of a method, or with the reconstruct of the value it was given."""
        owner = "PyCodegen" if value is None else type(value).__name__
        emitter = f"{owner}.{method if value is None else 'reconstruct'}"
        self.findings.append(Finding("contracts", invariant, method, message, emitter))


def constructor(kind: Callable[..., Any], watch: Watch | None) -> Callable[..., Any]:
    """What makes codegens of this kind: watched, if there is a watch."""
    return kind if watch is None else watch.constructor(kind)


@functools.cache
def null_slots() -> int:
    """How many slots the NULL of a call takes."""
    from harness.codegen.instructions import RUNNING

    return int(RUNNING.null != "none")


def contracts_of(kind: type) -> dict[str, Contract]:
    """Public method -> what it declares."""
    # imported when it is needed, and not before a changed file can take its place
    from harness.codegen import PyCodegen
    from harness.codegen.contracts import contract_of

    declared = ((name, contract_of(getattr(PyCodegen, name))) for name in dir(PyCodegen))
    return {name: contract for name, contract in declared if contract is not None and hasattr(kind, name)}


@functools.cache
def _watched(kind: Any) -> Any:
    """The class with its public methods wrapped."""
    methods = {name: _checked(kind, name, contract) for name, contract in contracts_of(kind).items()}
    return type(kind.__name__, (kind,), {**methods, "_watch": None})


def _checked(kind: type, name: str, contract: Contract) -> Callable[..., Any]:
    from harness.codegen import PyCodegen

    method = getattr(kind, name)
    plain = contract.is_plain() and name not in BUILDING
    bind = _nothing if plain else _binder(method, getattr(PyCodegen, name))

    # named so that whoever looks for the codegen's calls in a traceback passes it by
    def _call(self: Any, *arguments: Any, **named: Any) -> Any:
        watch = self._watch
        if watch is None:
            return method(self, *arguments, **named)
        arguments = tuple(list(each) if isinstance(each, Iterator) else each for each in arguments)
        emitted, loads = len(self._output), self.value_from_source
        with _Asked(watch, self, name, arguments, named):
            try:
                result = method(self, *arguments, **named)
            finally:
                if self.value_from_source is not loads:
                    watch.report("value-from-source", name, f"{name} left value_from_source changed")
        appended = self._output[emitted:]
        _judge(watch, name, contract, bind(*arguments, **named), appended, result)
        return result

    # whoever asks what the method takes is told
    _call.__signature__ = inspect.signature(method)  # type: ignore[attr-defined]
    return _call


@dataclass
class _Wanted:
    """A value that is being generated, and what is built of it: itself, or the source in its place."""

    value: Any
    cached: bool
    built: Any = None


class _Asked:
    """The scope of one call: which value it generates, if any; what is built, and which outputs are used."""

    __slots__ = ("codegen", "generates", "watch")

    def __init__(
        self, watch: Watch, codegen: Any, name: str, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> None:
        self.watch = watch
        self.codegen = codegen
        self.generates = name == "__call__"
        if self.generates:
            cache = arguments[1] if len(arguments) > 1 else named.get("allow_cache", True)
            watch.asked.append(_Wanted(arguments[0] if arguments else named.get("value"), cache))
        elif name == "call_reconstruct" and arguments:
            _look_for_second(watch, codegen, arguments[0])
        elif name == "load_graph_output" and arguments and arguments[0] not in watch.indices:
            if arguments[0] != len(watch.indices):
                told = f"graph output {arguments[0]} is the {len(watch.indices) + 1}. to be used"
                watch.report("graph-outputs", name, told)
            watch.indices.append(arguments[0])

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, *error: object) -> None:
        if not self.generates:
            return
        wanted = self.watch.asked.pop()
        tempvars = self.codegen.tempvars
        if kind is None and wanted.built in tempvars and tempvars[wanted.built] is None:
            told = f"{wanted.built} was to be kept in a temporary, and was built and is in none"
            self.watch.report("not-kept", "__call__", told, wanted.built)


def _look_for_second(watch: Watch, codegen: Any, value: Any) -> None:
    """Is a value built that is on top, or in a temporary?"""
    if not watch.asked:
        return
    asked = watch.asked[-1]
    wanted = asked.value is value or codegen.overridden_sources.get(asked.value) is value
    if not wanted or not asked.cached:
        return
    asked.built = value
    held = codegen.tempvars.get(value)
    if held is not None or codegen.top_of_stack is asked.value:
        told = f"{value} is built again, though {held or 'the top of the stack'} holds it"
        watch.report("built-twice", "call_reconstruct", told, value)


def _judge(watch: Watch, name: str, contract: Contract, given: Any, appended: list[Any], result: Any) -> None:
    emitted = appended
    if contract.where == "given":
        wanted = _several(next(iter(vars(given).values())))
        if [id(each) for each in appended] != [id(each) for each in wanted]:
            watch.report("appended", name, f"{name} appended something else than it was given")
        return
    if contract.where == "returns":
        if appended:
            watch.report("appended", name, f"{name} appended instructions beside those it returns")
        emitted = _several(result)
    try:
        found = segment(emitted)
    except NotStraight as jump:
        watch.report("not-straight", name, f"the code of {name} has a {jump}: its effect is not one")
        return
    given.null = null_slots()
    net, reach = contract.of(given)
    value = getattr(given, "value", None) if name in BUILDING else None
    called = f"the code of {name}" if value is None else f"the code that builds {value}"
    if found.net != net:
        watch.report("net-effect", name, f"{called} adds {found.net:+d} slots, not {net:+d}", value)
    elif found.reach > reach:
        told = f"{called} takes {found.reach} of the slots that lay below it, and may take {reach}"
        watch.report("reach", name, told, value)


def _several(instructions: Any) -> list[Any]:
    return list(instructions) if isinstance(instructions, list | tuple) else [instructions]


def _nothing(*arguments: Any, **named: Any) -> SimpleNamespace:
    return SimpleNamespace()


def _binder(method: Callable[..., Any], declared: Callable[..., Any]) -> Callable[..., SimpleNamespace]:
    """The arguments of a call by name; those that only our own method has have its defaults."""
    ours = _defaults(declared)
    own = _defaults(method)
    _, *names = inspect.signature(method).parameters

    def bind(*arguments: Any, **named: Any) -> SimpleNamespace:
        # the method has taken them, so they fit
        return SimpleNamespace(**{**ours, **own, **dict(zip(names, arguments, strict=False)), **named})

    return bind


def _defaults(method: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(method).parameters
    return {name: each.default for name, each in parameters.items() if each.default is not each.empty}
