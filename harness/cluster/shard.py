"""A shard of a campaign in a process of its own: `python -m harness.cluster.shard`, an `Order` on stdin.

Claim: a process that Ray made is never forked (its threads would not be); the shard's workers are children of
this one, which has none. It ends when nobody reads what it tells.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from harness.campaign import Campaign
from harness.chunks import Past, Statistics
from harness.cluster.wire import Done, End, Order, Seen, Told, received, send
from harness.state import versions_here
from harness.targets import load


def main() -> None:
    """Run the order on stdin, and tell what comes of it on stdout."""
    # what a case writes to stdout must not come between
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)

        def tell(told: Told) -> None:
            try:
                send(answers, told)
            except BrokenPipeError:
                os._exit(0)  # whoever asked for this is gone

        order = next(received(sys.stdin.buffer))
        if not isinstance(order, Order):
            raise TypeError(f"expected an order on stdin, not {type(order).__name__}")
        tell(End(run(order, tell)))


def run(order: Order, tell: Callable[[Told], None]) -> str | None:
    """Run the order; what the harness failed of, if it did."""
    target = load(order.target)
    here = versions_here(target.versions())
    if here != order.versions:
        return f"this node has {_told(here)}, and the campaign {_told(order.versions)}"
    with target:
        campaign = Campaign(
            target,
            order.plan,
            known=order.known,
            seen=lambda bucket: tell(Seen(bucket)),
            done=lambda part: tell(Done(part)),
            past=Past(order.done, Statistics(seconds=order.spent)),
        )
        campaign.run()
    return None if campaign.failure is None else str(campaign.failure)


def _told(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


if __name__ == "__main__":
    main()
