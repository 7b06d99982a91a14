"""A server that knows one answer, for callers that must cope with any."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread


@contextmanager
def node_that_says(result: object) -> Iterator[str]:
    """Serve one JSON-RPC result to every POST, and give the URL."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode()

    class Answer(BaseHTTPRequestHandler):
        """The one answer."""

        def do_POST(self) -> None:
            """Say it."""
            self.rfile.read(int(self.headers["Content-Length"]))
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
