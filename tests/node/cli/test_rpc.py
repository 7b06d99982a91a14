"""``aitbc rpc`` without a node: what it says when nothing good comes back."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``aitbc rpc``."""
    command = (sys.executable, "-m", "node", "rpc", *arguments)
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def server_that_says(body: bytes) -> Iterator[str]:
    """Serve one fixed answer to every POST, and give the URL."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_result_is_printed_as_json() -> None:
    with server_that_says(b'{"jsonrpc":"2.0","id":1,"result":{"height":3}}') as url:
        done = run(url, "ait_status")
    assert (done.returncode, done.stdout) == (0, '{\n  "height": 3\n}\n')


def test_refusal_is_one_sentence() -> None:
    error = b'{"code":-32601,"message":"there is no method x","data":{"reason":"method_not_found"}}'
    with server_that_says(b'{"jsonrpc":"2.0","id":1,"error":' + error + b"}") as url:
        done = run(url, "x")
    assert (done.returncode, done.stderr) == (1, "aitbc: there is no method x\n")


def test_node_that_does_not_answer_is_one_sentence() -> None:
    done = run("http://127.0.0.1:1", "ait_status")
    assert done.returncode == 1
    assert done.stderr.startswith("aitbc: the peer failed: http://127.0.0.1:1 does not answer")
    assert "Traceback" not in done.stderr


def test_answer_that_is_no_json_rpc_is_one_sentence() -> None:
    for body in (b"<html>", b"[]", b"3"):
        with server_that_says(body) as url:
            done = run(url, "ait_status")
        assert done.returncode == 1
        assert "does not answer JSON-RPC" in done.stderr
