"""What people of a random run wish of keys and prices, and what its validators decide."""

from dataclasses import replace

from chain.approval import Approval, ApprovedTransaction, Decision, NewParameters, Resolution
from chain.crypto import SigningKind
from chain.evidence import Evidence, Statement
from chain.new_validators import AcceptedValidator, NewValidators
from chain.parameters import BaseRate
from chain.policy_payloads import Grant, Offer, Revoke
from chain.primitives import ZERO_HASH, PublicKey
from tests.judge.wishes import MODELS, UNIT_TYPES, Wish
from tests.judge.world import CLIENTS, GATEWAYS, MINERS, NO_SIGNATURE, World
from tests.support.builders import GENESIS_HASH, key_of
from tests.support.seats import a_validator, an_acceptance, number_of


def grant(world: World) -> Wish:
    dice, now = world.dice, world.now
    owner = key_of(dice.choice((*CLIENTS, *MINERS[:2])))
    if owner.address not in now.balances:
        return None
    name = dice.choice(GATEWAYS)
    payload = Grant(
        label=name.replace(" ", "-") if world.chance(0.9) else "label",
        public_key=key_of(name).public_key,
        scopes=dice.choice((1, 2, 3, 4, 7, 7, 7)),
        total_limit=dice.choice((4_000, 30_000, 10**6)),
        transaction_limit=dice.choice((2_000, 4_000, 30_000)),
        period_limit=dice.choice((3_500, 30_000, 10**6)),
        period_heights=dice.choice((1, 3, 10)),
        expires_at=now.height + dice.choice((1, 4, 15, 60)),
        models=dice.choice(((), (), ("llama",), ("llama", "mistral"))),
    )
    if world.chance(0.12):
        spoilt = dice.choice(
            (
                {"scopes": 0},
                {"scopes": 8},
                {"total_limit": 2**53},
                {"transaction_limit": 2**53},
                {"period_limit": 2**53},
                {"total_limit": 2**53 - 1, "transaction_limit": 2**53 - 1},
                {"total_limit": 0},
                {"transaction_limit": 0},
                {"period_limit": 0},
                {"period_limit": 2**53 - 1},
                {"period_heights": 0},
                {"period_heights": 100_000},
                {"period_heights": 100_001},
                {"expires_at": now.height},
                {"expires_at": now.height + 31_536_000},
                {"expires_at": now.height + 31_536_001},
                {"label": ""},
                {"models": ("llama", "llama")},
                {"models": ("",)},
                {"public_key": PublicKey(bytes(32))},
                {"public_key": owner.public_key},
            )
        )
        payload = replace(payload, **spoilt)
    key = world.key_for(owner, granted=0.03)
    return world.send(payload, account=owner.address, key=key)


def revoke(world: World) -> Wish:
    dice, now = world.dice, world.now
    owner = key_of(dice.choice((*CLIENTS, *MINERS[:2])))
    if owner.address not in now.balances:
        return None
    granted = [one.public_key for one in now.grants.get(owner.address, ())]
    if not granted or world.chance(0.2):
        granted = [key_of(name).public_key for name in GATEWAYS]
    payload = Revoke(public_key=dice.choice(granted))
    return world.send(payload, account=owner.address, key=owner)


def offer(world: World) -> Wish:
    dice, now = world.dice, world.now
    miner = key_of(dice.choice(MINERS))
    if miner.address not in now.balances:
        return None
    payload = Offer(
        model=dice.choice(MODELS[1:]) if world.chance(0.97) else "",
        unit_type=dice.choice(UNIT_TYPES),
        rate=dice.choice((1, 500)) if world.chance(0.97) else dice.choice((0, 2**53 - 1, 2**53)),
        capacity=dice.randrange(4),
        expires_at=now.height + dice.choice((1, 5, 40)),
    )
    if world.chance(0.2):
        away = dice.choice((0, 0, 0, now.height, now.height + 100_000, now.height + 100_001))
        payload = replace(payload, expires_at=away)
    key = world.key_for(miner, granted=0.02)
    return world.send(payload, account=miner.address, key=key)


def _approved(world: World, decision: Decision) -> Wish:
    """Return a decision with enough approvals, or one too few, or a stranger's."""
    keys = list(world.validators)
    world.dice.shuffle(keys)
    keys = keys[: world.now.quorum - (1 if world.chance(0.15) else 0)]
    if world.chance(0.05):
        keys.append(key_of("stranger"))
    bare = ApprovedTransaction(decision=decision, approvals=())
    message = bare.signing_bytes(GENESIS_HASH)
    approvals = tuple(
        Approval(key.public_key, key.sign(message) if world.signed else NO_SIGNATURE)
        for key in sorted(keys, key=lambda key: key.public_key)
    )
    return world.verified(replace(bare, approvals=approvals))


def resolve(world: World) -> Wish:
    dice, now = world.dice, world.now
    if not now.disputes:
        return None
    name, receipt_hash = dice.choice(list(now.disputes))
    held = now.reservations[name]
    amount = next(one.amount for one in held.claims if one.receipt_hash == receipt_hash)
    decision = Resolution(
        reservation_id=name,
        receipt_hash=receipt_hash if world.chance(0.95) else ZERO_HASH,
        opened_at=now.disputes[name, receipt_hash].opened_at - (1 if world.chance(0.06) else 0),
        provider_amount=dice.choice((0, 1, amount // 2, amount - 1, amount, amount)),
    )
    if world.chance(0.05):
        decision = replace(decision, provider_amount=amount + 1)
    return _approved(world, decision)


def parameters(world: World) -> Wish:
    dice, now = world.dice, world.now
    current = now.parameters
    changes = {
        "fee_claim": dice.choice((1, 30, 60)),
        "fee_per_byte": dice.choice((1, 1, 2)),
        "fee_dispute": dice.choice((1, 25, 400)),
        "undecided_provider_percent": dice.choice((0, 33, 50, 67, 100)),
        "payout_period": dice.choice((1, 3, 7, 40)),
        "resolve_heights": dice.choice((1, 4, 12)),
        "new_account_fee": dice.choice((0, 900)),
        "base_rates": (BaseRate("llama", "seconds", 3), BaseRate("llama", "tokens", 5)),
    }
    name = dice.choice(list(changes))
    new = replace(current, version=current.version + 1, **{name: changes[name]})
    if world.chance(0.25):
        spoilt = dice.choice(
            (
                {"version": current.version},
                {"version": current.version + 2},
                {"devnet": not current.devnet},
                {"undecided_provider_percent": 101},
                {"payout_period": 0},
                {"resolve_heights": 1_000_001},
                {"fee_offer": 0},
                {"fee_offer": 2**40},
                {"block_interval_ms": 49},
                {"base_rates": (BaseRate("a b", "tokens", 5),)},
                {"base_rates": (BaseRate("llama", "tokens", 0),)},
                {"base_rates": (BaseRate("llama", "tokens", 5), BaseRate("a", "tokens", 5))},
            )
        )
        new = replace(new, **spoilt)
    return _approved(world, NewParameters(parameters=new))


def seats(world: World) -> Wish:
    """Let validators of thirty join or leave; some changes are too large, or spoilt."""
    dice, coming = world.dice, world.now.seats[2]
    present = sorted(number_of(one.public_key) for one in coming)
    absent = [number for number in range(30) if number not in present]
    left = sorted(map(number_of, world.now.last_votes))
    absent = left if left and world.chance(0.3) else absent
    most = max(1, (len(present) - 1) // 3)
    joining = dice.sample(absent, min(len(absent), dice.randrange(most + 1)))
    leaving = dice.sample(present, min(len(present), dice.randrange(most + 1)))
    if world.chance(0.1):
        joining = dice.sample(absent, min(len(absent), most + 1))
    if world.chance(0.1):
        leaving = dice.sample(present, min(len(present), most + 1))
    if world.chance(0.06):
        joining, leaving = leaving, joining
    added = sorted((_joining(world, one) for one in joining), key=_key_of)
    keys = sorted(a_validator(number).public_key for number in leaving)
    version = world.now.seats_version + (1 if world.chance(0.95) else dice.choice((0, 2)))
    return _approved(world, NewValidators(version, tuple(added), tuple(keys)))


def _key_of(one: AcceptedValidator) -> PublicKey:
    return one.validator.public_key


def _joining(world: World, number: int) -> AcceptedValidator:
    """Return a validator who is to join; its name or its acceptance may be wrong."""
    dice, height = world.dice, world.now.height
    until, name = height + dice.choice((0, 1, 9, 3_600)), f"validator-{number}"
    if world.chance(0.06):
        until = height + dice.choice((-1, 3_601))
    if world.chance(0.05):
        name = dice.choice(("", "n" * 64, "n" * 65, world.now.seats[2][0].name))
    if world.signed:
        return an_acceptance(number, until=until, name=name)
    validator = a_validator(number, name=name)
    if world.chance(0.02):
        validator = replace(validator, public_key=PublicKey(bytes(32)))
    return AcceptedValidator(validator, until, NO_SIGNATURE)


def evidence(world: World) -> Evidence:
    """Return evidence against a validator, or one of thirty: of now, long ago or tomorrow."""
    dice, now = world.dice, world.now
    known = [one.public_key for seats in now.seats for one in seats] + [*now.last_votes]
    key = dice.choice(known) if world.chance(0.7) else a_validator(dice.randrange(30)).public_key
    limit = now.limits.evidence_heights
    ages = (0, 0, 1, 2, 5, limit) if world.chance(0.8) else (-1, limit + 1, limit)
    tails = (bytes(32), bytes(31) + b"\1")
    first, second = (Statement(tail, NO_SIGNATURE) for tail in tails)
    return Evidence(
        public_key=key,
        kind=dice.choice((SigningKind.PREVOTE, SigningKind.PRECOMMIT)),
        height=max(1, now.height - dice.choice(ages)),
        round=dice.randrange(3),
        first=first,
        second=second,
    )
