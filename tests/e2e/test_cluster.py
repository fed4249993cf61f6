"""A campaign on a real cluster of two nodes on this machine, one of which is killed under way."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.campaign import Campaign
from harness.chunks import Numbers, Part, Plan, Statistics
from harness.cli_common import BAD_INPUT
from harness.cluster.campaign import ClusterCampaign
from harness.targets import load
from tests import ray_nodes

PLAN = Plan(seed=5, examples=8_000, seconds=None, workers=1)
HERE = Path(__file__).parents[2]


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[ray_nodes.Nodes]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    with ray_nodes.started() as nodes:
        yield nodes


def counted(statistics: Statistics) -> object:
    """All but what depends on the clock."""
    buckets = {name: (each.count, each.index) for name, each in statistics.buckets.items()}
    return statistics.statuses, statistics.by_kind, statistics.reasons, buckets


def test_a_node_is_killed_and_every_chunk_is_counted_once(cluster: ray_nodes.Nodes) -> None:
    second = cluster.add()
    parts: list[Part] = []
    killed: list[str] = []
    target = load("own")

    def done(part: Part) -> None:
        parts.append(part)
        if second in campaign.nodes and not killed:
            killed.append(second)
            cluster.kill()

    campaign = ClusterCampaign(cluster.address, target, PLAN, done=done)
    statistics = campaign.run()
    assert campaign.failure is None
    assert killed == campaign.lost[:1], "no shard was on the second node"
    assert campaign.plan.workers == 2
    assert sorted(part.chunk for part in parts) == list(PLAN.chunks())
    with load("own") as target:
        assert counted(statistics) == counted(Campaign(target, PLAN).run())
    assert not any(name.partition(".")[0] == "ray" for name in sys.modules), "this process forks"


def test_no_cluster_at_the_address_is_told_in_a_line(tmp_path: Path) -> None:
    command = ["fuzz", "--cluster", "127.0.0.1:1", "--examples", "10", "--out", str(tmp_path)]
    ended = subprocess.run(
        [sys.executable, "-m", "harness", *command], check=False, capture_output=True, text=True, cwd=HERE
    )
    assert ended.returncode == BAD_INPUT, ended.stderr
    assert "no Ray cluster answers at 127.0.0.1:1" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_answers_and_is_no_cluster_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.cluster.campaign.JOIN_SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        campaign = ClusterCampaign(address, load("own"), PLAN)
        campaign.run()
    assert f"nothing that answers at {address} let this campaign join within 2 s" in str(campaign.failure)


def test_each_of_the_smaller_shards_is_told_which_of_its_chunks_are_done() -> None:
    pytest.importorskip("ray", reason="without Ray there is no driver")
    from harness.cluster.driver import shards

    plan = Plan(seed=5, examples=100_000, seconds=None, workers=1, shard=3, shards=3)
    done = [number for number in plan.chunks() if number % 5]
    cut = list(shards(plan, 3, Numbers(done)))
    assert len(cut) == 12
    for each in cut:
        assert list(each.done) == [number for number in each.plan.chunks() if number in done]
