"""Listening before the first signature, so that a second node with our key is heard.

Whoever starts a backup with the key of a validator that still runs would sign against it. Peers
repeat what they have as soon as they are linked, so a second or two tell whether the key is in use
and whether we are behind. What the sign log holds may be said again meanwhile.
"""

from chain.advance import Chain
from chain.consensus.events import Timer, TimerKind
from chain.consensus.messages import SignedMessage
from chain.consensus.timing import Timing
from chain.errors import StoreError
from chain.events import StartTimer

_TIMER = Timer(TimerKind.LISTEN, 0, 0)


class Listening:
    """Whether a validator that has started may sign already."""

    def __init__(self, chain: Chain, timing: Timing) -> None:
        """Be silent about nothing before :meth:`begin`."""
        self._chain, self._timing = chain, timing
        self._is_timed = False
        self.is_on = False
        """Whether nothing new may be signed yet."""

    def begin(self) -> None:
        """Listen from now on, unless there is nobody to hear."""
        self.is_on = len(self._chain.ledger.validators) > 1

    def peer_up(self) -> None:
        """Let the time run from the first link on."""
        if self.is_on and not self._is_timed:
            self._is_timed = True
            delay_ms = self._timing.listen_ms(self._chain.ledger.parameters.block_interval_ms)
            self._chain.effects.append(StartTimer(_TIMER, delay_ms))

    def note(self, timer: Timer) -> None:
        """Take note of a timer that has run out."""
        if timer == _TIMER:
            self.is_on = False


def key_in_use(message: SignedMessage) -> StoreError:
    """Return why the node must stop: a message under its key that it did not sign."""
    what = message.signing_kind.name.lower()
    place = f"a {what} of height {message.height}, round {message.round}"
    return StoreError(
        detail=f"this validator's key has signed {place}, and not on this node: another node runs "
        "with the same key, or ran since this sign state was kept; stop all but one of them for "
        "good, and give that one the sign state of the others before it starts again"
    )
