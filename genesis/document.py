"""The genesis document: one JSON file that says what a chain begins with.

Its canonical form is RFC 8785, its SHA-256 is the genesis hash, and every signature on the chain
binds that hash. The schema is closed; amounts are decimal strings of base units.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from chain.address import parse_address
from chain.crypto import sha256
from chain.errors import ChainError, ConfigError, MalformedMessage
from chain.genesis import Genesis, genesis_ledger
from chain.parameters import BaseRate, Parameters
from chain.primitives import AMOUNT_MAX, CHAIN_ID_MAX, VALIDATORS_MAX, PublicKey
from chain.validators import Validator, ValidatorSet

DOCUMENT_BYTES_MAX = 4 * 1024 * 1024
"""A genesis document of some 40,000 accounts; larger ones belong into a snapshot."""

ACCOUNTS_MAX = 40_000

AmountText = Annotated[str, StringConstraints(pattern=r"\A(0|[1-9][0-9]{0,15})\z")]
LabelText = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9._:-]{1,64}\z")]
HexKey = Annotated[str, StringConstraints(pattern=r"\A[0-9a-f]{64}\z")]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FeesForm(_Closed):
    """Flat fees by kind and the price of a byte, in base units."""

    transfer: AmountText
    reserve: AmountText
    claim: AmountText
    release: AmountText
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

    version: Literal[1]
    chain_id: Annotated[str, StringConstraints(pattern=rf"\A[A-Za-z0-9._-]{{1,{CHAIN_ID_MAX}}}\z")]
    time_ms: Annotated[int, Field(ge=0, le=2**53 - 1)]
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
        document = json.loads(data, object_pairs_hook=_without_repeats)
        form = GenesisForm.model_validate(document)
        genesis = _genesis(form, document)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise ConfigError(detail=f"the genesis document's {where}: {fault['msg']}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(detail=f"the genesis document is not valid JSON: {error}") from None
    except ChainError as error:
        raise ConfigError(detail=f"the genesis document is not valid: {error}") from None
    genesis_ledger(genesis)
    return genesis


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise MalformedMessage(detail="a key is repeated")
    return fields


def _genesis(form: GenesisForm, document: dict[str, Any]) -> Genesis:
    addresses = [parse_address(account.address) for account in form.accounts]
    if len(set(addresses)) != len(addresses):
        raise ConfigError(detail="the genesis document lists an address twice")
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
                payee=parse_address(one.payee),
            )
            for one in form.validators
        ),
        balances=tuple(zip(addresses, balances, strict=True)),
        treasury=int(form.treasury),
    )


def _parameters(form: ParametersForm) -> Parameters:
    fees = form.fees
    parameters = Parameters(
        devnet=form.devnet,
        block_interval_ms=form.block_interval_ms,
        fee_transfer=int(fees.transfer),
        fee_reserve=int(fees.reserve),
        fee_claim=int(fees.claim),
        fee_release=int(fees.release),
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
    _check_fees(parameters)
    return parameters


def _check_fees(parameters: Parameters) -> None:
    """Refuse free transactions on a chain that is not a devnet.

    Raises:
        ConfigError: a fee is 0 there, or one is above a hundredth of all money.
    """
    fees = {
        "transfer": parameters.fee_transfer,
        "reserve": parameters.fee_reserve,
        "claim": parameters.fee_claim,
        "release": parameters.fee_release,
        "per_byte": parameters.fee_per_byte,
    }
    for name, fee in (fees | {"new_account": parameters.new_account_fee}).items():
        if fee > AMOUNT_MAX // 2**24:
            raise ConfigError(detail=f"the fee '{name}' of the genesis document is too high")
    free = [name for name, fee in fees.items() if fee == 0]
    if free and not parameters.devnet:
        detail = f"the fee '{free[0]}' is 0; only a devnet's genesis document may say so"
        raise ConfigError(detail=detail)
