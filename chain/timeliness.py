"""Whether a new block is of this time, by our clock."""

from chain.advance import Chain
from chain.block import Header
from chain.consensus.messages import Proposal
from chain.consensus.timing import Timing, is_timely


class Timeliness:
    """Judges the times of new blocks."""

    def __init__(self, chain: Chain, timing: Timing) -> None:
        """Judge by the chain's clock and a network's bounds."""
        self._chain, self._timing = chain, timing

    def of(self, proposal: Proposal, header: Header) -> bool:
        """Tell whether a new block is of this time, and made by the one whose turn it is.

        A block is not invalid for its turn: a later round may propose it again.
        """
        ledger = self._chain.ledger
        is_early = proposal.height > ledger.height + 1
        validators = ledger.next_validators if is_early else ledger.validators
        turn = validators.proposer_index(height=proposal.height, round_=proposal.round)
        return header.proposer == validators[turn].public_key and is_timely(
            time_ms=header.time_ms,
            received_ms=self._chain.now_ms,
            round_=proposal.round,
            timing=self._timing,
        )
