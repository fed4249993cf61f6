"""A view of a new OrderedDict or defaultdict shows a copy of it under torch.compile.

Eager: what is put into the dict later shows, and a mappingproxy of a defaultdict makes defaults. Compiled: it
does not show, and the proxy is of a plain dict. Exits 1 when they differ. Needs torch only.
"""

import sys
from collections import OrderedDict, defaultdict
from types import MappingProxyType

import torch


def view(x):
    held = OrderedDict([(1, x)])
    return held, held.keys()


def proxy(x):
    return MappingProxyType(defaultdict(list))


def later(function):
    held, keys = function(torch.ones(1))
    held[2] = None
    return list(keys)


def made_of(function):
    return repr(function(torch.ones(1)))


differ = False
for function, told in ((view, later), (proxy, made_of)):
    eager, compiled = told(function), told(torch.compile(function, backend="eager", fullgraph=True))
    print(f"{function.__name__}: eager {eager}, compiled {compiled}")
    differ |= eager != compiled
sys.exit(differ)
