"""The reducer: a failing case made small, as data.

`reduce.py` drives, `steps.py` has what is tried, `draft.py` the edits, `plainness.py` what is plainer for a
reader.
"""
