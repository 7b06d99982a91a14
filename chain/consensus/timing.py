"""How long a validator waits, and which block times it believes.

Waits grow with the round by a constant step, as the proof of progress needs, and stop at a cap:
doubling without end makes validators wait for each other for hours.
"""

from dataclasses import dataclass

from chain.consensus.events import TimerKind

TIMELY_ROUND_MAX = 40
"""From this round on the bound on a block's age stops growing; it is months by then."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The waits of one network; local to a node, as no rule of validity depends on them."""

    propose_ms: int = 1_000
    """Milliseconds to wait for a proposal in round 0."""
    propose_step_ms: int = 500
    """Milliseconds more in each later round."""
    vote_ms: int = 300
    """Milliseconds to wait, after a quorum has voted, for the votes to agree in round 0."""
    vote_step_ms: int = 200
    """Milliseconds more in each later round."""
    wait_max_ms: int = 30_000
    """No wait of a round is longer."""
    rebroadcast_ms: int = 1_000
    """Milliseconds before messages are first sent again; half as much again each time."""
    rebroadcast_max_ms: int = 10_000
    """The wait between two repetitions stops growing here."""
    listen_min_ms: int = 1_000
    """A validator that has started listens at least so long before it signs."""
    listen_max_ms: int = 2_000
    """It listens no longer, however slow the chain is."""
    precision_ms: int = 500
    """How far two honest clocks may differ."""
    delay_ms: int = 2_000
    """How long a proposal may travel in round 0; half as much again in each later round, so that
    a bad value slows a network down and cannot halt it."""

    def wait_ms(self, kind: TimerKind, round_: int) -> int:
        """Return how long to wait for a proposal or for votes in a round."""
        if kind is TimerKind.PROPOSE:
            first_ms, step_ms = self.propose_ms, self.propose_step_ms
        else:
            first_ms, step_ms = self.vote_ms, self.vote_step_ms
        return min(first_ms + step_ms * round_, self.wait_max_ms)

    def rebroadcast_wait_ms(self, count: int) -> int:
        """Return how long to wait after messages were sent again ``count`` times."""
        wait_ms = self.rebroadcast_ms
        for _ in range(count):
            if wait_ms >= self.rebroadcast_max_ms:
                break
            wait_ms = wait_ms * 3 // 2
        return min(wait_ms, self.rebroadcast_max_ms)

    def old_ms(self, round_: int) -> int:
        """Return how old a block may be when its proposal arrives."""
        exponent = min(round_, TIMELY_ROUND_MAX)
        delay_ms: int = self.delay_ms * 3**exponent // 2**exponent
        return delay_ms + self.precision_ms

    def listen_ms(self, block_interval_ms: int) -> int:
        """Return how long to listen before the first signature: two blocks, within the bounds."""
        return min(max(2 * block_interval_ms, self.listen_min_ms), self.listen_max_ms)


def next_start_ms(*, last_ms: int, now_ms: int, interval_ms: int) -> int:
    """Return when the next height may start: an interval after the last one, or now.

    A clock that was set back must not make a validator wait until it has caught up with itself, so
    the wait is never longer than an interval.
    """
    return min(max(now_ms, last_ms + interval_ms), now_ms + interval_ms)


def is_timely(
    *,
    time_ms: int,
    received_ms: int,
    round_: int,
    parent_ms: int | None = None,
    timing: Timing | None = None,
) -> bool:
    """Tell whether a new block's time agrees with when its proposal arrived.

    Proposer-based time: the block may not come from the future by more than the clocks differ,
    nor be older than a message may travel.

    The least time that the parent allows never comes from the future. A proposer whose clock is
    behind its parent could wait until it is not, but then a chain whose clocks were ahead and are
    set right would stand still for as long as they were wrong. So it stamps the least time, and the
    chain's time stands nearly still instead until the clocks have caught up with it.

    Args:
        time_ms: the header's time, unix milliseconds.
        received_ms: when the proposal first arrived, by our clock, unix milliseconds.
        round_: round of the proposal; later rounds are more patient.
        parent_ms: time of the block below; None when that is not final yet.
        timing: precision and delay; the defaults when None.

    Returns:
        True when a validator may prevote for the block.
    """
    timing = timing or Timing()
    latest_ms = received_ms + timing.precision_ms
    if parent_ms is not None:
        latest_ms = max(latest_ms, parent_ms + 1)
    return received_ms - timing.old_ms(round_) <= time_ms <= latest_ms
