"""A Ray cluster on this machine, in a process of its own: what Ray leaves in a process must not be forked.

Claim: the process that asks for a cluster imports nothing of Ray; its nodes end with the `with`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO


class Nodes:
    """The asking end: a cluster with one node, to which one more can be added, and killed."""

    def __init__(self, told: IO[str], asked: IO[str]) -> None:
        self._told = told
        self._asked = asked
        self.address = self._answer()

    def _answer(self) -> str:
        answer = self._told.readline().strip()
        assert answer, "the cluster's process ended"
        return answer

    def _ask(self, what: str) -> str:
        self._asked.write(f"{what}\n")
        self._asked.flush()
        return self._answer()

    def add(self) -> str:
        """Add a node; its name."""
        return self._ask("add")

    def kill(self) -> None:
        """Kill the node that was added."""
        assert self._ask("kill") == "killed"


@contextmanager
def started() -> Iterator[Nodes]:
    """A cluster of one node with one core."""
    command = [sys.executable, "-m", "tests.ray_nodes"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Nodes(process.stdout, process.stdin)
        finally:
            process.stdin.close()  # that ends it, and what it started


def main() -> None:
    """Answer on stdout what is asked on stdin."""
    from ray.cluster_utils import Cluster  # in this process alone

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    print(cluster.address, flush=True)
    added = None
    for line in sys.stdin:
        if line.strip() == "add":
            added = cluster.add_node(num_cpus=1)
            cluster.wait_for_nodes()
            print(added.node_id, flush=True)
        else:
            cluster.remove_node(added, allow_graceful=False)
            print("killed", flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    main()
