from chain.certificate import Certificate, VoteKind
from chain.crypto import sha256
from chain.kind import Kind
from chain.outcome import Outcome, OutcomeKind
from chain.primitives import INDEX_BITS, ZERO_HASH, PublicKey, Signature
from chain.store.account_views import AccountView
from chain.store.views import BlockView, TransactionView
from chain.transaction import Transaction
from node.api import shapes
from tests.support.builders import (
    GENESIS_HASH,
    a_transfer,
    address_of_name,
)


def view_of(transaction: Transaction) -> TransactionView:
    return TransactionView(
        row=(7 << INDEX_BITS) + 3,
        id=transaction.id(GENESIS_HASH),
        kind=Kind(transaction.kind),
        time_ms=1,
        sender=None,
        recipient=None,
        amount=2**53 - 1,
        fee=0,
        nonce=0,
        paid=0,
        returned=0,
        pending=0,
        data=transaction.encode(),
    )


def test_transaction_says_where_it_is_and_how_much_it_moved() -> None:
    shape = shapes.transaction_shape(view_of(a_transfer(memo="thanks")))
    assert (shape["height"], shape["index"], shape["kind"]) == (7, 3, "transfer")
    assert shape["amount"] == "9007199254740991"
    assert shape["payload"]["memo"] == "thanks"
    assert shape["payload"]["to"].startswith("ait1")


def test_genesis_is_a_block_without_roots() -> None:
    genesis = BlockView(
        height=0,
        hash=GENESIS_HASH,
        time_ms=5,
        proposer=PublicKey(b""),
        transaction_count=0,
        receipt_count=0,
        header=None,
        due_outcomes=(),
    )
    shape = shapes.block_shape(genesis, None)
    assert shape["hash"] == f"0x{GENESIS_HASH.hex()}"
    assert (shape["proposer"], shape["certificate"]) == (None, None)
    assert "stateRoot" not in shape


def test_certificate_counts_its_signatures() -> None:
    certificate = Certificate(
        kind=VoteKind.PRECOMMIT,
        height=7,
        round=2,
        block_hash=GENESIS_HASH,
        validators_hash=ZERO_HASH,
        signatures=tuple((index, Signature(bytes(64))) for index in range(3)),
    )
    shape = shapes.certificate_shape(certificate)
    assert (shape["round"], shape["signatures"]) == (2, 3)


def test_due_work_names_its_kind() -> None:
    outcome = Outcome(
        kind=OutcomeKind.EXPIRED,
        subject=sha256(b"reservation"),
        receipt_hash=ZERO_HASH,
        fee=0,
        paid=0,
        returned=300,
    )
    shape = shapes.outcome_shape(outcome)
    assert (shape["kind"], shape["returned"], shape["receiptHash"]) == ("expired", "300", None)


def test_what_is_reserved_has_left_the_balance() -> None:
    account = AccountView(
        address_of_name("client"),
        number=1,
        balance=700,
        reserved=200,
        pending=100,
        nonces=(),
        bonds=9,
    )
    shape = shapes.account_shape(account, nonce=4, height=9)
    assert (shape["balance"], shape["available"], shape["reserved"]) == ("700", "700", "309")
    assert (shape["pending"], shape["bonds"]) == ("100", "9")
    assert shape["address0x"].startswith("0x")
