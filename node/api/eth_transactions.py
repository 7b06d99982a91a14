"""Transactions and their receipts as clients of the EVM read them.

One unit of gas stands for one transaction, at the price of its whole fee, so that price times gas
is the fee. There is no ECDSA signature: ``v``, ``r`` and ``s`` are zero, and who signed with
Ed25519 has fields beside them that begin with ``ait``.
"""

from collections.abc import Sequence
from typing import assert_never

from chain.approval import ApprovedTransaction, NewParameters, Resolution
from chain.claim import ClaimTransaction
from chain.claim_batch import ClaimBatch
from chain.new_validators import NewValidators
from chain.payloads import Accept, Dispute, Payload, Release, Reserve, Transfer
from chain.policy_payloads import Grant, Offer, Revoke
from chain.primitives import Hash
from chain.store.views import BlockView, TransactionView
from chain.transaction import SignedTransaction, Transaction
from node.api.eth_abi import FUNCTIONS, SETTLEMENT
from node.api.eth_bloom import bloom_of
from node.api.eth_logs import NOBODY, Log, due_work_id
from node.api.eth_words import WEI_PER_UNIT, hex_address, quantity, wei
from node.api.words import Json, hex_of

_UNSIGNED = {"type": "0x0", "v": "0x0", "r": "0x0", "s": "0x0"}


def transaction_json(view: TransactionView, block: BlockView) -> Json:
    """Return a transaction of a block."""
    decoded = view.decode()
    is_transfer = isinstance(decoded, SignedTransaction) and isinstance(decoded.payload, Transfer)
    spends = isinstance(decoded, SignedTransaction) and isinstance(
        decoded.payload, Transfer | Reserve
    )
    return {
        **_place(block, view.index, view.id),
        **_UNSIGNED,
        "from": _sender(view),
        "to": hex_address(view.recipient) if is_transfer else hex_address(SETTLEMENT),
        "value": wei(view.amount if spends else 0),
        "nonce": quantity(view.nonce or 0),
        "gas": "0x1",
        "gasPrice": wei(view.fee),
        "input": hex_of(_input(decoded)),
        "aitKind": view.kind.name.lower(),
        **_signature(decoded),
    }


def due_work_json(block: BlockView) -> Json:
    """Return the transaction that stands for a block's due work."""
    return {
        **_place(block, block.transaction_count, due_work_id(block.hash, block.height)),
        **_UNSIGNED,
        "from": NOBODY,
        "to": hex_address(SETTLEMENT),
        "value": "0x0",
        "nonce": "0x0",
        "gas": "0x1",
        "gasPrice": "0x0",
        "input": hex_of(FUNCTIONS["settleDueWork"].call(block.height)),
        "aitKind": "due_work",
    }


def receipt_json(transaction: Json, logs: Sequence[Log], block: BlockView) -> Json:
    """Return the receipt of a transaction that :func:`transaction_json` has made."""
    index = int(transaction["transactionIndex"], 16)
    return {
        "transactionHash": transaction["hash"],
        "transactionIndex": transaction["transactionIndex"],
        "blockHash": transaction["blockHash"],
        "blockNumber": transaction["blockNumber"],
        "from": transaction["from"],
        "to": transaction["to"],
        "type": "0x0",
        "status": "0x1",
        "gasUsed": "0x1",
        "cumulativeGasUsed": quantity(index + 1),
        "effectiveGasPrice": transaction["gasPrice"],
        "contractAddress": None,
        "logs": [log.content(block.hash) for log in logs],
        "logsBloom": hex_of(bloom_of(logs)),
    }


def _place(block: BlockView, index: int, transaction_hash: Hash) -> Json:
    return {
        "hash": hex_of(transaction_hash),
        "blockHash": hex_of(block.hash),
        "blockNumber": quantity(block.height),
        "blockTimestamp": quantity(block.time_ms // 1_000),
        "transactionIndex": quantity(index),
    }


def _sender(view: TransactionView) -> str:
    """Return who sent it: of claims the provider, and nobody of what validators approved."""
    if view.sender is not None:
        return hex_address(view.sender)
    decoded = view.decode()
    return NOBODY if isinstance(decoded, ApprovedTransaction) else hex_address(view.recipient)


def _signature(transaction: Transaction) -> Json:
    match transaction:
        case SignedTransaction(public_key=public_key, signature=signature):
            pass
        case ClaimTransaction(claim=claim, signature=signature):
            public_key = claim.public_key
        case ClaimBatch(claims=claims, signature=signature):
            public_key = claims[0].public_key
        case ApprovedTransaction():
            return {}
        case _:
            assert_never(transaction)
    return {"aitPublicKey": hex_of(public_key), "aitSignature": hex_of(signature)}


def _input(transaction: Transaction) -> bytes:
    match transaction:
        case SignedTransaction(payload=payload):
            return _payload_input(payload)
        case ClaimTransaction(claim=claim):
            values = (claim.reservation_id, claim.receipt_hash, claim.client)
            return FUNCTIONS["claim"].call(*values, claim.amount * WEI_PER_UNIT, claim.job_id)
        case ClaimBatch(claims=claims):
            amount = sum(claim.amount for claim in claims)
            return FUNCTIONS["claimBatch"].call(len(claims), amount * WEI_PER_UNIT)
        case ApprovedTransaction(decision=Resolution() as one):
            amount = one.provider_amount * WEI_PER_UNIT
            return FUNCTIONS["resolve"].call(one.reservation_id, one.receipt_hash, amount)
        case ApprovedTransaction(decision=NewParameters() as one):
            return FUNCTIONS["changeParameters"].call(one.parameters.version)
        case ApprovedTransaction(decision=NewValidators() as one):
            return FUNCTIONS["changeValidators"].call(one.version)
    raise AssertionError(transaction)


def _payload_input(payload: Payload) -> bytes:
    match payload:
        case Transfer(memo=memo):
            return memo.encode("ascii")
        case Reserve() as one:
            money = (one.cap * WEI_PER_UNIT, one.max_rate * WEI_PER_UNIT)
            labels = (one.job_id, one.model, one.unit_type)
            return FUNCTIONS["reserve"].call(one.provider, *money, one.expires_at, *labels)
        case Release(reservation_id=reservation_id):
            return FUNCTIONS["release"].call(reservation_id)
        case Accept() as one:
            amount = one.amount * WEI_PER_UNIT
            return FUNCTIONS["accept"].call(one.reservation_id, one.receipt_hash, amount)
        case Dispute() as one:
            hashes = (one.reservation_id, one.receipt_hash, one.reason_hash)
            return FUNCTIONS["dispute"].call(*hashes)
        case Grant() as one:
            limit = one.total_limit * WEI_PER_UNIT
            return FUNCTIONS["grant"].call(one.public_key, limit, one.expires_at, one.label)
        case Revoke(public_key=public_key):
            return FUNCTIONS["revoke"].call(public_key)
        case Offer() as one:
            rate = one.rate * WEI_PER_UNIT
            return FUNCTIONS["offer"].call(one.model, one.unit_type, rate, one.expires_at)
        case _:
            assert_never(payload)
