"""What proxies stand for: the table of forms, torch's tensors of them, and cases of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from generators.case import Case, LocalName, Options
from generators.forms import (
    FORMS,
    ODD_FORMS,
    SYMBOLIC_KINDS,
    element_of,
    form_of,
    object_of,
    proxy_text,
    symbolic_kind,
    symbolic_value,
)
from generators.limits import SYMBOLIC_OUTPUTS
from generators.nodes import (
    SUBCLASSES,
    ArrayNode,
    ConstantNode,
    DictNode,
    ListNode,
    Node,
    NumberNode,
    SubclassNode,
    SymbolicNode,
    TensorNode,
    TupleNode,
)
from generators.rules import problems
from harness.runner import Runner
from harness.targets import load
from harness.targets.base import Target
from oracles.graph_values import AsArray, AsSubclass, AsView, memory_of

EXPORTED = Options(export=True)


@pytest.fixture(scope="module", params=["own", "torch"])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    if request.param == "torch":
        pytest.importorskip("torch")
    with load(request.param) as entered:
        yield entered


@pytest.fixture(scope="module")
def graph_value() -> Iterator[Any]:
    pytest.importorskip("torch")
    with load("torch") as entered:
        yield entered.graph_value


def tree(*nodes: Node, options: Options | None = None, roots: tuple[int, ...] = ()) -> Case:
    return Case(nodes, roots or tuple(range(len(nodes))), options=options or Options())


# --- the table --------------------------------------------------------------------------------------------


def test_the_first_forms_are_plain_and_a_form_means_the_same_for_good() -> None:
    assert len(FORMS) == 64
    for proxy in range(12):
        form = form_of(proxy)
        assert (form.dtype, form.shape) == ("int64" if proxy % 2 else "float32", (1,) * (proxy % 3))
        assert element_of(proxy) == proxy
        assert type(element_of(proxy)) is (int if proxy % 2 else float)
    assert [FORMS[at].dtype for at in (20, 28, 34, 44)] == ["bool", "bfloat16", "complex128", "int64"]
    assert (FORMS[25].value, FORMS[42].parameter, FORMS[46].layout) == (2**62 + 1, True, "sparse_csr")


def test_a_view_lies_over_a_tensor_that_is_none() -> None:
    views = [at for at in ODD_FORMS if FORMS[at].view]
    assert {FORMS[at].view for at in views} >= {"transposed", "itself", "detached"}
    for at in views:
        base = at - FORMS[at].back
        assert not FORMS[base].view
        assert element_of(at) == element_of(base)
        assert object_of(at) == (base if FORMS[at].view == "itself" else at)
    assert object_of(64 + 19) == 64 + 12


def test_a_reader_is_told_of_the_form() -> None:
    assert proxy_text(3) == "proxy 3"
    assert proxy_text(13) == "proxy 13 (transposed of proxy 12)"
    assert proxy_text(42) == "proxy 42 (float32 [2, 2] leaf parameter)"


def test_a_symbolic_number_of_each_type_is_known_in_every_way() -> None:
    for form, proxies in SYMBOLIC_OUTPUTS.items():
        numbers = range(proxies.low, proxies.high + 1)
        assert {symbolic_kind(proxy) for proxy in numbers} == set(SYMBOLIC_KINDS)
        assert {type(symbolic_value(proxy, form)).__name__ for proxy in numbers} == {form}
        assert not set(numbers) & set(ODD_FORMS)


# --- torch's tensors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("proxy", range(len(FORMS)))
def test_the_tensor_of_a_proxy_is_of_its_form(graph_value: Any, proxy: int) -> None:
    form = form_of(proxy)
    tensor = graph_value(proxy)
    assert tensor is graph_value(proxy)
    assert type(tensor).__name__ == ("Parameter" if form.parameter else "Tensor")
    base = graph_value(proxy - form.back)
    assert tensor.dtype is base.dtype
    if form.view:
        assert tensor.untyped_storage()._cdata == base.untyped_storage()._cdata
        assert (tensor is base) == (form.view == "itself")
        return
    assert str(tensor.dtype) == f"torch.{form.dtype}"
    assert (tuple(tensor.shape), str(tensor.layout)) == (form.shape, f"torch.{form.layout}")
    assert (tensor.requires_grad, tensor.is_conj()) == (bool(form.gradient), form.conjugate)
    assert tensor.is_leaf == (form.gradient != "computed")
    if form.is_strided and not form.conjugate:
        wanted = complex(element_of(proxy))
        assert all(repr(complex(element)) == repr(wanted) for element in tensor.reshape(-1).tolist())


def test_what_is_told_of_a_tensor_tells_the_forms_apart(graph_value: Any) -> None:
    strided = [at for at in range(len(FORMS)) if FORMS[at].is_strided and FORMS[at].view != "itself"]
    for subclass in SUBCLASSES:
        told = [memory_of(graph_value(AsSubclass(at, subclass))) for at in strided]
        assert len(set(told)) == len(strided)
        again = [memory_of(graph_value(AsSubclass(at, subclass))) for at in strided]
        assert told == again
    arrays = [at for at in ODD_FORMS if FORMS[at].is_array and 0 not in FORMS[at].shape and at != 19]
    assert len({memory_of(graph_value(AsArray(at))) for at in arrays}) == len(arrays)
    assert graph_value(AsView(0, 1)) is graph_value(AsView(0, 1)) is not graph_value(AsView(0, 2))
    assert memory_of(graph_value(AsView(0, 1)).numpy()) == memory_of(graph_value(AsArray(0)))


# --- cases ------------------------------------------------------------------------------------------------


def run(target: Target, case: Case) -> None:
    assert list(problems(case)) == []
    outcome = Runner(target, sampled=True).run(case)
    assert (outcome.status, outcome.findings) == ("passed", ())


@pytest.mark.parametrize("proxy", ODD_FORMS)
def test_every_form_comes_back_in_every_way_that_it_can(target: Target, proxy: int) -> None:
    form = form_of(proxy)
    nodes: list[Node] = [TensorNode(proxy), TensorNode(proxy)]
    if form.is_strided:
        nodes += [SubclassNode(proxy, None, subclass) for subclass in SUBCLASSES]
    if form.is_array:
        nodes += [ArrayNode(proxy), ArrayNode(proxy)]
    if form.is_number:
        nodes += [NumberNode(proxy), NumberNode(proxy, False)]
    run(
        target,
        tree(*nodes, options=Options() if form.is_strided else EXPORTED, roots=(*range(len(nodes)), 0)),
    )


@pytest.mark.parametrize("options", [Options(), EXPORTED, Options(passes=1)])
def test_symbolic_numbers_of_every_kind(target: Target, options: Options) -> None:
    nodes = [
        SymbolicNode(proxy, form)
        for form, proxies in SYMBOLIC_OUTPUTS.items()
        for proxy in range(proxies.low, proxies.high + 1)
    ]
    run(target, tree(*nodes, options=options, roots=(*range(len(nodes)), 5, 4)))


@pytest.mark.parametrize("options", [Options(), EXPORTED, Options(passes=1)])
def test_more_outputs_than_one_byte_counts(target: Target, options: Options) -> None:
    nodes = [TensorNode(proxy) for proxy in range(300) if form_of(proxy).is_strided]
    case = tree(
        *nodes, TupleNode(tuple(range(len(nodes)))), options=options, roots=(len(nodes), len(nodes) - 1)
    )
    assert len(nodes) > 257
    run(target, case)


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("subclass", SUBCLASSES)
def test_a_new_tensor_has_the_attributes_that_it_was_given(
    target: Target, subclass: str, passes: int
) -> None:
    held = SubclassNode(0, None, subclass, (("y", 0), ("x", 1)))
    case = tree(
        *(ListNode(), ConstantNode(1), held, DictNode(((1, 2),)), TensorNode(0)),
        options=Options(passes=passes, temporaries=(0,) if passes == 1 else ()),
        roots=(3, 0, 2, 4),
    )
    run(target, case)


def test_what_a_kind_cannot_be_made_of_is_a_problem() -> None:
    def first(node: Node, options: Options | None = None, **changes: Any) -> tuple[str, str]:
        return next(problems(dataclasses.replace(tree(ConstantNode(0), node, options=options), **changes)))

    sparse = "proxy 45 is a sparse tensor, which only an exported graph has"
    assert first(TensorNode(45)) == ("nodes[1].output", sparse)
    assert list(problems(tree(TensorNode(45), options=EXPORTED))) == []
    assert first(ArrayNode(28)) == ("nodes[1].output", "no array is made of the tensor of proxy 28")
    assert first(NumberNode(12)) == ("nodes[1].output", "no number is a tensor like that of proxy 12")
    assert first(SubclassNode(46))[0] == "nodes[1].output"
    assert first(SubclassNode(0, None, "none"))[0] == "nodes[1].subclass"
    existing = SubclassNode(0, 0, "plain", (("x", 0),))
    told = first(existing, sources=(LocalName("a"),), locals=(("a", 1),))
    assert told == ("nodes[1].attributes", "a tensor that exists beforehand has none")
    off = Options(value_from_source=False)
    assert first(SubclassNode(0, None, "plain", (("x", 0),)), off)[0] == "options.value_from_source"


def test_two_proxies_of_one_object_are_one_key() -> None:
    case = tree(TensorNode(12), TensorNode(19), DictNode(((0, 0), (1, 1))))
    assert next(problems(case))[0] == "nodes[2].items[1]"
