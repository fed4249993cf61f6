"""What compilers make is accepted, and the report has the true depth and stack."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest

from oracles.stack import annotate, verify
from oracles.stack.slots import spell

pytestmark = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the table of 3.11")

# Between them: generators, coroutines, class bodies, closures, exception groups, matching, long opargs.
MODULES = [
    *("asyncio/base_events.py", "asyncio/streams.py", "contextlib.py", "dataclasses.py", "enum.py"),
    *("functools.py", "inspect.py", "typing.py"),
    *("test/test_coroutines.py", "test/test_except_star.py", "test/test_patma.py"),
]


def nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from nested(constant)


@pytest.mark.parametrize("module", MODULES)
def test_the_standard_library_is_accepted(module: str) -> None:
    path = Path(sysconfig.get_paths()["stdlib"]) / module
    if not path.exists():
        pytest.skip("this Python was installed without its tests")
    for code in nested(compile(path.read_bytes(), str(path), "exec", dont_inherit=True)):
        report = verify(code)
        assert report.ok, (code, report.violations)
        assert report.max_depth <= code.co_stacksize, code


SOURCES = {
    "decorators, whose callable lies where NULL does": "@d\n@e\ndef f(): pass",
    "assert": "assert x, y",
    "with": "with a as b, c: d(b)",
    "async": "async def f(x):\n async with x as y:\n  async for i in y: yield await i",
    "groups": "try: f()\nexcept* A as a: g(a)\nexcept* B: h()\nelse: i()\nfinally: j()",
    "loops": "for i in x:\n while i:\n  if a: break\n  continue\n else: b()\nelse: c()",
    "match": "match x:\n case {'a': b, **r}: f(b)\n case P(a=1, b=c): g(c)\n case [d, *e]: h(e)",
    "calls": "f(a, *b, c=1, **d)\ng(x=1, y=2)\nh.m(1, k=2)\nprint(*a)",
    "comprehensions": "x = [i for i in a if i]; y = {k: v for k, v in b}; z = {*c, *d}; g = (i for i in e)",
    "closures": "def f(a, *, b=1):\n c = a\n class C:\n  d = c\n  def g(self): return b, c, __class__\n",
    "strings": "f'{a!r:>{w}}{b}'",
    "many constants": "f(" + ", ".join(f"{i}" for i in range(300)) + ")\nfor i in x: y = 299",
    "except": "try:\n f()\nexcept E as e:\n try: g(e)\n finally: h()\nexcept (A, B): raise\nelse: i()",
    "annotations": "x: int = 1\ndef f(a: int = 1, *b, c: str = 'x', **d) -> None: ...",
}


@pytest.mark.parametrize("what", SOURCES)
def test_compiled_source_is_accepted_and_as_deep_as_the_compiler_says(what: str) -> None:
    for code in nested(compile(SOURCES[what], "<test>", "exec")):
        report = verify(code)
        assert report.violations == ()
        assert report.max_depth == code.co_stacksize


def function(source: str) -> CodeType:
    return next(c for c in compile(source, "<test>", "exec").co_consts if isinstance(c, CodeType))


def listed(code: CodeType) -> dict[str, str | None]:
    """The stack before the last instruction of each opcode."""
    return {row.opname: row.stack for row in annotate(code, verify(code))}


def test_the_stack_before_each_instruction_is_known() -> None:
    stacks = listed(function("def f(x): return g({'k': [x]}, x.m(1, z=2))"))
    assert stacks["LOAD_GLOBAL"] == ""
    assert stacks["BUILD_LIST"] == "NULL, object, str const, object"
    assert stacks["BUILD_MAP"] == "NULL, object, str const, list"
    assert stacks["KW_NAMES"] == "NULL, object, dict, method or NULL, self or callable, int const, int const"
    assert stacks["PRECALL"] == "NULL, object, dict, object"
    assert stacks["CALL"] == "method or NULL, self or callable, dict, object"
    assert stacks["RETURN_VALUE"] == "object"


def test_locals_keep_their_kind() -> None:
    code = function("def f(x):\n a = [x]\n b = iter(x)\n return a, (x, a), b")
    report = verify(code)
    (before,) = (report.states[row.offset] for row in annotate(code, report) if row.opname == "RETURN_VALUE")
    assert spell(before) == "tuple of 3"
    assert before[0].items is not None
    assert spell(before[0].items) == "list, tuple of 2, object"


def test_a_handler_starts_with_what_the_table_says() -> None:
    stacks = listed(function("def f(x):\n with x: return 1"))
    assert stacks["WITH_EXCEPT_START"] == "object, lasti, None or exception, exception"
    assert stacks["RERAISE"] == "object, lasti, None or exception, lasti, exception"


def test_what_control_never_reaches_has_no_state() -> None:
    code = function("def f(): return 1")
    code = code.replace(co_code=code.co_code + bytes([9, 0]))
    rows = annotate(code, verify(code), extra={0: "here"})
    assert [row.stack for row in rows] == ["", "", "int const", None]
    assert rows[0].extra == "here"


def test_unbound_on_some_path_is_a_note() -> None:
    report = verify(function("def f(x):\n if x: y = 1\n return y"))
    assert report.ok
    assert [note.name for note in report.notes] == ["maybe-unbound"]


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n y\n y = 1",
        "def f(x):\n del x\n return x",
        "def f(x):\n del x\n del x",
        "def f(x):\n if 'y' in locals(): y\n if 0: y = 1",
    ],
)
def test_unbound_on_every_path_is_a_note_of_its_own(source: str) -> None:
    report = verify(function(source))
    assert report.ok
    assert [note.name for note in report.notes] == ["unbound-local"]


def test_a_loop_that_unbinds_is_no_violation_after_all() -> None:
    report = verify(function("def f(x):\n for i in x:\n  if i: del y\n  else: y = 1\n  y\n"))
    assert report.ok


def test_a_slice_of_a_list_is_a_list() -> None:
    def program(x):  # type: ignore[no-untyped-def]
        return [[x][0:1], [x][0], x[0:1]]

    stacks = [row.stack for row in annotate(program.__code__, verify(program.__code__))]
    assert stacks[stacks.index("list, slice") + 1] == "list"
    assert stacks[-2] == "list, object, object"
