"""oracles: what judges a run, one claim a file.

Claim: nothing here knows a codegen or the harness; importing it imports neither torch nor Hypothesis.
"""
