"""The chain's parameters: what genesis fixes and validators may later change by approval."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

from chain.codec import Reader, text8, u8, u32, u64
from chain.crypto import tagged_hash
from chain.errors import MalformedMessage
from chain.kind import Kind
from chain.primitives import AMOUNT_MAX, FEE_FACTOR_MAX, LABEL_MAX, RATE_MAX, Hash
from chain.receipt import LABEL

BASE_RATES_MAX = 1_000
"""Lines of the price list of genesis."""

FEE_MAX = AMOUNT_MAX // 2**24
"""The dearest fee: 536 AITBC, so that a hundred times the fee of the widest transaction is still an
amount, and no slip of the finger locks everybody out."""

PERIOD_HEIGHTS_MAX = 1_000_000
"""The longest payout period and the longest wait for a dispute's end: eleven days of seconds."""

_FEES = (
    "fee_transfer",
    "fee_reserve",
    "fee_claim",
    "fee_release",
    "fee_accept",
    "fee_dispute",
    "fee_grant",
    "fee_offer",
    "fee_per_byte",
)
_NUMBERS = (
    *_FEES,
    "new_account_fee",
    "block_interval_ms",
    "resolve_heights",
    "payout_period",
    "version",
)
"""The numbers in the order of the byte form."""


@dataclass(frozen=True)
class BaseRate:
    """The price list of genesis for one model.

    Attributes:
        model: label of the model.
        unit_type: what a unit is.
        rate: base units per whole unit.
    """

    model: str
    unit_type: str
    rate: int

    def encode(self) -> bytes:
        """Return ``model | unit_type | rate u64``."""
        return text8(self.model) + text8(self.unit_type) + u64(self.rate)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read the fields that :meth:`encode` wrote."""
        return cls(reader.text8(LABEL_MAX), reader.text8(LABEL_MAX), reader.u64())


@dataclass(frozen=True)
class Parameters:
    """Rules with numbers that differ between chains.

    Attributes:
        devnet: whether fees may be 0 and development methods exist.
        block_interval_ms: milliseconds from one block to the next.
        fee_transfer: flat base units of a transfer.
        fee_reserve: flat base units of a reservation.
        fee_claim: flat base units of a claim, out of its amount.
        fee_release: flat base units of a release.
        fee_per_byte: base units per byte of a transaction.
        new_account_fee: base units for the first credit of an unknown address.
        resolve_heights: heights after which an undecided dispute falls to the split below.
        undecided_provider_percent: the provider's share of an undecided dispute, 0 to 100.
        payout_period: heights of one payout period.
        base_rates: the price list, ordered by model and unit type.
        fee_accept: flat base units of an acceptance by transaction.
        fee_dispute: flat base units of a dispute.
        fee_grant: flat base units of a grant, and of its end.
        fee_offer: flat base units of an offer.
        version: counts the changes; 0 at genesis.
    """

    devnet: bool
    block_interval_ms: int
    fee_transfer: int
    fee_reserve: int
    fee_claim: int
    fee_release: int
    fee_per_byte: int
    new_account_fee: int
    resolve_heights: int
    undecided_provider_percent: int
    payout_period: int
    base_rates: tuple[BaseRate, ...]
    fee_accept: int = 0
    fee_dispute: int = 0
    fee_grant: int = 0
    fee_offer: int = 0
    version: int = 0

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        flags = u8(self.devnet) + u8(self.undecided_provider_percent)
        numbers = b"".join(u64(getattr(self, name)) for name in _NUMBERS)
        rates = u32(len(self.base_rates)) + b"".join(rate.encode() for rate in self.base_rates)
        return flags + numbers + rates

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Read what :meth:`encode` wrote.

        Raises:
            MalformedMessage: a field does not decode, or there are too many rates.
        """
        devnet, percent = reader.flag(), reader.u8()
        numbers = {name: reader.u64() for name in _NUMBERS}
        count = reader.u32()
        if count > BASE_RATES_MAX:
            raise MalformedMessage(detail=f"{count} base rates are above {BASE_RATES_MAX}")
        rates = tuple(BaseRate.read(reader) for _ in range(count))
        return cls(devnet=devnet, undecided_provider_percent=percent, base_rates=rates, **numbers)

    @cached_property
    def hash(self) -> Hash:
        """The header's ``params_hash``."""
        return tagged_hash(b"parameters", self.encode())

    def minimum_fee(self, kind: Kind, *, size_bytes: int) -> int:
        """Return the least fee of a transaction of this kind and size, in base units."""
        flat = {
            Kind.TRANSFER: self.fee_transfer,
            Kind.RESERVE: self.fee_reserve,
            Kind.CLAIM: self.fee_claim,
            Kind.RELEASE: self.fee_release,
            Kind.ACCEPT: self.fee_accept,
            Kind.DISPUTE: self.fee_dispute,
            Kind.GRANT: self.fee_grant,
            Kind.REVOKE: self.fee_grant,
            Kind.OFFER: self.fee_offer,
        }[kind]
        return flat + self.fee_per_byte * size_bytes

    def maximum_fee(self, kind: Kind, *, size_bytes: int) -> int:
        """Return the most a sender may pay: a hundred times the minimum, at least one unit more."""
        return FEE_FACTOR_MAX * max(1, self.minimum_fee(kind, size_bytes=size_bytes))

    def find_fault(self) -> str | None:
        """Return what is outside its bounds, in words, or None."""
        bounds = (
            ("block_interval_ms", 50, 600_000),
            ("resolve_heights", 1, PERIOD_HEIGHTS_MAX),
            ("payout_period", 1, PERIOD_HEIGHTS_MAX),
            ("undecided_provider_percent", 0, 100),
            ("new_account_fee", 0, FEE_MAX),
            *((fee, 0 if self.devnet else 1, FEE_MAX) for fee in _FEES),
        )
        for name, low, high in bounds:
            value = getattr(self, name)
            if not low <= value <= high:
                return f"{name} is {value}; it must be {low} to {high}"
        lines = [(rate.model, rate.unit_type) for rate in self.base_rates]
        if lines != sorted(set(lines)) or len(lines) > BASE_RATES_MAX:
            return "the base rates are not in order, or name a line twice"
        if not all(LABEL.fullmatch(label) for line in lines for label in line):
            return "a base rate's model or unit type is not a label"
        if not all(0 < rate.rate <= RATE_MAX for rate in self.base_rates):
            return f"a base rate is not 1 to {RATE_MAX}"
        return None
