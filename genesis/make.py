"""Making genesis documents: the same inputs give the same bytes.

The devnet's keys are derived from public words, so that examples and tests can name them; nobody
may use them where money matters.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chain.address import format_address
from chain.crypto import SecretKey
from chain.primitives import BASE_UNITS

DEVNET_CHAIN_ID = "aitbc-devnet"

DEVNET_TIME_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z: the time of the document kept beside this code."""

DEVNET_BALANCE = 1_000 * BASE_UNITS
"""What each prefunded account of a devnet begins with."""

DEVNET_TREASURY = 1_000_000 * BASE_UNITS

BASE_RATES = (
    ("codellama", 2_500_000),
    ("llama3.2", 2_000_000),
    ("llama3.2:1b", 500_000),
    ("stable-diffusion", 5_000_000),
)
"""Base units per gpu_second by model."""


@dataclass(frozen=True)
class DevelopmentAccount:
    """A prefunded account with a key that everybody knows.

    Attributes:
        name: such as ``client-0``.
        role: ``client`` or ``miner``.
        key: derived from the name.
    """

    name: str
    role: str
    key: SecretKey


def development_seed(name: str) -> bytes:
    """Return the seed everybody can derive from a name: a SHA-256 of it."""
    return hashlib.sha256(f"aitbc development key {name}".encode()).digest()


def development_key(name: str) -> SecretKey:
    """Return the key of :func:`development_seed`."""
    return SecretKey(development_seed(name))


def development_accounts(count: int = 2) -> list[DevelopmentAccount]:
    """Return ``count`` clients and as many miners."""
    return [
        DevelopmentAccount(name=name, role=role, key=development_key(name))
        for role in ("client", "miner")
        for name in (f"{role}-{index}" for index in range(count))
    ]


def development_validators(count: int) -> list[tuple[str, SecretKey]]:
    """Return the names and consensus keys of a devnet's validators."""
    return [(name, development_key(name)) for name in (f"validator-{i}" for i in range(count))]


def make_document(
    *,
    chain_id: str,
    time_ms: int,
    validators: Sequence[tuple[str, str, str]],
    accounts: Sequence[tuple[str, int]],
    treasury: int,
    devnet: bool,
    block_interval_ms: int = 1_000,
) -> dict[str, Any]:
    """Return a genesis document.

    Args:
        chain_id: name of the chain.
        time_ms: unix milliseconds.
        validators: (name, public key in hex, payee address).
        accounts: (address, base units).
        treasury: base units of the treasury.
        devnet: whether development methods exist.
        block_interval_ms: milliseconds from block to block.
    """
    return {
        "version": 1,
        "chain_id": chain_id,
        "time_ms": time_ms,
        "parameters": _parameters(devnet=devnet, block_interval_ms=block_interval_ms),
        "validators": [
            {"name": name, "public_key": public_key, "payee": payee}
            for name, public_key, payee in validators
        ],
        "accounts": [
            {"address": address, "balance": str(balance)} for address, balance in accounts
        ],
        "treasury": str(treasury),
    }


def _parameters(*, devnet: bool, block_interval_ms: int) -> dict[str, Any]:
    return {
        "devnet": devnet,
        "block_interval_ms": block_interval_ms,
        "fees": {
            "transfer": "100",
            "reserve": "100",
            "claim": "100",
            "release": "100",
            "accept": "100",
            "dispute": "100",
            "grant": "100",
            "offer": "100",
            "per_byte": "1",
            "new_account": "1000",
        },
        "payout_period": 600,
        "base_rates": [
            {"model": model, "unit_type": "gpu_seconds", "rate": str(rate)}
            for model, rate in BASE_RATES
        ],
        "arbiter": {"resolve_heights": 20_000, "undecided_provider_percent": 50},
    }


def make_devnet_document(
    *, validators: int = 4, time_ms: int = DEVNET_TIME_MS, block_interval_ms: int = 1_000
) -> dict[str, Any]:
    """Return the genesis document of a devnet with development keys."""
    return make_document(
        chain_id=DEVNET_CHAIN_ID,
        time_ms=time_ms,
        validators=[
            (name, key.public_key.hex(), format_address(key.address))
            for name, key in development_validators(validators)
        ],
        accounts=[
            (format_address(account.key.address), DEVNET_BALANCE)
            for account in development_accounts()
        ],
        treasury=DEVNET_TREASURY,
        devnet=True,
        block_interval_ms=block_interval_ms,
    )


def format_document(document: dict[str, Any]) -> str:
    """Return a document as people read it: indented, in the order it was made, one final newline.

    Its hash does not depend on this form.
    """
    return json.dumps(document, indent=2) + "\n"
