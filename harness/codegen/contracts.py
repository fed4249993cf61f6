"""What a method does to the value stack, declared beside the method.

Claim: a declaration costs nothing when the method runs; who wants to hold emitted code against it asks
`contract_of`.

`net` is by how many slots the stack grows, `reach` how many of the slots that lay there before are popped or
moved at most (a duplicate only looks at one). Either may depend on the arguments of the call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final, Literal, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

Arguments = SimpleNamespace
"""The arguments of one call by name, and `null`: how many slots the NULL of a call takes on this CPython."""

Slots = int | Callable[[Arguments], int]


@dataclass(frozen=True)
class Contract:
    """`where`: the code of the call is what it `appends` to the output, or the instructions it `returns`; or
    it appends just what it is `given`."""

    net: Slots
    reach: Slots
    where: Literal["appends", "returns", "given"]

    def is_plain(self) -> bool:
        """Does it say the same of every call?"""
        return isinstance(self.net, int) and isinstance(self.reach, int) and self.where != "given"

    def of(self, arguments: Arguments) -> tuple[int, int]:
        """Net effect and reach of a call with these arguments."""
        return (
            self.net if isinstance(self.net, int) else self.net(arguments),
            self.reach if isinstance(self.reach, int) else self.reach(arguments),
        )


_ATTRIBUTE: Final = "__stack_contract__"


def appends(net: Slots, reach: Slots = 0) -> Callable[[F], F]:
    """The method appends code that does so much to the stack."""
    return _declare(Contract(net, reach, "appends"))


def returns(net: Slots, reach: Slots = 0) -> Callable[[F], F]:
    """The method returns code that does so much to the stack, and appends none."""
    return _declare(Contract(net, reach, "returns"))


def _declare(contract: Contract) -> Callable[[F], F]:
    def declare(method: F) -> F:
        setattr(method, _ATTRIBUTE, contract)
        return method

    return declare


emits_nothing = appends(0)
appends_what_is_given = _declare(Contract(0, 0, "given"))


def contract_of(method: object) -> Contract | None:
    """What the method declares."""
    return getattr(method, _ATTRIBUTE, None)
