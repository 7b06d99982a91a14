"""What must hold after a market run: each job paid once or returned in full, and the sums agree.

The journals of clients and miners are compared with what the chain says, and the balances with
what was paid, to the last base unit.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from chain.address import format_address
from chain.primitives import Address, Hash
from chain.transaction import SignedTransaction, decode_transaction
from genesis.make import DEVNET_BALANCE, development_key
from node.market.job_book import Attempt, AttemptState, JobBook, JobState
from node.market.journal import Journal
from node.market.reports import earnings_of
from node.rpc_client import call
from tests.support.market_faults import CLIENTS, FUNDS, MarketRun
from tests.support.market_plan import JobKind, PlannedJob, plan_jobs

PAGE = 500
RETURNED = (AttemptState.RETURNED, AttemptState.VOID)

DONE_KINDS = frozenset({JobKind.FINE, JobKind.FLAKY, JobKind.LATE})
"""Kinds that may end well: what is late may still be in time where blocks are slow. None of the
others ever does."""


@dataclass
class Audit:
    """What was found.

    Attributes:
        jobs: how many ended in which way, by kind.
        attempts: how many ended in which way.
        reasons: why attempts came to nothing.
        paid: base units that clients paid to miners, fees of claims included.
        fees: base units that clients paid for transactions.
    """

    jobs: Counter[tuple[JobKind, JobState]] = field(default_factory=Counter)
    attempts: Counter[AttemptState] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    paid: int = 0
    fees: int = 0


def audit(run: MarketRun) -> Audit:
    """Compare journals, chain and balances.

    Raises:
        AssertionError: something does not agree; says what.
    """
    found = Audit()
    planned = plan_jobs(run.scale.jobs, clients=CLIENTS, seed=run.seed)
    seen: set[Hash] = set()
    for number in range(CLIENTS):
        book = JobBook(Journal(run.home(f"client-{number}") / "journal.db"))
        paid = 0
        for job in planned:
            if job.client == number:
                paid += _check_job(run, book, job, found, seen)
        found.paid += paid
        found.fees += _check_client(run, development_key(f"client-{number}").address, paid, seen)
    _check_miners(run, found)
    return found


def _check_job(
    run: MarketRun, book: JobBook, planned: PlannedJob, found: Audit, seen: set[Hash]
) -> int:
    """Check one job's attempts against the chain; return what was paid for it."""
    job = book.find(planned.name)
    assert job is not None, f"{planned.name} is in no journal"
    attempts = book.attempts(planned.name)
    paid = [one for one in attempts if one.state is AttemptState.PAID]
    assert len(paid) == (job.state is JobState.DONE), f"{planned.name}: {attempts}"
    assert all(one.state in RETURNED for one in attempts if one not in paid), f"{attempts}"
    if paid:
        assert planned.kind in DONE_KINDS, f"{planned.name} was paid"
        assert book.output_of(planned.name) == planned.output, f"{planned.name}: another output"
    for attempt in attempts:
        found.attempts[attempt.state] += 1
        if attempt.reason and attempt.state in RETURNED:
            found.reasons[attempt.reason] += 1
        if attempt.state is not AttemptState.VOID:
            assert attempt.reservation_id not in seen
            seen.add(attempt.reservation_id)
        _check_attempt(run, attempt)
    found.jobs[planned.kind, job.state] += 1
    return sum(one.amount for one in paid)


def _check_attempt(run: MarketRun, attempt: Attempt) -> None:
    """Check that the chain tells the same about an attempt as the journal."""
    reservation = run.view.find_reservation(attempt.reservation_id)
    if attempt.state is AttemptState.VOID:
        assert reservation is None, f"{attempt} is on the chain"
        return
    assert reservation is not None, f"{attempt} is not on the chain"
    assert reservation.status == "ended", f"{attempt}: {reservation}"
    assert reservation.spent == attempt.amount, f"{attempt}: {reservation}"
    paid = [one for one in reservation.claims if one.spent]
    assert len(paid) == (attempt.state is AttemptState.PAID), f"{attempt}: {reservation}"


def _check_client(run: MarketRun, client: Address, paid: int, seen: set[Hash]) -> int:
    """Check a client's balance and reservations; return what its transactions cost."""
    name = format_address(client)
    sent = [one for one in _all(run, "ait_getTransactions", name) if one["sender"] == name]
    reserves = {one["transactionId"] for one in sent if one["kind"] == "reserve"}
    assert reserves <= {f"0x{one.hex()}" for one in seen}, "a reservation is in no journal"
    fees = sum(_fee(one) for one in sent)
    account = call(run.view.url, "ait_getAccount", name)
    assert int(account["reserved"]) == 0, account
    assert int(account["balance"]) == DEVNET_BALANCE - paid - fees, (account, paid, fees)
    return fees


def _fee(transaction: dict[str, Any]) -> int:
    """Return what a transaction cost its sender.

    The fee that is told of an acceptance holds the fee of the claim as well, which comes out of the
    claim's amount.
    """
    if transaction["kind"] != "accept":
        return int(transaction["fee"])
    signed = decode_transaction(bytes.fromhex(transaction["rawHex"].removeprefix("0x")))
    assert isinstance(signed, SignedTransaction)
    return signed.fee


def _check_miners(run: MarketRun, found: Audit) -> None:
    """Check that miners have what clients paid, less fees, and that no receipt was paid twice."""
    spent = 0
    receipts: list[Hash] = []
    bank = -FUNDS * max(0, run.scale.miners - 2)
    for number in range(run.scale.miners):
        miner = development_key(f"miner-{number}").address
        name = format_address(miner)
        earned = earnings_of(run.view, miner)
        assert earned.is_complete
        start = DEVNET_BALANCE if number < 2 else FUNDS
        given = bank if number == 1 else 0
        sent = [one for one in _all(run, "ait_getTransactions", name) if one["sender"] == name]
        fees = sum(int(one["fee"]) for one in sent)
        paid = sum(one.paid for one in earned.models)
        balance = int(call(run.view.url, "ait_getAccount", name)["balance"])
        assert balance == start + given + paid - fees, (name, balance, start, paid, fees)
        spent += paid + sum(one.fees for one in earned.models)
        receipts += [one.receipt_hash for one in run.view.receipts_of(miner, limit=PAGE)[0]]
    assert spent == found.paid, f"miners got {spent}, clients paid {found.paid}"
    assert len(receipts) == len(set(receipts)) == found.attempts[AttemptState.PAID]


def _all(run: MarketRun, method: str, address: str) -> list[dict[str, Any]]:
    """Return every page of a list by address."""
    items: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = call(run.view.url, method, address, None, PAGE, cursor)
        items += page["items"]
        cursor = page["nextCursor"]
        if cursor is None:
            return items
