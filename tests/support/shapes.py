"""Hypothesis strategies for everything that has a byte form: any value of the right shape."""

from dataclasses import replace

from hypothesis import strategies as st

from chain.approval import Approval, ApprovedTransaction, NewParameters, Resolution
from chain.block import Block, Header
from chain.certificate import ROUND_MAX, Certificate, VoteKind
from chain.claim import Acceptance, Claim, ClaimTransaction
from chain.claim_batch import ClaimBatch
from chain.new_validators import AcceptedValidator, NewValidators
from chain.outcome import Outcome, OutcomeKind
from chain.parameters import BaseRate, Parameters
from chain.payloads import Accept, Dispute, Release, Reserve, Transfer
from chain.policy_payloads import Grant, Offer, Revoke
from chain.primitives import (
    CHAIN_ID_MAX,
    DISCLOSURE_BYTES_MAX,
    GRANT_MODELS_MAX,
    HEIGHT_MAX,
    LABEL_MAX,
    MEMO_BYTES_MAX,
    TIME_MS_MAX,
    Address,
    Hash,
    PublicKey,
    Signature,
)
from chain.proposal import CompactBlock
from chain.transaction import SignedTransaction
from chain.validators import Validator

u16s = st.integers(0, 2**16 - 1)
u32s = st.integers(0, 2**32 - 1)
u64s = st.integers(0, 2**64 - 1)
hashes = st.binary(min_size=32, max_size=32).map(Hash)
addresses = st.binary(min_size=20, max_size=20).map(Address)
public_keys = st.binary(min_size=32, max_size=32).map(PublicKey)
signatures = st.binary(min_size=64, max_size=64).map(Signature)


def texts(limit: int = LABEL_MAX) -> st.SearchStrategy[str]:
    """Return printable ASCII texts of at most ``limit`` characters."""
    return st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=limit)


transfers = st.builds(Transfer, to=addresses, amount=u64s, memo=texts(MEMO_BYTES_MAX))
reserves = st.builds(
    Reserve,
    job_id=texts(),
    provider=addresses,
    model=texts(),
    unit_type=texts(),
    max_rate=u64s,
    cap=u64s,
    expires_at=u64s,
    jobs_max=u16s,
    dispute_window=u32s,
    idempotency_key_hash=hashes,
)
releases = st.builds(Release, reservation_id=hashes)
accepts = st.builds(Accept, reservation_id=hashes, receipt_hash=hashes, amount=u64s)
disputes = st.builds(
    Dispute,
    reservation_id=hashes,
    receipt_hash=hashes,
    reason_hash=hashes,
    disclosure=st.binary(max_size=DISCLOSURE_BYTES_MAX),
)
grants = st.builds(
    Grant,
    label=texts(),
    public_key=public_keys,
    scopes=st.integers(0, 255),
    total_limit=u64s,
    transaction_limit=u64s,
    period_limit=u64s,
    period_heights=u64s,
    expires_at=u64s,
    models=st.lists(texts(), max_size=GRANT_MODELS_MAX).map(tuple),
)
revokes = st.builds(Revoke, public_key=public_keys)
offers = st.builds(
    Offer, model=texts(), unit_type=texts(), rate=u64s, capacity=u32s, expires_at=u64s
)
signed_transactions = st.builds(
    SignedTransaction,
    sender=addresses,
    public_key=public_keys,
    nonce=u64s,
    fee=u64s,
    valid_until=u64s,
    payload=transfers | reserves | releases | accepts | disputes | grants | revokes | offers,
    signature=signatures,
)
claims = st.builds(
    Claim,
    reservation_id=hashes,
    receipt_hash=hashes,
    sidecar_id=hashes,
    job_id=texts(),
    provider=addresses,
    client=addresses,
    public_key=public_keys,
    model=texts(),
    unit_type=texts(),
    units_micro=u64s,
    amount=u64s,
    final=st.booleans(),
    fields_root=hashes,
)
acceptances = st.builds(Acceptance, public_key=public_keys, signature=signatures)
claim_transactions = st.builds(
    ClaimTransaction, claim=claims, signature=signatures, acceptance=st.none() | acceptances
)
claim_batches = st.builds(
    lambda claims, provider, key, signature: ClaimBatch(
        claims=tuple(replace(one, provider=provider, public_key=key) for one in claims),
        signature=signature,
    ),
    st.lists(claims, min_size=1, max_size=3),
    addresses,
    public_keys,
    signatures,
)
resolutions = st.builds(
    Resolution, reservation_id=hashes, receipt_hash=hashes, opened_at=u64s, provider_amount=u64s
)
base_rates = st.builds(BaseRate, model=texts(), unit_type=texts(), rate=u64s)
parameters = st.builds(
    Parameters,
    devnet=st.booleans(),
    undecided_provider_percent=st.integers(0, 255),
    base_rates=st.lists(base_rates, max_size=3).map(tuple),
    **{
        name: u64s
        for name in Parameters.__dataclass_fields__
        if name not in ("devnet", "undecided_provider_percent", "base_rates")
    },
)
accepted_validators = st.builds(
    AcceptedValidator,
    validator=st.builds(Validator, public_key=public_keys, name=texts(), payee=addresses),
    until=u64s,
    signature=signatures,
)
new_validators = st.builds(
    NewValidators,
    version=u64s,
    added=st.lists(
        accepted_validators, max_size=3, unique_by=lambda one: one.validator.public_key
    ).map(lambda added: tuple(sorted(added, key=lambda one: one.validator.public_key))),
    removed=st.sets(public_keys, max_size=3).map(lambda keys: tuple(sorted(keys))),
)
approved_transactions = st.builds(
    ApprovedTransaction,
    decision=resolutions | st.builds(NewParameters, parameters=parameters) | new_validators,
    approvals=st.dictionaries(public_keys, signatures, max_size=3).map(
        lambda votes: tuple(Approval(key, votes[key]) for key in sorted(votes))
    ),
)
transactions = signed_transactions | claim_transactions | claim_batches | approved_transactions

headers = st.builds(
    Header,
    chain_id=texts(CHAIN_ID_MAX),
    genesis_hash=hashes,
    height=st.integers(1, HEIGHT_MAX),
    time_ms=st.integers(0, TIME_MS_MAX),
    parent_hash=hashes,
    last_commit_hash=hashes,
    transactions_root=hashes,
    outcomes_root=hashes,
    receipts_root=hashes,
    state_root=hashes,
    validators_hash=hashes,
    next_validators_hash=hashes,
    params_hash=hashes,
    evidence_hash=hashes,
    payouts_root=hashes,
    proposer=public_keys,
)
certificates = st.builds(
    Certificate,
    kind=st.sampled_from(VoteKind),
    height=st.integers(1, HEIGHT_MAX),
    round=st.integers(0, ROUND_MAX),
    block_hash=hashes,
    validators_hash=hashes,
    signatures=st.dictionaries(st.integers(0, 63), signatures, min_size=1, max_size=5).map(
        lambda votes: tuple(sorted(votes.items()))
    ),
)


def some(items: st.SearchStrategy[bytes]) -> st.SearchStrategy[tuple[bytes, ...]]:
    """Return up to three items."""
    return st.lists(items, max_size=3).map(tuple)


blocks = st.builds(
    Block,
    header=headers,
    last_commit=st.none() | certificates,
    evidence=some(st.binary(max_size=99)),
    transactions=some(st.binary(max_size=99)),
    receipts=some(st.binary(max_size=99)),
)
compact_blocks = st.builds(
    CompactBlock,
    header=headers,
    last_commit=st.none() | certificates,
    evidence=some(st.binary(max_size=99)),
    transactions=some(hashes),
    receipts=some(hashes),
)
outcomes = st.builds(
    Outcome,
    kind=st.sampled_from(OutcomeKind),
    subject=hashes,
    receipt_hash=hashes,
    fee=u64s,
    paid=u64s,
    returned=u64s,
    pending=u64s,
)
