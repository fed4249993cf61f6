"""What a campaign, its driver and its shards on other machines tell each other.

Claim: only processes that this project started itself are listened to; a message (a pickled object after its
length) is taken whole or not at all.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from harness.chunks import Bucket, Numbers, Part, Plan
from harness.corpus import Known

_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Order:
    """What a shard has to run: the plan's shard but for the chunks that are done, for what is left of the
    time. `versions` are those of the campaign's own machine."""

    target: str
    plan: Plan
    known: tuple[Known, ...]
    done: Numbers
    spent: float
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class NoCluster:
    """There is none at the address, and this is why."""

    why: str


@dataclass(frozen=True, slots=True)
class Joined:
    """The cluster was found, and has so many cores."""

    cores: int


@dataclass(frozen=True, slots=True)
class Begun:
    """A shard has begun on a node."""

    node: str


@dataclass(frozen=True, slots=True)
class Lost:
    """A shard was lost with its node, and is run again elsewhere."""

    node: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A new cause, or a better example of one."""

    bucket: Bucket


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a chunk."""

    part: Part


@dataclass(frozen=True, slots=True)
class End:
    """The shard, or the whole campaign, is over; `failure` says why, where the harness failed in it."""

    failure: str | None = None


Told = NoCluster | Joined | Begun | Lost | Seen | Done | End


def send(file: IO[bytes], message: object) -> None:
    """Write one object and flush it."""
    data = pickle.dumps(message)
    file.write(len(data).to_bytes(_LENGTH, "big") + data)
    file.flush()


def received(file: IO[bytes]) -> Iterator[object]:
    """The objects in the order of their sending, until the other end closes or dies.

    Nothing of `file` may have been read before.
    """
    messages = Messages()
    while True:
        data = os.read(file.fileno(), 1 << 16)
        if not data:
            return
        yield from messages.taken(data)


class Messages:
    """Objects out of what was read so far, however it was cut."""

    def __init__(self) -> None:
        self.unread = bytearray()

    def taken(self, data: bytes) -> Iterator[object]:
        """The objects that are whole with this."""
        self.unread += data
        while len(self.unread) >= _LENGTH:
            end = _LENGTH + int.from_bytes(self.unread[:_LENGTH], "big")
            if len(self.unread) < end:
                return
            message = bytes(self.unread[_LENGTH:end])
            del self.unread[:end]
            yield pickle.loads(message)
