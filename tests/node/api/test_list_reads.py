from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from chain.address import format_address
from chain.kind import Kind
from node.api.list_reads import KindName
from node.api.services import Services
from tests.support.asking import ask, refusal
from tests.support.builders import a_transfer, address_of_name
from tests.support.market_chain import a_market
from tests.support.small_chain import services_of, stored_chain

CLIENT = format_address(address_of_name("client"))


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """Open an edge on a chain of three blocks, each with one transfer."""
    with stored_chain(tmp_path) as stored:
        for nonce in range(3):
            stored.block(a_transfer(100, nonce=nonce))
        with services_of(tmp_path) as opened:
            yield opened


def test_every_kind_has_its_name() -> None:
    assert set(get_args(KindName)) == {kind.name.lower() for kind in Kind}


def test_blocks_go_on_to_genesis(services: Services) -> None:
    first = ask(services, "ait_getBlocks", limit=3)
    last = ask(services, "ait_getBlocks", limit=3, cursor=first["nextCursor"])
    assert [one["height"] for one in first["items"] + last["items"]] == [3, 2, 1, 0]
    assert last["nextCursor"] is None
    assert first["items"][0] == ask(services, "ait_getBlock", block=3)


def test_transactions_are_as_each_alone(services: Services) -> None:
    found = ask(services, "ait_getTransactions", address=CLIENT, kind="transfer", limit=2)
    assert [one["height"] for one in found["items"]] == [3, 2]
    (newest, _) = found["items"]
    assert newest == ask(services, "ait_getTransaction", transactionId=newest["transactionId"])
    rest = {"address": CLIENT, "kind": "transfer", "cursor": found["nextCursor"]}
    assert [one["height"] for one in ask(services, "ait_getTransactions", **rest)["items"]] == [1]


def test_cursor_belongs_to_its_filter(services: Services) -> None:
    cursor = ask(services, "ait_getTransactions", kind="transfer", limit=1)["nextCursor"]
    assert refusal(services, "ait_getTransactions", cursor=cursor) == (-32602, "invalid_params")
    assert refusal(services, "ait_getBlocks", cursor=cursor) == (-32602, "invalid_params")


def test_blocks_of_a_proposer(services: Services) -> None:
    proposer = ask(services, "ait_getBlock", block=1)["proposer"]
    found = ask(services, "ait_getBlocks", proposer=proposer)
    assert [one["height"] for one in found["items"]] == [3, 2, 1]
    assert ask(services, "ait_getBlocks", proposer="00" * 32)["items"] == []


def test_reservations_are_as_each_alone_but_for_the_claims(tmp_path: Path) -> None:
    with a_market(tmp_path) as market:
        found = ask(market.services, "ait_getReservations", client=CLIENT, status="open")
        (one,) = found["items"]
        whole = ask(market.services, "ait_getReservation", reservationId=one["reservationId"])
        assert whole == one | {"claims": whole["claims"]}
        assert len(whole["claims"]) == 2
        assert ask(market.services, "ait_getReservations", status="ended")["items"] == []


def test_job_is_told_from_its_reservation_on(tmp_path: Path) -> None:
    with a_market(tmp_path) as market:
        job = ask(market.services, "ait_getJob", client=CLIENT, jobId="first")
        assert [one["event"] for one in job["events"]] == ["reserved", "claimed", "paid"]
        assert (job["status"], job["spent"], job["atHeight"]) == ("paid", "300", 8)
        unknown = {"client": CLIENT, "jobId": "another"}
        assert refusal(market.services, "ait_getJob", **unknown) == (-32001, "job_not_found")


def test_hashes_are_known_by_how_they_begin(tmp_path: Path) -> None:
    with a_market(tmp_path) as market:
        name = ask(market.services, "ait_getReceipts")["items"][0]["receiptHash"]
        found = {"items": [{"kind": "receipt", "hash": name}]}
        for prefix in (name[:8], name[2:12].upper(), name):
            assert ask(market.services, "ait_getHashes", prefix=prefix) == found
        for wrong in (name[:7], name + "0", "0x00zz00", ""):
            refused = refusal(market.services, "ait_getHashes", prefix=wrong)
            assert refused == (-32602, "invalid_params")


def test_name_of_a_job_leads_to_who_gave_it(services: Services) -> None:
    assert ask(services, "ait_getJobs", jobId="nothing") == {"items": []}
    assert refusal(services, "ait_getJobs", jobId="a b") == (-32602, "invalid_params")
