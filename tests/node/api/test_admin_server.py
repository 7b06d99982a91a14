import asyncio
import stat
from pathlib import Path
from typing import Any

import pytest

from chain.errors import ConfigError
from chain.parameters import Parameters
from node.api.admin_server import operator_served
from node.api.methods import METHODS
from node.rpc_client import NodeUnreachable, call
from tests.support.builders import FREE, PRICED
from tests.support.edge_at_work import a_line, knowledge_of
from tests.support.fake_core import FakeCore
from tests.support.small_chain import edge_settings, services_of, stored_chain


def served(folder: Path, *calls: tuple[str, object], parameters: Parameters = FREE) -> list[Any]:
    """Return the answers to calls on the operator's socket."""
    place = folder / "admin.sock"

    async def run() -> list[Any]:
        with (
            stored_chain(folder, parameters=parameters) as stored,
            services_of(edge_settings(folder, admin_socket=place)) as services,
        ):
            tell = knowledge_of(stored).tell
            async with (
                FakeCore(folder / "api.sock", tell=tell) as core,
                a_line(services, core),
                operator_served(services, METHODS),
            ):
                assert stat.S_IMODE(place.stat().st_mode) == 0o600
                return [
                    await asyncio.to_thread(call, f"unix:{place}", method, params)
                    for method, params in calls
                ]

    return asyncio.run(run())


def test_socket_serves_the_operator_and_everybodys_methods(tmp_path: Path) -> None:
    peers, status, told = served(
        tmp_path, ("admin_getPeers", {}), ("ait_status", {}), ("rpc.discover", {})
    )
    assert peers == {"peers": [], "cut": []}
    assert status["height"] == 0
    assert {"admin_backup", "ait_status"} <= {one["name"] for one in told["methods"]}


@pytest.mark.parametrize(("parameters", "is_offered"), [(FREE, True), (PRICED, False)])
def test_node_lets_itself_be_cut_off_on_a_devnet_alone(
    tmp_path: Path, parameters: Parameters, *, is_offered: bool
) -> None:
    (told,) = served(tmp_path, ("rpc.discover", {}), parameters=parameters)
    assert ("admin_cutPeers" in {one["name"] for one in told["methods"]}) == is_offered


def test_nobody_answers_once_the_edge_is_gone_and_the_next_one_takes_the_place(
    tmp_path: Path,
) -> None:
    served(tmp_path)
    with pytest.raises(NodeUnreachable):
        call(f"unix:{tmp_path}/admin.sock", "ait_status")
    (tmp_path / "chain.db").unlink()
    assert served(tmp_path, ("ait_status", {}))


def test_folder_that_is_not_there_is_the_operators_fault(tmp_path: Path) -> None:
    async def run() -> None:
        place = tmp_path / "none" / "admin.sock"
        with stored_chain(tmp_path), services_of(edge_settings(tmp_path, admin_socket=place)) as it:
            async with operator_served(it, METHODS):
                pytest.fail("it listens nowhere")

    with pytest.raises(ConfigError, match="cannot listen on"):
        asyncio.run(run())
