from collections.abc import Sequence
from dataclasses import replace

import pytest

from chain.block import Header
from chain.certificate import Certificate, VoteKind, vote_signing_bytes
from chain.crypto import SecretKey
from chain.errors import InvalidBlock, InvalidCertificate, MalformedMessage, WrongChain
from chain.light import LightClient, check_final, check_inclusion
from chain.primitives import Hash
from chain.proof_parts import open_proof
from chain.validators import Validator, ValidatorSet
from tests.support.builders import a_genesis, key_of, payee_of
from tests.support.chain import Chain
from tests.support.evidence import an_evidence
from tests.support.proofs import ProvenChain, proven_chain
from tests.support.seats import a_change, numbers_of

WORLD = proven_chain()
GENESIS = WORLD.genesis
HEADERS = [executed.block.header for executed in WORLD.chain.blocks[:2]]


def certify(
    header: Header, keys: Sequence[SecretKey], validators: ValidatorSet, *, signers: int = 64
) -> Certificate:
    """Return the certificate that the first ``signers`` keys sign."""
    message = vote_signing_bytes(
        VoteKind.PRECOMMIT,
        header.genesis_hash,
        height=header.height,
        round_=0,
        block_hash=header.hash,
    )
    return Certificate(
        kind=VoteKind.PRECOMMIT,
        height=header.height,
        round=0,
        block_hash=header.hash,
        validators_hash=validators.hash,
        signatures=tuple((index, key.sign(message)) for index, key in enumerate(keys[:signers])),
    )


def validators_named(*names: str) -> tuple[tuple[SecretKey, ...], ValidatorSet]:
    """Return the keys of these people, in the order of their set, and the set."""
    keys = tuple(sorted(map(key_of, names), key=lambda key: key.public_key))
    validators = ValidatorSet(
        Validator(public_key=key.public_key, name="v", payee=payee_of(key)) for key in keys
    )
    return keys, validators


OLD_KEYS, OLD = WORLD.chain.validators, GENESIS.validators
NEW_KEYS, NEW = validators_named("validator 0", "validator 1", "validator 2", "newcomer")


def final(header: Header, *, signers: int = 64) -> Certificate:
    return certify(header, OLD_KEYS, OLD, signers=signers)


def follow(header: Header, *, next_validators: ValidatorSet = OLD, **changes: object) -> Header:
    """Return a header that follows another one."""
    fields = {
        "height": header.height + 1,
        "time_ms": header.time_ms + 1_000,
        "parent_hash": header.hash,
        "validators_hash": header.next_validators_hash,
        "next_validators_hash": next_validators.hash,
    }
    return replace(header, **(fields | changes))


def check(header: Header, certificate: Certificate, validators: ValidatorSet = OLD) -> None:
    check_final(header, certificate, validators, genesis_hash=GENESIS.hash)


def test_block_of_a_real_chain_is_final() -> None:
    check(HEADERS[1], open_proof(WORLD.proofs[0]).certificate)
    check(HEADERS[0], final(HEADERS[0], signers=3))


def test_block_is_not_final_without_its_own_certificate() -> None:
    with pytest.raises(InvalidCertificate, match="another block"):
        check(HEADERS[0], final(HEADERS[1]))
    with pytest.raises(InvalidCertificate, match="another block"):
        check(replace(HEADERS[1], time_ms=1), final(HEADERS[1]))
    with pytest.raises(InvalidCertificate, match="2 signed and 3 are needed"):
        check(HEADERS[1], final(HEADERS[1], signers=2))
    with pytest.raises(InvalidCertificate, match="other validators"):
        check(HEADERS[1], final(HEADERS[1]), NEW)
    with pytest.raises(InvalidCertificate, match="does not verify"):
        check(HEADERS[1], certify(HEADERS[1], NEW_KEYS, OLD))
    with pytest.raises(InvalidCertificate, match="prevotes"):
        check(HEADERS[1], replace(final(HEADERS[1]), kind=VoteKind.PREVOTE))


def test_block_of_another_genesis_is_not_final_here() -> None:
    other = replace(HEADERS[1], genesis_hash=Hash(b"\1" * 32))
    with pytest.raises(WrongChain):
        check(other, final(other))


def test_light_client_follows_a_real_chain() -> None:
    client = LightClient(GENESIS)
    assert (client.height, client.block_hash) == (0, GENESIS.hash)
    for header in HEADERS:
        client.advance(header, final(header), latest_ms=header.time_ms)
    assert (client.height, client.block_hash) == (2, WORLD.block.hash)
    assert client.validators == OLD


def test_light_client_skips_headers_while_the_validators_stay() -> None:
    client = LightClient(GENESIS)
    client.advance(HEADERS[1], final(HEADERS[1]))
    assert client.height == 2


def test_light_client_follows_a_change_of_validators() -> None:
    client = LightClient(GENESIS)
    client.advance(HEADERS[1], final(HEADERS[1]))
    change = follow(HEADERS[1], next_validators=NEW)
    client.advance(change, final(change), NEW)
    first = follow(change, next_validators=NEW)
    with pytest.raises(InvalidCertificate, match="another set"):
        client.advance(first, final(first))
    client.advance(first, certify(first, NEW_KEYS, NEW))
    assert (client.height, client.validators) == (4, NEW)
    assert [client.validators_at(height) for height in (1, 3, 4, 99)] == [OLD, OLD, NEW, NEW]


def test_light_client_does_not_skip_a_change() -> None:
    client = LightClient(GENESIS)
    change = follow(HEADERS[1], next_validators=NEW)
    later = follow(change, next_validators=NEW)
    with pytest.raises(InvalidCertificate, match="other validators"):
        client.advance(later, certify(later, NEW_KEYS, NEW))


def test_light_client_takes_only_the_validators_that_were_announced() -> None:
    client = LightClient(GENESIS)
    change = follow(HEADERS[1], next_validators=NEW)
    for given in (None, OLD):
        with pytest.raises(InvalidBlock, match="announces"):
            client.advance(change, final(change), given)
    with pytest.raises(InvalidBlock, match="announces"):
        client.advance(HEADERS[1], final(HEADERS[1]), NEW)
    assert (client.height, client.validators) == (0, OLD)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (HEADERS[1], "not above"),
        (HEADERS[0], "not above"),
        (follow(HEADERS[1], parent_hash=HEADERS[0].hash), "parent"),
        (follow(HEADERS[1], time_ms=HEADERS[1].time_ms), "time is not after"),
        (follow(HEADERS[1], height=9, time_ms=HEADERS[1].time_ms), "time is not after"),
        (follow(HEADERS[1], time_ms=HEADERS[1].time_ms + 60_000), "not come yet"),
    ],
)
def test_light_client_rejects_what_does_not_follow(header: Header, reason: str) -> None:
    client = LightClient(GENESIS)
    client.advance(HEADERS[1], final(HEADERS[1]))
    before = dict(vars(client))
    with pytest.raises(InvalidBlock, match=reason):
        client.advance(header, final(header), latest_ms=HEADERS[1].time_ms + 10_000)
    assert vars(client) == before


def test_light_client_rejects_another_chain() -> None:
    client = LightClient(GENESIS)
    for other in (
        replace(HEADERS[0], chain_id="other"),
        replace(HEADERS[0], genesis_hash=Hash(b"\1" * 32)),
    ):
        with pytest.raises(WrongChain):
            client.advance(other, final(other))


def test_light_client_checks_a_receipt() -> None:
    client = LightClient(GENESIS)
    for proof in WORLD.proofs:
        client.check_proof(proof)
    first, second, settled = WORLD.proofs
    mixed = replace(first, receipt=replace(first.receipt, leaf=second.receipt.leaf))
    with pytest.raises(MalformedMessage, match="receipts_root"):
        client.check_proof(mixed)
    assert settled.settlement is not None
    unpaid = replace(settled.settlement, certificate=final(HEADERS[0]).encode())
    with pytest.raises(InvalidCertificate, match="another block"):
        client.check_proof(replace(settled, settlement=unpaid))
    elsewhere = ProvenChain(chain_id="aitbc-other")
    with pytest.raises(WrongChain):
        client.check_proof(elsewhere.proofs[0])


@pytest.mark.parametrize(
    ("part", "root"),
    [
        ("receipt", "receipts_root"),
        ("claim", "transactions_root"),
        ("outcome", "outcomes_root"),
    ],
)
def test_each_leaf_must_lead_to_its_own_root(part: str, root: str) -> None:
    leaf = getattr(WORLD.proofs[0], part)
    moved = replace(leaf, path=leaf.path[:-1])
    with pytest.raises(MalformedMessage, match=root):
        check_inclusion(replace(WORLD.proofs[0], **{part: moved}), HEADERS[1])


def test_light_client_follows_real_changes_and_falls() -> None:
    chain = Chain(a_genesis(validators=4))
    client = LightClient(chain.genesis)
    steps: dict[int, tuple[list[int], list[int]]] = {2: ([4], [0]), 5: ([5], []), 6: ([], [1])}
    announced = []
    for height in range(1, 12):
        join, leave = steps.get(height, ([], []))
        change = [a_change(chain.ledger, chain.validators, join=join, leave=leave)]
        evidence = [an_evidence(2)] if height == 8 else []
        executed = chain.block(*(change if join or leave else []), evidence=evidence)
        header = executed.block.header
        if header.next_validators_hash != header.validators_hash:
            announced.append(height)
            assert chain.last_commit is not None
            client.advance(header, chain.last_commit, chain.ledger.validators)
    assert announced == [3, 6, 7, 9]
    assert client.validators == chain.ledger.validators
    sets = [numbers_of(client.validators_at(height)) for height in (3, 4, 7, 8, 10)]
    assert sets == [[0, 1, 2, 3], [1, 2, 3, 4], [1, 2, 3, 4, 5], [2, 3, 4, 5], [3, 4, 5]]
