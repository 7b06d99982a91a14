from collections.abc import Iterator
from pathlib import Path

import pytest

from chain.address import format_address
from chain.keccak_tree import root_of_proof
from chain.primitives import HEIGHT_MAX, Hash
from tests.support.asking import ask, refusal
from tests.support.builders import address_of_name
from tests.support.market_chain import ACCEPTED, DISPUTED, Market, a_market

MINER = format_address(address_of_name("miner"))


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with a_market(tmp_path) as made:
        yield made


def bytes_of(text: str) -> Hash:
    return Hash(bytes.fromhex(text.removeprefix("0x")))


def test_periods_are_listed_newest_first_with_their_headers_roots(market: Market) -> None:
    page = ask(market.services, "ait_getPayoutPeriods")
    told = [
        (one["period"], one["endedHeight"], one["count"], one["amount"]) for one in page["items"]
    ]
    assert told == [(1, 8, 1, "150"), (0, 4, 1, "300")]
    for one in page["items"]:
        header = ask(market.services, "ait_getBlock", block=one["endedHeight"])
        assert one["payoutsRoot"] == header["payoutsRoot"] != f"0x{'00' * 32}"
    assert page["nextCursor"] is None


def test_periods_come_in_pages(market: Market) -> None:
    first = ask(market.services, "ait_getPayoutPeriods", limit=1)
    second = ask(market.services, "ait_getPayoutPeriods", limit=1, cursor=first["nextCursor"])
    assert [one["period"] for one in (*first["items"], *second["items"])] == [1, 0]
    last = ask(market.services, "ait_getPayoutPeriods", limit=1, cursor=second["nextCursor"])
    assert last == {"items": [], "nextCursor": None}


def test_payouts_of_a_period_name_their_receipts(market: Market) -> None:
    found = ask(market.services, "ait_getPayouts", period=1)
    (payout,) = found["payouts"]
    assert (payout["payee"], payout["amount"], payout["height"]) == (MINER, "150", 5)
    assert payout["receiptHash"] == f"0x{DISPUTED.hash.hex()}"
    assert found["dump"] is None


def test_dump_is_what_the_package_loads(market: Market) -> None:
    found = ask(market.services, "ait_getPayouts", period=0, dump=True)
    dump = found["dump"]
    assert dump["format"] == "standard-v1"
    assert dump["leafEncoding"] == ["uint256", "uint256", "bytes32", "address", "uint256"]
    assert dump["tree"][0] == found["payoutsRoot"]
    assert [one["value"][-1] for one in dump["values"]] == ["300"]


def test_period_under_way_has_payouts_and_no_root(market: Market) -> None:
    market.stored.block()
    found = ask(market.services, "ait_getPayouts", period=2, dump=True)
    assert found == {
        "period": 2,
        "endedHeight": None,
        "payoutsRoot": None,
        "count": 0,
        "amount": "0",
        "payouts": [],
        "dump": None,
    }


def test_period_without_payouts_has_no_dump(market: Market) -> None:
    for _ in range(4):
        market.stored.block()
    found = ask(market.services, "ait_getPayouts", period=2, dump=True)
    assert (found["payoutsRoot"], found["dump"]) == (f"0x{'00' * 32}", None)


def test_proof_leads_from_the_payment_to_the_header(market: Market) -> None:
    proof = ask(market.services, "ait_getPayoutProof", period=0, index=0)
    siblings = [bytes_of(one) for one in proof["proof"]]
    root = root_of_proof(leaf=bytes_of(proof["leaf"]), proof=siblings)
    header = ask(market.services, "ait_getBlock", block=proof["height"])
    assert f"0x{root.hex()}" == proof["payoutsRoot"] == header["payoutsRoot"]
    assert (proof["value"][0], proof["value"][-1]) == ("0", str(ACCEPTED.price))


@pytest.mark.parametrize(
    ("method", "params", "reason"),
    [
        ("ait_getPayouts", {"period": 3}, "payout_period_not_found"),
        ("ait_getPayouts", {"period": HEIGHT_MAX}, "payout_period_not_found"),
        ("ait_getPayoutProof", {"period": 3, "index": 0}, "payout_period_not_found"),
        ("ait_getPayoutProof", {"period": 2, "index": 0}, "payout_proof_not_found"),
        ("ait_getPayoutProof", {"period": 0, "index": 1}, "payout_proof_not_found"),
    ],
)
def test_what_is_not_there_is_not_found(
    market: Market, method: str, params: dict[str, int], reason: str
) -> None:
    assert refusal(market.services, method, **params) == (-32001, reason)
