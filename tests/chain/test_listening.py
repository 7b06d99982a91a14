"""How long a validator listens before it signs."""

from chain.advance import Chain
from chain.certificate import VoteKind
from chain.consensus.events import Timer, TimerKind
from chain.consensus.messages import UNSIGNED, Vote
from chain.consensus.timing import Timing
from chain.crypto import check_signature
from chain.events import StartTimer
from chain.genesis import genesis_ledger
from chain.listening import Listening, key_in_use
from chain.primitives import ZERO_HASH
from tests.support.builders import a_genesis


def a_listening(validators: int = 4) -> tuple[Listening, Chain]:
    """Return a listening that has begun, and where its wishes go."""
    ledger = genesis_ledger(a_genesis(validators=validators))
    chain = Chain(ledger, None, check_signature)
    listening = Listening(chain, Timing())
    listening.begin()
    return listening, chain


def test_time_runs_from_the_first_link_on() -> None:
    listening, chain = a_listening()
    assert (listening.is_on, chain.effects) == (True, [])
    listening.peer_up()
    listening.peer_up()
    (effect,) = chain.effects
    assert isinstance(effect, StartTimer)
    assert effect.delay_ms == Timing().listen_ms(chain.ledger.parameters.block_interval_ms)
    listening.note(Timer(TimerKind.PROPOSE, 1, 0))
    assert listening.is_on
    listening.note(effect.timer)
    assert not listening.is_on
    listening.peer_up()
    assert len(chain.effects) == 1


def test_lone_validator_has_nobody_to_hear() -> None:
    listening, chain = a_listening(validators=1)
    listening.peer_up()
    assert (listening.is_on, chain.effects) == (False, [])


def test_two_blocks_are_listened_to_within_bounds() -> None:
    assert [Timing().listen_ms(interval) for interval in (50, 700, 5_000)] == [1_000, 1_400, 2_000]


def test_key_in_use_says_where_it_signed_and_what_to_do() -> None:
    said = str(key_in_use(Vote(VoteKind.PRECOMMIT, 7, 2, ZERO_HASH, 0, UNSIGNED)))
    assert "a precommit of height 7, round 2" in said
    assert "stop all but one" in said
