"""Our implementation of PyTorch Dynamo's `PyCodegen`: typed, independent, without torch.

`PyCodegen` emits instructions for the frame of a `Translator`; `assemble` makes a code object of them.
"""

from harness.codegen.assembler import Assembled, assemble
from harness.codegen.containers import (
    DequeVariable,
    FrozensetVariable,
    NamedTupleVariable,
    RangeVariable,
    SetVariable,
    SliceVariable,
)
from harness.codegen.emitter import Emitter
from harness.codegen.errors import CodegenError, GraphBreak
from harness.codegen.functions import CellVariable, FunctoolsPartialVariable, NestedUserFunctionVariable
from harness.codegen.graph_outputs import (
    NumpyNdarrayVariable,
    SymNodeVariable,
    TensorWithTFOverrideVariable,
    UnspecializedPythonVariable,
)
from harness.codegen.host import Host, Kind, OwnHost, is_safe_constant
from harness.codegen.instances import InstanceVariable, RandomVariable
from harness.codegen.instructions import Builders, Instruction, Version, create_instruction
from harness.codegen.iterators import (
    ContextManagerGeneratorVariable,
    ListIteratorVariable,
    LocalGeneratorVariable,
    TupleIteratorVariable,
)
from harness.codegen.lazy import LazyVariableTracker
from harness.codegen.objects import (
    ContextWrappingVariable,
    DefaultDictVariable,
    FunctionCallVariable,
    NNModuleVariable,
    StructSequenceVariable,
    UserMethodVariable,
)
from harness.codegen.output import GraphArg, Output, Translator
from harness.codegen.profiles import BASE, DEFAULT, LATER, Profile
from harness.codegen.pycodegen import GraphOutputEntry, PyCodegen
from harness.codegen.side_effects import SideEffects
from harness.codegen.sources import (
    AttrSource,
    CellContentsSource,
    ChainedSource,
    ClosureSource,
    ConstDictKeySource,
    DefaultsSource,
    DictGetItemSource,
    GetItemSource,
    GlobalSource,
    ImportSource,
    LocalSource,
    Source,
    TypeSource,
    WeakRefCallSource,
)
from harness.codegen.variables import (
    AttributeMutationExisting,
    AttributeMutationNew,
    ConstantVariable,
    ConstDictVariable,
    ListVariable,
    MutationType,
    TensorVariable,
    TupleVariable,
    UserDefinedObjectVariable,
    ValueMutationExisting,
    ValueMutationNew,
    VariableTracker,
)

__all__ = [
    "BASE",
    "DEFAULT",
    "LATER",
    "Assembled",
    "AttrSource",
    "AttributeMutationExisting",
    "AttributeMutationNew",
    "Builders",
    "CellContentsSource",
    "CellVariable",
    "ChainedSource",
    "ClosureSource",
    "CodegenError",
    "ConstDictKeySource",
    "ConstDictVariable",
    "ConstantVariable",
    "ContextManagerGeneratorVariable",
    "ContextWrappingVariable",
    "DefaultDictVariable",
    "DefaultsSource",
    "DequeVariable",
    "DictGetItemSource",
    "Emitter",
    "FrozensetVariable",
    "FunctionCallVariable",
    "FunctoolsPartialVariable",
    "GetItemSource",
    "GlobalSource",
    "GraphArg",
    "GraphBreak",
    "GraphOutputEntry",
    "Host",
    "ImportSource",
    "InstanceVariable",
    "Instruction",
    "Kind",
    "LazyVariableTracker",
    "ListIteratorVariable",
    "ListVariable",
    "LocalGeneratorVariable",
    "LocalSource",
    "MutationType",
    "NNModuleVariable",
    "NamedTupleVariable",
    "NestedUserFunctionVariable",
    "NumpyNdarrayVariable",
    "Output",
    "OwnHost",
    "Profile",
    "PyCodegen",
    "RandomVariable",
    "RangeVariable",
    "SetVariable",
    "SideEffects",
    "SliceVariable",
    "Source",
    "StructSequenceVariable",
    "SymNodeVariable",
    "TensorVariable",
    "TensorWithTFOverrideVariable",
    "Translator",
    "TupleIteratorVariable",
    "TupleVariable",
    "TypeSource",
    "UnspecializedPythonVariable",
    "UserDefinedObjectVariable",
    "UserMethodVariable",
    "ValueMutationExisting",
    "ValueMutationNew",
    "VariableTracker",
    "Version",
    "WeakRefCallSource",
    "assemble",
    "create_instruction",
    "is_safe_constant",
]
