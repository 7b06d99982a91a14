import pytest

from chain.address import format_address, format_hex_address
from node.api import forms, payout_reads
from node.api.jsonrpc import read_params
from node.api.problems import RpcError
from tests.support.builders import address_of_name

MINER = address_of_name("miner")
HASH = "ab" * 32


@pytest.mark.parametrize("text", [HASH, HASH.upper(), f"0x{HASH}", f"0x{HASH.upper()}"])
def test_hash_may_have_its_prefix_or_not(text: str) -> None:
    params = read_params(forms.TransactionParams, [text])
    assert forms.find_hash(params.transaction_id) == bytes.fromhex(HASH)


@pytest.mark.parametrize(
    "text", [format_address(MINER), format_hex_address(MINER), f"0x{MINER.hex()}"]
)
def test_address_may_be_spelt_either_way(text: str) -> None:
    params = read_params(forms.AccountParams, {"address": text})
    assert forms.address_of(params.address) == MINER


@pytest.mark.parametrize(
    ("form", "given"),
    [
        (forms.TransactionParams, {"transactionId": HASH[1:]}),
        (forms.TransactionParams, {"transactionId": "0X" + HASH}),
        (forms.TransactionParams, {"transactionId": HASH + "\n"}),
        (forms.TransactionParams, {"transaction_id": HASH}),
        (forms.AccountParams, {"address": format_address(MINER)[:-1] + "q"}),
        (forms.AccountParams, {"address": "0x00"}),
        (forms.AccountParams, {"address": 1}),
        (forms.AccountParams, {"address": "a" * 10_000}),
        (forms.BlockParams, {"block": -1}),
        (forms.BlockParams, {"block": 2**63}),
        (forms.BlockParams, {"block": True}),
        (forms.BlockParams, {"block": "earliest"}),
        (forms.BlockParams, {"block": None}),
        (forms.BlockParams, {"block": 1, "transactions": 1}),
        (forms.BlockParams, {"block": 1, "fromIndex": -1}),
        (forms.ReceiptParams, {"receipt": ""}),
        (forms.ReceiptParams, {"receipt": "a b"}),
        (forms.ReceiptParams, {"receipt": "é"}),
        (forms.ReceiptsParams, {"limit": 0}),
        (forms.ReceiptsParams, {"limit": 501}),
        (forms.ReceiptsParams, {"status": "lost"}),
        (forms.ReceiptsParams, {"model": "' OR 1=1 --"}),
        (forms.ReceiptsParams, {"cursor": "A" * 65}),
        (forms.SendParams, {"rawHex": ""}),
        (forms.SendParams, {"rawHex": "0x"}),
        (forms.SendParams, {"rawHex": "0x0"}),
        (forms.SendParams, {"rawHex": "0x 00"}),
        (forms.SendParams, {"rawHex": "00" * 140_000}),
        (forms.FeeParams, {"kind": "mint", "sizeBytes": 1}),
        (forms.FeeParams, {"kind": "transfer", "sizeBytes": 0}),
        (forms.FeeParams, {"kind": "transfer", "sizeBytes": 131_073}),
        (forms.FeeParams, {"kind": 1, "sizeBytes": 1}),
        (forms.LedgerParams, {"address": format_address(MINER), "limit": 501}),
        (payout_reads.PeriodsParams, {"limit": 0}),
        (payout_reads.PeriodsParams, {"cursor": 1}),
        (payout_reads.PayoutsParams, {"period": -1}),
        (payout_reads.PayoutsParams, {"period": "0"}),
        (payout_reads.PayoutsParams, {"period": 0, "dump": 1}),
        (payout_reads.PayoutParams, {"period": 0, "index": 4_096}),
        (forms.SubmitReceiptsParams, {"documents": [], "batchHex": "00"}),
        (forms.SubmitReceiptsParams, {"documents": ["{}"] * 257, "batchHex": "00"}),
        (forms.SubmitReceiptsParams, {"documents": "{}", "batchHex": "00"}),
        (forms.SubmitReceiptParams, {"document": 1, "claimHex": "00"}),
        (forms.SubmitReceiptParams, {"document": ["a"], "claimHex": "00"}),
        (forms.SubmitReceiptParams, {"document": "x" * 9_000, "claimHex": "00"}),
    ],
)
def test_what_has_another_form_is_refused_and_named(
    form: type[forms.Nothing], given: dict[str, object]
) -> None:
    with pytest.raises(RpcError) as refusal:
        read_params(form, given)
    assert refusal.value.reason == "invalid_params"
    errors = refusal.value.data["errors"]
    assert isinstance(errors, list)
    assert {one["path"] for one in errors} <= {*given, "params", "transactionId"}


def test_bytes_come_out_of_their_spelling() -> None:
    assert forms.bytes_of(read_params(forms.SendParams, ["0xAb01"]).raw_hex) == b"\xab\x01"
