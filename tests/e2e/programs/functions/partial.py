"""Partials are made, called and given back."""

import functools

import torch


def scaled(x, n, *, bias=0):
    return x * n + bias


def program(x, held):
    made = functools.partial(scaled, n=3, bias=x)
    held["partial"] = made
    return made(x), functools.partial(scaled, x)(2)


def make():
    return program, (torch.ones(2), {})
