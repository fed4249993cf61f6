"""A program as it is beside compiled, as text: what is put at the end of a script that needs torch alone.

Claim: it imports nothing of this project, and gives 1 exactly where a line of text differs.
"""

import contextlib
import io
import random
import sys
import types
from typing import Any


def describe(value: Any, seen: dict[int, tuple[int, Any]], depth: int = 0) -> str:
    """The value as text; a number in <> names an object, so that sharing shows."""
    import numpy
    import torch

    kind = type(value)
    if value is None or kind in (bool, int, float, complex, str, bytes) or depth > 12:
        return f"{kind.__name__} {value!r}"
    if isinstance(value, type | types.ModuleType | types.BuiltinFunctionType):
        return str(getattr(value, "__qualname__", None) or value.__name__)
    if id(value) in seen:
        return f"<{seen[id(value)][0]}>"
    number = len(seen)
    seen[id(value)] = number, value
    told: list[str] = []

    def inner(each: Any) -> str:
        return describe(each, seen, depth + 1)

    if isinstance(value, torch.Tensor):
        told += [
            str(value.dtype),
            str(tuple(value.shape)),
            str(value.requires_grad),
            str(value.grad_fn is None),
        ]
        told += [str(value.stride()), str(value.detach().tolist())] if value.layout == torch.strided else []
        told += [inner(value.grad)] if value.is_leaf else []
    elif isinstance(value, numpy.ndarray):
        told += [str(value.dtype), str(value.shape), str(value.tolist())]
    elif isinstance(value, dict):
        told += [f"{inner(key)}: {inner(held)}" for key, held in dict.items(value)]
    elif isinstance(value, list | tuple):
        base: Any = list if isinstance(value, list) else tuple
        told += [inner(each) for each in base.__iter__(value)]
    elif isinstance(value, set | frozenset):
        told += sorted(describe(each, dict(seen), depth + 1) for each in value)
    elif isinstance(value, BaseException):
        told += [inner(value.args), inner(value.__cause__), inner(value.__context__)]
        told += [str(value.__suppress_context__)]
    elif isinstance(value, types.FunctionType):
        told += [value.__name__, value.__qualname__, str(value.__doc__), inner(value.__defaults__)]
        told += [inner(value.__kwdefaults__), inner(value.__annotations__), inner(value.__closure__)]
    elif isinstance(value, types.CellType):
        told += ["empty" if value == types.CellType() else inner(value.cell_contents)]
    elif isinstance(value, types.MethodType):
        told += [value.__func__.__qualname__, inner(value.__self__)]
    elif hasattr(kind, "__next__"):
        for each in value:
            told.append(inner(each))
            if len(told) == 50:
                break
    elif not hasattr(value, "__dict__"):
        told += [repr(value)] if "0x" not in repr(value) else []
    if isinstance(getattr(value, "__dict__", None), dict):
        held = {name: each for name, each in vars(value).items() if not name.startswith("_torch")}
        told += [f".{name} = {inner(each)}" for name, each in held.items()]
    return f"<{number}> {kind.__qualname__}({', '.join(told)})"


def seed() -> None:
    """Equal random numbers for both runs."""
    import numpy
    import torch

    random.seed(20)
    numpy.random.seed(20)
    torch.manual_seed(20)


def run(program: str, maker: str, times: int, options: dict[str, Any] | None) -> list[str]:
    """What one run gives, line by line; `options` are those of torch.compile, None for as it is."""
    import torch

    torch._dynamo.reset()
    seed()
    module = sys.modules["program"] = types.ModuleType("program")
    space = vars(module)
    exec(compile(program, "program.py", "exec"), space)
    names = sorted(name for name in space if not name.startswith("__"))
    function, args, *rest = space[maker]()
    calls = [args] if isinstance(args, tuple) else args
    called = function if options is None else torch.compile(function, **options)
    seed()
    results: list[tuple[str, Any]] = []
    seen: dict[int, tuple[int, Any]] = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for each in calls * times:
            try:
                results.append(("returned", called(*each)))
            except Exception as error:  # noqa: BLE001 - whatever the program raises
                results.append(("raised", error))
        observed = rest[0]() if rest else None
    told = [f"grad mode: {torch.is_grad_enabled()}", f"random: {random.random()} {torch.rand(1).item()}"]
    torch.set_grad_enabled(True)
    told += [
        f"printed: {printed.getvalue()!r}",
        *(f"{how}: {describe(value, seen)}" for how, value in results),
    ]
    told += [f"observed: {describe(observed, seen)}", f"arguments: {describe(calls, seen)}"]
    told += [f"function: {describe(function, seen)}"]
    return told + [
        f"global {name}: {describe(space[name], seen) if name in space else 'gone'}" for name in names
    ]


def beside(program: str, maker: str, times: int, options: dict[str, Any], settings: Any) -> int:
    """Print both runs where they differ; 1 if they do."""
    import torch

    for path, value in settings:
        *owners, name = path.split(".")[1:]
        owner: Any = torch
        for each in owners:
            owner = getattr(owner, each)
        setattr(owner, name, value)
    eager, compiled = run(program, maker, times, None), run(program, maker, times, options)
    differs = [(one, other) for one, other in zip(eager, compiled, strict=True) if one != other]
    for one, other in differs:
        print(f"eager     {one}\ncompiled  {other}")
    print("torch", torch.__version__, "differs" if differs else "is equal")
    return int(bool(differs))
