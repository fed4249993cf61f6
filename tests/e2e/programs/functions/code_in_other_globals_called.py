"""One code object in two functions with globals of their own, the first of which is called after a break."""

import types

import torch

SCALE = 2


def scaled(x):
    return x * SCALE


OTHER = types.FunctionType(scaled.__code__, {"SCALE": 3})


def program(x):
    torch._dynamo.graph_break()
    first = alone(scaled, x)
    second = alone(OTHER, x)
    return first, second


def alone(function, x):
    print("break")
    return function(x)


def make():
    function = scaled

    def both(x):
        results = []
        for each in (function, OTHER):
            results.append(each(x))
            print(len(results))
        return results

    return both, (torch.ones(2),)
