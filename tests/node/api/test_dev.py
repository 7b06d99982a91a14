import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chain.address import format_address
from node.api.edge import offered_methods
from node.api.jsonrpc import Rpc
from node.api.services import Services
from node.api.settings import ApiEdgeSettings
from tests.support.builders import FREE, address_of_name
from tests.support.cores import DEADLINE_S, genesis_hash, make_homes, running_core
from tests.support.judged import judge
from tests.support.small_chain import services_of, stored_chain

SOMEBODY = format_address(address_of_name("somebody"))


async def ask(services: Services, method: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401
    rpc = Rpc(offered_methods(services), services, limits=services.settings.limits)
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer: dict[str, Any] = json.loads(
        await rpc.answer(json.dumps(request).encode(), lambda _: None)
    )
    judge(method, answer)
    return answer


def test_faucet_gives_to_several_at_once(tmp_path: Path) -> None:
    (home,) = make_homes(tmp_path)
    settings = ApiEdgeSettings(
        chain_id="aitbc-devnet",
        genesis_hash=genesis_hash(home).hex(),
        database=home.database,
        core_socket=home.api_socket,
    )

    async def run() -> None:
        async with asyncio.timeout(DEADLINE_S), running_core(home):
            with Services.open(settings) as services:
                line = asyncio.create_task(services.core.run("http://127.0.0.1:1"))
                news = asyncio.Event()
                with services.core.bell.heard_by(news.set):
                    await news.wait()  # of a block: the line is open
                gifts = [ask(services, "dev_faucet", address=SOMEBODY, amount="5") for _ in "abc"]
                answers = [one["result"] for one in await asyncio.gather(*gifts)]
                account = await ask(services, "ait_getAccount", address=SOMEBODY)
                line.cancel()
                await asyncio.gather(line, return_exceptions=True)
        assert all(one["isFinal"] for one in answers)
        assert len({one["transactionId"] for one in answers}) == 3
        assert account["result"]["balance"] == "15"

    asyncio.run(run())


@pytest.mark.parametrize("devnet", [True, False])
def test_faucet_is_on_a_devnet_alone(tmp_path: Path, *, devnet: bool) -> None:
    parameters = replace(FREE, devnet=devnet)
    with stored_chain(tmp_path, parameters=parameters), services_of(tmp_path) as services:
        names = {method.name for method in offered_methods(services)}
    assert ("dev_faucet" in names) is devnet
    assert not [name for name in names if name.startswith("admin_")]


@pytest.mark.parametrize("amount", ["0", "-1", "1.5", "", "9" * 19, "1e9", 5])
def test_amount_is_digits_within_bounds(tmp_path: Path, amount: object) -> None:
    parameters = replace(FREE, devnet=True)
    with stored_chain(tmp_path, parameters=parameters), services_of(tmp_path) as services:
        answer = asyncio.run(ask(services, "dev_faucet", address=SOMEBODY, amount=amount))
    assert answer["error"]["data"]["reason"] == "invalid_params"
