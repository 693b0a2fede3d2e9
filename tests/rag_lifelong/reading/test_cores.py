import os

import pytest

from rag_lifelong.reading.cores import usable_cores


@pytest.fixture
def topology(tmp_path, monkeypatch):
    """Four CPUs on two cores, all allowed."""
    for cpu in range(4):
        folder = tmp_path / f"cpu{cpu}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(f"{cpu % 2},{cpu % 2 + 2}\n")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    return tmp_path


def test_two_threads_of_a_core_count_once(topology):
    assert usable_cores(topology, topology / "no-quota") == 2


def test_cores_that_are_not_allowed_do_not_count(topology, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2})
    assert usable_cores(topology, topology / "no-quota") == 1


def test_an_unknown_topology_counts_every_cpu(topology):
    assert usable_cores(topology / "nothing", topology / "no-quota") == 4


@pytest.mark.parametrize(
    ("quota", "cores"), [("max 100000", 2), ("150000 100000", 1), ("50000 100000", 1), ("x", 2)]
)
def test_a_containers_quota_is_kept_to(topology, quota, cores):
    (topology / "cpu.max").write_text(quota + "\n")
    assert usable_cores(topology, topology / "cpu.max") == cores
