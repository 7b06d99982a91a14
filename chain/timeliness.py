"""Whether a new block is of this time, by our clock; and whose clock is wrong if it is not."""

from chain.advance import Chain
from chain.block import Header
from chain.clocks import Clocks, Difference
from chain.consensus.messages import NO_ROUND, Proposal
from chain.consensus.timing import Timing, is_timely
from chain.events import Report
from chain.primitives import Hash

ARRIVALS_MAX = 16
"""Blocks whose arrival is remembered until their proposals are checked."""


class Timeliness:
    """Judges the times of new blocks."""

    def __init__(self, chain: Chain, timing: Timing) -> None:
        """Judge by the chain's clock and a network's bounds."""
        self._chain, self._timing = chain, timing
        self._clocks = Clocks(timing)
        self._arrivals: dict[Hash, tuple[int, Header]] = {}

    def tick(self) -> None:
        """About a second has passed."""
        self._clocks.tick()

    def of(self, proposal: Proposal, header: Header) -> bool:
        """Tell whether a new block is of this time, and made by the one whose turn it is.

        A block is not invalid for its turn: a later round may propose it again.
        """
        ledger, now_ms = self._chain.ledger, self._chain.now_ms
        self._remember(proposal, header)
        is_early = proposal.height > ledger.height + 1
        validators = ledger.next_validators if is_early else ledger.validators
        turn = validators.proposer_index(height=proposal.height, round_=proposal.round)
        return header.proposer == validators[turn].public_key and is_timely(
            time_ms=header.time_ms,
            received_ms=now_ms,
            round_=proposal.round,
            parent_ms=None if is_early else ledger.tip_time_ms,
            timing=self._timing,
        )

    def _remember(self, proposal: Proposal, header: Header) -> None:
        if proposal.pol_round != NO_ROUND or proposal.block_hash in self._arrivals:
            return
        if len(self._arrivals) >= ARRIVALS_MAX:
            self._arrivals.clear()
        self._arrivals[proposal.block_hash] = self._chain.now_ms, header

    def checked(self, proposal: Proposal | None) -> list[Report]:
        """Learn about clocks from a proposal of this height whose signature was checked.

        A block that bears the least time it may says nothing: its maker's clock is behind its
        parent, by whoever's fault.
        """
        ledger = self._chain.ledger
        if proposal is None or proposal.block_hash not in self._arrivals:
            return []
        arrived_ms, header = self._arrivals.pop(proposal.block_hash)
        maker = ledger.validators[proposal.index]
        if header.proposer != maker.public_key or header.time_ms == ledger.tip_time_ms + 1:
            return []
        difference = Difference(arrived_ms - header.time_ms, header.height)
        return self._clocks.note(maker, difference, validators=ledger.validators)
