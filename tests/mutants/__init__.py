"""Rejection at scale: mutants of working bytecode, verified, then executed where they may do what they like.

The claim of the whole: a mutant that `oracles.stack.verify` accepts does not kill its process. Runs on any
CPython from 3.10 to 3.14 with nothing but its standard library: `python -m tests.mutants --help`.
"""
