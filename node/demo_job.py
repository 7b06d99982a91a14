"""The parties of the demonstration and what they sign: a reservation, work, a receipt.

The terms are fixed: 2.5 gpu_seconds at 2 AITBC each, out of a reservation of 6.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chain.address import format_address
from chain.crypto import SecretKey
from chain.errors import ConfigError
from chain.kind import Kind
from chain.parameters import Parameters
from chain.payloads import Reserve
from chain.primitives import BASE_UNITS, MICRO_UNITS, Hash
from chain.receipt import Receipt, ReceiptBody, sign_receipt
from chain.transaction import SignedTransaction, sign_transaction
from genesis.document import read_genesis
from node.devnet import Devnet, DevnetNode

MODEL = "llama3.2"
UNIT_TYPE = "gpu_seconds"
MAX_RATE = 2 * BASE_UNITS
CAP = 6 * BASE_UNITS
UNITS_MICRO = 5 * MICRO_UNITS // 2
PRICE = 5 * BASE_UNITS
"""2.5 gpu_seconds at 2 AITBC each; the reservation holds 6, so that 1 goes back."""

WORK_ITERATIONS = 1_000_000
"""SHA-256 iterations of the stub miner: about half a second."""

EXPIRES_AFTER = 1_000
VALID_FOR = 100
"""Heights from now on."""


@dataclass(frozen=True)
class Market:
    """What the demonstration works with.

    Attributes:
        nodes: of the devnet.
        chain_id: name of the chain.
        genesis_hash: 32 bytes.
        parameters: of the chain.
        client: the buyer's key.
        miner: the miner's key.
    """

    nodes: tuple[DevnetNode, ...]
    chain_id: str
    genesis_hash: Hash
    parameters: Parameters
    client: SecretKey
    miner: SecretKey


def open_market(home: Path) -> Market:
    """Read a devnet's folder.

    Raises:
        ConfigError: there is no devnet in it, or it has no client or no miner.
    """
    devnet = Devnet(home)
    document = devnet.read()
    genesis = read_genesis(devnet.root / "genesis.json")
    if genesis.hash.hex() != document["genesis_hash"]:
        raise ConfigError(detail=f"{devnet.file} and its genesis.json are of different chains")
    return Market(
        nodes=tuple(devnet.nodes()),
        chain_id=genesis.chain_id,
        genesis_hash=genesis.hash,
        parameters=genesis.parameters,
        client=_key_of_role(document, "client"),
        miner=_key_of_role(document, "miner"),
    )


def _key_of_role(document: dict[str, Any], role: str) -> SecretKey:
    for account in document["accounts"]:
        if account["role"] == role:
            return SecretKey(bytes.fromhex(account["private_key"]))
    raise ConfigError(detail=f"devnet.json names no {role}; make the devnet anew")


def make_reservation(market: Market, *, job_id: str, nonce: int, height: int) -> SignedTransaction:
    """Return the client's signed reservation for the miner, with the least fee.

    Args:
        market: the parties.
        job_id: label that the client has not used.
        nonce: the client's next.
        height: of the chain.
    """
    payload = Reserve(
        job_id=job_id,
        provider=market.miner.address,
        model=MODEL,
        unit_type=UNIT_TYPE,
        max_rate=MAX_RATE,
        cap=CAP,
        expires_at=height + EXPIRES_AFTER,
    )

    def signed(fee: int) -> SignedTransaction:
        return sign_transaction(
            payload,
            key=market.client,
            genesis_hash=market.genesis_hash,
            nonce=nonce,
            fee=fee,
            valid_until=height + VALID_FOR,
        )

    size_bytes = len(signed(0).encode())
    return signed(market.parameters.minimum_fee(Kind.RESERVE, size_bytes=size_bytes))


def work(reservation_id: Hash, *, iterations: int = WORK_ITERATIONS) -> bytes:
    """Do the stub miner's work for a reservation: SHA-256 of SHA-256, over and over.

    Returns:
        32 bytes that only the same work for the same reservation gives.
    """
    digest = bytes(reservation_id)
    for _ in range(iterations):
        digest = hashlib.sha256(digest).digest()
    return digest


def make_receipt(
    market: Market,
    reserve: SignedTransaction,
    *,
    artifact: bytes,
    started_ms: int,
    duration_ms: int,
) -> Receipt:
    """Return the miner's signed receipt of work that began at a time and took so long."""
    assert isinstance(reserve.payload, Reserve)
    job_id = reserve.payload.job_id
    body = ReceiptBody(
        version="2",
        chain_id=market.chain_id,
        genesis_hash=market.genesis_hash.hex(),
        receipt_id=f"receipt-{job_id}",
        job_id=job_id,
        reservation_id=reserve.id(market.genesis_hash).hex(),
        provider=format_address(market.miner.address),
        client=format_address(market.client.address),
        units=UNITS_MICRO,
        unit_type=UNIT_TYPE,
        price=PRICE,
        model=MODEL,
        started_at=started_ms // 1_000,
        completed_at=(started_ms + duration_ms) // 1_000,
        duration_ms=duration_ms,
        artifact_hash=hashlib.sha256(b"artifact" + artifact).hexdigest(),
    )
    return sign_receipt(body, key=market.miner, key_id="key-1")
