"""The chain's parameters: what genesis fixes and validators may later change by approval."""

from dataclasses import dataclass
from functools import cached_property

from chain.codec import text8, u8, u32, u64
from chain.crypto import tagged_hash
from chain.payloads import Kind
from chain.primitives import FEE_FACTOR_MAX, Hash


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

    def encode(self) -> bytes:
        """Return the fields in a fixed order."""
        flags = u8(self.devnet) + u8(self.undecided_provider_percent)
        fees = (self.fee_transfer, self.fee_reserve, self.fee_claim, self.fee_release)
        numbers = (*fees, self.fee_per_byte, self.new_account_fee, self.block_interval_ms)
        periods = u64(self.resolve_heights) + u64(self.payout_period)
        rates = u32(len(self.base_rates)) + b"".join(rate.encode() for rate in self.base_rates)
        return flags + b"".join(u64(number) for number in numbers) + periods + rates

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
        }[kind]
        return flat + self.fee_per_byte * size_bytes

    def maximum_fee(self, kind: Kind, *, size_bytes: int) -> int:
        """Return the most a sender may pay: a hundred times the minimum, at least one unit more."""
        return FEE_FACTOR_MAX * max(1, self.minimum_fee(kind, size_bytes=size_bytes))
