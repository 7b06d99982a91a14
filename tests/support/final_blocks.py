"""A chain that is final already, as a node that comes late finds it."""

from functools import cache

from chain.certificate import Certificate
from chain.validation import VerifiedBlock
from tests.support.builders import a_transfer
from tests.support.chain import Chain
from tests.support.network_of_engines import EngineNetwork

FinalBlock = tuple[VerifiedBlock, Certificate]


def a_chain() -> Chain:
    """Return a chain of four validators before its first block."""
    return Chain(EngineNetwork().genesis)


@cache
def final_blocks(count: int) -> tuple[FinalBlock, ...]:
    """Return the first blocks of :func:`a_chain` with their certificates; each holds a transfer."""
    chain = a_chain()
    blocks = []
    for nonce in range(count):
        executed = chain.propose(a_transfer(1, nonce=nonce, valid_until=count + 1))
        blocks.append((executed.verified, chain.certify(executed.hash)))
        chain.decide(executed)
    return tuple(blocks)
