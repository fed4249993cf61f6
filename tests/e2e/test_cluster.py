"""A campaign on a real cluster of two nodes on this machine, one of which is killed under way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from harness.campaign import Campaign
from harness.chunks import Part, Plan, Statistics
from harness.cluster import ClusterCampaign
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
        there = [shard for shard in campaign.running.values() if shard.node == second.node_id]
        if not killed and any(shard.done and not shard.over for shard in there):
            killed.append(second.node_id)
            cluster.remove_node(second, allow_graceful=False)

    campaign = ClusterCampaign(cluster.address, target, PLAN, done=done)
    statistics = campaign.run()
    assert campaign.failure is None
    assert killed and campaign.lost, "no shard was on the second node"
    assert sorted(part.chunk for part in parts) == list(PLAN.chunks())
    assert counted(statistics) == counted(alone)
