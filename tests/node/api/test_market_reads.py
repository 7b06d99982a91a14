import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from chain.address import format_address
from node.api.jsonrpc import Rpc
from node.api.methods import METHODS
from node.api.server import RpcServer
from tests.support.asking import ask, refusal
from tests.support.builders import PRICED, a_transfer, address_of_name, key_of
from tests.support.market_chain import ACCEPTED, DISPUTED, RULES, Market, a_market
from tests.support.small_chain import services_of, stored_chain

CLIENT, MINER, STRANGER = (
    format_address(address_of_name(name)) for name in ("client", "miner", "stranger")
)


OVER_HTTP: list[tuple[str, dict[str, Any]]] = [
    ("ait_getParameters", {}),
    ("ait_estimateFee", {"kind": "reserve", "sizeBytes": 300}),
    ("ait_getPricing", {}),
    ("ait_getOffers", {"address": MINER}),
    ("ait_getGrants", {"address": CLIENT}),
    ("ait_getLedger", {"address": CLIENT, "limit": 2}),
    ("ait_getReceipt", {"receipt": "second"}),
    ("ait_getPayoutPeriods", {}),
    ("ait_getPayouts", {"period": 0, "dump": True}),
    ("ait_getPayoutProof", {"period": 0, "index": 0}),
]
"""Each method about the market, with parameters that find something."""


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with a_market(tmp_path) as made:
        yield made


def test_parameters_are_those_of_the_next_block(market: Market) -> None:
    found = ask(market.services, "ait_getParameters")
    assert (found["fees"]["transfer"], found["payoutPeriod"], found["version"]) == ("7", 4, 0)
    assert found["baseRates"] == [{"model": "llama3.2", "unitType": "gpu_seconds", "rate": "150"}]
    assert (found["hash"], found["atHeight"]) == (f"0x{RULES.hash.hex()}", 8)
    header = ask(market.services, "ait_getBlock", block=8)
    assert header["paramsHash"] == found["hash"]


@pytest.mark.parametrize(
    ("kind", "minimum", "maximum", "newcomer"),
    [("transfer", 210, 21_000, 1_000), ("claim", 230, 230, 1_000), ("release", 205, 20_500, 0)],
)
def test_fee_is_of_kind_and_size(
    tmp_path: Path, kind: str, minimum: int, maximum: int, newcomer: int
) -> None:
    with stored_chain(tmp_path, parameters=PRICED), services_of(tmp_path) as services:
        found = ask(services, "ait_estimateFee", kind=kind, sizeBytes=200)
    assert found == {
        "kind": kind,
        "sizeBytes": 200,
        "minimumFee": str(minimum),
        "maximumFee": str(maximum),
        "newAccountFee": str(newcomer),
    }


def test_estimated_fee_is_enough(tmp_path: Path) -> None:
    size = len(a_transfer().encode())
    with stored_chain(tmp_path, parameters=PRICED) as stored, services_of(tmp_path) as services:
        found = ask(services, "ait_estimateFee", kind="transfer", sizeBytes=size)
        stored.block(a_transfer(fee=int(found["minimumFee"])))


@pytest.mark.parametrize("kind", ["claim_batch", "resolve", "parameters", "mint", "TRANSFER"])
def test_kind_without_a_price_is_refused(market: Market, kind: str) -> None:
    asked = refusal(market.services, "ait_estimateFee", kind=kind, sizeBytes=200)
    assert asked == (-32602, "invalid_params")


def test_pricing_shows_base_rates_live_offers_and_what_was_paid(market: Market) -> None:
    pricing = ask(market.services, "ait_getPricing")
    assert [one["rate"] for one in pricing["baseRates"]] == ["150"]
    (offer,) = pricing["offers"]
    assert (offer["provider"], offer["rate"], offer["capacity"]) == (MINER, "120", 2)
    assert pricing["isComplete"] is True
    line = {"model": "llama3.2", "unitType": "gpu_seconds", "claims": 2}
    assert pricing["lastDay"] == [line | {"unitsMicro": "3000000", "spent": "450"}]


def test_offers_are_those_that_still_hold(market: Market) -> None:
    (offer,) = ask(market.services, "ait_getOffers", address=MINER)["offers"]
    assert (offer["model"], offer["rate"], offer["expiresAtHeight"]) == ("llama3.2", "120", 50)
    assert ask(market.services, "ait_getOffers", address=STRANGER)["offers"] == []
    assert ask(market.services, "ait_getOffers", address="0x" + "77" * 20)["offers"] == []


def test_offer_goes_with_the_block_that_does_not_find_it(tmp_path: Path) -> None:
    with a_market(tmp_path) as market:
        last = 49
        while market.stored.chain.height < last:
            live = ask(market.services, "ait_getOffers", address=MINER)["offers"]
            priced = ask(market.services, "ait_getPricing")["offers"]
            assert len(live) == len(priced) == 1
            market.stored.block()
        assert ask(market.services, "ait_getOffers", address=MINER)["offers"] == []
        assert ask(market.services, "ait_getPricing")["offers"] == []


def test_grant_shows_its_limits_and_what_is_left(market: Market) -> None:
    (grant,) = ask(market.services, "ait_getGrants", address=CLIENT)["grants"]
    assert (grant["label"], grant["scopes"]) == ("gate", ["reserve", "accept", "receipt"])
    assert grant["publicKey"] == f"0x{key_of('gate').public_key.hex()}"
    assert (grant["totalLimit"], grant["spent"], grant["totalLeft"]) == ("1000", "900", "100")
    assert (grant["periodLimit"], grant["periodLeft"], grant["left"]) == ("950", "50", "50")
    assert (grant["isLive"], grant["nonce"]) == (True, 1)
    market.stored.block()
    market.stored.block()
    (grant,) = ask(market.services, "ait_getGrants", address=CLIENT)["grants"]
    assert (grant["periodLeft"], grant["left"]) == ("950", "100")


def test_account_without_grants_has_none(market: Market) -> None:
    assert ask(market.services, "ait_getGrants", address=MINER)["grants"] == []


def test_ledger_adds_up_from_entry_to_entry(market: Market) -> None:
    items = ask(market.services, "ait_getLedger", address=CLIENT)["items"]
    assert [(one["kind"], one["amount"], one["height"]) for one in items] == [
        ("paid", "150", 5),
        ("bond_returned", "20", 5),
        ("bond_locked", "20", 4),
        ("paid", "300", 4),
        ("reserved", "900", 2),
    ]
    account = ask(market.services, "ait_getAccount", address=CLIENT)
    assert items[0]["balanceAfter"] == account["balance"]
    assert items[0]["reservedAfter"] == account["reserved"] == "450"
    assert (items[-1]["balanceAfter"], items[-1]["reservedAfter"]) == ("999100", "900")
    assert {one["jobId"] for one in items} == {"session"}


def test_pages_of_the_ledger_show_every_entry_once(market: Market) -> None:
    whole = ask(market.services, "ait_getLedger", address=CLIENT)["items"]
    seen: list[dict[str, Any]] = []
    page: dict[str, Any] = {"nextCursor": None}
    while True:
        cursor = page["nextCursor"]
        page = ask(market.services, "ait_getLedger", address=CLIENT, limit=2, cursor=cursor)
        seen += page["items"]
        if page["nextCursor"] is None:
            break
        market.stored.block()
    assert seen == whole


def test_cursor_of_another_ledger_is_refused(market: Market) -> None:
    page = ask(market.services, "ait_getLedger", address=CLIENT, limit=1)
    cursor = page["nextCursor"]
    for method, params in (("ait_getLedger", {"address": MINER}), ("ait_getReceipts", {})):
        asked = refusal(market.services, method, **params, cursor=cursor)
        assert asked == (-32602, "invalid_params")


def test_account_tells_what_waits(tmp_path: Path) -> None:
    with a_market(tmp_path) as market:
        account = ask(market.services, "ait_getAccount", address=CLIENT)
    assert (account["reserved"], account["pending"], account["bonds"]) == ("450", "0", "0")
    assert ACCEPTED.price + DISPUTED.price - 50 == 450


def test_server_answers_as_the_methods_do(market: Market) -> None:
    services = market.services
    rpc = Rpc(METHODS, services, limits=services.settings.limits)
    batch = [
        {"jsonrpc": "2.0", "id": name, "method": name, "params": params}
        for name, params in OVER_HTTP
    ]

    async def post() -> list[dict[str, Any]]:
        server = RpcServer(services.settings, answer=rpc.answer, converse=pytest.fail)
        url = await server.start()
        try:
            async with aiohttp.ClientSession() as session, session.post(url, json=batch) as reply:
                answers: list[dict[str, Any]] = await reply.json()
                return answers
        finally:
            await server.close()

    answers = {one["id"]: one["result"] for one in asyncio.run(post())}
    assert answers == {name: ask(services, name, **params) for name, params in OVER_HTTP}
