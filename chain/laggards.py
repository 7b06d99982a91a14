"""Helping peers that work on the block below: they get our certificate of it, calmly."""

from chain.advance import Chain
from chain.consensus.messages import CertificateMessage, encode_message
from chain.events import SendConsensus

HELPED_MAX = 256
"""Peers that are helped between two ticks: more than we have connections."""


class Laggards:
    """Peers that were helped since the last tick, about a second; each gets help once."""

    def __init__(self, chain: Chain) -> None:
        """Start with none."""
        self._chain = chain
        self._helped: set[str] = set()

    def tick(self) -> None:
        """Help whoever asks anew."""
        self._helped.clear()

    def help(self, peer: str, height: int) -> None:
        """Send our last certificate to a peer that works on its block."""
        certificate = self._chain.last_certificate
        if certificate is None or height != self._chain.ledger.height:
            return
        if peer in self._helped or len(self._helped) >= HELPED_MAX:
            return
        self._helped.add(peer)
        data = encode_message(CertificateMessage(certificate))
        self._chain.effects.append(SendConsensus(peer, data))
