"""The files by which validators agree on a change: the acceptance of a new one, and the update.

They come by mail from strangers, so nothing in them is believed before its signatures are checked
under this chain's genesis hash.
"""

import json
from typing import Any

from chain.address import format_address, parse_address
from chain.approval import Approval, ApprovedTransaction
from chain.crypto import SecretKey
from chain.errors import ChainError, ConfigError
from chain.new_validators import AcceptedValidator, NewValidators, check_validator_acceptance
from chain.primitives import Hash, PublicKey, Signature
from chain.validation import verify_transaction
from chain.validators import Validator, ValidatorSet
from genesis.closed_json import Form, fill_form, parse_object
from node.documents import (
    ACCEPTANCE_FORM,
    CHANGE_BYTES_MAX,
    UPDATE_FORM,
    WORDS,
    AcceptanceForm,
    AcceptedForm,
    UpdateForm,
)


def encode_acceptance(accepted: AcceptedValidator, *, genesis_hash: Hash) -> bytes:
    """Return the file that a new validator sends."""
    return _encode(ACCEPTANCE_FORM, genesis_hash, _accepted_document(accepted))


def parse_acceptance(data: bytes, genesis_hash: Hash) -> AcceptedValidator:
    """Read a new validator's file and check its signature.

    Raises:
        ConfigError: it is malformed, for another chain, or not signed by the key it names.
    """
    what = "the acceptance"
    form = _read(AcceptanceForm, data, what, genesis_hash)
    try:
        accepted = _accepted(form)
        ValidatorSet([accepted.validator])
        check_validator_acceptance(accepted, genesis_hash=genesis_hash)
    except ChainError as error:
        raise ConfigError(detail=f"{what} does not count: {error}") from None
    return accepted


def encode_update(transaction: ApprovedTransaction, *, genesis_hash: Hash) -> bytes:
    """Return the file of a change and its approvals."""
    change = transaction.decision
    assert isinstance(change, NewValidators)
    fields = {
        "version": change.version,
        "added": [_accepted_document(one) for one in change.added],
        "removed": [key.hex() for key in change.removed],
        "approvals": [
            {"public_key": one.public_key.hex(), "signature": one.signature.hex()}
            for one in transaction.approvals
        ],
    }
    return _encode(UPDATE_FORM, genesis_hash, fields)


def parse_update(data: bytes, genesis_hash: Hash) -> ApprovedTransaction:
    """Read a change with its approvals and check every signature.

    Raises:
        ConfigError: it is malformed, for another chain, or a signature does not verify.
    """
    what = "the update"
    form = _read(UpdateForm, data, what, genesis_hash)
    try:
        change = make_change(
            form.version,
            [_accepted(one) for one in form.added],
            [PublicKey(bytes.fromhex(key)) for key in form.removed],
        )
        approvals = [
            Approval(
                PublicKey(bytes.fromhex(one.public_key)), Signature(bytes.fromhex(one.signature))
            )
            for one in form.approvals
        ]
        transaction = with_approvals(change, approvals)
        verify_transaction(transaction.encode(), genesis_hash=genesis_hash)
    except ChainError as error:
        raise ConfigError(detail=f"{what} does not count: {error}") from None
    return transaction


def make_change(
    version: int, added: list[AcceptedValidator], removed: list[PublicKey]
) -> NewValidators:
    """Return the change by which these join and leave, in the order that it must have."""
    joining = tuple(sorted(added, key=lambda one: one.validator.public_key))
    return NewValidators(version=version, added=joining, removed=tuple(sorted(removed)))


def with_approvals(change: NewValidators, approvals: list[Approval]) -> ApprovedTransaction:
    """Return a change with approvals in the order that they must have."""
    ordered = tuple(sorted(approvals, key=lambda one: one.public_key))
    return ApprovedTransaction(decision=change, approvals=ordered)


def sign_approval(
    transaction: ApprovedTransaction, key: SecretKey, *, genesis_hash: Hash
) -> Approval:
    """Return a validator's approval of a change."""
    return Approval(key.public_key, key.sign(transaction.signing_bytes(genesis_hash)))


def _read(form: type[Form], data: bytes, what: str, genesis_hash: Hash) -> Form:
    document = parse_object(data, what=what, bytes_max=CHANGE_BYTES_MAX)
    read = fill_form(form, document, what=what, words=WORDS)
    if document["genesis_hash"] != genesis_hash.hex():
        raise ConfigError(detail=f"{what} is for another chain, by its genesis hash")
    return read


def _accepted(form: AcceptedForm) -> AcceptedValidator:
    """Return what a form says.

    Raises:
        MalformedMessage: the payee is no address.
    """
    validator = Validator(
        public_key=PublicKey(bytes.fromhex(form.public_key)),
        name=form.name,
        payee=parse_address(form.payee),
    )
    return AcceptedValidator(
        validator=validator, until=form.until, signature=Signature(bytes.fromhex(form.signature))
    )


def _accepted_document(accepted: AcceptedValidator) -> dict[str, Any]:
    validator = accepted.validator
    return {
        "public_key": validator.public_key.hex(),
        "name": validator.name,
        "payee": format_address(validator.payee),
        "until": accepted.until,
        "signature": accepted.signature.hex(),
    }


def _encode(form: str, genesis_hash: Hash, fields: dict[str, Any]) -> bytes:
    document = {"form": form, "genesis_hash": genesis_hash.hex(), **fields}
    return json.dumps(document, indent=2).encode() + b"\n"
