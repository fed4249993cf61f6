"""The first handler that matches takes it: a base class, then a tuple."""

import torch


class Base(Exception):
    pass


class Derived(Base):
    pass


def which(kind):
    try:
        raise kind("it")
    except (KeyError, IndexError):
        return "lookup"
    except Base as error:
        return type(error).__name__
    except Exception:
        return "other"


def program(x):
    return x + 1, [which(each) for each in (Derived, Base, KeyError, OSError)]


def make():
    return program, (torch.ones(2),)
