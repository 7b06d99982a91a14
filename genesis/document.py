"""The genesis document: one JSON file that says what a chain begins with.

Its canonical form is RFC 8785, its SHA-256 is the genesis hash, and every signature on the chain
binds that hash. The schema is closed; amounts are decimal strings of base units.
"""

import json
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Annotated, Any

import rfc8785
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

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

DOCUMENT_BYTES_MAX = 4 * 1024 * 1024
"""A genesis document of some 40,000 accounts; larger ones belong into a snapshot."""

ACCOUNTS_MAX = 40_000

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


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FeesForm(_Closed):
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


class BaseRateForm(_Closed):
    """Base units per whole unit of a model."""

    model: LabelText
    unit_type: LabelText
    rate: AmountText


class ArbiterForm(_Closed):
    """What happens to a dispute that the validators leave undecided."""

    resolve_heights: Annotated[int, Field(ge=1, le=1_000_000)]
    undecided_provider_percent: Annotated[int, Field(ge=0, le=100)]


class ParametersForm(_Closed):
    """The numbers of the rules."""

    devnet: bool
    block_interval_ms: Annotated[int, Field(ge=50, le=600_000)]
    fees: FeesForm
    payout_period: Annotated[int, Field(ge=1, le=1_000_000)]
    base_rates: Annotated[list[BaseRateForm], Field(max_length=1_000)]
    arbiter: ArbiterForm


class ValidatorForm(_Closed):
    """A validator of the first height."""

    name: LabelText
    public_key: HexKey
    payee: str


class AccountForm(_Closed):
    """An account of the first state."""

    address: str
    balance: AmountText


class GenesisForm(_Closed):
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
    try:
        with path.open("rb") as file:
            data = file.read(DOCUMENT_BYTES_MAX + 1)
    except OSError as error:
        raise ConfigError(detail=f"cannot read {path}: {error.strerror}") from None
    try:
        return parse_genesis(data)
    except ConfigError as error:
        raise ConfigError(detail=f"{path}: {error.detail}") from None


def parse_genesis(data: bytes) -> Genesis:
    """Check a genesis document and return what it means.

    Raises:
        ConfigError: it is not valid; the sentence names the field.
    """
    if len(data) > DOCUMENT_BYTES_MAX:
        raise ConfigError(detail=f"the document has more than {DOCUMENT_BYTES_MAX} bytes")
    try:
        document = json.loads(data.decode(), object_pairs_hook=_without_repeats)
        form = GenesisForm.model_validate(document)
        genesis = _genesis(form, document)
    except ValidationError as error:
        raise ConfigError(detail=_words(error)) from None
    except UnicodeDecodeError:
        raise ConfigError(detail="the genesis document is not UTF-8 text") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(detail=f"the genesis document is not valid JSON: {error}") from None
    except ChainError as error:
        raise ConfigError(detail=f"the genesis document is not valid: {error}") from None
    genesis_ledger(genesis)
    return genesis


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, value in pairs:
        if key in fields:
            raise ConfigError(detail=f"the genesis document repeats the key {key!a}")
        fields[key] = value
    return fields


def _words(error: ValidationError) -> str:
    """Return a sentence for what the schema refuses; what was written is shown in ASCII."""
    fault = error.errors(include_url=False)[0]
    if not fault["loc"]:
        return "the genesis document is not a JSON object"
    where = ascii(".".join(str(part) for part in fault["loc"]))[1:-1]
    if fault["type"] == "extra_forbidden":
        return f"the genesis document has a field that no document has: {where}"
    if fault["type"] == "missing":
        return f"the genesis document lacks the field {where}"
    pattern = fault.get("ctx", {}).get("pattern")
    said = _PATTERN_WORDS.get(str(pattern)) or fault["msg"].removeprefix("Value error, ")
    return f"the genesis document's {where}: {said}"


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
        raise ConfigError(detail="the genesis document gives something to the zero address")
    return address


def _check_distinct(what: str, things: Sequence[Hashable]) -> None:
    if len(set(things)) != len(things):
        raise ConfigError(detail=f"the genesis document lists {what} twice")


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
        raise ConfigError(detail=f"the genesis document's parameters: {fault}")
    return parameters
