"""Fetching a receipt with its proof, and verifying one from wherever it came.

This is what ``aitbc_crypto`` offers to programs that run no node: it needs neither the network
stack nor a database, and it never believes the node that it asked.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from chain.errors import ChainError, ConfigError, LimitExceeded, MalformedMessage, ReceiptMismatch
from chain.genesis import Genesis
from chain.legacy_verification import verify_legacy
from chain.light import LightClient
from chain.primitives import HASH_BYTES, PUBLIC_KEY_BYTES, Hash, PublicKey
from chain.proof import PROOF_BYTES_MAX, ReceiptProof, read_proof
from chain.proof_parts import open_proof
from chain.trust import Trust
from chain.validators import ValidatorSet
from chain.verdict import Verification, unreadable
from chain.verification import verify_document, verify_proof
from genesis.document import canonical_bytes, parse_genesis, read_genesis
from node.rpc_client import call
from node.rpc_url import DEFAULT_URL

AnyReceipt = ReceiptProof | bytes | str | Mapping[str, Any]
"""A proof, a proof's or a document's JSON, or what a JSON reader made of either."""

AnyGenesis = Genesis | Path | bytes | str | Mapping[str, Any]
"""A genesis document, the file that holds it, or the 64 digits of its hash."""


AnyValidators = ValidatorSet | LightClient | bytes
"""A set, its encoding, or who followed its changes."""


def get_receipt(receipt: str, url: str = DEFAULT_URL) -> ReceiptProof:
    """Ask a node for a receipt with its proof; :func:`verify_receipt` says what it is worth.

    Args:
        receipt: the receipt hash, or the id that its miner gave it (the newest of several).
        url: of a node's JSON-RPC.

    Raises:
        PeerError: the node does not answer, or has no such receipt.
        MalformedMessage: what it answers is no proof.
        ReceiptMismatch: it answers with another receipt than the one asked for.
    """
    proof = read_proof(call(url, "ait_getReceiptProof", receipt))
    found = open_proof(proof).receipt
    if receipt.lower().removeprefix("0x") != found.hash.hex() and receipt != found.receipt_id:
        raise ReceiptMismatch(field="id")
    return proof


def verify_receipt(
    receipt: AnyReceipt,
    *,
    genesis: AnyGenesis | None = None,
    validators: AnyValidators | None = None,
    public_key: bytes | str | None = None,
    rate: int | None = None,
) -> Verification:
    """Check a receipt offline, believing nobody but what the caller hands in.

    The result is true if the provider's signature holds and no check failed; ``is_final`` says
    whether the receipt is also proven to be in a final block of the trusted chain. A document
    without a proof can be true and never final.

    Args:
        receipt: a proof, or a document of version 2 or 1.0.
        genesis: the chain that the caller trusts; of a hash alone, ``validators`` says who signs.
        validators: those of the block's height, where the proof does not bring every change of
            them since genesis.
        public_key: the provider's, 32 bytes or their hexadecimal digits; a document of version 1.0
            needs it, and any other must then be signed with it.
        rate: base units per whole unit that the reservation allows at most.

    Raises:
        ConfigError: the genesis document, the validators or the key are none.
    """
    trust = _trust(genesis, validators, public_key, rate)
    try:
        return _verify(receipt, trust)
    except ChainError as error:
        return unreadable(error)


def _verify(receipt: AnyReceipt, trust: Trust) -> Verification:
    """Tell which kind of thing was given, and verify it.

    Raises:
        ChainError: it is none that we know.
    """
    if isinstance(receipt, ReceiptProof):
        return verify_proof(receipt, trust)
    if isinstance(receipt, Mapping):
        return _verify_content(dict(receipt), None, trust)
    data = _bytes_of(receipt)
    if len(data) > PROOF_BYTES_MAX:
        raise LimitExceeded(what="the size", got=len(data), limit=PROOF_BYTES_MAX)
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        raise MalformedMessage(detail="it is not valid JSON") from None
    return _verify_content(content, data, trust)


def _verify_content(content: object, data: bytes | None, trust: Trust) -> Verification:
    if not isinstance(content, dict):
        raise MalformedMessage(detail="it is not a JSON object")
    if "header" in content:
        return verify_proof(read_proof(content), trust, data=data)
    if content.get("version") == "1.0":
        # Its signed bytes keep the spelling of each number, which Python's reader keeps too.
        legacy = _spelt(content, lambda it: json.dumps(it).encode()) if data is None else data
        envelope = content.get("signature")
        key_id = envelope.get("key_id") if isinstance(envelope, dict) else None
        return verify_legacy(legacy, public_key=trust.public_key, key_id=key_id)
    return verify_document(_spelt(content, canonical_bytes) if data is None else data, trust)


def _spelt(content: dict[str, Any], spell: Callable[[dict[str, Any]], bytes]) -> bytes:
    try:
        return spell(content)
    except (TypeError, ValueError, RecursionError):
        raise MalformedMessage(detail="it holds what JSON cannot spell") from None


def _bytes_of(text: bytes | str) -> bytes:
    try:
        return text.encode() if isinstance(text, str) else bytes(text)
    except UnicodeEncodeError:
        raise MalformedMessage(detail="it is not UTF-8 text") from None


def _trust(
    genesis: AnyGenesis | None,
    validators: AnyValidators | None,
    public_key: bytes | str | None,
    rate: int | None,
) -> Trust:
    """Read what the caller trusts.

    Raises:
        ConfigError: a part is not what it should be.
    """
    known = None if genesis is None else read_any_genesis(genesis)
    voters = _validators(validators)
    key = None if public_key is None else PublicKey(_digits(public_key, PUBLIC_KEY_BYTES, "key"))
    if not isinstance(known, Genesis):
        return Trust(genesis_hash=known, validators=voters, public_key=key, rate=rate)
    return Trust(
        genesis_hash=known.hash,
        chain_id=known.chain_id,
        validators=voters,
        public_key=key,
        rate=rate,
        genesis=known,
    )


def read_any_genesis(genesis: AnyGenesis) -> Genesis | Hash:
    """Return a genesis document's meaning, or its hash where only that was given.

    Raises:
        ConfigError: it is neither a valid document nor a hash.
    """
    match genesis:
        case Genesis():
            return genesis
        case Path():
            return read_genesis(genesis)
        case Mapping():
            return parse_genesis(canonical_bytes(dict(genesis)))
        case bytes() if len(genesis) != HASH_BYTES:
            return parse_genesis(genesis)
        case str() if genesis.lstrip().startswith("{"):
            return parse_genesis(genesis.encode())
    return Hash(_digits(genesis, HASH_BYTES, "genesis hash"))


def _validators(validators: AnyValidators | None) -> ValidatorSet | LightClient | None:
    if validators is None or isinstance(validators, (ValidatorSet, LightClient)):
        return validators
    try:
        return ValidatorSet.decode(validators)
    except ChainError as error:
        raise ConfigError(detail=f"the validators cannot be read: {error}") from None


def _digits(text: bytes | str, size: int, what: str) -> bytes:
    """Read bytes, or their hexadecimal digits.

    Raises:
        ConfigError: they are not of the size that they must be.
    """
    try:
        data = bytes.fromhex(text.removeprefix("0x")) if isinstance(text, str) else text
    except ValueError:
        data = b""
    if len(data) != size:
        raise ConfigError(detail=f"the {what} is not {size} bytes in hexadecimal digits")
    return data
