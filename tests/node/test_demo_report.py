from dataclasses import replace

from chain.crypto import sha256
from node.demo_report import DemoResult, NodeBalances, format_result

BEFORE = tuple(NodeBalances(f"validator-{i}", 1_000_000_000, 7) for i in range(2))
AFTER = tuple(replace(row, client=994_999_990, miner=4_999_987) for row in BEFORE)

RESULT = DemoResult(
    job_id="demo-1",
    reservation_id=sha256(b"reservation"),
    receipt_hash=sha256(b"receipt"),
    claim_id=sha256(b"claim"),
    height=20,
    cap=6_000_000,
    price=5_000_000,
    reserve_fee=10,
    claim_fee=20,
    before=BEFORE,
    after=AFTER,
    stored=AFTER,
    work_ms=370,
    total_ms=1_705,
)


def test_story_tells_money_before_and_after_on_every_node() -> None:
    text = format_result(RESULT)
    assert "paid          in block 20, final on all 2 nodes" in text
    assert "released          1.000000 AITBC" in text
    for node in ("validator-0", "validator-1"):
        (line,) = (line for line in text.splitlines() if line.startswith(node))
        amounts = ["1,000.000000", "994.999990", "-5.000010", "994.999990"]
        assert line.split() == [node, "client", *amounts]
    assert text.endswith("Time in all: 1.705 s.\n")
