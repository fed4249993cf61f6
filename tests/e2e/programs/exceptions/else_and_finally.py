"""All four parts of a try, with and without an exception."""

import torch


def program(x, fails, log):
    try:
        if fails:
            raise ZeroDivisionError("no")
    except ZeroDivisionError:
        log.append("except")
        y = x - 1
    else:
        log.append("else")
        y = x + 1
    finally:
        log.append("finally")
    return y


def make():
    log = []
    return program, [(torch.ones(2), True, log), (torch.ones(2), False, log)]
