"""The genesis document: one JSON file that says what a chain begins with.

Its canonical form is RFC 8785, its SHA-256 is the genesis hash, and every signature on the chain
binds that hash. The schema is closed; amounts are decimal strings of base units.
"""

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Annotated, Any

import rfc8785
from pydantic import AfterValidator, Field, StringConstraints

from chain.address import parse_address
from chain.crypto import sha256
from chain.errors import ChainError, ConfigError
from chain.genesis import Genesis, genesis_ledger
from chain.parameters import BaseRate, Parameters
from chain.primitives import (
    AMOUNT_MAX,
    CHAIN_ID_MAX,
    TIME_MS_MAX,
    VALIDATORS_MAX,
    ZERO_ADDRESS,
    Address,
    PublicKey,
)
from chain.validators import Validator, ValidatorSet
from genesis.closed_json import ClosedForm, fill_form, parse_object, read_file

DOCUMENT_BYTES_MAX = 4 * 1024 * 1024
"""A genesis document of some 40,000 accounts; larger ones belong into a snapshot."""

ACCOUNTS_MAX = 40_000

_WHAT = "the genesis document"

_AMOUNT = r"\A(0|[1-9][0-9]{0,15})\z"
_LABEL = r"\A[A-Za-z0-9._:-]{1,64}\z"
_HEX_KEY = r"\A[0-9a-f]{64}\z"
_CHAIN_ID = rf"\A[A-Za-z0-9._-]{{1,{CHAIN_ID_MAX}}}\z"

_PATTERN_WORDS = {
    _AMOUNT: 'must be a decimal string of base units without leading zeros, such as "1000"',
    _LABEL: "must be 1 to 64 letters, digits, dots, colons, hyphens or underscores",
    _HEX_KEY: "must be a public key of 64 lower hexadecimal digits",
    _CHAIN_ID: f"must be 1 to {CHAIN_ID_MAX} letters, digits, dots, hyphens or underscores",
}
"""What a person reads instead of a pattern."""


def _check_amount(text: str) -> str:
    if int(text) > AMOUNT_MAX:
        raise ValueError(f"must be at most {AMOUNT_MAX} base units")  # noqa: TRY003 - for pydantic
    return text


AmountText = Annotated[str, StringConstraints(pattern=_AMOUNT), AfterValidator(_check_amount)]
LabelText = Annotated[str, StringConstraints(pattern=_LABEL)]
HexKey = Annotated[str, StringConstraints(pattern=_HEX_KEY)]


class FeesForm(ClosedForm):
    """Flat fees by kind and the price of a byte, in base units."""

    transfer: AmountText
    reserve: AmountText
    claim: AmountText
    release: AmountText
    accept: AmountText
    dispute: AmountText
    grant: AmountText
    offer: AmountText
    per_byte: AmountText
    new_account: AmountText


class BaseRateForm(ClosedForm):
    """Base units per whole unit of a model."""

    model: LabelText
    unit_type: LabelText
    rate: AmountText


class ArbiterForm(ClosedForm):
    """What happens to a dispute that the validators leave undecided."""

    resolve_heights: Annotated[int, Field(ge=1, le=1_000_000)]
    undecided_provider_percent: Annotated[int, Field(ge=0, le=100)]


class ParametersForm(ClosedForm):
    """The numbers of the rules."""

    devnet: bool
    block_interval_ms: Annotated[int, Field(ge=50, le=600_000)]
    fees: FeesForm
    payout_period: Annotated[int, Field(ge=1, le=1_000_000)]
    base_rates: Annotated[list[BaseRateForm], Field(max_length=1_000)]
    arbiter: ArbiterForm


class ValidatorForm(ClosedForm):
    """A validator of the first height."""

    name: LabelText
    public_key: HexKey
    payee: str


class AccountForm(ClosedForm):
    """An account of the first state."""

    address: str
    balance: AmountText


class GenesisForm(ClosedForm):
    """The whole document."""

    version: Annotated[int, Field(ge=1, le=1)]
    chain_id: Annotated[str, StringConstraints(pattern=_CHAIN_ID)]
    time_ms: Annotated[int, Field(ge=0, lt=TIME_MS_MAX)]
    parameters: ParametersForm
    validators: Annotated[list[ValidatorForm], Field(min_length=1, max_length=VALIDATORS_MAX)]
    accounts: Annotated[list[AccountForm], Field(max_length=ACCOUNTS_MAX)]
    treasury: AmountText


def canonical_bytes(document: dict[str, Any]) -> bytes:
    """Return the RFC 8785 bytes of a document, whose SHA-256 is the genesis hash."""
    return rfc8785.dumps(document)


def read_genesis(path: Path) -> Genesis:
    """Read and check the genesis document at ``path``.

    Raises:
        ConfigError: the file cannot be read or the document is not valid; says why.
    """
    data = read_file(path, bytes_max=DOCUMENT_BYTES_MAX)
    try:
        return parse_genesis(data)
    except ConfigError as error:
        raise ConfigError(detail=f"{path}: {error.detail}") from None


def parse_genesis(data: bytes) -> Genesis:
    """Check a genesis document and return what it means.

    Raises:
        ConfigError: it is not valid; the sentence names the field.
    """
    document = parse_object(data, what=_WHAT, bytes_max=DOCUMENT_BYTES_MAX)
    form = fill_form(GenesisForm, document, what=_WHAT, words=_PATTERN_WORDS)
    try:
        genesis = _genesis(form, document)
    except (ChainError, rfc8785.CanonicalizationError) as error:
        raise ConfigError(detail=f"{_WHAT} is not valid: {error}") from None
    genesis_ledger(genesis)
    return genesis


def _genesis(form: GenesisForm, document: dict[str, Any]) -> Genesis:
    addresses = [_held_address(account.address) for account in form.accounts]
    _check_distinct("an address", addresses)
    _check_distinct("a validator's name", [one.name for one in form.validators])
    balances = [int(account.balance) for account in form.accounts]
    return Genesis(
        chain_id=form.chain_id,
        hash=sha256(canonical_bytes(document)),
        time_ms=form.time_ms,
        parameters=_parameters(form.parameters),
        validators=ValidatorSet(
            Validator(
                public_key=PublicKey(bytes.fromhex(one.public_key)),
                name=one.name,
                payee=_held_address(one.payee),
            )
            for one in form.validators
        ),
        balances=tuple(zip(addresses, balances, strict=True)),
        treasury=int(form.treasury),
    )


def _held_address(text: str) -> Address:
    """Read an address that somebody can hold the key of.

    Raises:
        ConfigError: it is the zero address, whose money nobody could ever move.
        MalformedMessage: it is no address.
    """
    address = parse_address(text)
    if address == ZERO_ADDRESS:
        raise ConfigError(detail=f"{_WHAT} gives something to the zero address")
    return address


def _check_distinct(what: str, things: Sequence[Hashable]) -> None:
    if len(set(things)) != len(things):
        raise ConfigError(detail=f"{_WHAT} lists {what} twice")


def _parameters(form: ParametersForm) -> Parameters:
    fees = form.fees
    _check_distinct("a base rate", [(one.model, one.unit_type) for one in form.base_rates])
    parameters = Parameters(
        devnet=form.devnet,
        block_interval_ms=form.block_interval_ms,
        fee_transfer=int(fees.transfer),
        fee_reserve=int(fees.reserve),
        fee_claim=int(fees.claim),
        fee_release=int(fees.release),
        fee_accept=int(fees.accept),
        fee_dispute=int(fees.dispute),
        fee_grant=int(fees.grant),
        fee_offer=int(fees.offer),
        fee_per_byte=int(fees.per_byte),
        new_account_fee=int(fees.new_account),
        resolve_heights=form.arbiter.resolve_heights,
        undecided_provider_percent=form.arbiter.undecided_provider_percent,
        payout_period=form.payout_period,
        base_rates=tuple(
            sorted(
                (BaseRate(one.model, one.unit_type, int(one.rate)) for one in form.base_rates),
                key=lambda rate: (rate.model, rate.unit_type),
            )
        ),
    )
    fault = parameters.find_fault()
    if fault is not None:
        raise ConfigError(detail=f"{_WHAT}'s parameters: {fault}")
    return parameters
