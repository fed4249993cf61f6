"""A handler in the caller, a finally in the callee."""

import torch


def callee(x, log):
    try:
        log.append("try")
        if len(log) == 1:
            raise LookupError("callee")
        return x
    finally:
        log.append("finally")


def program(x, log):
    try:
        return callee(x + 1, log)
    except LookupError as error:
        log.append(str(error))
        return callee(x + 2, log)


def make():
    return program, (torch.ones(2), [])
