"""What people of a random run wish of money and claims; some wishes are nearly right."""

from dataclasses import replace

from chain.claim import Acceptance, Claim, ClaimTransaction, accept_claim, sign_claim
from chain.claim_batch import ClaimBatch, sign_batch
from chain.crypto import SecretKey
from chain.payloads import Accept, Dispute, Release, Reserve, Transfer
from chain.primitives import ZERO_ADDRESS, ZERO_HASH, Address, Hash
from chain.records import ClaimRecord, ClaimStatus, ReservationRecord
from chain.validation import VerifiedTransaction
from tests.judge.world import CLIENTS, GATEWAYS, MINERS, NEWCOMERS, NO_SIGNATURE, World
from tests.support.builders import GENESIS_HASH, key_of

MODELS = ("", "llama", "mistral")
UNIT_TYPES = ("tokens", "seconds")
PEOPLE = {key_of(name).address: key_of(name) for name in (*CLIENTS, *MINERS, *NEWCOMERS)}

Wish = VerifiedTransaction | None
"""None where there is nothing to wish about."""


def owner_of(world: World, account: Address) -> SecretKey:
    """Return the key of an account, or somebody's where nobody here has it."""
    return PEOPLE.get(account) or world.dice.choice(world.accounts())


def transfer(world: World) -> Wish:
    sender = world.dice.choice(world.accounts())
    balance = world.now.balances[sender.address]
    name = world.dice.choice((*CLIENTS, *CLIENTS, *MINERS, *NEWCOMERS))
    amount = world.dice.choice((1, 50, balance // 10, balance // 2))
    if world.chance(0.1):
        amount = world.dice.choice((0, balance, balance + 1, 2**53 - 1, 2**53, 2**64 - 1))
    payload = Transfer(to=key_of(name).address, amount=amount, memo="")
    key = world.key_for(sender, granted=0.02)
    return world.send(payload, account=sender.address, key=key)


def reserve(world: World) -> Wish:
    dice, now = world.dice, world.now
    client = key_of(dice.choice(CLIENTS))
    if client.address not in now.balances:
        return None
    any_provider = world.chance(0.2)
    rate = dice.choice((1, 7, 999_999, 1_000_000, 1_000_001, 3_333_333))
    payload = Reserve(
        job_id=f"job-{dice.randrange(40)}",
        provider=ZERO_ADDRESS if any_provider else key_of(dice.choice(MINERS)).address,
        model=dice.choice(MODELS),
        unit_type=dice.choice(UNIT_TYPES),
        max_rate=rate,
        cap=dice.choice((900, 3_000, 20_000)),
        expires_at=now.height + dice.choice((1, 2, 5, 9, 30)),
        jobs_max=dice.choice((1, 1, 3, 6)),
        dispute_window=dice.choice((1, 3, 8) if any_provider else (0, 0, 1, 3, 8)),
        idempotency_key_hash=Hash(bytes([dice.randrange(1, 60)]) * 32)
        if world.chance(0.3)
        else ZERO_HASH,
    )
    if world.chance(0.06):
        spoilt = dice.choice(
            (
                {"max_rate": 0},
                {"max_rate": 2**53},
                {"max_rate": 2**53 - 1},
                {"cap": 0},
                {"cap": 1},
                {"cap": 2**53},
                {"cap": 2**53 - 1},
                {"jobs_max": 0},
                {"jobs_max": 1_024},
                {"jobs_max": 1_025},
                {"expires_at": now.height},
                {"expires_at": now.height + 100_000},
                {"expires_at": now.height + 100_001},
                {"dispute_window": 20_000},
                {"dispute_window": 20_001},
                {"provider": ZERO_ADDRESS, "dispute_window": 0},
                {"job_id": "job 1"},
                {"model": "a/b"},
                {"unit_type": ""},
            )
        )
        payload = replace(payload, **spoilt)
    return world.send(payload, account=client.address, key=world.key_for(client, granted=0.45))


def _reservation(world: World) -> tuple[Hash, ReservationRecord] | None:
    """Pick a reservation, an open one rather than not."""
    held = world.now.reservations
    if not held:
        return None
    names = [
        name
        for name, one in held.items()
        if not one.closing and len(one.claims) < one.jobs_max and world.now.height < one.expires_at
    ]
    if world.chance(0.12):
        names = list(held)
    if not names:
        return None
    name = world.dice.choice(names)
    return name, held[name]


def _fee_of(world: World, claim: Claim) -> int:
    numbers = world.now.parameters
    size = len(claim.encode()) + 2 + 64 + 1
    fee = numbers.fee_claim + numbers.fee_per_byte * size
    return fee + (0 if claim.provider in world.now.balances else numbers.new_account_fee)


def a_claim(world: World, *, provider: SecretKey | None = None) -> tuple[Claim, SecretKey] | None:
    """Return a claim that the reservation allows, unless it is spoilt, and who signs it."""
    dice = world.dice
    found = _reservation(world)
    if found is None:
        return None
    reservation_id, held = found
    if provider is None or held.provider != ZERO_ADDRESS:
        somebody = key_of(dice.choice(MINERS))
        provider = somebody if held.provider == ZERO_ADDRESS else PEOPLE[held.provider]
    signer = world.key_for(provider, granted=0.2)
    single = held.jobs_max == 1
    claim = Claim(
        reservation_id=reservation_id,
        receipt_hash=Hash(world.fresh_hash()),
        sidecar_id=Hash(world.fresh_hash()),
        job_id=held.job_id if single else f"part-{dice.randrange(12)}",
        provider=provider.address,
        client=held.client,
        public_key=signer.public_key,
        model=held.model or dice.choice(MODELS[1:]),
        unit_type=held.unit_type,
        units_micro=0,
        amount=1,
        final=world.chance(0.3),
        fields_root=Hash(world.fresh_hash()) if world.chance(0.2) else ZERO_HASH,
    )
    left = held.cap - held.spent - held.pending
    fee = _fee_of(world, claim)
    amount = dice.choice((fee + 1, fee + 1 + left // 9, fee + 1 + left // 3, max(fee + 1, left)))
    claim = replace(claim, amount=amount)
    claim = replace(claim, units_micro=_units_for(amount, held.max_rate))
    if world.chance(0.25):
        claim = _spoilt(world, claim, held, left=left, fee=fee)
    return claim, signer


def _units_for(amount: int, rate: int) -> int:
    """Return the fewest units whose price ceiling is the amount, or the next above it."""
    return (amount - 1) * 1_000_000 // rate + 1


def _spoilt(world: World, claim: Claim, held: ReservationRecord, *, left: int, fee: int) -> Claim:
    """Return a claim that breaks a rule, or just does not."""
    dice = world.dice
    used = dice.choice(held.claims) if held.claims else None
    above = (left + 1, left + fee + 1)
    cheap = claim.units_micro
    spoilt = dice.choice(
        (
            {"amount": above[0], "units_micro": _units_for(above[0], held.max_rate)},
            {"amount": above[1], "units_micro": _units_for(above[1], held.max_rate)},
            {"units_micro": max(0, cheap - 1)},
            {"units_micro": max(0, cheap - 1)},
            {"amount": claim.amount + 1},
            {"amount": fee, "units_micro": 2**40},
            {"amount": 0},
            {"model": "other"},
            {"unit_type": "other"},
            {"job_id": "other" if held.jobs_max == 1 else "a b"},
            {"client": key_of(dice.choice(CLIENTS)).address},
            {"provider": key_of(dice.choice(MINERS)).address},
            {"public_key": key_of(dice.choice((*MINERS, *GATEWAYS))).public_key},
            {"receipt_hash": used.receipt_hash if used else ZERO_HASH},
            {"job_id": used.job_id if used else held.job_id},
            {"reservation_id": Hash(world.fresh_hash())},
        )
    )
    return replace(claim, **spoilt)


def claim(world: World) -> Wish:
    made = a_claim(world)
    if made is None:
        return None
    wish, signer = made
    held = world.now.reservations.get(wish.reservation_id)
    needed = held is not None and held.provider == ZERO_ADDRESS
    bare = ClaimTransaction(claim=wish, signature=NO_SIGNATURE)
    if world.signed:
        signer = _by_public(wish.public_key) or signer
        bare = sign_claim(wish, key=signer, genesis_hash=GENESIS_HASH)
    if not world.chance(0.9 if needed else 0.3):
        return world.verified(bare)
    client = owner_of(world, wish.client)
    key = world.key_for(client, granted=0.25)
    if world.chance(0.05):
        key = key_of(world.dice.choice((*CLIENTS, *MINERS)))
    if world.signed:
        return world.verified(accept_claim(bare, key=key, genesis_hash=GENESIS_HASH))
    acceptance = Acceptance(public_key=key.public_key, signature=NO_SIGNATURE)
    return world.verified(replace(bare, acceptance=acceptance))


def _by_public(public_key: bytes) -> SecretKey | None:
    names = (*CLIENTS, *MINERS, *NEWCOMERS, *GATEWAYS)
    return next((key_of(name) for name in names if key_of(name).public_key == public_key), None)


def batch(world: World) -> Wish:
    """Wish for several claims of one provider at once."""
    provider = key_of(world.dice.choice(MINERS))
    claims: list[Claim] = []
    for _ in range(world.dice.choice((4, 8, 16))):
        made = a_claim(world, provider=provider)
        if made and made[0].provider == provider.address:
            claims.append(replace(made[0], public_key=provider.public_key))
    if world.chance(0.8):
        claims = _one_each(world, claims)
    if not claims:
        return None
    if world.signed:
        return world.verified(sign_batch(claims, key=provider, genesis_hash=GENESIS_HASH))
    return world.verified(ClaimBatch(claims=tuple(claims), signature=NO_SIGNATURE))


def _one_each(world: World, claims: list[Claim]) -> list[Claim]:
    """Return the claims that stand a chance together: one of a reservation that pays alone."""
    kept: dict[Hash, Claim] = {}
    for one in claims:
        held = world.now.reservations.get(one.reservation_id)
        if held is not None and held.provider != ZERO_ADDRESS and not held.claims:
            kept[one.reservation_id] = one
    return list(kept.values())


def _waiting(world: World) -> tuple[Hash, ReservationRecord, ClaimRecord] | None:
    """Pick a claim, a pending one rather than not."""
    every = [
        (name, held, one) for name, held in world.now.reservations.items() for one in held.claims
    ]
    pending = [entry for entry in every if entry[2].status is ClaimStatus.PENDING]
    overdue = [entry for entry in pending if entry[2].due_height < world.now.height]
    if overdue and world.chance(0.3):
        pending = overdue
    some = every if world.chance(0.15) else pending
    return world.dice.choice(some) if some else None


def release(world: World) -> Wish:
    found = _reservation(world)
    if found is None:
        return None
    name, held = found
    who = owner_of(world, held.provider if world.chance(0.6) else held.client)
    if world.chance(0.05):
        name = Hash(world.fresh_hash())
    payload = Release(reservation_id=name)
    return world.send(payload, account=who.address, key=world.key_for(who, granted=0.2))


def accept(world: World) -> Wish:
    found = _waiting(world)
    if found is None:
        return None
    name, held, waiting = found
    who = owner_of(world, held.client if world.chance(0.95) else waiting.provider)
    payload = Accept(
        reservation_id=name,
        receipt_hash=waiting.receipt_hash if world.chance(0.95) else ZERO_HASH,
        amount=waiting.amount + (world.dice.choice((-1, 1)) if world.chance(0.08) else 0),
    )
    return world.send(payload, account=who.address, key=world.key_for(who, granted=0.3))


def dispute(world: World) -> Wish:
    found = _waiting(world)
    if found is None:
        return None
    name, held, waiting = found
    who = owner_of(world, held.client if world.chance(0.95) else waiting.provider)
    payload = Dispute(
        reservation_id=name,
        receipt_hash=waiting.receipt_hash if world.chance(0.95) else ZERO_HASH,
        reason_hash=Hash(world.fresh_hash()),
    )
    return world.send(payload, account=who.address, key=world.key_for(who, granted=0.4))
