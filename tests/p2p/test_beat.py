from p2p.beat import Beat


def test_beat_says_how_the_process_is() -> None:
    beat = Beat(rss_bytes=1, peers=2, shed=3, connections=4, bans=5)
    start = bytes(7) + b"\1\0\2" + bytes(7) + b"\3"
    assert beat.encode() == start + b"\0\4" + bytes(7) + b"\5"
    assert Beat.decode(beat.encode()) == beat
