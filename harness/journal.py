"""A campaign's journal: one file that only grows, a line for what the campaign is and one for each chunk.

Claim: whatever ends the campaign, what the file's whole lines say is true; a last line that was cut off is
cut away, and anything else that is wrong with a file is told with its line and changes nothing. It stays
small: cases are named by their index, and what a dying process printed is kept of the best example of its
cause alone.

    {"stackproof":"campaign","schema":2,"target":"own","seed":0,"kinds":["tree"],…,"crc":"0a1b2c3d"}
    {"chunk":0,"end":256,"at":0.4,"statuses":[250,1,…],"kinds":{"passed":[30,…]},…,"crc":"…"}
    {"ended":"interrupted","at":9.1,"crc":"…"}

`end` is the first case that was not run; of two lines of one chunk the one that comes further counts. `at` is
in seconds since the campaign began. Counts are in the order of `STATUSES`, `KINDS` and `STAGES`; those of
kinds end with the last that is not 0. `crc` is the CRC-32 of the line without it.
"""

from __future__ import annotations

import dataclasses
import errno
import fcntl
import io
import json
import os
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from harness.chunks import KINDS, Bucket, Part, Past, Plan, Statistics
from harness.runner import STAGES, STATUSES
from harness.workers import finding_from_data

SCHEMA = 2

LINE_BYTES = 1 << 26
"""Of a line at most: 256 causes found in one chunk, each with what a dying process printed, are less."""

SYNC_SECONDS = 1.0
"""Between two times that the disk is waited for: what a machine that loses its power may forget."""

_MARK = b',"crc":"'


class StateError(Exception):
    """The state of a campaign that cannot be read or kept: which file, what is wrong, and what to do about
    it."""


class CorruptError(StateError):
    """A journal that is not as this version of stackproof has written it: the file, the line, what is wrong.

    Usual causes: a disk that lost its power or failed; a file edited by hand; a newer or older stackproof.
    """


@dataclass(frozen=True, slots=True)
class Header:
    """What a campaign is: all that its findings depend on, its budget, and how many workers it began with.

    `versions` are those of the target, of Python and of this project's code; `known` is a digest of the
    causes that are gone past.
    """

    target: str
    plan: Plan
    versions: dict[str, str]
    known: str


@dataclass(slots=True)
class Content:
    """All that a journal says. `parts` are of chunks that were not finished; `size` is that of its whole
    lines."""

    header: Header
    past: Past
    ended: str = ""
    size: int = 0
    lines: int = 1

    @property
    def drawn(self) -> int:
        """Cases that it holds the outcome of."""
        parts = sum(part.statistics.drawn for part in self.past.parts.values())
        return self.past.statistics.drawn + parts

    def is_finished(self, plan: Plan | None = None) -> bool:
        """Is the budget used up: its own, or that of another plan?"""
        plan = plan or self.header.plan
        time_is_up = plan.seconds is not None and self.past.statistics.seconds >= plan.seconds
        return time_is_up or (plan.cases is not None and self.past.statistics.drawn >= plan.cases)


# --- lines ---------------------------------------------------------------------------------------------


def _line(data: dict[str, Any]) -> bytes:
    text = json.dumps(data, separators=(",", ":")).encode()
    return text[:-1] + _MARK + b'%08x"}\n' % zlib.crc32(text)


def _data(line: bytes) -> dict[str, Any]:
    """What a whole line says; raises ValueError."""
    body, mark, rest = line.rpartition(_MARK)
    text = body + b"}"
    if not mark or rest != b'%08x"}\n' % zlib.crc32(text):
        raise ValueError("it is not as it was written: its checksum does not fit")
    data: dict[str, Any] = json.loads(text)
    return data


_COUNTED = {"statuses": STATUSES, "counted": KINDS, "stages": STAGES}


def _of_header(header: Header) -> dict[str, Any]:
    plan = {field.name: getattr(header.plan, field.name) for field in dataclasses.fields(Plan)}
    told = {"target": header.target, **plan, "versions": header.versions, "known": header.known}
    return {"stackproof": "campaign", "schema": SCHEMA, **told, **_COUNTED}


def _header(data: dict[str, Any]) -> Header:
    """Raises ValueError, KeyError or TypeError where this version has not written it."""
    if data.get("stackproof") != "campaign":
        raise ValueError("it is not the head of a campaign's journal")
    if data["schema"] != SCHEMA or any(data[name] != list(names) for name, names in _COUNTED.items()):
        raise ValueError("another version of stackproof, which counts other things, has written it")
    plan = Plan(**{field.name: data[field.name] for field in dataclasses.fields(Plan)})
    plan = dataclasses.replace(plan, kinds=tuple(plan.kinds))
    if not (0 < plan.shard <= plan.shards and plan.chunk > 0 and plan.seed >= 0):
        raise ValueError(f"there is no such campaign: {plan}")
    return Header(str(data["target"]), plan, dict(data["versions"]), str(data["known"]))


def _of_part(part: Part, at: float, worse: set[str]) -> dict[str, Any]:
    """`worse`: the causes of which a better example was written before: no need for details."""
    counted = part.statistics
    kinds = {status: _row(counted, status) for status in STATUSES}
    buckets = [
        {
            "finding": {**asdict(each.finding), **({"detail": ""} if each.name in worse else {})},
            **{name: getattr(each, name) for name in ("nodes", "index", "count")},
        }
        for each in counted.buckets.values()
    ]
    return {
        "chunk": part.chunk,
        "end": part.end,
        "at": at,
        "statuses": list(counted.statuses.values()),
        "kinds": {status: counts for status, counts in kinds.items() if counts},
        "spent": [round(seconds, 6) for seconds in counted.spent.values()],
        "reasons": dict(counted.reasons),
        "buckets": buckets,
    }


NOTHING: Mapping[str, int] = {}


def _row(counted: Statistics, status: str) -> list[int]:
    """How many cases of each kind ended so, up to the last kind that is there."""
    counts = [counted.by_kind.get(kind, NOTHING).get(status, 0) for kind in KINDS]
    while counts and not counts[-1]:
        counts.pop()
    return counts


def _part(data: dict[str, Any], plan: Plan) -> Part:
    """Raises ValueError, KeyError or TypeError where no campaign with this plan has written it."""
    # only the kinds that are there: that halves the time of reading
    by_kind: dict[str, dict[str, int]] = {}
    for status, counts in data["kinds"].items():
        for kind, count in zip(KINDS[: len(counts)], counts, strict=True):
            if count:
                by_kind.setdefault(kind, {})[status] = count
    counted = Statistics(
        by_kind=by_kind,
        statuses=dict(zip(STATUSES, data["statuses"], strict=True)),
        spent=dict(zip(STAGES, data["spent"], strict=True)),
        reasons=Counter(data["reasons"]),
    )
    for each in data["buckets"]:
        finding = finding_from_data(each["finding"])
        counted.found(Bucket(finding.bucket, finding, each["nodes"], each["index"], each["count"]))
    number, end = data["chunk"], data["end"]
    if not plan.has(number):
        raise ValueError(f"chunk {number} is none of this campaign's")
    span = plan.span(number)
    if counted.drawn != end - span.start or end > span.stop:
        raise ValueError(f"chunk {number} holds {counted.drawn} cases up to case {end}")
    return Part(number, end, counted)


# --- reading -------------------------------------------------------------------------------------------


def read(path: Path) -> Content | None:
    """All that the journal at `path` says; None if there is none yet. Raises StateError."""
    try:
        with path.open("rb") as file:
            return read_from(file, path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(f"{path} cannot be read: {_why(error)}") from None


def read_from(file: IO[bytes], path: Path) -> Content | None:
    """All that the journal in an open file says; None if not even its first line was written whole."""
    content: Content | None = None
    for data, size in _lines(file, path):
        try:
            if content is None:
                content = Content(_header(data), Past())
            elif "ended" in data:
                content.ended = str(data["ended"])
                content.past.statistics.seconds = float(data["at"])
            else:
                content.past.add(_part(data, content.header.plan), content.header.plan)
                content.past.statistics.seconds = float(data["at"])
                content.ended = ""
        except (KeyError, TypeError, ValueError) as error:
            number = content.lines + 1 if content else 1
            raise _corrupt(path, number, f"{type(error).__name__}: {error}") from None
        if size != content.size:
            content.lines += bool(content.size)
            content.size = size
    return content


def parts(path: Path) -> Iterator[Part]:
    """What each line of the journal at `path`, which has been read before, says of a chunk."""
    with path.open("rb") as file:
        lines = _lines(file, path)
        plan = _header(next(lines)[0]).plan
        for data, _ in lines:
            if "chunk" in data:
                yield _part(data, plan)


def _lines(file: IO[bytes], path: Path) -> Iterator[tuple[dict[str, Any], int]]:
    """What each whole line says, and the size of the file up to its end."""
    size = 0
    number = 0
    while line := file.readline(LINE_BYTES + 1):
        number += 1
        if len(line) > LINE_BYTES:
            raise _corrupt(path, number, f"it is longer than {LINE_BYTES} bytes")
        if not line.endswith(b"\n"):
            return  # its writer was stopped in the middle of it
        size += len(line)
        try:
            yield _data(line), size
        except (ValueError, RecursionError) as error:
            raise _corrupt(path, number, str(error)) from None


def _corrupt(path: Path, line: int, what: str) -> CorruptError:
    told = f"{path}, line {line}: {what}. Nothing was changed."
    if line == 1:
        return CorruptError(f"{told} Without its head nothing can be gone on with: begin a new campaign.")
    return CorruptError(
        f"{told} To go on from what is before it, cut the file off there: sed -i '{line},$d' {path}"
    )


def _why(error: OSError) -> str:
    return error.strerror or str(error)


# --- writing -------------------------------------------------------------------------------------------


class Journal:
    """A journal that is written, by this process alone."""

    def __init__(self, path: Path, file: io.FileIO, content: Content) -> None:
        self.path = path
        self.file = file
        self.content = content
        self.size = content.size
        self.cases = content.drawn
        """Those whose outcome it holds."""
        self._best = {name: bucket.order() for name, bucket in content.past.statistics.buckets.items()}
        self._synced = time.monotonic()

    @classmethod
    def create(cls, path: Path, header: Header) -> Journal:
        """A new one, in the place of whatever is there. Raises StateError."""
        whole = path.with_name(f"{path.name}.{os.getpid()}")
        line = _line(_of_header(header))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = open(whole, "xb+", buffering=0)  # noqa: SIM115 - open as long as the campaign runs
            try:
                _lock(file, path)
                _write(file, line)
                os.fsync(file.fileno())
                whole.replace(path)
            except BaseException:  # an interrupt too: nothing half written stays beside the old one
                file.close()
                whole.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise cannot_keep(path, error) from None
        return cls(path, file, Content(header, Past(), size=len(line)))

    @classmethod
    def reopen(cls, path: Path) -> Journal | None:
        """The one that is there, to be gone on with; None if there is none. Raises StateError."""
        try:
            file = open(path, "rb+", buffering=0)  # noqa: SIM115 - open as long as the campaign runs
        except FileNotFoundError:
            return None
        except OSError as error:
            raise cannot_keep(path, error) from None
        try:
            _lock(file, path)
            # not through a file of its own: closing that would give up the lock
            reading = io.BufferedReader(file)
            content = read_from(reading, path)
            reading.detach()
            if content is None:
                file.close()
                return None
            # a line that was cut off
            file.truncate(content.size)
            file.seek(content.size)
        except OSError as error:
            file.close()
            raise cannot_keep(path, error) from None
        except StateError:
            file.close()
            raise
        return cls(path, file, content)

    def add(self, part: Part, at: float) -> None:
        """What came of a chunk, `at` seconds after the campaign began. Raises StateError."""
        whole = part.end == self.content.header.plan.span(part.chunk).stop
        worse = set()
        for name, bucket in part.statistics.buckets.items():
            if name in self._best and self._best[name] < bucket.order():
                worse.add(name)
            elif whole:
                self._best[name] = bucket.order()
        self._append(_of_part(part, at, worse))
        before = self.content.past.parts.pop(part.chunk, None)
        self.cases += part.statistics.drawn - (before.statistics.drawn if before else 0)
        if time.monotonic() - self._synced >= SYNC_SECONDS:
            self.sync()

    def end(self, how: str, at: float) -> None:
        """The campaign ended in order: `finished`, `interrupted` or `failed`. Raises StateError."""
        self._append({"ended": how, "at": at})
        self.sync()

    def sync(self) -> None:
        """Wait until it is on the disk, and see that it still is where it was. Raises StateError."""
        self._synced = time.monotonic()
        try:
            os.fsync(self.file.fileno())
            there = self.path.stat()
        except FileNotFoundError:
            raise StateError(f"{self.path} is gone: somebody removed it or its directory") from None
        except OSError as error:
            raise cannot_keep(self.path, error) from None
        if not self._is_it(there):
            raise StateError(f"{self.path} is another file by now: somebody put it there")

    def safe(self) -> int:
        """Cases whose outcome is safe in the file that is there now."""
        try:
            there = self.path.stat()
        except OSError:
            return 0
        return self.cases if self._is_it(there) else 0

    def _is_it(self, there: os.stat_result) -> bool:
        mine = os.fstat(self.file.fileno())
        return (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino)

    def _append(self, data: dict[str, Any]) -> None:
        line = _line(data)
        try:
            _write(self.file, line)
        except OSError as error:
            # what is there of the line goes: the rest of the file stays whole
            with suppress(OSError):
                self.file.truncate(self.size)
            raise cannot_keep(self.path, error) from None
        self.size += len(line)

    def close(self) -> None:
        """Let others write it."""
        self.file.close()


def _write(file: io.FileIO, line: bytes) -> None:
    rest = memoryview(line)
    while rest:
        rest = rest[file.write(rest) :]


def _lock(file: io.FileIO, path: Path) -> None:
    # not `flock`, which forked workers would hold on to when the campaign is killed
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EAGAIN):
            raise
        raise StateError(f"{path}: another campaign is at it now; give this one another --out") from None


def cannot_keep(path: Path, error: OSError) -> StateError:
    """What a campaign whose state cannot be written ends with."""
    return StateError(f"the state of the campaign cannot be kept in {path}: {_why(error)}")
