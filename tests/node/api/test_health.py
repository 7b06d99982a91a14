import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from node.api.health import STALE_MS, Health
from node.api.services import Services
from node.api_frames import NodeStatus
from tests.support.fake_core import STATUS, FakeCore
from tests.support.small_chain import StoredChain, edge_settings, services_of, stored_chain


class Rig:
    """An edge on a stored chain, and a core that may be there."""

    def __init__(self, folder: Path, stored: StoredChain) -> None:
        self._folder, self.stored = folder, stored

    def missing(self, status: NodeStatus | None = STATUS, *, age_ms: int = 0) -> list[str]:
        """Return what is missing while a core says this, so long after the last block."""

        async def run(services: Services) -> list[str]:
            async with asyncio.timeout(10), FakeCore(self._folder / "api.sock") as core:
                line = asyncio.create_task(services.core.run("http://localhost"))
                await core.wait_for(lambda: bool(core.ready))
                core.tell(status)
                while services.core.status != status:  # noqa: ASYNC110 - nothing rings for it
                    await asyncio.sleep(0.001)
                now_ms = self.stored.chain.ledger.tip_time_ms + age_ms
                found = list(Health(services).missing(now_ms=now_ms))
                line.cancel()
                await asyncio.gather(line, return_exceptions=True)
                return found

        with services_of(edge_settings(self._folder)) as services:
            if status is None:
                return list(Health(services).missing(now_ms=0))
            return asyncio.run(run(services))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with stored_chain(tmp_path, validators=4) as stored:
        yield Rig(tmp_path, stored)


def test_node_with_everything_is_ready(rig: Rig) -> None:
    rig.stored.block()
    assert rig.missing() == []


def test_core_must_be_there(rig: Rig) -> None:
    assert rig.missing(None) == ["the core is away"]


def test_chain_must_be_known_to_its_end(rig: Rig) -> None:
    rig.stored.block()
    behind = replace(STATUS, catching_up=True, best=90)
    assert rig.missing(behind) == ["the chain is at height 90, this node at 1"]


def test_one_of_several_needs_a_peer(rig: Rig) -> None:
    rig.stored.block()
    assert rig.missing(replace(STATUS, peers=0)) == ["no peer is connected"]


def test_only_validator_needs_none(tmp_path: Path) -> None:
    with stored_chain(tmp_path) as stored:
        stored.block()
        assert Rig(tmp_path, stored).missing(replace(STATUS, peers=0)) == []


def test_chain_must_go_on(rig: Rig) -> None:
    assert rig.missing() == ["there is no block yet"]
    rig.stored.block()
    late_ms = max(STALE_MS, 5 * rig.stored.chain.ledger.parameters.block_interval_ms)
    assert rig.missing(age_ms=late_ms) == []
    assert rig.missing(age_ms=late_ms + 1) == [f"the last block is {late_ms // 1_000} s old"]


def test_everything_that_is_missing_is_said(rig: Rig) -> None:
    rig.stored.block()
    status = replace(STATUS, peers=0, catching_up=True)
    assert len(rig.missing(status, age_ms=3_600_000)) == 3
