"""What the queries about money answer: accounts, reservations with their claims, the audit."""

from dataclasses import dataclass

from chain.primitives import Address, Hash, PublicKey


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account at the tip.

    Attributes:
        address: 20 bytes.
        number: of the database only; another node's may differ.
        balance: base units it may spend; None where it was named and never credited.
        reserved: base units of its reservations that no claim holds.
        pending: base units of its reservations that claims hold and that are not paid yet.
        nonces: next nonce of each of its keys.
        bonds: base units that its open disputes lock.
    """

    address: Address
    number: int
    balance: int | None
    reserved: int
    pending: int
    nonces: tuple[tuple[PublicKey, int], ...]
    bonds: int = 0


@dataclass(frozen=True, slots=True)
class ClaimView:
    """A claim of a reservation.

    Attributes:
        row: row id of its receipt.
        receipt_hash: 32 bytes.
        job_id: the job.
        provider: who is paid.
        amount: base units, fee included.
        fee: base units that come out of what is paid, as far as that goes.
        spent: base units paid for it, fee included: the amount, a part of it or none; 0 before.
        status: ``pending`` or ``disputed``, then ``paid``, ``split`` or ``refunded``.
        due_height: the height whose end pays it; 0 when it is not pending.
        settled_height: the height that ended it; None before.
    """

    row: int
    receipt_hash: Hash
    job_id: str
    provider: Address
    amount: int
    fee: int
    spent: int
    status: str
    due_height: int
    settled_height: int | None


@dataclass(frozen=True, slots=True)
class ReservationView:
    """A reservation, live or ended.

    Attributes:
        row: its row id.
        id: 32 bytes.
        client: whose money it is.
        provider: the only provider it pays; None for any.
        job_id: the reserved job, or the session's name.
        model: the only model it pays for, or "" for any.
        unit_type: what a unit is.
        max_rate: base units per whole unit, at most.
        cap: base units taken from the client.
        spent: base units paid out.
        pending: base units claimed and not yet paid.
        jobs_max: how many claims it takes.
        expires_at: first height at which it takes no more.
        dispute_window: heights a claim waits; 0 pays at once.
        status: ``open``, ``closing`` or ``ended``.
        ended_height: the height at which it ended; None before.
        grant_id: the grant of the key that reserved, 32 bytes; zeros for the client's own key.
        claims: in the order they came, at most ``JOBS_MAX``.
    """

    row: int
    id: Hash
    client: Address
    provider: Address | None
    job_id: str
    model: str
    unit_type: str
    max_rate: int
    cap: int
    spent: int
    pending: int
    jobs_max: int
    expires_at: int
    dispute_window: int
    status: str
    ended_height: int | None
    grant_id: Hash
    claims: tuple[ClaimView, ...]


@dataclass(frozen=True, slots=True)
class SupplyAudit:
    """All money after one block, in base units.

    Attributes:
        height: of the block.
        supply: what genesis gave out; nothing is ever added to it or burned.
        balances: of all accounts.
        reserved: of reservations that no claim holds.
        pending: of claims that wait, disputed ones included.
        bonds: what open disputes lock.
        treasury: of the treasury.
    """

    height: int
    supply: int
    balances: int
    reserved: int
    pending: int
    bonds: int
    treasury: int

    @property
    def difference(self) -> int:
        """Base units too many; anything but 0 is a defect."""
        held = self.reserved + self.pending + self.bonds
        return self.balances + held + self.treasury - self.supply


@dataclass(frozen=True, slots=True)
class FeesView:
    """All fees up to a block, in base units, and where they went.

    Attributes:
        fees: in all.
        treasury: what the treasury has got of them.
    """

    fees: int
    treasury: int

    @property
    def proposers(self) -> int:
        """What the proposers' payees have got."""
        return self.fees - self.treasury
