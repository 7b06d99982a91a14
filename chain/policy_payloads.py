"""What an account says about keys and prices: grants, their end, and offers."""

from dataclasses import dataclass
from typing import ClassVar, Self

from chain.codec import Reader, text8, u8, u32, u64
from chain.errors import MalformedMessage
from chain.kind import Kind
from chain.primitives import GRANT_MODELS_MAX, LABEL_MAX, PUBLIC_KEY_BYTES, PublicKey


@dataclass(frozen=True, slots=True)
class Grant:
    """Lets another key act for the sender's account, within limits that the chain keeps.

    Attributes:
        label: the key's name, unique among the account's live grants.
        public_key: 32 bytes.
        scopes: bits of :class:`Scope`.
        total_limit: base units the key may commit in all.
        transaction_limit: base units in one transaction.
        period_limit: base units in each period.
        period_heights: heights of a period, counted from height 0.
        expires_at: the first height at which it no longer holds.
        models: the only models it may reserve for; none stands for any.
    """

    kind: ClassVar[Kind] = Kind.GRANT
    label: str
    public_key: PublicKey
    scopes: int
    total_limit: int
    transaction_limit: int
    period_limit: int
    period_heights: int
    expires_at: int
    models: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        limits = u64(self.total_limit) + u64(self.transaction_limit) + u64(self.period_limit)
        heights = u64(self.period_heights) + u64(self.expires_at)
        models = u8(len(self.models)) + b"".join(text8(model) for model in self.models)
        return text8(self.label) + self.public_key + u8(self.scopes) + limits + heights + models

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the fields that :meth:`encode` wrote.

        Raises:
            MalformedMessage: there are more than ``GRANT_MODELS_MAX`` models.
        """
        return cls(
            label=reader.text8(LABEL_MAX),
            public_key=PublicKey(reader.take(PUBLIC_KEY_BYTES)),
            scopes=reader.u8(),
            total_limit=reader.u64(),
            transaction_limit=reader.u64(),
            period_limit=reader.u64(),
            period_heights=reader.u64(),
            expires_at=reader.u64(),
            models=_read_models(reader),
        )


def _read_models(reader: Reader) -> tuple[str, ...]:
    count = reader.u8()
    if count > GRANT_MODELS_MAX:
        raise MalformedMessage(detail=f"{count} models are above {GRANT_MODELS_MAX}")
    return tuple(reader.text8(LABEL_MAX) for _ in range(count))


@dataclass(frozen=True, slots=True)
class Revoke:
    """Ends a grant.

    Attributes:
        public_key: the granted key.
    """

    kind: ClassVar[Kind] = Kind.REVOKE
    public_key: PublicKey

    def encode(self) -> bytes:
        """Return the key."""
        return self.public_key

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the key."""
        return cls(public_key=PublicKey(reader.take(PUBLIC_KEY_BYTES)))


@dataclass(frozen=True, slots=True)
class Offer:
    """A line of a miner's price list; one with the same model and unit type replaces it.

    Attributes:
        model: label of the model.
        unit_type: what a unit is.
        rate: base units per whole unit.
        capacity: a hint of how many jobs it takes at once.
        expires_at: the first height at which it no longer holds; 0 takes the line away.
    """

    kind: ClassVar[Kind] = Kind.OFFER
    model: str
    unit_type: str
    rate: int
    capacity: int
    expires_at: int

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        labels = text8(self.model) + text8(self.unit_type)
        return labels + u64(self.rate) + u32(self.capacity) + u64(self.expires_at)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the fields that :meth:`encode` wrote."""
        return cls(
            model=reader.text8(LABEL_MAX),
            unit_type=reader.text8(LABEL_MAX),
            rate=reader.u64(),
            capacity=reader.u32(),
            expires_at=reader.u64(),
        )
