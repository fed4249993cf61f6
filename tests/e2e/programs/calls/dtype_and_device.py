"""The same function with other dtypes."""

import torch


def program(x):
    return x * 2, x.dtype, x.to(torch.float64), x.device


def make():
    kinds = (torch.float32, torch.int64, torch.bfloat16, torch.complex64)
    return program, [(torch.ones(2, dtype=kind),) for kind in kinds]
