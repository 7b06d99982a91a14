import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from chain.address import format_hex_address
from chain.crypto import sha256
from chain.errors import ConfigError
from chain.genesis import Genesis
from chain.parameters import FEE_MAX
from chain.primitives import AMOUNT_MAX, TIME_MS_MAX
from genesis import document as schema
from genesis.document import (
    DOCUMENT_BYTES_MAX,
    GenesisForm,
    canonical_bytes,
    parse_genesis,
    read_genesis,
)
from genesis.make import development_key, make_devnet_document

Change = Callable[[dict[str, Any]], object]

README = Path(schema.__file__).with_name("README.md")


def changed(change: Change) -> dict[str, Any]:
    """Return a devnet's document after a change."""
    document = copy.deepcopy(make_devnet_document())
    change(document)
    return document


def parse(document: object) -> Genesis:
    """Parse a document in its JSON form."""
    return parse_genesis(json.dumps(document).encode())


def refusal(data: bytes) -> str:
    """Return the sentence with which bytes are refused; it is one line that any terminal shows."""
    with pytest.raises(ConfigError) as caught:
        parse_genesis(data)
    sentence = str(caught.value)
    assert sentence.isprintable()
    return sentence


def test_document_means_what_it_says() -> None:
    genesis = parse(make_devnet_document(validators=3, block_interval_ms=250))
    assert genesis.chain_id == "aitbc-devnet"
    assert genesis.parameters.block_interval_ms == 250
    assert genesis.parameters.devnet
    assert genesis.parameters.fee_transfer == 100
    assert [rate.model for rate in genesis.parameters.base_rates] == [
        "codellama",
        "llama3.2",
        "llama3.2:1b",
        "stable-diffusion",
    ]
    assert {one.public_key for one in genesis.validators} == {
        development_key(f"validator-{index}").public_key for index in range(3)
    }
    assert dict(genesis.balances)[development_key("client-0").address] == 1_000_000_000
    assert genesis.supply == genesis.treasury + 4 * 1_000_000_000


def test_order_of_keys_and_white_space_do_not_change_the_hash() -> None:
    document = make_devnet_document()
    turned = dict(reversed(document.items()))
    turned["parameters"] = dict(reversed(document["parameters"].items()))
    loose = json.dumps(turned, indent=7).encode()
    assert parse_genesis(loose).hash == parse(document).hash


def test_every_value_changes_the_hash() -> None:
    changes: list[Change] = [
        lambda document: document,
        lambda document: document.update(chain_id="other"),
        lambda document: document.update(time_ms=1),
        lambda document: document.update(treasury="1"),
        lambda document: document["parameters"].update(payout_period=1),
        lambda document: document["validators"].reverse(),
        lambda document: document["accounts"].pop(),
    ]
    hashes = {parse(changed(change)).hash for change in changes}
    assert len(hashes) == len(changes)


def test_hash_is_that_of_the_canonical_bytes() -> None:
    document = make_devnet_document()
    assert parse(document).hash == sha256(canonical_bytes(document))
    assert canonical_bytes({"b": 1, "a": "é"}) == '{"a":"é","b":1}'.encode()


def test_address_may_be_spelt_in_either_way() -> None:
    address = format_hex_address(development_key("client-0").address)
    genesis = parse(changed(lambda document: document["accounts"][0].update(address=address)))
    assert genesis.balances == parse(make_devnet_document()).balances


def account(**fields: object) -> Change:
    """Return a change of the first account."""
    return lambda document: document["accounts"][0].update(fields)


def fee(**fields: object) -> Change:
    """Return a change of the fees of a chain that is no devnet."""

    def change(document: dict[str, Any]) -> None:
        document["parameters"]["devnet"] = False
        document["parameters"]["fees"].update(fields)

    return change


def validator(**fields: object) -> Change:
    """Return a change of the second validator."""
    return lambda document: document["validators"][1].update(fields)


def parameter(**fields: object) -> Change:
    """Return a change of the parameters."""
    return lambda document: document["parameters"].update(fields)


def rate(**fields: object) -> Change:
    """Return a change of the first base rate."""
    return lambda document: document["parameters"]["base_rates"][0].update(fields)


ZERO = "0x" + "00" * 20

REFUSED: list[tuple[str, Change, str]] = [
    ("unknown key", lambda it: it.update(extra=1), "no document has: extra"),
    ("unknown inner key", account(memo="x"), "no document has: accounts.0.memo"),
    ("key of escapes", lambda it: it.update({"\x1b[31m\n": 1}), "no document has"),
    ("missing key", lambda it: it.pop("treasury"), "lacks the field treasury"),
    ("other version", lambda it: it.update(version=2), "version"),
    ("version is true", lambda it: it.update(version=True), "version"),
    ("version is a float", lambda it: it.update(version=1.0), "version"),
    ("empty chain id", lambda it: it.update(chain_id=""), "chain_id: must be 1 to 32"),
    ("long chain id", lambda it: it.update(chain_id="c" * 33), "chain_id"),
    ("chain id of a new line", lambda it: it.update(chain_id="c\n"), "chain_id"),
    ("time is a float", lambda it: it.update(time_ms=1.0), "time_ms"),
    ("negative time", lambda it: it.update(time_ms=-1), "time_ms"),
    ("no time is later", lambda it: it.update(time_ms=TIME_MS_MAX), "time_ms"),
    ("float amount", account(balance=1.5), "accounts.0.balance"),
    ("integer amount", account(balance=1), "accounts.0.balance"),
    ("negative amount", account(balance="-1"), "balance: must be a decimal string"),
    ("leading zero", account(balance="01"), "without leading zeros"),
    ("amount with a new line", account(balance="1\n"), "accounts.0.balance"),
    ("foreign digits", account(balance="\u0661"), "accounts.0.balance"),
    ("amount too large", account(balance=str(AMOUNT_MAX + 1)), f"at most {AMOUNT_MAX}"),
    ("supply too large", account(balance=str(AMOUNT_MAX)), f"{AMOUNT_MAX} is most"),
    ("account twice", lambda it: it["accounts"].append(it["accounts"][0]), "an address twice"),
    ("mistyped address", account(address="ait1xyz"), "address"),
    ("zero address", account(address=ZERO), "zero address"),
    ("payee nobody is", validator(payee=ZERO), "zero address"),
    ("payee of half a letter", validator(payee="\ud800"), "not valid"),
    ("short key", validator(public_key="ab"), "64 lower hexadecimal digits"),
    ("capitals in a key", validator(public_key="AB" * 32), "64 lower hexadecimal digits"),
    ("weak key", validator(public_key="00" * 32), "not a canonical point"),
    ("no validator", lambda it: it.update(validators=[]), "validators"),
    ("name twice", validator(name="validator-0"), "a validator's name twice"),
    ("empty name", validator(name=""), "validators.1.name"),
    ("free claim", fee(claim="0"), "fee_claim is 0; it must be 1 to"),
    ("free byte", fee(per_byte="0"), "fee_per_byte is 0; it must be 1 to"),
    ("absurd fee", fee(transfer=str(FEE_MAX + 1)), f"fee_transfer is {FEE_MAX + 1}"),
    ("interval too short", parameter(block_interval_ms=49), "block_interval_ms"),
    ("interval too long", parameter(block_interval_ms=600_001), "block_interval_ms"),
    ("no payout period", parameter(payout_period=0), "payout_period"),
    ("devnet is a number", parameter(devnet=1), "devnet"),
    ("rate too large", rate(rate=str(AMOUNT_MAX + 1)), "base_rates.0.rate"),
    ("rate twice", rate(model="llama3.2"), "a base rate twice"),
    (
        "more than all",
        parameter(arbiter={"resolve_heights": 1, "undecided_provider_percent": 101}),
        "undecided_provider_percent",
    ),
]


@pytest.mark.parametrize(
    ("change", "said"), [it[1:] for it in REFUSED], ids=[it[0] for it in REFUSED]
)
def test_refuses_a_document_with(change: Change, said: str) -> None:
    assert said in refusal(json.dumps(changed(change)).encode())


def test_refuses_two_validators_with_one_key() -> None:
    def change(document: dict[str, Any]) -> None:
        document["validators"].append({**document["validators"][0], "name": "twin"})

    assert "two validators share a key" in refusal(json.dumps(changed(change)).encode())


TEXT = json.dumps(make_devnet_document())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"a":' * 100_000, "not valid JSON"),
        (b'{"version":' + b"1" * 5_000 + b"}", "not valid JSON"),
        (b'{"version":NaN}', "version"),
        (b'{"\xff":1}', "not UTF-8"),
        (TEXT.encode("utf-16"), "not UTF-8"),
        (TEXT.encode("utf-32"), "not UTF-8"),
        (b"\xef\xbb\xbf" + TEXT.encode(), "not valid JSON"),
        (TEXT.replace('{"version": 1', '{"version": 2, "version": 1').encode(), "repeats the key"),
        (TEXT.replace('"devnet": true', '"devnet": 0, "devnet": true').encode(), "'devnet'"),
        (b" " * (DOCUMENT_BYTES_MAX + 1), f"more than {DOCUMENT_BYTES_MAX} bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_refuses_bytes_that_are_no_document(data: bytes, said: str) -> None:
    assert said in refusal(data)


def test_only_a_devnet_may_be_free() -> None:
    free = dict.fromkeys(make_devnet_document()["parameters"]["fees"], "0")
    genesis = parse(changed(lambda document: document["parameters"].update(fees=free)))
    assert genesis.parameters.fee_transfer == 0


def test_the_whole_supply_may_be_given_out() -> None:
    def change(document: dict[str, Any]) -> None:
        del document["accounts"][1:]
        document["accounts"][0]["balance"] = str(AMOUNT_MAX - 7)
        document["treasury"] = "7"

    assert parse(changed(change)).supply == AMOUNT_MAX


def test_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"cannot read {tmp_path}: "):
        read_genesis(tmp_path)
    with pytest.raises(ConfigError, match=r"missing\.json: No such file"):
        read_genesis(tmp_path / "missing.json")


def test_file_that_is_refused_is_named(tmp_path: Path) -> None:
    path = tmp_path / "genesis.json"
    path.write_text("{}")
    with pytest.raises(ConfigError, match=rf"{path}: the genesis document lacks the field version"):
        read_genesis(path)


def test_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "genesis.json"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ConfigError, match="more than"):
        read_genesis(path)


def form_fields(form: type[BaseModel], prefix: str = "") -> set[str]:
    """Return the dotted names of every field of a form and of the forms inside it."""
    names = set()
    for name, field in form.model_fields.items():
        inner = [kind for kind in vars(schema).values() if _is_inside(kind, field.annotation)]
        names |= form_fields(inner[0], f"{prefix}{name}.") if inner else {prefix + name}
    return names


def _is_inside(kind: object, annotation: object) -> bool:
    is_form = isinstance(kind, type) and issubclass(kind, BaseModel) and kind is not BaseModel
    return is_form and (kind is annotation or f".{kind.__name__}]" in str(annotation))


def test_readme_describes_every_field_and_no_other() -> None:
    described = set(re.findall(r"^\| `([a-z_.]+)` \|", README.read_text(), flags=re.MULTILINE))
    assert described == form_fields(GenesisForm)


def test_readme_states_the_bounds_of_the_code() -> None:
    text = README.read_text()
    for bound in (AMOUNT_MAX, FEE_MAX, TIME_MS_MAX - 1, schema.ACCOUNTS_MAX, DOCUMENT_BYTES_MAX):
        assert f"{bound:,}" in text, f"genesis/README.md does not say {bound:,}"
