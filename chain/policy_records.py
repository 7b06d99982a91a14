"""What the state holds about keys, prices, disputes and payout periods."""

from dataclasses import dataclass

from chain.codec import text8, u8, u16, u32, u64
from chain.primitives import Hash, PublicKey


@dataclass(frozen=True, slots=True)
class GrantRecord:
    """A key that may act for an account.

    Attributes:
        id: the granting transaction; a later grant of the same key has another.
        label: the key's name.
        public_key: 32 bytes.
        scopes: bits of ``chain.grants.Scope``.
        total_limit: base units in all.
        transaction_limit: base units in one transaction.
        period_limit: base units in each period.
        period_heights: heights of a period.
        expires_at: the first height at which it no longer holds.
        models: the only models it may reserve for; none stands for any.
        spent: base units committed and not come back.
        period: number of the period that ``period_spent`` is about.
        period_spent: base units committed in that period.
    """

    id: Hash
    label: str
    public_key: PublicKey
    scopes: int
    total_limit: int
    transaction_limit: int
    period_limit: int
    period_heights: int
    expires_at: int
    models: tuple[str, ...]
    spent: int = 0
    period: int = 0
    period_spent: int = 0

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        limits = u64(self.total_limit) + u64(self.transaction_limit) + u64(self.period_limit)
        heights = u64(self.period_heights) + u64(self.expires_at)
        models = u8(len(self.models)) + b"".join(text8(model) for model in self.models)
        spent = u64(self.spent) + u64(self.period) + u64(self.period_spent)
        names = self.id + text8(self.label) + self.public_key + u8(self.scopes)
        return names + limits + heights + models + spent


@dataclass(frozen=True, slots=True)
class GrantsRecord:
    """The grants of one account, at most 64, in the order of their keys."""

    grants: tuple[GrantRecord, ...]

    def encode(self) -> bytes:
        """Return a count and the grants."""
        return u16(len(self.grants)) + b"".join(grant.encode() for grant in self.grants)


@dataclass(frozen=True, slots=True)
class OfferRecord:
    """A line of a miner's price list.

    Attributes:
        model: label of the model.
        unit_type: what a unit is.
        rate: base units per whole unit.
        capacity: a hint of how many jobs it takes at once.
        expires_at: the first height at which it no longer holds.
    """

    model: str
    unit_type: str
    rate: int
    capacity: int
    expires_at: int

    @property
    def line(self) -> tuple[str, str]:
        """What the line is for."""
        return self.model, self.unit_type

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        labels = text8(self.model) + text8(self.unit_type)
        return labels + u64(self.rate) + u32(self.capacity) + u64(self.expires_at)


@dataclass(frozen=True, slots=True)
class OffersRecord:
    """The offers of one account, at most 64, in the order of model and unit type."""

    offers: tuple[OfferRecord, ...]

    def encode(self) -> bytes:
        """Return a count and the offers."""
        return u16(len(self.offers)) + b"".join(offer.encode() for offer in self.offers)


@dataclass(frozen=True, slots=True)
class DisputeRecord:
    """A frozen claim.

    Attributes:
        bond: base units the client put up.
        opened_at: height of the dispute; approvals name it, so that they fit no later one.
        due_height: the height whose end applies the genesis split.
        reason_hash: hash of the reason.
        grant_id: the grant under which the bond was put up, or zeros.
    """

    bond: int
    opened_at: int
    due_height: int
    reason_hash: Hash
    grant_id: Hash

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        heights = u64(self.opened_at) + u64(self.due_height)
        return u64(self.bond) + heights + self.reason_hash + self.grant_id


@dataclass(frozen=True, slots=True)
class PeriodRecord:
    """The payout period that is under way.

    Attributes:
        period: its number, from 0.
        count: rows it has so far.
    """

    period: int
    count: int

    def encode(self) -> bytes:
        """Return ``period u64 | count u32``."""
        return u64(self.period) + u32(self.count)
