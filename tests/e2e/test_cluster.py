"""A campaign on a real cluster of two nodes on this machine, one of which is killed under way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from harness.campaign import Campaign
from harness.chunks import Part, Plan, Statistics
from harness.cli_common import BAD_INPUT
from harness.cluster.campaign import ClusterCampaign
from harness.targets import load

PLAN = Plan(seed=5, examples=8_000, seconds=None, workers=1)
HERE = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def alone() -> Statistics:
    """The same plan without a cluster; before there is one, whose threads are better not forked."""
    with load("own") as target:
        return Campaign(target, PLAN).run()


@pytest.fixture
def cluster(alone: Statistics, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    yield cluster
    cluster.shutdown()


def counted(statistics: Statistics) -> object:
    """All but what depends on the clock."""
    buckets = {name: (each.count, each.case) for name, each in statistics.buckets.items()}
    return statistics.statuses, statistics.by_kind, statistics.reasons, buckets


def test_a_node_is_killed_and_every_chunk_is_counted_once(cluster: Cluster, alone: Statistics) -> None:
    second = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    parts: list[Part] = []
    killed: list[str] = []
    target = load("own")

    def done(part: Part) -> None:
        parts.append(part)
        if second.node_id in campaign.nodes and not killed:
            killed.append(second.node_id)
            cluster.remove_node(second, allow_graceful=False)

    campaign = ClusterCampaign(cluster.address, target, PLAN, done=done)
    statistics = campaign.run()
    assert campaign.failure is None
    assert killed == campaign.lost[:1], "no shard was on the second node"
    assert campaign.plan.workers == 2
    assert sorted(part.chunk for part in parts) == list(PLAN.chunks())
    assert counted(statistics) == counted(alone)


def test_no_cluster_at_the_address_is_told_in_a_line(tmp_path: Path) -> None:
    command = ["fuzz", "--cluster", "127.0.0.1:1", "--examples", "10", "--out", str(tmp_path)]
    ended = subprocess.run(
        [sys.executable, "-m", "harness", *command], check=False, capture_output=True, text=True, cwd=HERE
    )
    assert ended.returncode == BAD_INPUT, ended.stderr
    assert "no Ray cluster answers at 127.0.0.1:1" in ended.stderr
    assert "Traceback" not in ended.stderr
