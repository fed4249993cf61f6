"""generators: what a test input is, and how one is drawn, written and read.

Claim: nothing here knows a codegen, an oracle or the harness, and importing it imports neither torch nor
Hypothesis.
"""

from generators.case import Case, Options
from generators.codec import SCHEMA, dumps, loads
from generators.draw import Draw, HypothesisDraw, SeededDraw, strategy
from generators.rules import CaseError, check
from generators.trees import seeded_case, tree_case

__all__ = [
    "SCHEMA",
    "Case",
    "CaseError",
    "Draw",
    "HypothesisDraw",
    "Options",
    "SeededDraw",
    "check",
    "dumps",
    "loads",
    "seeded_case",
    "strategy",
    "tree_case",
]
