import asyncio
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from chain.errors import StoreError
from chain.records import balance_key
from genesis.make import DEVNET_BALANCE, development_key, format_document, make_devnet_document
from node.api_frames import NodeStatus, Notice, Submit, SubmitResult
from node.config import NodeSettings
from node.core import EXIT_CONFIG, EXIT_STORE, open_parts
from node.home import Home, HomeLock
from node.keystore import write_key
from p2p.orders import Broadcast, Status
from p2p.reports import PeerUp
from tests.support.cores import (
    DEADLINE_S,
    api_edge,
    joined_cores,
    make_homes,
    network_edge,
    pay,
    running_core,
)

pytestmark = pytest.mark.network


def play(story: Callable[[], Awaitable[None]]) -> None:
    """Run a story within a deadline."""

    async def within() -> None:
        async with asyncio.timeout(DEADLINE_S):
            await story()

    asyncio.run(within())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """The home of a chain's only validator."""
    (home,) = make_homes(tmp_path)
    return home


def test_lone_validator_makes_blocks_and_says_so(home: Home) -> None:
    async def story() -> None:
        async with running_core(home), api_edge(home) as api, network_edge(home) as network:
            await api.hears(Notice, lambda notice: notice.height == 3)
            await network.hears(Status, lambda status: status.height == 3)

    play(story)


def test_chain_goes_on_where_it_stopped(home: Home) -> None:
    heights = []

    async def story() -> None:
        async with running_core(home) as core, api_edge(home) as api:
            target = core._engine.ledger.height + 2
            await api.hears(Notice, lambda notice: notice.height == target)
            heights.append(core._engine.ledger.height)

    play(story)
    play(story)
    assert heights[1] >= heights[0] + 2


def test_transaction_is_answered_executed_and_on_the_disk(home: Home) -> None:
    transfer = pay(home, 5_000)

    async def story() -> None:
        async with running_core(home) as core, api_edge(home) as api:
            api.link.send(Submit(9, transfer.encode()))
            result = await api.hears(SubmitResult)
            assert (result.ticket, result.code) == (9, "")
            while core._engine.mempool:
                after = core._engine.ledger.height
                await api.hears(Notice, lambda notice, after=after: notice.height > after)

    play(story)
    with ExitStack() as closing:
        ledger = open_parts(home, NodeSettings(), closing).writer.load_ledger()
    paid = ledger.records[balance_key(development_key("miner-0").address)]
    assert paid == DEVNET_BALANCE + 5_000


def test_two_cores_agree_over_the_edges(tmp_path: Path) -> None:
    homes = make_homes(tmp_path, validators=2)

    async def story() -> None:
        async with (
            joined_cores(homes) as cores,
            api_edge(homes[0]) as first,
            api_edge(homes[1]) as second,
        ):
            height = 2 + max(core._engine.ledger.height for core in cores)
            seen = [
                await api.hears(Notice, lambda notice: notice.height == height)
                for api in (first, second)
            ]
            assert seen[0] == seen[1]

    play(story)


def test_one_of_two_validators_asks_for_votes_and_waits(tmp_path: Path) -> None:
    (home,) = make_homes(tmp_path, validators=2, homes=1)

    async def story() -> None:
        async with running_core(home) as core, network_edge(home) as network:
            network.link.send(PeerUp("the other"))
            await network.hears(Broadcast)
            assert core._engine.ledger.height == 0

    play(story)


def test_status_tells_of_the_node_every_second(home: Home) -> None:
    async def story() -> None:
        async with running_core(home), api_edge(home) as api:
            status = await api.hears(NodeStatus)
            assert (status.name, status.validator, status.peers) == ("node", True, 0)
            assert not status.catching_up
            await api.hears(NodeStatus, lambda status: status.figures.signed >= 2)
            figures = (await api.hears(NodeStatus)).figures
            assert (figures.missed, figures.mempool_bytes) == (0, 0)
            assert sum(figures.commits) >= figures.signed
            assert figures.commit_us > 0

    play(story)


class CoreProcess:
    """``python -m node.core`` in a home, started as the supervisor does."""

    def __init__(
        self, home: Home, *, python: tuple[str, ...] = (), file_bytes_max: int = 0
    ) -> None:
        """Start it; ``file_bytes_max`` makes a disk that is full from there on."""
        self._lifeline, self._held = os.pipe()
        self._beat, beat_written = os.pipe()

        def limit() -> None:
            if file_bytes_max:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes_max, file_bytes_max))

        self.process = subprocess.Popen(
            (sys.executable, *python, "-m", "node.core", str(beat_written)),
            cwd=home.root,
            stdin=self._lifeline,
            stderr=subprocess.PIPE,
            pass_fds=(beat_written,),
            preexec_fn=limit,  # noqa: PLW1509 - no test has threads here
            text=True,
        )
        os.close(self._lifeline)
        os.close(beat_written)

    def beats(self) -> None:
        """Return once it has beaten; fails when it ends first."""
        assert os.read(self._beat, 1) == b".", self.ends()

    def let_go(self) -> None:
        """Let go of the lifeline, as a supervisor does that is killed."""
        os.close(self._held)
        self._held = -1

    def ends(self) -> tuple[int, str]:
        """Return the exit code and the last line that it said, which is no traceback's."""
        try:
            _, said = self.process.communicate(timeout=DEADLINE_S)
        finally:
            self.process.kill()
            os.close(self._beat)
            if self._held >= 0:
                os.close(self._held)
        assert "Traceback" not in said, said
        lines = [line for line in said.splitlines() if "[info" not in line]
        return self.process.returncode, "\n".join(lines)


def live_a_little(home: Home) -> None:
    """Let a core make a few blocks and end."""

    async def story() -> None:
        async with running_core(home) as core, api_edge(home) as api:
            target = core._engine.ledger.height + 2
            await api.hears(Notice, lambda notice: notice.height == target)

    play(story)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_core_ends_cleanly_at_a_signal(home: Home, number: int) -> None:
    core = CoreProcess(home)
    core.beats()
    core.process.send_signal(number)
    assert core.ends() == (0, "")


def test_core_leaves_the_terminals_interrupt_to_the_supervisor(home: Home) -> None:
    core = CoreProcess(home)
    core.beats()
    core.process.send_signal(signal.SIGINT)
    core.beats()
    core.let_go()
    assert core.ends() == (0, "")


def test_core_ends_when_its_supervisor_is_gone(home: Home) -> None:
    core = CoreProcess(home)
    core.beats()
    core.let_go()
    assert core.ends() == (0, "")


def test_core_refuses_to_run_without_its_assertions(home: Home) -> None:
    code, said = CoreProcess(home, python=("-O",)).ends()
    assert code == 1
    assert "python -O" in said


def test_full_disk_ends_the_core_with_one_sentence(home: Home) -> None:
    live_a_little(home)
    code, said = CoreProcess(home, file_bytes_max=home.database.stat().st_size + 40_000).ends()
    assert code == EXIT_STORE
    assert len(said.splitlines()) == 1
    assert "the database failed" in said or "cannot be written" in said
    core = CoreProcess(home)
    core.beats()
    core.let_go()
    assert core.ends() == (0, "")


def spoil(path: Path, *, at: int, size: int = 64) -> None:
    """Overwrite a piece of a file."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\x5a" * size)


def drop_log(home: Home) -> None:
    """Lose the sign log of a key that has signed."""
    home.sign_log.unlink()


def spoil_log_start(home: Home) -> None:
    """Damage the sign log's header."""
    spoil(home.sign_log, at=20)


def spoil_log_middle(home: Home) -> None:
    """Damage an entry of the sign log with whole ones behind it."""
    spoil(home.sign_log, at=120, size=8)


def other_key(home: Home) -> None:
    """Put another key beside the sign log."""
    home.validator_key.unlink()
    write_key(home.validator_key, bytes(32))


def other_chain(home: Home) -> None:
    """Put another chain's genesis document into the home."""
    home.genesis.write_text(format_document(make_devnet_document(time_ms=1)))


def spoil_database_start(home: Home) -> None:
    """Put something else in the database's place."""
    home.database.write_bytes(b"no database" * 1_000)


def cut_database(home: Home) -> None:
    """Cut the database short."""
    os.truncate(home.database, 8_192)


def open_key(home: Home) -> None:
    """Let everybody read the key."""
    home.validator_key.chmod(0o644)


def break_genesis(home: Home) -> None:
    """Write half a genesis document."""
    home.genesis.write_text("{")


@pytest.mark.parametrize(
    ("harm", "code", "said"),
    [
        (drop_log, EXIT_STORE, "put the log back, or give the validator a new key"),
        (spoil_log_start, EXIT_STORE, "is damaged at its start; give the validator a new key"),
        (spoil_log_middle, EXIT_STORE, "never go back to an older copy"),
        (other_key, EXIT_STORE, "belongs to another key or another chain"),
        (other_chain, EXIT_CONFIG, "genesis"),
        (spoil_database_start, EXIT_STORE, "move it away and let the node sync again"),
        (cut_database, EXIT_STORE, "move it away and let the node sync again"),
        (open_key, EXIT_CONFIG, "run: chmod 600 "),
        (break_genesis, EXIT_CONFIG, "is not valid JSON"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_damaged_home_is_refused_with_what_to_do(
    home: Home, harm: Callable[[Home], None], code: int, said: str
) -> None:
    live_a_little(home)
    harm(home)
    got, sentence = CoreProcess(home).ends()
    assert got == code, sentence
    assert len(sentence.splitlines()) == 1, sentence
    assert sentence.startswith("aitbc: ")
    assert said in sentence


def test_home_in_use_is_refused(home: Home) -> None:
    lock = HomeLock(home)
    code, said = CoreProcess(home).ends()
    lock.release()
    assert code == EXIT_CONFIG
    assert "another node is running" in said


def test_failed_opening_lets_go_of_everything(home: Home) -> None:
    live_a_little(home)
    drop_log(home)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(StoreError), ExitStack() as closing:
            open_parts(home, NodeSettings(), closing)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_core_lets_go_of_everything(home: Home) -> None:
    live_a_little(home)
    before = len(list(Path("/proc/self/fd").iterdir()))
    live_a_little(home)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
