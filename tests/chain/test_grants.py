"""What granted keys may do, as tables: scopes, limits, lifetimes."""

from typing import Any

import pytest

from chain.errors import InvalidPayload
from chain.primitives import (
    AMOUNT_MAX,
    EXPIRY_HEIGHTS_MAX,
    GRANT_HEIGHTS_MAX,
    GRANTS_MAX,
    PublicKey,
)
from chain.refusals import GrantForbids, TooManyEntries
from tests.support.builders import a_reserve, a_signed, key_of
from tests.support.chain import Chain
from tests.support.policy import a_grant
from tests.support.scenario import Scenario, play_scenarios


@play_scenarios("""
scenario: a key that nobody granted acts for nobody
  account  client 1000    account miner 0
  reserve  R by gate for miner account client cap 100 -> WrongSender
  grant    gate by client
  reserve  R by gate for miner account client cap 100
  balance  client 900    nonce client 1
  reserve  S by gate for miner account miner cap 0 -> WrongSender

scenario: scope reserve reserves, releases and disputes
  account  client 1000    account miner 0
  grant    gate by client scopes reserve
  reserve  R by gate for miner account client cap 100 window 9 until 20 jobs 2
  receipt  C in R price 50 job a
  claim    C by miner
  accept   C by gate account client -> GrantForbids
  dispute  C by gate account client
  until    19
  release  R by gate account client
  state    R closing

scenario: scope accept accepts and disputes
  account  client 1000    account miner 0
  grant    gate by client scopes accept
  reserve  R by gate for miner account client cap 100 -> GrantForbids
  reserve  R by client for miner cap 100 window 9 jobs 2
  release  R by gate account client -> GrantForbids
  receipt  C in R price 50 job a
  receipt  D in R price 50 job b
  claim    C by miner
  claim    D by miner
  accept   C by gate account client
  dispute  D by gate account client
  balance  miner 50    status D disputed

scenario: scope receipt signs receipts and claims and nothing else
  account  client 1000    account miner 1000
  reserve  R by client for miner cap 300 jobs 3 window 9
  receipt  A in R price 10 job a signer box
  claim    A by box -> ClaimNotAllowed
  grant    box by miner scopes receipt
  claim    A by box
  accept   A by box account miner -> GrantForbids
  dispute  A by box account miner -> GrantForbids
  release  R by box account miner -> GrantForbids
  reserve  S by box for miner account miner cap 10 -> GrantForbids
  accept   A by client
  balance  miner 1010
  grant    desk by miner scopes reserve,accept
  receipt  B in R price 10 job b signer desk
  claim    B by desk -> ClaimNotAllowed

scenario: no scope transfers, grants, revokes or offers
  account  client 1000    account miner 0
  grant    gate by client scopes reserve,accept,receipt
  transfer gate miner 1 account client -> GrantForbids
  grant    other by gate account client -> GrantForbids
  revoke   gate by gate account client -> GrantForbids
  offer    m by gate account client -> GrantForbids
  withdraw m by gate account client -> GrantForbids

scenario: a granted key spends the granting account's money only
  account  client 1000    account gate 50    account miner 0
  grant    gate by client
  reserve  R by gate for miner cap 51 -> InsufficientBalance
  reserve  S by gate for miner account client cap 51
  balance  gate 50    balance client 949
""")
def test_scopes(scenario: Scenario) -> None:
    scenario.run()


@play_scenarios("""
scenario: a limit for one transaction, fee included
  rule     fee_reserve 10
  account  client 5000    account miner 0
  grant    gate by client each 100
  reserve  R by gate for miner account client cap 91 -> GrantLimitExceeded
  reserve  S by gate for miner account client cap 90
  balance  client 4900    used gate 100
  reserve  T by gate for miner account client cap 90

scenario: a limit for each period, which begins at multiples of its heights
  account  client 5000    account miner 0
  grant    gate by client period 100 heights 10
  reserve  R by gate for miner account client cap 60
  reserve  S by gate for miner account client cap 41 -> GrantLimitExceeded
  reserve  T by gate for miner account client cap 40
  until    8
  reserve  U by gate for miner account client cap 1 -> GrantLimitExceeded   # in block 9
  until    9
  reserve  V by gate for miner account client cap 100
  height   10
  reserve  W by gate for miner account client cap 1 -> GrantLimitExceeded
  used     gate 200

scenario: a limit in all
  account  client 5000    account miner 0
  grant    gate by client total 100 heights 1
  reserve  R by gate for miner account client cap 60
  blocks   5
  reserve  S by gate for miner account client cap 41 -> GrantLimitExceeded
  reserve  T by gate for miner account client cap 40
  reserve  U by gate for miner account client cap 1 -> GrantLimitExceeded
  used     gate 100

scenario: money that comes back restores the limit in all and no other
  account  client 5000    account miner 0
  grant    gate by client total 100 period 100 heights 40
  reserve  R by gate for miner account client cap 100
  release  R by miner
  used     gate 0    balance client 5000
  reserve  S by gate for miner account client cap 1 -> GrantLimitExceeded
  until    39
  reserve  T by gate for miner account client cap 100
  used     gate 100

scenario: what is paid does not come back, what is not does
  account  client 5000    account miner 0
  grant    gate by client total 100
  reserve  R by gate for miner account client cap 100
  receipt  C in R price 30
  claim    C by miner final yes
  used     gate 30    balance client 4970

scenario: expiry restores too
  account  client 5000    account miner 0
  grant    gate by client total 100
  reserve  R by gate for miner account client cap 100 until 9
  until    9
  state    R gone    used gate 0

scenario: money restores only the very grant it was committed under
  account  client 5000    account miner 0
  grant    gate by client total 100
  reserve  R by gate for miner account client cap 80
  revoke   gate by client
  grant    gate by client total 100
  reserve  S by gate for miner account client cap 90
  release  R by miner
  balance  client 4910    used gate 90
  reserve  T by gate for miner account client cap 11 -> GrantLimitExceeded

scenario: what the owner reserved restores nobody's limit
  account  client 5000    account miner 0
  grant    gate by client total 100
  reserve  R by gate for miner account client cap 80
  reserve  S by client for miner cap 80
  release  S by miner
  used     gate 80

scenario: a bond counts and comes back; its fee does not
  rule     fee_dispute 3    rule resolve_heights 5
  account  client 5000    account miner 0
  grant    gate by client scopes accept total 100
  reserve  R by client for miner cap 300 window 9
  receipt  C in R price 200
  claim    C by miner
  dispute  C by gate account client
  used     gate 23
  blocks   5
  used     gate 3

scenario: a lost bond stays spent
  account  client 5000    account miner 0
  grant    gate by client scopes accept total 100
  reserve  R by client for miner cap 300 window 9
  receipt  C in R price 200
  claim    C by miner
  dispute  C by gate account client
  resolve  C to 200
  used     gate 20    balance miner 220

scenario: fees count
  rule     fee_release 30    rule fee_accept 40
  account  client 5000    account miner 0
  grant    gate by client total 100
  reserve  R by client for miner cap 300 window 9 until 9 jobs 2
  receipt  C in R price 200 job a
  claim    C by miner
  accept   C by gate account client
  used     gate 40
  until    8
  release  R by gate account client
  used     gate 70    balance client 4730
""")
def test_limits(scenario: Scenario) -> None:
    scenario.run()


@play_scenarios("""
scenario: a grant names the models it may reserve for
  account  client 5000    account miner 0
  grant    gate by client models m1,m2
  reserve  R by gate for miner account client cap 10 model m3 -> GrantForbids
  reserve  S by gate for miner account client cap 10 model m2
  grant    free by client
  reserve  T by free for miner account client cap 10 model m3
""")
def test_models(scenario: Scenario) -> None:
    scenario.run()


def test_grant_that_names_models_may_not_reserve_for_any() -> None:
    chain = Chain()
    chain.block(a_signed(a_grant(models=("llama3.2",))))
    with pytest.raises(GrantForbids):
        chain.try_transaction(a_reserve(by="gate", account="client", model=""))
    chain.block(a_reserve(by="gate", account="client"))


@play_scenarios("""
scenario: a grant holds until exactly its height
  account  client 5000    account miner 0
  grant    gate by client until 10
  until    8
  reserve  R by gate for miner account client cap 10      # in block 9
  height   9
  reserve  S by gate for miner account client cap 10 -> WrongSender
  grants   client 1
  revoke   gate by client -> UnknownGrant
  blocks   2
  grants   client 0

scenario: a revoked key is a stranger's
  account  client 5000    account miner 0
  revoke   gate by client -> UnknownGrant
  grant    gate by client
  reserve  R by gate for miner account client cap 10
  revoke   gate by client
  grants   client 0
  reserve  S by gate for miner account client cap 10 -> WrongSender
  revoke   gate by client -> UnknownGrant

scenario: a key granted again goes on with its nonce
  account  client 5000    account miner 0
  grant    gate by client
  reserve  R by gate for miner account client cap 10
  revoke   gate by client
  grant    gate by client
  reserve  S by gate for miner account client cap 10 nonce 0 -> WrongNonce
  reserve  T by gate for miner account client cap 10 nonce 1

scenario: a key granted again in the block of its expiry starts afresh
  account  client 5000    account miner 0
  grant    gate by client until 10 total 100
  reserve  R by gate for miner account client cap 90
  grant    gate by client until 20 -> InvalidPayload
  until    9
  grant    gate by client until 20 total 100
  used     gate 0    grants client 1
  blocks   5
  grants   client 1
  reserve  S by gate for miner account client cap 90
  until    22
  grants   client 0

scenario: a key and a label are granted once at a time
  account  client 5000
  grant    gate by client label shop
  grant    gate by client label home -> InvalidPayload
  grant    other by client label shop -> InvalidPayload
  revoke   gate by client
  grant    other by client label shop
  grants   client 1

scenario: one key may act for two accounts
  account  client 5000    account other 5000    account miner 0
  grant    gate by client
  grant    gate by other
  reserve  R by gate for miner account client cap 10
  reserve  S by gate for miner account other cap 20
  balance  client 4990    balance other 4980
  revoke   gate by other
  reserve  T by gate for miner account client cap 10
""")
def test_lifetimes(scenario: Scenario) -> None:
    scenario.run()


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [
        ("scopes", 1, 7),
        ("total_limit", 0, AMOUNT_MAX),
        ("transaction_limit", 0, AMOUNT_MAX),
        ("period_limit", 0, AMOUNT_MAX),
        ("period_heights", 1, EXPIRY_HEIGHTS_MAX),
        ("expires_at", 2, 1 + GRANT_HEIGHTS_MAX),
    ],
)
def test_bounds_of_a_grant(field: str, low: int, high: int) -> None:
    chain = Chain()
    for outside in {low - 1, high + 1} - {-1}:
        with pytest.raises(InvalidPayload, match=field):
            chain.try_transaction(a_signed(a_grant(**{field: outside})))
    for inside in (low, high):
        chain.try_transaction(a_signed(a_grant(**{field: inside})))


@pytest.mark.parametrize(
    "fields",
    [
        {"label": ""},
        {"label": "a b"},
        {"models": ("a/b",)},
        {"models": ("m", "m")},
        {"public_key": PublicKey(bytes(32))},
        {"public_key": PublicKey(b"\xff" * 32)},
        {"public_key": key_of("client").public_key},
    ],
)
def test_refuses_a_grant_of(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidPayload):
        Chain().try_transaction(a_signed(a_grant(**fields)))


def test_account_has_64_live_grants() -> None:
    chain = Chain()
    grants = [a_grant(f"key {n}", label=f"key-{n}", expires_at=9) for n in range(GRANTS_MAX)]
    chain.block(*(a_signed(grant, nonce=nonce) for nonce, grant in enumerate(grants)))
    one_more = a_signed(a_grant(), nonce=GRANTS_MAX)
    with pytest.raises(TooManyEntries):
        chain.try_transaction(one_more)
    chain.blocks_until(8)
    chain.block(one_more)
    chain.blocks_until(12)
