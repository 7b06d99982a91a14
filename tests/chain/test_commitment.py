"""The state root: the same however it came about, with proofs of presence and absence."""

import random
from dataclasses import replace

import pytest

from chain.commitment import BUCKETS, DEPTH, Commitment, StateProof, key_hash, value_hash
from chain.errors import MalformedMessage
from chain.primitives import ZERO_HASH
from chain.records import Record, balance_key
from tests.support.builders import key_of

SEEDS = [1, 2, 3]


def a_key(number: int) -> bytes:
    return b"\x01key-%d" % number


def committed(records: dict[bytes, Record]) -> Commitment:
    commitment = Commitment()
    commitment.apply(commitment.compute(records.items()))
    return commitment


def crowded(seed: int, count: int = 400) -> dict[bytes, Record]:
    """Return records, some of which share a bucket with the first."""
    shared = key_hash(a_key(0))[:1]
    neighbours = (n for n in range(1, 200_000) if key_hash(a_key(n))[:1] == shared)
    numbers = [0, *(next(neighbours) for _ in range(20)), *range(200_000, 200_000 + count)]
    dice = random.Random(seed)
    return {a_key(number): dice.randrange(10**9) for number in numbers}


def bucket_mates() -> tuple[bytes, bytes, bytes]:
    """Return three keys of one bucket."""
    seen: dict[bytes, list[bytes]] = {}
    for number in range(BUCKETS * 4):
        mates = seen.setdefault(key_hash(a_key(number))[:2], [])
        mates.append(a_key(number))
        if len(mates) == 3:
            return mates[0], mates[1], mates[2]
    raise AssertionError


def test_empty_state_has_a_root() -> None:
    assert Commitment().root == committed({}).root != ZERO_HASH


@pytest.mark.parametrize("seed", SEEDS)
def test_root_of_changes_equals_the_root_of_what_is_left(seed: int) -> None:
    dice = random.Random(seed)
    records: dict[bytes, Record] = {}
    commitment = Commitment()
    for _ in range(40):
        changes: dict[bytes, Record | None] = {}
        for _ in range(dice.randrange(1, 30)):
            key = a_key(dice.randrange(200))
            changes[key] = None if dice.random() < 0.4 else dice.randrange(10**9)
        update = commitment.compute(changes.items())
        commitment.apply(update)
        for key, record in changes.items():
            if record is None:
                records.pop(key, None)
            else:
                records[key] = record
        assert commitment.root == update.root == committed(records).root


def test_order_of_changes_does_not_matter() -> None:
    records = crowded(4)
    backwards = dict(reversed(records.items()))
    assert committed(records).root == committed(backwards).root


def test_computing_changes_nothing() -> None:
    commitment = committed(crowded(5))
    before = commitment.root
    assert commitment.compute([(a_key(0), 7)]).root != before
    assert commitment.root == before
    assert commitment.compute([]).root == before


def test_removing_everything_leads_back_to_the_empty_root() -> None:
    records = crowded(6)
    commitment = committed(records)
    commitment.apply(commitment.compute((key, None) for key in records))
    assert commitment.root == Commitment().root


def test_value_and_key_are_told_apart() -> None:
    assert key_hash(b"x") != value_hash(0)
    assert committed({a_key(1): 2}).root != committed({a_key(2): 1}).root


@pytest.mark.parametrize("seed", SEEDS)
def test_proofs_of_presence_and_absence(seed: int) -> None:
    records = crowded(seed)
    commitment = committed(records)
    for key in list(records)[:40]:
        proof = commitment.prove(key)
        assert len(proof.siblings) == DEPTH
        assert proof.root_for(key, records[key]) == commitment.root
        for wrong in (None, 10**12):
            with pytest.raises(MalformedMessage):
                proof.root_for(key, wrong)
    for number in range(300_000, 300_040):
        proof = commitment.prove(a_key(number))
        assert proof.root_for(a_key(number), None) == commitment.root
        with pytest.raises(MalformedMessage):
            proof.root_for(a_key(number), 5)


def verifies(proof: StateProof, key: bytes, record: Record | None, commitment: Commitment) -> bool:
    try:
        return proof.root_for(key, record) == commitment.root
    except MalformedMessage:
        return False


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def test_any_changed_byte_of_a_proof_is_noticed() -> None:
    first, second, _ = bucket_mates()
    key = balance_key(key_of("client").address)
    commitment = committed({first: 1, second: 2, key: 3})
    for target, record in ((first, 1), (second, 2), (key, 3), (a_key(10**6), None)):
        proof = commitment.prove(target)
        assert verifies(proof, target, record, commitment)
        for number, sibling in enumerate(proof.siblings):
            for place in range(32):
                siblings = list(proof.siblings)
                siblings[number] = flipped(sibling, place)
                changed = replace(proof, siblings=tuple(siblings))
                assert not verifies(changed, target, record, commitment)
        for number, pair in enumerate(proof.bucket):
            for part in (0, 1):
                for place in range(32):
                    parts = [*pair]
                    parts[part] = flipped(pair[part], place)
                    bucket = list(proof.bucket)
                    bucket[number] = (parts[0], parts[1])
                    for order in (bucket, sorted(bucket)):
                        changed = replace(proof, bucket=tuple(order))
                        assert not verifies(changed, target, record, commitment)


def test_bucket_cut_in_other_places_proves_nothing() -> None:
    """Pairs of other sizes hash to the same bucket; one record would hide in another's value."""
    first, second, absent = bucket_mates()
    commitment = committed({first: 1, second: 2})
    proof = commitment.prove(first)
    (low, low_value), (high, high_value) = proof.bucket
    merged = replace(proof, bucket=((low, low_value + high + high_value),))
    hidden = second if high == key_hash(second) else first
    assert not verifies(merged, hidden, None, commitment)
    assert not verifies(merged, absent, None, commitment)


def test_proof_has_one_form() -> None:
    first, second, _ = bucket_mates()
    commitment = committed({first: 1, second: 2})
    proof = commitment.prove(first)
    for other in (
        replace(proof, bucket=proof.bucket[::-1]),
        replace(proof, bucket=(*proof.bucket, proof.bucket[-1])),
        replace(proof, bucket=proof.bucket[:1]),
        replace(proof, bucket=()),
        replace(proof, siblings=proof.siblings[:-1]),
        replace(proof, siblings=(*proof.siblings, ZERO_HASH)),
        replace(proof, siblings=(proof.siblings[0] + b"\0", *proof.siblings[1:])),
    ):
        assert not verifies(other, first, 1, commitment)
