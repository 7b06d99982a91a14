"""A long chain that is served: an API edge on it, while a process makes a block a second."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from chain.errors import ConfigError
from genesis.document import read_genesis
from node.api.settings import ApiEdgeSettings, Limits
from node.ports import free_ports
from scripts.benchmarks.big_chain import Built
from scripts.benchmarks.interrupts import Interrupts
from scripts.benchmarks.live_chain import READY

TRIVIAL = ("ait_estimateFee", {"kind": "transfer", "sizeBytes": 200})
START_S = 60.0
CALL_S = 30.0

Call = Callable[[str, Mapping[str, object]], Any]
"""Calls a method of the API with parameters by name."""


class Caller:
    """One connection to an edge."""

    def __init__(self, port: int) -> None:
        """Connect with the first call."""
        self.url = f"http://127.0.0.1:{port}"
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=CALL_S)

    def call(self, method: str, params: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        """Return a method's result.

        Raises:
            ConfigError: the edge refuses the call.
        """
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": dict(params)})
        self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
        reply = json.loads(self._connection.getresponse().read())
        if "result" not in reply:
            raise ConfigError(detail=f"{method} {params}: {reply['error']}")
        return reply["result"]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def serving(built: Built, interrupts: Interrupts, *, accounts: int) -> Iterator[Caller]:
    """Run a writer and an edge while the context lasts.

    Args:
        built: the chain.
        interrupts: held while processes start and stop.
        accounts: that pay each other.

    Raises:
        ConfigError: one of them does not come up.
    """
    (port,) = free_ports(1, near=str(built.folder))
    settings = built.folder / "edge.json"
    settings.write_text(_settings(built, port).model_dump_json())
    module = "scripts.benchmarks.live_chain"
    writer = [sys.executable, "-m", module, str(built.folder), str(accounts)]
    edge = [sys.executable, "-m", "node.api.edge", str(settings)]
    processes: list[subprocess.Popen[str]] = []
    try:
        for command, place in ((writer, None), (edge, built.folder)):
            with interrupts.held():
                process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=place
                )
                processes.append(process)
        _wait_ready(processes[0], port)
        with closing(Caller(port)) as caller:
            yield caller
    finally:
        with interrupts.held():
            for process in processes:
                process.terminate()
            for process in processes:
                process.communicate()


def _settings(built: Built, port: int) -> ApiEdgeSettings:
    genesis = read_genesis(built.folder / "genesis.json")
    return ApiEdgeSettings(
        chain_id=genesis.chain_id,
        genesis_hash=genesis.hash.hex(),
        genesis_file=built.folder / "genesis.json",
        database=built.database,
        core_socket=Path("run/api.sock"),
        port=port,
        log_level="error",
        limits=Limits(rate_local_per_s=0),
    )


def _wait_ready(writer: "subprocess.Popen[str]", port: int) -> None:
    """Wait until the writer makes blocks and the edge answers and knows of the writer.

    Raises:
        ConfigError: one of them does not come up.
    """
    assert writer.stdout is not None
    if writer.stdout.readline().strip() != READY:
        raise ConfigError(detail="the process that makes blocks does not come up")
    end_s = time.monotonic() + START_S
    while True:
        with closing(Caller(port)) as caller:
            try:
                if caller.call("ait_status", {})["coreConnected"]:
                    return
                fault = "it does not find the process that makes blocks"
            except OSError as error:
                fault = str(error)
        if time.monotonic() > end_s:
            raise ConfigError(detail=f"the edge does not come up: {fault}")
        time.sleep(0.1)
