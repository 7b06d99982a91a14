"""How an approved change of the validators comes into a block."""

from collections.abc import Sequence

from chain.approval import Approval, ApprovedTransaction
from chain.errors import ConfigError, PeerError
from chain.new_validators import NewValidators
from chain.primitives import Hash, PublicKey
from node.clock import monotonic_ms, pause
from node.rpc_client import RpcRefused, call
from node.seats import Seats
from node.validator_change import approved_by, check_change
from node.validator_files import with_approvals

FINAL_MS = 120_000
"""Milliseconds in which a submitted change must be final, unless the chain stands still."""

POLL_S = 0.2


def merge(transactions: Sequence[ApprovedTransaction]) -> ApprovedTransaction:
    """Return one change with the approvals of several files.

    Raises:
        ConfigError: the files hold different changes.
    """
    first, *others = transactions
    if any(one.decision != first.decision for one in others):
        raise ConfigError(detail="the files hold different changes; submit each by itself")
    approvals: dict[PublicKey, Approval] = {
        each.public_key: each for one in transactions for each in one.approvals
    }
    assert isinstance(first.decision, NewValidators)
    return with_approvals(first.decision, list(approvals.values()))


def submit(transaction: ApprovedTransaction, seats: Seats, url: str) -> Hash:
    """Hand a change to a node and return its transaction id.

    Approvals by keys that are no validators' any more are left out, as a block with them would be
    refused.

    Raises:
        ConfigError: too few approve, or the rule does not allow the change now.
        PeerError: the node does not answer, or refuses.
    """
    change, voting = transaction.decision, seats.voting
    assert isinstance(change, NewValidators)
    transaction_id = transaction.id(seats.genesis_hash)
    if find_final(transaction_id, url) is not None:
        return transaction_id
    check_change(change, seats)
    counted = [
        one for one in transaction.approvals if voting.find_index(one.public_key) is not None
    ]
    if len(counted) < voting.quorum:
        detail = f"the change is approved {approved_by(transaction, seats)}"
        raise ConfigError(detail=f"{detail}; ask the others to run 'aitbc validator approve'")
    try:
        call(url, "ait_sendTransaction", with_approvals(change, counted).encode().hex())
    except RpcRefused as error:
        if error.reason != "already_known":
            raise
    return transaction_id


def find_final(transaction_id: Hash, url: str) -> int | None:
    """Return the height of the block that holds a transaction, or None.

    Raises:
        PeerError: the node does not answer, or not as it should.
    """
    try:
        found = call(url, "ait_getTransaction", transaction_id.hex())
    except RpcRefused as error:
        if error.reason == "transaction_not_found":
            return None
        raise
    match found:
        case {"height": int(height)}:
            return height
    raise PeerError(detail=f"{url} does not answer as a node of this program")


def wait_final(transaction_id: Hash, url: str, *, within_ms: int = FINAL_MS) -> int:
    """Wait until a change is final and return its height.

    Raises:
        PeerError: the node does not answer, or the change is not final in time.
    """
    deadline_ms = monotonic_ms() + within_ms
    while (height := find_final(transaction_id, url)) is None:
        if monotonic_ms() >= deadline_ms:
            detail = f"the change is not final within {within_ms // 1_000} s; the same command "
            raise PeerError(detail=f"{detail}waits again, 'aitbc validator list' shows the chain")
        pause(POLL_S)
    return height
