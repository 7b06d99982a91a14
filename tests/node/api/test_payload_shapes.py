import json
from dataclasses import replace

import pytest

from chain.address import format_address
from chain.approval import NewParameters, Resolution, approve
from chain.crypto import sha256
from chain.kind import Kind
from chain.parameters import BaseRate
from chain.payloads import Accept, Dispute
from chain.policy_payloads import Revoke
from chain.primitives import ZERO_ADDRESS, ZERO_HASH
from chain.transaction import Transaction, decode_transaction
from node.api.payload_shapes import payload_shape, scope_names
from tests.support.builders import (
    GENESIS_HASH,
    PRICED,
    a_batch,
    a_claim,
    a_receipt,
    a_release,
    a_reserve,
    a_signed,
    a_transfer,
    an_accepted_claim,
    key_of,
    validator_keys,
)
from tests.support.policy import a_grant, an_offer
from tests.support.seats import a_validator, new_validators, seat_key

RESERVATION, RECEIPT = sha256(b"reservation"), a_receipt()
CHANGED = replace(PRICED, version=3, base_rates=(BaseRate("qwen3", "tokens", 7),))
RESOLUTION = Resolution(RESERVATION, RECEIPT.hash, opened_at=9, provider_amount=12)

EVERY_KIND: tuple[Transaction, ...] = (
    a_transfer(),
    a_reserve(),
    a_claim(),
    a_release(GENESIS_HASH),
    a_signed(Accept(reservation_id=RESERVATION, receipt_hash=RECEIPT.hash, amount=5)),
    a_signed(Dispute(RESERVATION, RECEIPT.hash, reason_hash=ZERO_HASH)),
    approve(RESOLUTION, keys=validator_keys(4), genesis_hash=GENESIS_HASH),
    a_signed(a_grant()),
    a_signed(Revoke(public_key=key_of("gate").public_key)),
    a_signed(an_offer()),
    approve(NewParameters(CHANGED), keys=validator_keys(3), genesis_hash=GENESIS_HASH),
    a_batch(RECEIPT, a_receipt(job_id="job-2", receipt_id="two")),
    approve(
        new_validators(4, join=[7], leave=[1], until=99),
        keys=validator_keys(3),
        genesis_hash=GENESIS_HASH,
    ),
)


def shape_of(kind: Kind) -> dict[str, object]:
    (transaction,) = [one for one in EVERY_KIND if one.kind == kind]
    return payload_shape(transaction)


def test_table_has_every_kind() -> None:
    assert [one.kind for one in EVERY_KIND] == list(Kind)


@pytest.mark.parametrize("transaction", EVERY_KIND, ids=lambda one: one.kind.name)
def test_payload_is_json_without_floats_and_survives_its_bytes(transaction: Transaction) -> None:
    shape = payload_shape(transaction)
    assert shape
    assert json.loads(json.dumps(shape), parse_float=pytest.fail) == shape
    assert payload_shape(decode_transaction(transaction.encode())) == shape


def test_transfer_names_its_receiver_and_memo() -> None:
    shape = payload_shape(a_transfer(memo="thanks"))
    assert shape["memo"] == "thanks"
    assert str(shape["to"]).startswith("ait1")


def test_reservation_for_anybody_names_nobody() -> None:
    shape = payload_shape(a_reserve(provider=ZERO_ADDRESS, model="", dispute_window=5))
    assert (shape["provider"], shape["model"], shape["disputeWindow"]) == (None, None, 5)


def test_claim_says_whether_its_client_accepted() -> None:
    assert shape_of(Kind.CLAIM)["accepted"] is False
    accepted = payload_shape(an_accepted_claim())
    assert (accepted["accepted"], accepted["final"], accepted["fieldsRoot"]) == (True, False, None)


def test_claim_shows_its_commitment_to_private_fields() -> None:
    shape = payload_shape(a_claim(a_receipt(fields_root="ab" * 32)))
    assert shape["fieldsRoot"] == "0x" + "ab" * 32


def test_batch_shows_each_claim_in_order() -> None:
    claims = shape_of(Kind.CLAIM_BATCH)["claims"]
    assert isinstance(claims, list)
    assert [one["jobId"] for one in claims] == ["job-1", "job-2"]
    single = shape_of(Kind.CLAIM)
    assert claims[0] == {key: value for key, value in single.items() if key != "accepted"}


def test_acceptance_and_dispute_name_the_claim() -> None:
    name = {
        "reservationId": f"0x{RESERVATION.hex()}",
        "receiptHash": f"0x{RECEIPT.hash.hex()}",
    }
    assert shape_of(Kind.ACCEPT) == name | {"amount": "5"}
    assert shape_of(Kind.DISPUTE) == name | {"reasonHash": None, "disclosure": None}


def test_resolution_says_how_the_claim_is_split_and_who_approved() -> None:
    shape = shape_of(Kind.RESOLVE)
    assert (shape["openedAtHeight"], shape["providerAmount"]) == (9, "12")
    assert shape["approvals"] == [f"0x{key.public_key.hex()}" for key in validator_keys(4)]


def test_grant_names_its_scopes_and_limits() -> None:
    shape = shape_of(Kind.GRANT)
    assert shape["scopes"] == ["reserve", "accept", "receipt"]
    assert (shape["label"], shape["totalLimit"], shape["models"]) == ("gate", "1000", [])
    assert shape_of(Kind.REVOKE) == {"publicKey": shape["publicKey"]}


@pytest.mark.parametrize(
    ("scopes", "names"), [(0, []), (2, ["accept"]), (5, ["reserve", "receipt"])]
)
def test_scopes_are_named(scopes: int, names: list[str]) -> None:
    assert scope_names(scopes) == names


def test_offer_is_a_line_of_a_price_list() -> None:
    shape = shape_of(Kind.OFFER)
    assert (shape["model"], shape["rate"], shape["capacity"]) == ("llama3.2", "5", 2)


def test_parameters_show_fees_and_base_rates() -> None:
    shape = shape_of(Kind.PARAMETERS)
    assert (shape["version"], shape["devnet"]) == (3, False)
    assert shape["baseRates"] == [{"model": "qwen3", "unitType": "tokens", "rate": "7"}]
    fees = shape["fees"]
    assert isinstance(fees, dict)
    assert (fees["reserve"], fees["perByte"], fees["newAccount"]) == ("20", "1", "1000")
    named = {name for name in vars(PRICED) if name.startswith("fee_")} | {"new_account_fee"}
    assert len(fees) == len(named)


def test_change_of_validators_says_who_joins_and_who_leaves() -> None:
    shape = shape_of(Kind.VALIDATORS)
    joining = a_validator(7)
    assert shape["added"] == [
        {
            "publicKey": f"0x{joining.public_key.hex()}",
            "name": "validator-7",
            "payee": format_address(joining.payee),
            "acceptedUntilHeight": 99,
        }
    ]
    assert (shape["version"], shape["removed"]) == (4, [f"0x{seat_key(1).public_key.hex()}"])
    assert shape["approvals"] == [f"0x{key.public_key.hex()}" for key in validator_keys(3)]


def test_release_names_its_reservation() -> None:
    assert shape_of(Kind.RELEASE) == {"reservationId": f"0x{GENESIS_HASH.hex()}"}
