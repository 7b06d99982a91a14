from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from p2p.compat import ID, background_trio_service, rpc_pb2
from p2p.gossip_wire import SIGNED_PREFIX
from p2p.identity import keys_of_seed, peer_of_seed
from p2p.intake import SEEN_MAX, SEEN_S, Intake, SeenMessages
from p2p.mesh import Mesh
from p2p.verdicts import Verdict
from tests.support.network_hosts import networks, run

TOPIC = "/topic"
AUTHOR = ID.from_base58(peer_of_seed(b"\5" * 32))
FORWARDER = ID.from_base58(peer_of_seed(b"\6" * 32))


class Recorder:
    """A gate and a sink that remember."""

    def __init__(self) -> None:
        self.paid: list[str] = []
        self.judged: list[bytes] = []
        self.verdict = Verdict.ACCEPT

    async def admit(self, peer: str, size_bytes: int) -> None:
        """Admit."""

    def penalise(self, peer: str, weight: int, reason: str) -> None:
        assert peer == FORWARDER.to_base58()
        assert weight > 0
        self.paid.append(reason)

    async def judge(self, topic: str, peer: str, data: bytes) -> Verdict:
        assert (topic, peer) == (TOPIC, FORWARDER.to_base58())
        self.judged.append(data)
        return self.verdict


@asynccontextmanager
async def intake() -> AsyncIterator[tuple[Intake, Recorder]]:
    async with networks(1) as (network,):
        recorder = Recorder()
        mesh = Mesh([TOPIC])
        one = Intake(network.host, mesh, gate=recorder, sink=recorder.judge, counter=41)
        async with background_trio_service(one), background_trio_service(mesh):
            await one.subscribe(TOPIC)
            yield one, recorder


def a_message(*, number: int = 0, topic: str = TOPIC) -> rpc_pb2.Message:
    message = rpc_pb2.Message(
        from_id=AUTHOR.to_bytes(),
        seqno=number.to_bytes(8, "big"),
        topicIDs=[topic],
        data=b"payload",
    )
    signed = SIGNED_PREFIX + message.SerializeToString()
    message.signature = keys_of_seed(b"\5" * 32).private_key.sign(signed)
    return message


@pytest.mark.network
def test_message_is_judged_once() -> None:
    async def scenario() -> None:
        async with intake() as (one, recorder):
            for _ in range(3):
                await one.push_msg(FORWARDER, a_message())
            assert recorder.judged == [b"payload"]
            assert one.router.mcache.get(AUTHOR.to_bytes() + bytes(8)) is not None

    run(scenario)


@pytest.mark.network
def test_forgery_does_not_censor_the_real_message() -> None:
    async def scenario() -> None:
        async with intake() as (one, recorder):
            forged = a_message()
            forged.signature = bytes(64)
            await one.push_msg(FORWARDER, forged)
            assert recorder.judged == []
            assert len(recorder.paid) == 1
            await one.push_msg(FORWARDER, a_message())
            assert recorder.judged == [b"payload"]

    run(scenario)


@pytest.mark.network
@pytest.mark.parametrize(("verdict", "paid"), [(Verdict.IGNORE, 0), (Verdict.REJECT, 1)])
def test_only_what_is_accepted_is_passed_on(verdict: Verdict, paid: int) -> None:
    async def scenario() -> None:
        async with intake() as (one, recorder):
            recorder.verdict = verdict
            await one.push_msg(FORWARDER, a_message())
            assert one.router.mcache.get(AUTHOR.to_bytes() + bytes(8)) is None
            assert len(recorder.paid) == paid

    run(scenario)


@pytest.mark.network
def test_strange_topics_and_our_own_echo_are_dropped_in_silence() -> None:
    async def scenario() -> None:
        async with intake() as (one, recorder):
            own = a_message()
            own.from_id = one.my_id.to_bytes()
            several = a_message()
            several.topicIDs.append(TOPIC)
            for message in (own, several, a_message(topic="/strange")):
                await one.push_msg(FORWARDER, message)
            assert recorder.judged == recorder.paid == []

    run(scenario)


@pytest.mark.network
def test_sequence_starts_where_the_caller_says() -> None:
    async def scenario() -> None:
        async with intake() as (one, _):
            await one.publish(TOPIC, b"mine")
            assert one.router.mcache.get(one.my_id.to_bytes() + (42).to_bytes(8, "big")) is not None

    run(scenario)


@pytest.mark.network
def test_subscriptions_to_strange_topics_are_forgotten() -> None:
    async def scenario() -> None:
        async with intake() as (one, _):
            for topic in ("/strange", TOPIC):
                one.handle_subscription(
                    FORWARDER, rpc_pb2.RPC.SubOpts(subscribe=True, topicid=topic)
                )
            assert one.peer_topics == {TOPIC: {FORWARDER}}

    run(scenario)


def test_seen_messages_are_bounded_in_time_and_number() -> None:
    async def scenario() -> None:
        seen = SeenMessages()
        assert seen.add(b"first")
        assert not seen.add(b"first")
        for number in range(SEEN_MAX):
            seen.add(number.to_bytes(8, "big"))
        assert not seen.has(b"first")
        assert seen.has(bytes(8))

    trio.run(scenario)


def test_seen_messages_are_forgotten() -> None:
    async def scenario() -> None:
        seen = SeenMessages()
        seen.add(b"first")
        await trio.sleep(SEEN_S + 1)
        assert seen.add(b"first")

    trio.run(scenario, clock=trio.testing.MockClock(autojump_threshold=0))
