"""A campaign on more than one machine, as tasks of a Ray cluster (optional extra `cluster`).

Claim: every chunk of the plan is counted exactly once, whatever nodes are lost on the way; what comes of it
is what one machine makes of the same plan. Ray schedules; nothing here does.
"""
