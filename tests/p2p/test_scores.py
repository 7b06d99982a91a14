import pytest

from p2p.scores import BAN_S, ENTRIES_MAX, MEBIBYTE, THROTTLE_S, Bucket, Scores, Traffic


def test_hundred_points_are_a_ban_that_ends() -> None:
    scores = Scores(frozenset())
    assert not scores.penalise("peer", 50, now_s=0)
    assert scores.penalise("peer", 50, now_s=0)
    assert scores.is_banned("peer", now_s=BAN_S - 1)
    assert not scores.is_banned("peer", now_s=BAN_S)
    assert not scores.is_banned("other", now_s=0)
    assert scores.bans == 1


def test_points_are_forgotten_with_time() -> None:
    scores = Scores(frozenset())
    scores.penalise("peer", 99, now_s=0)
    assert not scores.penalise("peer", 99, now_s=600)


def test_persistent_peer_is_throttled_and_never_banned() -> None:
    scores = Scores(frozenset({"validator"}))
    assert not scores.penalise("validator", 1_000, now_s=0)
    assert not scores.is_banned("validator", now_s=0)
    assert scores.is_throttled("validator", now_s=THROTTLE_S - 1)
    assert not scores.is_throttled("validator", now_s=THROTTLE_S)


def test_throttled_peer_pays_tenfold() -> None:
    scores = Scores(frozenset({"slow", "fast"}))
    scores.penalise("slow", 100, now_s=0)
    waits = [
        scores.wait_s(peer, Traffic.CONSENSUS, 9 * MEBIBYTE, now_s=0) for peer in ("slow", "fast")
    ]
    assert waits[0] > 1
    assert waits[1] == 0


@pytest.mark.parametrize("traffic", Traffic)
def test_burst_is_free_and_more_is_waited_for(traffic: Traffic) -> None:
    byte_rate, byte_burst, message_rate, message_burst = traffic.value
    bucket = Bucket(traffic, 0.0)
    assert bucket.take(byte_burst, 1, now_s=0) == 0
    assert bucket.take(byte_rate, 1, now_s=0) == pytest.approx(1)
    bucket = Bucket(traffic, 0.0)
    assert bucket.take(0, message_burst + message_rate, now_s=0) == pytest.approx(1)
    assert bucket.take(0, 1, now_s=1_000) == 0


def test_memory_of_peers_is_bounded() -> None:
    scores = Scores(frozenset())
    for number in range(ENTRIES_MAX + 10):
        scores.penalise(str(number), 100, now_s=0)
    assert not scores.is_banned("0", now_s=0)
    assert scores.is_banned(str(ENTRIES_MAX), now_s=0)
