"""What buyers and sellers ask: prices, grants, disputes, payouts and ledgers."""

from chain.parameters import Parameters
from chain.policy_records import OfferRecord
from chain.primitives import Address, Hash
from chain.store import market_rows
from chain.store.market_views import (
    DisputeView,
    GrantView,
    LedgerEntryView,
    PayoutPeriodView,
    PayoutView,
    PricingView,
)
from chain.store.pages import ROW_MAX, bounded
from chain.store.policy_loading import load_parameters
from chain.store.queries import ChainReader


class MarketReader:
    """Asks a reader's connection; a snapshot of the reader holds for this as well."""

    def __init__(self, reader: ChainReader) -> None:
        """Ask through an open reader, which whoever opened it closes."""
        self._reader = reader
        self._connection = reader.connection

    def parameters(self) -> Parameters:
        """Return the parameters in force for the next block."""
        with self._reader.snapshot():
            return load_parameters(self._connection)

    def pricing(self, now_height: int | None = None) -> PricingView:
        """Return base rates, live offers and the last day's volume.

        Args:
            now_height: at which offers must still hold; the next block's unless it is given.
        """
        with self._reader.snapshot():
            height = self._next_height() if now_height is None else now_height
            return market_rows.pricing(self._connection, height)

    def offers_of(self, account: Address) -> tuple[OfferRecord, ...]:
        """Return an account's price list."""
        with self._reader.snapshot():
            number = self._reader.find_number(account)
            return () if number is None else market_rows.offers_of(self._connection, number)

    def grants_of(self, account: Address) -> tuple[GrantView, ...]:
        """Return an account's grants, with what they leave for the next block."""
        with self._reader.snapshot():
            number = self._reader.find_number(account)
            if number is None:
                return ()
            return market_rows.grants_of(self._connection, number, height=self._next_height())

    def find_dispute(self, receipt_hash: Hash) -> DisputeView | None:
        """Return the dispute of a receipt, open or ended, or None."""
        with self._reader.snapshot():
            receipt = self._reader.find_receipt(receipt_hash)
            if receipt is None:
                return None
            return market_rows.find_dispute(self._connection, receipt.row)

    def payout_periods(
        self, *, before: int = ROW_MAX, limit: int = 50
    ) -> tuple[PayoutPeriodView, ...]:
        """Return payout periods that have ended, below one, newest first."""
        with self._reader.snapshot():
            return market_rows.payout_periods(self._connection, before=before, limit=bounded(limit))

    def find_period(self, period: int) -> PayoutPeriodView | None:
        """Return a payout period that has ended, or None."""
        with self._reader.snapshot():
            return market_rows.find_period(self._connection, period)

    def payouts_of_period(self, period: int) -> tuple[PayoutView, ...]:
        """Return all rows of a payout period, in order; so far, if it is under way.

        A proof or a dump needs all of them; a period ends with the block that fills it.
        """
        with self._reader.snapshot():
            return market_rows.payouts_of_period(self._connection, period)

    def payouts_of(
        self, payee: Address, *, before: int = ROW_MAX, limit: int = 50
    ) -> tuple[PayoutView, ...]:
        """Return the payments to an account below a row, newest first."""
        with self._reader.snapshot():
            number = self._reader.find_number(payee)
            if number is None:
                return ()
            return market_rows.payouts_of(
                self._connection, number, before=before, limit=bounded(limit)
            )

    def ledger_page(
        self, account: Address, *, before: int = ROW_MAX, limit: int = 50
    ) -> tuple[LedgerEntryView, ...]:
        """Return the ledger of an account's reserved money below a row, newest first."""
        with self._reader.snapshot():
            number = self._reader.find_number(account)
            if number is None:
                return ()
            return market_rows.ledger_page(
                self._connection, number, before=before, limit=bounded(limit)
            )

    def _next_height(self) -> int:
        return self._reader.tip().height + 1
