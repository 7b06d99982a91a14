import json

import pytest
from click.testing import Result

from chain.address import format_address
from tests.support.builders import key_of
from tests.support.command_line import aitbc
from tests.support.served_market import ServedMarket

STRANGER = format_address(key_of("stranger").address)
OTHER = key_of("other").public_key.hex()
GRANT = ("--label", "app", "--may", "reserve", "--limit", "0.0005")


def run(market: ServedMarket, *arguments: object) -> Result:
    return aitbc("billing", *arguments, "--rpc", market.url)


def grant(market: ServedMarket, *arguments: object) -> Result:
    return run(market, "grant", "--from", market.keys["stranger"], *arguments)


def test_key_is_granted_and_revoked(own_market: ServedMarket) -> None:
    done = grant(
        own_market, "--key", OTHER, *GRANT, "--at-once", "0.0001", "--model", "a", "--wait"
    )
    assert done.exit_code == 0, done.stderr
    assert "let app spend up to 0.000500 AITBC" in done.stderr
    listed = json.loads(run(own_market, "keys", STRANGER, "--json").stdout)["grants"]
    assert [(one["publicKey"], one["transactionLimit"], one["models"]) for one in listed] == [
        (f"0x{OTHER}", "100", ["a"])
    ]
    source = ("--from", own_market.keys["stranger"])
    done = run(own_market, "revoke", *source, "--key", f"0x{OTHER}", "--wait")
    assert done.exit_code == 0, done.stderr
    assert json.loads(run(own_market, "keys", STRANGER, "--json").stdout)["grants"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--key", "ab", *GRANT), 2, "that is no public key"),
        (("--key", "00" * 32, *GRANT), 2, "that is no public key"),
        (("--key", OTHER, *GRANT, "--may", "transfer"), 2, "Invalid value for '--may'"),
        (("--key", OTHER, *GRANT, "--model", "a b"), 2, "a model has 1 to 64"),
        (("--key", OTHER, *GRANT[2:]), 2, "Missing option '--label'"),
        (("--key", OTHER, *GRANT, "--label", "a b"), 2, "a key's label has 1 to 64"),
        (("--key", OTHER, *GRANT, "--genesis", "00" * 32), 2, "another chain"),
    ],
)
def test_grant_that_cannot_be_is_refused(
    market: ServedMarket, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = grant(market, *arguments)
    assert done.exit_code == code
    assert said in done.stderr


def test_revoking_what_was_never_granted_is_refused_by_the_chain(market: ServedMarket) -> None:
    done = run(market, "revoke", "--from", market.keys["stranger"], "--key", OTHER)
    assert done.exit_code == 5
    assert run(market, "revoke", "--from", "./none", "--key", "ab").exit_code == 2
