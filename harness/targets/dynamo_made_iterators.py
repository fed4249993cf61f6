"""Torch's own trackers of iterators and views.

Claim: as in `dynamo_trackers.py`.
"""

from __future__ import annotations

from harness.targets.dynamo_tracing import Made, method, traced

MADE: dict[str, Made] = {
    "zip": traced(zip),
    "keys": method("keys"),
    "values": method("values"),
    "items": method("items"),
}
