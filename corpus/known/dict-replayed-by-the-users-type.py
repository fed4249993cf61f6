"""Changes of an OrderedDict or a subclass of dict are replayed by whatever the frame's module calls `type`.

Eager: the dict. Compiled: `TypeError: 'str' object is not callable` when the compiled code runs. The same
holds of `list` and `set` and changes of subclasses of those. Which of the programs differ depends on the
version. Exits 1 when one does. Needs torch only.
"""

import sys
from collections import OrderedDict

import torch

type = "training"  # noqa: A001 - the name is the point


class Table(dict):
    pass


TABLE = Table()


def new_ordered_dict(x):
    d = OrderedDict()
    d["a"] = x
    return d, x + 1


def existing_subclass(x):
    TABLE["a"] = x
    return TABLE, x + 1


def keys(run):
    try:
        return list(run(torch.ones(1))[0])
    except TypeError as error:
        return f"TypeError: {error}"
    finally:
        TABLE.clear()


differ = False
for function in (new_ordered_dict, existing_subclass):
    eager, compiled = keys(function), keys(torch.compile(function, backend="eager", fullgraph=True))
    print(f"{function.__name__}: eager: {eager}, compiled: {compiled}")
    differ |= eager != compiled
sys.exit(differ)
