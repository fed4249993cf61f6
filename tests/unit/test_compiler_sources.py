"""Sources that only a compiler makes: what each leads to, what it loads on each target, what is refused."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from generators import Case, dumps, loads
from generators.case import (
    COMPILER_SOURCES,
    Attribute,
    ClassMember,
    DictItem,
    DictItemByKey,
    DictKey,
    Element,
    GlobalName,
    GlobalReferent,
    Gradient,
    Item,
    LocalName,
    ModeOnStack,
    RandomValue,
    Source,
    Subclasses,
    Superclass,
    TensorProperty,
    TypeOf,
    Wrapped,
)
from generators.compiler_sources import WRAPPERS
from generators.nodes import (
    ArrayNode,
    ConstantNode,
    DictNode,
    InstanceNode,
    LibraryNode,
    ListNode,
    MadeNode,
    ModuleNode,
    Node,
    NumberNode,
    ObjectNode,
    SetNode,
    TensorNode,
    TupleNode,
    WeakRefNode,
)
from generators.rules import problems
from harness.describe import source_text
from harness.runner import Runner
from harness.targets.base import Target
from oracles.world import GraphValue, World

K = ConstantNode("w")
T = TensorNode(1, 1)


def case(nodes: tuple[Node, ...], roots: tuple[int, ...], links: tuple[Source, ...], **more: Any) -> Case:
    """The last node is what local `a` is bound to, the source that comes before the links."""
    return Case(nodes, roots, (LocalName("a"), *links), (("a", len(nodes) - 1),), **more)


CLASSES = (
    *(LibraryNode("Thing", 1), LibraryNode("Common", 2), LibraryNode("Common.shared", 3)),
    *(LibraryNode("Thing.method", 4), LibraryNode("Common.__subclasses__()", 5), ObjectNode((), 0)),
)
OF_CLASSES = (
    *(TypeOf(0), Superclass(1, 1), ClassMember(2, "shared"), ClassMember(1, "method"), Subclasses(2)),
)
CASES: dict[str, Case] = {
    **{
        how: case((ListNode((), 2), ObjectNode((("x", 0),), 1)), (1, 0), (Wrapped(0, how), Attribute(1, "x")))
        for how in ("unguarded", "optimizer", "user_module", "builtin_module", "proxied_module")
    },
    "static_module": case(
        (ModuleNode((), 2), ModuleNode((("x", 0),), 0)),
        (0, 1),
        (Attribute(0, "x"), Wrapped(1, "static_module")),
    ),
    "parameters of a module": case(
        (K, TensorNode(1, 3), DictNode(((0, 1),), 2), ObjectNode((("_parameters", 2),), 1)),
        (1, 2, 1),
        (Wrapped(0, "user_module"), Attribute(1, "_parameters"), DictItem(2, 0)),
    ),
    "symbolic_bool": case((ConstantNode(True, 1),), (0,), (Wrapped(0, "symbolic_bool"),), kind="call"),
    "dynamic_int": case((ConstantNode(7, 1),), (0, 0), (Wrapped(0, "dynamic_int"),), kind="call"),
    "array": case((ArrayNode(2, 1),), (0,), (Wrapped(0, "array"),), kind="call", as_tensor=(0,)),
    "global_referent": Case(
        (T, WeakRefNode(0, 0)), (0, 0), (GlobalName("g"), GlobalReferent(0)), globals=(("g", 1),)
    ),
    "gradient": case((T, MadeNode("parameter", (0,), 0)), (0,), (Gradient(0),)),
    "element": case((ObjectNode((), 1), SetNode((0,), 0)), (0, 1), (Element(0, 0),)),
    "random_value": case(
        (NumberNode(1, True, 1), NumberNode(2, True, 2), TupleNode((0, 1), 0)),
        (1, 0),
        (RandomValue(0, 0), RandomValue(0, 1)),
    ),
    "a random argument": case(
        (ConstantNode(0.25, 1), TupleNode((0,), 0)), (0,), (RandomValue(0, 0),), kind="call", as_tensor=(0,)
    ),
    "superclass, class_member and subclasses": case(CLASSES, (1, 2, 3, 4, 0, 4), OF_CLASSES),
    "tensor_property": case(
        (ConstantNode(1, 1), ConstantNode(1, 2), ConstantNode(0, 3), TensorNode(1, 0)),
        (0, 1, 2),
        (TensorProperty(0, "size", 0), TensorProperty(0, "stride", 0), TensorProperty(0, "storage_offset")),
        kind="call",
    ),
    "mode_on_stack": Case(
        (MadeNode("mode_on_stack", (), 0), MadeNode("mode_on_stack", (), 1)),
        (1, 0),
        (ModeOnStack(0), ModeOnStack(1)),
    ),
    "a synthetic local": Case((TensorNode(0, 0),), (0,), (LocalName("a", "synthetic"),), (("a", 0),)),
    "a constant global": Case((ListNode((), 0),), (0,), (GlobalName("g", "constant"),), globals=(("g", 0),)),
    "an item of a user's list": case(
        (ListNode((), 1), InstanceNode("SubList", (0,), source=0)), (0,), (Item(0, 0),)
    ),
    "an entry of a user's dict": case(
        (ConstantNode("k", 1), ListNode((), 2), InstanceNode("SubDict", (), ((0, 1),), source=0)),
        (1, 0),
        (DictKey(0, 0), DictItemByKey(0, 1)),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_is_well_formed_and_reads_back(name: str) -> None:
    right = CASES[name]
    assert list(problems(right)) == []
    assert dumps(loads(dumps(right))) == dumps(right)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("target", ["own", "torch"])
def test_each_is_loaded_as_plain_python_has_it(targets: dict[str, Target], target: str, name: str) -> None:
    outcome = Runner(targets[target], sampled=True).run(CASES[name])
    assert (outcome.status, outcome.findings) == ("passed", ())


def test_every_kind_and_every_mark_is_among_them() -> None:
    sources = [source for each in CASES.values() for source in each.sources]
    assert {type(source) for source in sources} >= set(COMPILER_SOURCES)
    assert {source.how for source in sources if isinstance(source, Wrapped)} == set(WRAPPERS)


EXPECTED = {
    "unguarded": ["SkipGuardSource"],
    "optimizer": ["OptimizerSource"],
    "user_module": ["UnspecializedNNModuleSource"],
    "builtin_module": ["UnspecializedBuiltinNNModuleSource"],
    "proxied_module": ["UnspecializedNNModuleSource"],
    "static_module": ["NNModuleSource"],
    "parameters of a module": ["UnspecializedNNModuleSource", "UnspecializedParamBufferSource"],
    "symbolic_bool": ["ConvertIntSource"],
    "dynamic_int": ["DynamicScalarSource"],
    "array": ["NumpyTensorSource"],
    "global_referent": ["GlobalWeakRefSource"],
    "gradient": ["GradSource"],
    "element": ["NonSerializableSetGetItemSource"],
    "random_value": ["RandomValueSource"],
    "a random argument": ["RandomValueSource"],
    "superclass, class_member and subclasses": ["TypeSource", "CallFunctionNoArgsSource"],
    "tensor_property": ["TensorPropertySource"],
    "mode_on_stack": ["TorchFunctionModeStackSource"],
    "a synthetic local": ["SyntheticLocalSource"],
    "a constant global": ["ConstantSource"],
    "an item of a user's list": ["ListGetItemSource"],
    "an entry of a user's dict": ["ConstDictKeySource", "DictSubclassGetItemSource"],
}


@pytest.mark.parametrize("name", CASES)
def test_torch_has_a_class_of_its_own_for_each(targets: dict[str, Target], name: str) -> None:
    from harness.targets.dynamo_sources import SOURCES

    right = CASES[name]
    made: Any = _Made(right)
    for source in right.sources:
        made.sources.append(SOURCES[type(source)](made, source))
    assert set(EXPECTED[name]) <= {type(source).__name__ for source in made.sources}


class _Made:
    """As much of a target's trackers as sources ask for."""

    def __init__(self, right: Case) -> None:
        self.case = right
        self.sources: list[Any] = []

    def key(self, at: int) -> Any:
        """The constant at a node."""
        return getattr(self.case.nodes[at], "value")  # noqa: B009 - a node of any kind

    def holder_base(self, entry: Any) -> str | None:
        """What the holder is made from, if it is an instance."""
        holder = self.case.nodes[len(self.case.nodes) - 1]
        return {"SubList": "list", "SubDict": "dict"}.get(getattr(holder, "name", ""))


WRONG: dict[str, tuple[Case, str]] = {
    "an unknown mark": (case((ObjectNode((), 1),), (0,), (Wrapped(0, "odd"),)), "sources[1].how"),
    "a mark of another kind": (case((ListNode((), 1),), (0,), (Wrapped(0, "optimizer"),)), "sources[1]"),
    "an argument's mark in a tree": (
        case((ConstantNode(7, 1),), (0,), (Wrapped(0, "dynamic_int"),)),
        "sources[1]",
    ),
    "an array that is no tensor": (
        case((ArrayNode(2, 1),), (0,), (Wrapped(0, "array"),), kind="call"),
        "roots[0]",
    ),
    "a random number of two locals": (
        Case(
            (NumberNode(1, True, 1), NumberNode(2, True, 3), TupleNode((0,), 0), TupleNode((1,), 2)),
            (0,),
            (LocalName("a"), RandomValue(0, 0), LocalName("b"), RandomValue(2, 0)),
            (("a", 2), ("b", 3)),
        ),
        "sources[3].base",
    ),
    "a random number of a global": (
        Case(
            (NumberNode(1, True, 1), TupleNode((0,), 0)),
            (0,),
            (GlobalName("g"), RandomValue(0, 0)),
            globals=(("g", 1),),
        ),
        "sources[1].base",
    ),
    "a referent of a local": (case((T, WeakRefNode(0, 0)), (0,), (GlobalReferent(0),)), "sources[1].base"),
    "an element of two": (
        case((ConstantNode(0), ConstantNode(1, 1), SetNode((0, 1), 0)), (1,), (Element(0, 0),)),
        "sources[1]",
    ),
    "another size": (
        case((ConstantNode(2, 1), TensorNode(1, 0)), (0,), (TensorProperty(0, "size", 0),), kind="call"),
        "sources[1]",
    ),
    "a dimension that is not there": (
        case((ConstantNode(1, 1), TensorNode(1, 0)), (0,), (TensorProperty(0, "size", 1),), kind="call"),
        "sources[1]",
    ),
    "a size in a tree": (
        case((ConstantNode(1, 1), TensorNode(1, 0)), (0,), (TensorProperty(0, "size", 0),)),
        "sources[1]",
    ),
    "a mode above none": (
        Case((MadeNode("mode_on_stack", (), 0),), (0,), (ModeOnStack(1),)),
        "sources[0].index",
    ),
    "a new parameter": (Case((TensorNode(0), MadeNode("parameter", (0,))), (1,)), "nodes[1].source"),
    "another superclass": (
        case((LibraryNode("Thing", 1), LibraryNode("Thing", 2), ObjectNode((), 0)), (1,), OF_CLASSES[:2]),
        "sources[2]",
    ),
    "a member of no class": (
        case((LibraryNode("Common.shared", 1), ObjectNode((), 0)), (0,), (ClassMember(0, "shared"),)),
        "sources[1]",
    ),
    "a member in a local": (
        Case((LibraryNode("Common.shared", 0),), (0,), (LocalName("a"),), (("a", 0),)),
        "nodes[0].source",
    ),
    "a class in a call": (
        dataclasses.replace(case(CLASSES[:2] + CLASSES[5:], (1,), OF_CLASSES[:2]), kind="call"),
        "sources[2]",
    ),
    "a way of locals for a global": (
        Case((ListNode((), 0),), (0,), (GlobalName("g", "synthetic"),), globals=(("g", 0),)),
        "sources[0].how",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_no_compiler_makes_is_refused(name: str) -> None:
    wrong, where = WRONG[name]
    assert [place for place, _ in problems(wrong)][:1] == [where]


def test_each_is_written_as_python_would() -> None:
    told = {name: source_text(right, len(right.sources) - 1) for name, right in CASES.items()}
    assert told["user_module"] == "a.<as user_module>.x"
    assert told["global_referent"] == "global g.<referent>"
    assert told["gradient"] == "a.grad"
    assert told["element"] == "a.<element 0>"
    assert told["random_value"] == "a.<random number 1>"
    assert told["superclass, class_member and subclasses"] == "a.__class__.__mro__[1].__subclasses__()"
    assert told["tensor_property"] == "a.storage_offset()"
    assert told["mode_on_stack"] == "mode 1"
    assert told["a synthetic local"] == "synthetic a"
    assert told["a constant global"] == "constant global g"
    member = CASES["superclass, class_member and subclasses"]
    assert source_text(member, 3) == "a.__class__.__mro__[1].__dict__['shared']"


def test_the_list_of_subclasses_is_made_whenever_it_is_loaded() -> None:
    world = World(CASES["superclass, class_member and subclasses"], GraphValue)
    first, again = (world.made_anew(world.case)[4] for _ in range(2))
    assert first == again == [world.objects[0]]
    assert first is not again


def test_modes_are_on_the_stack_only_while_the_code_runs(targets: dict[str, Target]) -> None:
    import torch

    entered: Any = targets["torch"].classes.modes
    mode = targets["torch"].classes.makers["mode_on_stack"]()
    with entered([mode]):
        assert torch._C._get_function_stack_at(0) is mode
    assert torch._C._len_torch_function_stack() == 0
    with pytest.raises(RuntimeError, match="left 0 modes"), entered([mode]):
        torch._C._pop_torch_function_stack()
    with pytest.raises(RuntimeError, match="left 2 modes"), entered([mode]):
        torch._C._push_on_torch_function_stack(mode)
    assert torch._C._len_torch_function_stack() == 0
