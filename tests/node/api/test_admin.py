from pathlib import Path

import pytest

from chain.store.queries import ChainReader
from node.api import admin
from node.api.admin import ADMIN_METHODS, DEVNET_ADMIN_METHODS
from node.api.methods import METHODS
from p2p.identity import peer_of_seed
from p2p.protocols import CUT_PEERS_MAX
from tests.support.builders import GENESIS_HASH, a_transfer
from tests.support.edge_at_work import EdgeAtWork, at_work

ID = f"0x{a_transfer().id(GENESIS_HASH).hex()}"


def test_none_of_them_is_public() -> None:
    assert not {one.name for one in ADMIN_METHODS} & {one.name for one in METHODS}


def test_core_is_asked_for_peers_and_told_whom_to_ban_and_what_to_drop(tmp_path: Path) -> None:
    async def act(edge: EdgeAtWork) -> None:
        assert await edge.ask("admin_getPeers") == {"peers": [], "cut": []}
        assert await edge.ask("admin_banPeer", peer="12D3KooW") == {"banned": False}
        assert await edge.ask("admin_evictTransaction", transactionId=ID) == {"evicted": False}

    at_work(tmp_path, act, methods=ADMIN_METHODS)


def test_node_is_cut_off_from_exactly_the_peers_that_are_named(tmp_path: Path) -> None:
    one, two = sorted(peer_of_seed(bytes([seed]) * 32) for seed in (1, 2))

    async def act(edge: EdgeAtWork) -> None:
        assert await edge.ask("admin_cutPeers", peers=[two, one, two]) == {"cut": [one, two]}
        assert await edge.ask("admin_getPeers") == {"peers": [], "cut": [one, two]}
        assert await edge.ask("admin_cutPeers", peers=[]) == {"cut": []}
        assert await edge.ask("admin_getPeers") == {"peers": [], "cut": []}

    at_work(tmp_path, act, methods=(*ADMIN_METHODS, *DEVNET_ADMIN_METHODS))


@pytest.mark.parametrize(
    "peers",
    [
        None,
        "12D3KooW",
        [""],
        ["12D3KooW"],
        [7],
        [peer_of_seed(bytes(32)) + "1"],
        [peer_of_seed(bytes(32))[:-1] + "0"],
        [peer_of_seed(bytes(32)) + "\n"],
        [peer_of_seed(bytes(32))] * (CUT_PEERS_MAX + 1),
    ],
)
def test_list_that_is_not_of_peers_cuts_nobody_off(tmp_path: Path, peers: object) -> None:
    async def act(edge: EdgeAtWork) -> None:
        assert await edge.refusal("admin_cutPeers", peers=peers) == "invalid_params"
        assert await edge.ask("admin_getPeers") == {"peers": [], "cut": []}

    at_work(tmp_path, act, methods=(*ADMIN_METHODS, *DEVNET_ADMIN_METHODS))


def test_log_level_is_set_here_and_in_the_core(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    levels: list[str] = []
    monkeypatch.setattr(admin, "set_level", levels.append)
    monkeypatch.setattr("node.administration.set_level", levels.append)

    async def act(edge: EdgeAtWork) -> None:
        assert await edge.ask("admin_setLogLevel", level="error") == {"level": "error"}
        assert await edge.refusal("admin_setLogLevel", level="loud") == "invalid_params"

    at_work(tmp_path, act, methods=ADMIN_METHODS)
    assert levels == ["error", "error"]


def test_backup_is_a_chain_of_its_own(tmp_path: Path) -> None:
    async def act(edge: EdgeAtWork) -> None:
        edge.stored.block()
        answer = await edge.ask("admin_backup", name="monday")
        copy = Path(answer["file"])
        assert copy == tmp_path / "backups" / "monday.db"
        assert answer["bytes"] == copy.stat().st_size  # noqa: ASYNC240 - the test waits for nobody
        assert await edge.refusal("admin_backup", name="monday") == "invalid_params"
        reader = ChainReader.open(copy)
        assert reader.tip().height == 1
        reader.close()

    at_work(tmp_path, act, methods=ADMIN_METHODS)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../chain", "a/b", "/etc/passwd", ".hidden", "a\n"]
)
def test_backup_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    async def act(edge: EdgeAtWork) -> None:
        assert await edge.refusal("admin_backup", name=name) == "invalid_params"

    at_work(tmp_path, act, methods=ADMIN_METHODS)
