"""The corpus: cases that must pass, and failures that are known, each with its cause.

Claim: reading executes nothing; a file that is wrong is refused with its name and the field at fault; a known
cause covers a finding only where all of its predicate holds.

`regressions/*.json` are plain Case files. `known/*.json` are objects:

    {"case": {…}, "target": "torch", "versions": {"torch": ["2.13"]}, "cause": "what goes wrong and where",
     "predicate": {"bucket": {"oracle": "values", "invariant": ["type", "bits"], "emitter": "…"},
                   "kinds": ["tuple", "source:item"], "options": {"passes": 1, "temporaries": true}},
     "script": "standalone.py"}

A version `2.13` covers `2.13.1` too. `kinds` all have to be in the case; of an option that is a list or
tuple in the case it is only asked whether there is anything in it. `conditions`, names of
`harness/conditions.py`, and `makers`, one of which has made the value at fault, may be asked for beside
`kinds` and `options`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generators.case import Case, Options
from generators.codec import dumps, from_data, loads
from generators.limits import FILE_BYTES
from generators.makers import MAKERS
from generators.nodes import MadeNode
from generators.rules import CaseError, check
from harness.conditions import CONDITIONS
from harness.runner import Outcome
from oracles.run import Finding

BUCKET_FIELDS = ("oracle", "invariant", "subject", "emitter")
"""The parts of a finding that a predicate may ask for, those of its bucket; the first two are needed."""

OPTION_FIELDS = {field.name: type(getattr(Options(), field.name)) for field in dataclasses.fields(Options)}

HERE = Path(__file__).parents[1] / "corpus"
"""The project's own corpus, beside the packages in a checkout."""


class CorpusError(ValueError):
    """A corpus that cannot be read: `path` is the file, the message says the field and what is wrong there.

    Usual causes: a file edited by hand; a script that was not added beside its known case.
    """

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path}: {what}")
        self.path = path


REST_OF: Mapping[str, str] = {"dropin": "torch", "peers": "torch"}
"""A target -> the one that it is but for its codegen: what goes wrong in the rest goes wrong in both."""


def of_target(name: str) -> tuple[str, ...]:
    """The targets whose failures a target may have."""
    return (name, REST_OF[name]) if name in REST_OF else (name,)


@dataclass(frozen=True, slots=True)
class Predicate:
    """What recognises one cause in other cases.

    `bucket`: (part of the bucket, the texts it may be). `kinds`: node and source kinds that the case must
    have. `options`: (option, its value), where a collection's value is whether it is not empty.
    `conditions`: names of `harness/conditions.py` that must hold of the case. `makers`: the value at the
    place of the finding is what one of them makes; where the finding has no place, there is such a value.
    Where this is empty, any value will do.
    """

    bucket: tuple[tuple[str, tuple[str, ...]], ...]
    kinds: frozenset[str] = frozenset()
    options: tuple[tuple[str, bool | int | str], ...] = ()
    conditions: tuple[str, ...] = ()
    makers: frozenset[str] = frozenset()

    def matches(self, case: Case, finding: Finding) -> bool:
        """Does the finding, of this case, have this cause?"""
        return (
            all(getattr(finding, part) in texts for part, texts in self.bucket)
            and self.kinds <= case.kinds()
            and all(_plain(getattr(case.options, name)) == value for name, value in self.options)
            and all(CONDITIONS[name](case, finding) for name in self.conditions)
            and (not self.makers or self._is_made(case, finding))
        )

    def _is_made(self, case: Case, finding: Finding) -> bool:
        nodes = case.nodes if finding.node is None else (case.nodes[finding.node],)
        return any(isinstance(node, MadeNode) and node.name in self.makers for node in nodes)


def _plain(option: Any) -> bool | int | str:
    return bool(option) if isinstance(option, list | tuple | dict | frozenset) else option


@dataclass(frozen=True, slots=True)
class Known:
    """A failure of a named target and versions that is understood and not yet mended there."""

    name: str
    case: Case
    target: str
    versions: tuple[tuple[str, tuple[str, ...]], ...]
    cause: str
    predicate: Predicate
    script: str

    def applies(self, target: str, versions: Mapping[str, str]) -> bool:
        """Is it known of this target in these versions (the Python's among them)?"""
        running = {"python": sys.version.split()[0], **versions}
        return self.target in of_target(target) and all(
            any(_is_version(running.get(name, ""), listed) for listed in several)
            for name, several in self.versions
        )

    def covers(self, case: Case, finding: Finding) -> bool:
        """Is the finding this known one?"""
        return self.predicate.matches(case, finding)

    def fires(self, outcome: Outcome) -> bool:
        """Did its own case, which ended so, fail as it is known to?"""
        return any(self.covers(self.case, finding) for finding in outcome.findings)

    def is_fixed(self, outcome: Outcome) -> bool:
        """Was its own case, which ended so, tried, and did it not fail as it is known to?"""
        return outcome.status != "absent" and not self.fires(outcome)


def _is_version(running: str, listed: str) -> bool:
    return running == listed or (running.startswith(listed) and not running[len(listed)].isalnum())


@dataclass(frozen=True, slots=True)
class Regression:
    """A case that must pass on every target."""

    name: str
    case: Case


@dataclass(frozen=True, slots=True)
class Corpus:
    """All of it, in the order of the file names."""

    regressions: tuple[Regression, ...] = ()
    known: tuple[Known, ...] = ()

    def known_of(self, target: str, versions: Mapping[str, str]) -> tuple[Known, ...]:
        """The known failures of a target in the versions that are here."""
        return tuple(known for known in self.known if known.applies(target, versions))


def without_known(known: Sequence[Known], case: Case, outcome: Outcome) -> Outcome:
    """The outcome with its known findings taken out: status `known` where no other finding is left.

    A finding that no predicate covers stays, and the case with it: one cause never hides another.
    """
    if outcome.status != "failed" or not known:
        return outcome
    causes: list[str] = []
    left: list[Finding] = []
    for finding in outcome.findings:
        name = next((each.name for each in known if each.covers(case, finding)), None)
        if name is None:
            left.append(finding)
        else:
            causes.append(name)
    if left:
        return dataclasses.replace(outcome, findings=tuple(left))
    return Outcome("known", reason=", ".join(dict.fromkeys(causes)))


# --- reading ---------------------------------------------------------------------------------------


def read(folder: Path) -> Corpus:
    """The corpus in a folder, one that is not there being empty; raises CorpusError."""
    regressions = []
    for path in sorted((folder / "regressions").glob("*.json")):
        try:
            regressions.append(Regression(path.stem, loads(_content(path))))
        except CaseError as error:
            raise CorpusError(path, str(error)) from None
    known = []
    for path in sorted((folder / "known").glob("*.json")):
        try:
            entry = known_from_data(path.stem, _parsed(_content(path)))
        except CaseError as error:
            raise CorpusError(path, str(error)) from None
        if not (path.parent / entry.script).is_file():
            raise CorpusError(path, f"script: there is no file {entry.script!r} beside it")
        known.append(entry)
    return Corpus(tuple(regressions), tuple(known))


def known_in(path: Path) -> Known | None:
    """The known failure in a file, None where something else is in it; raises CorpusError."""
    try:
        data = _parsed(_content(path))
    except CaseError:
        return None
    if not isinstance(data, dict) or "predicate" not in data:
        return None
    try:
        return known_from_data(path.stem, data)
    except CaseError as error:
        raise CorpusError(path, str(error)) from None


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES.high + 1)
    except OSError as error:
        raise CorpusError(path, error.strerror or "cannot be read") from None


def _parsed(text: bytes) -> Any:
    if len(text) > FILE_BYTES.high:
        raise CaseError("", f"larger than {FILE_BYTES.high} bytes ({FILE_BYTES.reason})")
    try:
        return json.loads(text)
    except RecursionError:
        raise CaseError("", "nested too deeply") from None
    except ValueError as error:
        raise CaseError("", f"not JSON: {error}") from None


def known_from_data(name: str, data: Any) -> Known:
    """The known failure that the data of a file says; raises CaseError with the field at fault."""
    fields = _object(data, "", ("case", "target", "versions", "cause", "predicate", "script"))
    try:
        case = check(from_data(fields["case"]))
    except CaseError as error:
        raise CaseError(f"case.{error.where}" if error.where else "case", error.what) from None
    versions = _object(fields["versions"], "versions")
    script = _text(fields["script"], "script")
    if Path(script).name != script:
        raise CaseError("script", "expected the name of a file beside this one, without a folder")
    return Known(
        name=name,
        case=case,
        target=_text(fields["target"], "target"),
        versions=tuple((key, _texts(several, f"versions.{key}")) for key, several in versions.items()),
        cause=_text(fields["cause"], "cause"),
        predicate=_predicate(fields["predicate"], "predicate"),
        script=script,
    )


def _predicate(data: Any, where: str) -> Predicate:
    fields = _object(data, where, ("bucket",), ("kinds", "options", "conditions", "makers"))
    conditions = _texts(fields["conditions"], f"{where}.conditions") if "conditions" in fields else ()
    for at, name in enumerate(conditions):
        if name not in CONDITIONS:
            raise CaseError(f"{where}.conditions[{at}]", f"{name!r} is none of {', '.join(CONDITIONS)}")
    makers = _texts(fields["makers"], f"{where}.makers") if "makers" in fields else ()
    for at, name in enumerate(makers):
        if name not in MAKERS:
            raise CaseError(f"{where}.makers[{at}]", f"{name!r} is none of {', '.join(MAKERS)}")
    bucket = _object(fields["bucket"], f"{where}.bucket", BUCKET_FIELDS[:2], BUCKET_FIELDS[2:])
    options = _object(fields.get("options", {}), f"{where}.options", (), tuple(OPTION_FIELDS))
    for name, value in options.items():
        expected = OPTION_FIELDS[name] if OPTION_FIELDS[name] in (bool, int, str) else bool
        if type(value) is not expected:
            raise CaseError(f"{where}.options.{name}", f"expected a value of type {expected.__name__}")
    return Predicate(
        bucket=tuple(
            (part, _bucket_texts([texts] if isinstance(texts, str) else texts, where, part))
            for part, texts in bucket.items()
        ),
        kinds=frozenset(_texts(fields["kinds"], f"{where}.kinds") if "kinds" in fields else ()),
        options=tuple(options.items()),
        conditions=conditions,
        makers=frozenset(makers),
    )


def _bucket_texts(data: Any, where: str, part: str) -> tuple[str, ...]:
    """Texts. Among those that name an emitter one may be empty, for what no instruction is at fault for."""
    where = f"{where}.bucket.{part}"
    if part == "emitter" and isinstance(data, list) and "" in data:
        return ("", *_texts([each for each in data if each != ""], where))
    return _texts(data, where)


def _object(
    data: Any, where: str, needed: tuple[str, ...] = (), optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    """An object that has the needed fields and no other than the optional ones; with neither, any fields."""
    if not isinstance(data, dict):
        raise CaseError(where, "expected an object")
    for name in needed:
        if name not in data:
            raise CaseError(where, f"the field {name!r} is missing")
    for name in data:
        if (needed or optional) and name not in (*needed, *optional):
            raise CaseError(where, f"unknown field {name!r}; known are {', '.join((*needed, *optional))}")
    return data


def _text(data: Any, where: str) -> str:
    if not isinstance(data, str) or not data.strip():
        raise CaseError(where, "expected a text that is not empty")
    return data


def _texts(data: Any, where: str) -> tuple[str, ...]:
    if not isinstance(data, list) or not data:
        raise CaseError(where, "expected an array of texts that is not empty")
    return tuple(_text(each, f"{where}[{at}]") for at, each in enumerate(data))


def name_for(case: Case) -> str:
    """A file name for a case, from what it is made of."""
    kinds = sorted(kind for kind in case.kinds() if ":" not in kind)
    return f"{'-'.join(kinds)}-{hashlib.sha256(dumps(case).encode()).hexdigest()[:8]}"
