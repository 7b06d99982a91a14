"""What should have ended is listed, and signed releases are handed in unless it is a dry run."""

import asyncio
from pathlib import Path

from chain.errors import WrongNonce
from chain.primitives import ZERO_HASH
from node.api.rest_recovery import RecoveryAsked, recover
from node.api_frames import Submit, SubmitResult
from tests.support.builders import (
    GENESIS_HASH,
    a_claim,
    a_receipt,
    a_release,
    a_reserve,
    a_transfer,
)
from tests.support.edge_at_work import EdgeAtWork, at_work
from tests.support.small_chain import services_of, stored_chain

RESERVE = a_reserve(expires_at=3, dispute_window=9)
RESERVATION = f"0x{RESERVE.id(GENESIS_HASH).hex()}"
RELEASE = a_release(RESERVE.id(GENESIS_HASH), by="miner").encode().hex()


def test_reservation_past_its_expiry_is_listed_with_what_it_waits_for(tmp_path: Path) -> None:
    with stored_chain(tmp_path) as stored:
        stored.block(RESERVE)
        receipt = stored.chain.keep(a_receipt(reservation_id=RESERVE.id(GENESIS_HASH), price=200))
        stored.block(a_claim(receipt))
        stored.block()
        stored.block()
        with services_of(tmp_path) as services:
            found = asyncio.run(recover(services, RecoveryAsked()))
    (stale,) = found.data
    assert stale.reservation_id == RESERVATION
    assert (stale.status, stale.pending, stale.due_height) == ("closing", "0.000200", 11)
    assert found.dry_run
    assert "by itself" in found.at_expiry


def test_dry_run_hands_nothing_in(tmp_path: Path) -> None:
    async def act(edge: EdgeAtWork) -> None:
        bad = [a_transfer().encode().hex(), "00"]
        for dry_run, result in ((True, "verified"), (False, "admitted")):
            assert not edge.core.submits
            asked = RecoveryAsked(dry_run=dry_run, releases=(RELEASE, *bad))
            outcomes = (await recover(edge.services, asked)).releases
            assert [one.result for one in outcomes] == [result, "invalid_params", "malformed"]
            assert outcomes[0].reservation_id == RESERVATION
        assert [one.transaction.hex() for one in edge.core.submits] == [RELEASE]

    at_work(tmp_path, act)


def test_refusal_of_one_is_its_result(tmp_path: Path) -> None:
    def refuse(submit: Submit) -> SubmitResult:
        return SubmitResult.refused(submit.ticket, WrongNonce(expected=1, got=0), ZERO_HASH)

    async def act(edge: EdgeAtWork) -> None:
        asked = RecoveryAsked(dry_run=False, releases=(RELEASE,))
        assert [one.result for one in (await recover(edge.services, asked)).releases] == [
            "wrong_nonce"
        ]

    at_work(tmp_path, act, decide=refuse)
