"""How people agree on a change of the validators: accept a seat, propose, approve.

Each step takes what files say, and a node's word for who the validators are. What a change may do
is asked of the chain's own rule, so that nobody approves what no block could hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chain.address import format_address, parse_address
from chain.approval import ApprovedTransaction
from chain.crypto import SecretKey
from chain.errors import ConfigError, MalformedMessage
from chain.new_validators import AcceptedValidator, NewValidators, accept_validator
from chain.primitives import ACCEPTANCE_HEIGHTS_MAX, ZERO_ADDRESS, Address, Hash, PublicKey
from chain.refusals import ApprovalRefused
from chain.validator_change import changed_set
from chain.validators import Validator, ValidatorSet
from genesis.document import read_genesis
from node.home import Home, is_running
from node.keystore import Ask, read_key
from node.seats import Seats
from node.validator_files import make_change, sign_approval, with_approvals


@dataclass(frozen=True, slots=True)
class Member:
    """A home with a consensus key on the chain that a node was asked about.

    Attributes:
        key: the consensus key.
        genesis_hash: of both.
    """

    key: SecretKey
    genesis_hash: Hash


def open_member(home: Home, seats: Seats, ask: Ask | None = None) -> Member:
    """Read a home's key.

    Args:
        home: a node's, or a signer's.
        seats: what a node said.
        ask: called for the passphrase of a key that is sealed.

    Raises:
        ConfigError: the home has none, or the node that was asked is of another chain.
        WrongPassphrase: the passphrase does not open the key.
    """
    home.check_key()
    genesis_hash, key = read_genesis(home.genesis).hash, read_key(home.validator_key, ask)
    if genesis_hash != seats.genesis_hash:
        raise ConfigError(
            detail=f"the node that was asked is of another chain than {home.root}; give the "
            "address of one with the same genesis document with --rpc"
        )
    return Member(key, genesis_hash)


def find_worry(home: Home, seats: Seats) -> str | None:
    """Return why a seat would be empty if the chain gave it to this home now, or None."""
    if not is_running(home):
        return (
            f"no node runs in {home.root}: a seat whose node is away stops a small chain, so start "
            "it before anybody approves"
        )
    if not seats.is_following:
        return (
            f"the node that was asked does not follow the chain yet, it is at height {seats.height}"
            ": once it does accept again, or the acceptance is over early"
        )
    return None


def accept(member: Member, seats: Seats, *, name: str, payee: str) -> AcceptedValidator:
    """Return the acceptance of a seat, which holds as long as the rule allows.

    Raises:
        ConfigError: the key has a seat already, or the name or the payee cannot be.
    """
    public_key = member.key.public_key
    if seats.coming.validators.find_index(public_key) is not None:
        raise ConfigError(detail=f"the key {public_key.hex()} is a validator's already")
    _check_untainted(public_key, seats)
    validator = Validator(public_key=public_key, name=name, payee=_payee(payee))
    try:
        ValidatorSet([validator])
    except MalformedMessage as error:
        raise ConfigError(detail=f"the name cannot be: {error.detail}") from None
    return accept_validator(
        validator,
        until=seats.height + ACCEPTANCE_HEIGHTS_MAX,
        key=member.key,
        genesis_hash=member.genesis_hash,
    )


def _check_untainted(public_key: PublicKey, seats: Seats) -> None:
    if public_key in seats.tombstoned:
        raise ConfigError(
            detail=f"the key {public_key.hex()} contradicted itself and never joins again; make a "
            "new key"
        )


def _payee(text: str) -> Address:
    try:
        payee = parse_address(text)
    except MalformedMessage as error:
        raise ConfigError(detail=f"the payee is no address: {error.detail}") from None
    if payee == ZERO_ADDRESS:
        raise ConfigError(detail="the payee is the zero address, which nobody has the key of")
    return payee


def propose(
    seats: Seats, *, add: Sequence[AcceptedValidator], remove: Sequence[str]
) -> ApprovedTransaction:
    """Return the next change, which nobody approves yet.

    Args:
        seats: who the validators are.
        add: who is to join.
        remove: keys or names of those who are to leave.

    Raises:
        ConfigError: nobody is meant by a name, or the rule allows no such change now.
    """
    leaving = [_find_validator(seats, one) for one in remove]
    change = make_change(seats.version + 1, list(add), leaving)
    check_change(change, seats)
    return with_approvals(change, [])


def _find_validator(seats: Seats, text: str) -> PublicKey:
    """Return the key of the validator that a key or a name means.

    Raises:
        ConfigError: there is none.
    """
    for one in seats.coming.validators:
        if text.lower().removeprefix("0x") == one.public_key.hex() or text == one.name:
            return one.public_key
    names = ", ".join(one.name for one in seats.coming.validators)
    raise ConfigError(detail=f"{text} is no validator; there are {names}")


def check_change(change: NewValidators, seats: Seats) -> ValidatorSet:
    """Return the set that a change makes, were it in the next block.

    Raises:
        ConfigError: the rule does not allow it now.
    """
    if change.version <= seats.version:
        raise ConfigError(
            detail=f"the update was made as change {change.version} of the validators, and change "
            f"{seats.version} is done; propose it anew"
        )
    for accepted in change.added:
        _check_untainted(accepted.validator.public_key, seats)
    try:
        return changed_set(seats.coming, change, height=seats.height + 1)
    except ApprovalRefused as error:
        raise ConfigError(detail=f"the change is not allowed now: {error.detail}") from None


def describe(transaction: ApprovedTransaction, seats: Seats) -> list[str]:
    """Return a change in words: who comes, who goes, and what it takes and makes.

    Raises:
        ConfigError: the rule does not allow it now.
    """
    change = transaction.decision
    assert isinstance(change, NewValidators)
    after, before = check_change(change, seats), seats.coming.validators
    lines = [
        f"joins       {one.validator.name} {one.validator.public_key.hex()}, paid to "
        f"{format_address(one.validator.payee)}; accepted until height {one.until}"
        for one in change.added
    ]
    lines += [f"leaves      {_name_of(key, seats)} {key.hex()}" for key in change.removed]
    may_fail = len(after) - after.quorum
    return [
        *lines,
        f"validators  {len(before)} -> {len(after)}, quorum {before.quorum} -> {after.quorum}",
        f"tolerates   {may_fail} of {len(after)} being away",
        f"votes from  height {seats.height + 3} at the earliest, two heights after its block",
        f"approved    {approved_by(transaction, seats)}",
    ]


def change_document(transaction: ApprovedTransaction, seats: Seats) -> dict[str, object]:
    """Return a change in JSON, as :func:`describe` does in words.

    Raises:
        ConfigError: the rule does not allow it now.
    """
    change = transaction.decision
    assert isinstance(change, NewValidators)
    after = check_change(change, seats)
    return {
        "joins": [
            {
                "name": one.validator.name,
                "publicKey": f"0x{one.validator.public_key.hex()}",
                "payee": format_address(one.validator.payee),
                "acceptedUntilHeight": one.until,
            }
            for one in change.added
        ],
        "leaves": [f"0x{key.hex()}" for key in change.removed],
        "validators": len(after),
        "quorum": after.quorum,
        "approvedBy": _approving(transaction, seats),
        "approvalsNeeded": seats.voting.quorum,
    }


def _name_of(key: PublicKey, seats: Seats) -> str:
    return dict(seats.keys)[key].name if key in dict(seats.keys) else "unknown"


def approved_by(transaction: ApprovedTransaction, seats: Seats) -> str:
    """Return in words who approves a change, of those whose word counts."""
    voting, by = seats.voting, _approving(transaction, seats)
    names = f" ({', '.join(by)})" if by else ""
    return f"by {len(by)} of {len(voting)}{names}; it takes {voting.quorum}"


def _approving(transaction: ApprovedTransaction, seats: Seats) -> list[str]:
    given = {one.public_key for one in transaction.approvals}
    return [one.name for one in seats.voting if one.public_key in given]


def approve(transaction: ApprovedTransaction, member: Member, seats: Seats) -> ApprovedTransaction:
    """Return a change with a validator's approval among the others; twice is once.

    Raises:
        ConfigError: the key may not approve, or the rule does not allow the change now.
    """
    change = transaction.decision
    assert isinstance(change, NewValidators)
    check_change(change, seats)
    key = member.key
    if seats.voting.find_index(key.public_key) is None:
        raise ConfigError(
            detail=f"the key {key.public_key.hex()} of this home is no validator's at height "
            f"{seats.height + 1}, and cannot approve"
        )
    others = [one for one in transaction.approvals if one.public_key != key.public_key]
    own = sign_approval(transaction, key, genesis_hash=member.genesis_hash)
    return with_approvals(change, [*others, own])
