"""Taking in final blocks: one at a time, each proven."""

from chain import events
from chain.catch_up import FAR_BEHIND, LATE_TICKS
from chain.certificate import Certificate
from chain.consensus.messages import CertificateMessage, encode_message
from chain.consensus.sign_state import KeySigner
from chain.engine import Engine
from chain.fetch import SYNC_BLOCKS_MAX
from chain.proposal import compact_block
from tests.support.builders import GENESIS_HASH, GENESIS_TIME_MS, validator_keys
from tests.support.final_blocks import a_chain, final_blocks
from tests.support.simulation_plan import TIMING

BLOCKS = 3 * SYNC_BLOCKS_MAX
NOW_MS = GENESIS_TIME_MS + 10**6


class Late:
    """An engine before its first block, of a validator or of an observer, and what it asks."""

    def __init__(self, *, signs: bool = False) -> None:
        signer = KeySigner(validator_keys(4)[0], GENESIS_HASH) if signs else None
        ledger = a_chain().ledger
        self.engine = Engine(
            ledger, last_certificate=None, signer=signer, timing=TIMING, is_key_unique=False
        )
        self.asks: list[events.Ask] = []
        self.reports: list[str] = []
        self.punished: list[str] = []
        self.said: list[bytes] = []
        self.signed = 0
        self.promised = 0

    @property
    def height(self) -> int:
        return self.engine.ledger.height

    def handle(self, event: events.Event) -> None:
        for effect in self.engine.handle(event):
            match effect:
                case events.Ask():
                    self.asks.append(effect)
                case events.BringNextBlock():
                    self.promised += 1
                case events.Report():
                    self.reports.append(effect.event)
                case events.Punish():
                    self.punished.append(effect.peer)
                case events.SendConsensus():
                    self.said.append(effect.data)
                case events.PersistSignature():
                    self.signed += 1
                case _:
                    pass

    def answer(
        self, ask: events.Ask, *, forged: int | None = None, last: int | None = None
    ) -> None:
        """Answer a request, up to ``last``; the certificate of height ``forged`` is cut."""
        asked = self.engine.catch_up.open[ask.request]
        blocks = tuple(
            (verified, cut(certificate) if certificate.height == forged else certificate)
            for verified, certificate in final_blocks(BLOCKS)[asked.first - 1 : last or asked.last]
        )
        self.handle(events.BlocksReceived(asked.peer, blocks, ask.request, NOW_MS))

    def go_on(self) -> None:
        """Give back each promise, as the hands do."""
        while self.promised:
            self.promised -= 1
            before = self.height
            self.handle(events.NextBlock())
            assert self.height <= before + 1


def cut(certificate: Certificate) -> Certificate:
    return Certificate(
        certificate.kind,
        certificate.height,
        certificate.round,
        certificate.block_hash,
        certificate.validators_hash,
        certificate.signatures[:2],
    )


def claims(peer: str, height: int = BLOCKS) -> events.PeerStatus:
    return events.PeerStatus(peer, height, NOW_MS)


def test_event_executes_one_block_and_asks_for_its_next_turn() -> None:
    late = Late()
    late.handle(claims("p"))
    late.answer(late.asks[0])
    assert (late.height, late.promised) == (1, 1)
    late.handle(events.NextBlock())
    assert (late.height, late.promised) == (2, 2)


def test_one_turn_is_asked_for_however_many_answers_come() -> None:
    late = Late()
    for peer in ("a", "b"):
        late.handle(claims(peer))
    late.answer(late.asks[0])
    for ask in late.asks[1:]:
        late.answer(ask)
    assert late.promised == 1
    late.go_on()
    assert late.height == BLOCKS


def test_forged_certificate_in_the_middle_costs_its_giver_all_that_it_gave() -> None:
    late = Late()
    for peer in ("a", "b", "c"):
        late.handle(claims(peer))
    late.answer(late.asks[0])
    late.go_on()
    liar = late.asks[1].peer
    late.answer(late.asks[1], forged=40)
    late.go_on()
    assert late.height == 39
    assert late.punished == [liar]
    assert late.reports == ["sync_refused"]
    again = late.asks[-1]
    assert again.peer != liar
    while late.height < BLOCKS:
        open_asks = [ask for ask in late.asks if ask.request in late.engine.catch_up.open]
        late.answer(open_asks[0])
        late.go_on()
    assert late.punished == [liar]


def test_forged_certificate_at_the_end_of_an_answer_proves_nothing() -> None:
    late = Late()
    late.handle(claims("p"))
    late.answer(late.asks[0], forged=SYNC_BLOCKS_MAX)
    assert late.engine.catch_up.proven == 0


def test_failed_request_is_asked_of_another() -> None:
    late = Late()
    for peer in ("a", "b"):
        late.handle(claims(peer))
    (ask,) = late.asks
    late.handle(events.RequestFailed(ask.peer, ask.request, NOW_MS))
    assert [one.peer for one in late.asks] == ["a", "b"]


def test_validator_signs_nothing_between_the_first_block_and_the_last() -> None:
    late = Late(signs=True)
    late.handle(claims("p"))
    late.handle(events.Started(NOW_MS))
    late.signed = 0
    late.answer(late.asks[0])
    while late.height < BLOCKS - FAR_BEHIND:
        late.go_on()
        open_asks = [ask for ask in late.asks if ask.request in late.engine.catch_up.open]
        for ask in open_asks:
            late.answer(ask)
        assert late.signed == 0


def test_announcement_from_afar_is_proof_that_we_are_behind() -> None:
    late = Late()
    verified, certificate = final_blocks(BLOCKS)[9]
    late.handle(events.BlockAnnounced("p", compact_block(verified), certificate, NOW_MS))
    assert late.engine.best == 10
    assert late.engine.is_behind
    assert [ask.peer for ask in late.asks] == ["p"]


def test_validators_of_today_prove_nothing_of_a_set_to_come() -> None:
    """The block may be final all the same, so nobody pays and its sender may be asked."""
    late = Late()
    verified, certificate = final_blocks(BLOCKS)[9]
    later = Certificate(
        certificate.kind,
        certificate.height,
        certificate.round,
        certificate.block_hash,
        GENESIS_HASH,
        certificate.signatures,
    )
    late.handle(events.BlockAnnounced("p", compact_block(verified), later, NOW_MS))
    assert (late.engine.catch_up.proven, late.punished) == (0, [])


def test_certificate_of_a_block_that_nobody_has_reaches_those_who_can_finish_it() -> None:
    """Whoever decided it is gone, and the others precommitted it and lack one vote of another."""
    late = Late(signs=True)
    late.handle(events.Started(NOW_MS))
    verified, certificate = final_blocks(BLOCKS)[1]
    late.handle(events.BlockAnnounced("gone", compact_block(verified), certificate, NOW_MS))
    late.answer(late.asks[0], last=1)
    assert late.height == 1
    late.handle(events.PeerDown("gone"))
    late.said.clear()
    late.signed = 0
    for _ in range(3 * LATE_TICKS):
        late.handle(events.CatchUpTick(NOW_MS))
    late.handle(events.PeerUp("other"))
    assert encode_message(CertificateMessage(certificate)) in late.said
    assert late.signed == 0
