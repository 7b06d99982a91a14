"""A server that knows one answer, for callers that must cope with any."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread


def node_that_says(
    result: object, *, asked: list[object] | None = None
) -> AbstractContextManager[str]:
    """Serve one JSON-RPC result to every POST, and give the URL.

    Args:
        result: of every call.
        asked: gets each request.
    """
    return server_that_says(_reply({"result": result}), asked=asked)


def node_that_refuses(rpc_code: int, message: str, reason: str = "") -> AbstractContextManager[str]:
    """Serve one JSON-RPC error to every POST, and give the URL."""
    error = {"code": rpc_code, "message": message, "data": {"reason": reason}}
    return server_that_says(_reply({"error": error}))


def _reply(answer: dict[str, object]) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1} | answer).encode()


@contextmanager
def server_that_says(body: bytes, *, asked: list[object] | None = None) -> Iterator[str]:
    """Serve one body to every POST, and give the URL."""

    class Answer(BaseHTTPRequestHandler):
        """The one answer."""

        def do_POST(self) -> None:
            """Say it."""
            data = self.rfile.read(int(self.headers["Content-Length"]))
            if asked is not None:
                asked.append(json.loads(data))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing else."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
