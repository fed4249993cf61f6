"""A class with methods over variables of the function that is not compiled."""

import torch


def make():
    log = []
    bias = 3

    class Model:
        def run(self, x):
            nonlocal bias
            bias += 1
            log.append(bias)
            return x + bias

    model = Model()

    def program(x):
        return model.run(x) + model.run(x)

    return program, [(torch.ones(2),)] * 2, lambda: (log, bias)
