"""A `sdpa_kernel(backends, set_priority=True)` that a compiled function gives back no longer sets the order.

Eager: inside of the `with` the backends are in the order that was asked for. Compiled: in the order from
before. Exits 1 when they differ. Needs torch only.
"""

import sys

import torch
from torch.nn.attention import SDPBackend, _cur_sdpa_kernel_backends, sdpa_kernel


def give_back(x):
    return x + 1, sdpa_kernel([SDPBackend.MATH, SDPBackend.FLASH_ATTENTION], set_priority=True)


def order(function):
    with function(torch.ones(1))[1]:
        return [backend.name for backend in _cur_sdpa_kernel_backends(with_priority=True)]


eager = order(give_back)
compiled = order(torch.compile(give_back, backend="eager", fullgraph=True))
print("eager:", eager)
print("compiled:", compiled)
sys.exit(eager != compiled)
