from pathlib import Path

import pytest

from tests.support.exposed import Samples, exposed


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return exposed(tmp_path_factory.mktemp("chain"))


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name][tuple(sorted(labels.items()))]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("aitbc_core_up", 1),
        ("aitbc_chain_height", 3),
        ("aitbc_chain_validators", 4),
        ("aitbc_chain_quorum", 3),
        ("aitbc_chain_blocks_total", 2),
        ("aitbc_chain_transactions_total", 2),
        ("aitbc_consensus_round", 0),
        ("aitbc_consensus_step", 3),
        ("aitbc_consensus_validator", 1),
        ("aitbc_sync_behind", 0),
        ("aitbc_sync_best_height", 7),
        ("aitbc_mempool_transactions", 2),
        ("aitbc_mempool_bytes", 512),
        ("aitbc_network_peers", 3),
        ("aitbc_network_connections", 5),
        ("aitbc_network_bans_total", 2),
        ("aitbc_network_shed_messages_total", 4),
        ("aitbc_api_connections", 5),
        ("aitbc_api_sockets", 3),
        ("aitbc_api_subscriptions", 2),
        ("aitbc_store_commit_seconds_count", 9),
        ("aitbc_store_commit_seconds_sum", 0.25),
    ],
)
def test_node_shows_how_it_is(samples: Samples, name: str, expected: float) -> None:
    assert value(samples, name) == expected


def test_labels_tell_what_is_counted(samples: Samples) -> None:
    assert value(samples, "aitbc_consensus_votes_total", outcome="signed") == 8
    assert value(samples, "aitbc_consensus_votes_total", outcome="missed") == 1
    assert value(samples, "aitbc_api_refused_total", reason="rate") == 7
    assert value(samples, "aitbc_process_resident_bytes", process="core") == 1_000
    assert value(samples, "aitbc_process_resident_bytes", process="network") == 2_000
    assert value(samples, "aitbc_process_resident_bytes", process="api") > 10**7
    assert value(samples, "aitbc_store_bytes", file="database") > 0


def test_commits_are_shown_as_a_histogram(samples: Samples) -> None:
    bucket = "aitbc_store_commit_seconds_bucket"
    assert value(samples, bucket, le="0.001") == 1
    assert value(samples, bucket, le="0.005") == 8
    assert value(samples, bucket, le="5.0") == 8
    assert value(samples, bucket, le="+Inf") == 9


def test_without_the_core_the_chain_is_still_shown(tmp_path: Path) -> None:
    samples = exposed(tmp_path, with_core=False)
    assert value(samples, "aitbc_core_up") == 0
    assert value(samples, "aitbc_chain_height") == 3
    assert "aitbc_network_peers" not in samples


def test_nothing_says_who(samples: Samples) -> None:
    labels = {key for family in samples.values() for labels in family for key, _ in labels}
    allowed = {"method", "outcome", "route", "status", "reason", "process", "file", "le"}
    assert labels <= allowed
