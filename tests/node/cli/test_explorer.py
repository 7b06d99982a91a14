import json

import pytest

from tests.support.answers import node_that_says
from tests.support.command_line import aitbc


def test_address_is_printed() -> None:
    with node_that_says({}) as url:
        assert aitbc("explorer", "open", "--print", "--rpc", url).stdout == f"{url}/\n"
        for page in ("receipts", "/receipts"):
            done = aitbc("explorer", "open", page, "--print", "--rpc", f"{url}/")
            assert (done.exit_code, done.stdout) == (0, f"{url}/receipts\n")
        done = aitbc("explorer", "open", "--print", "--json", "--rpc", url)
        assert json.loads(done.stdout) == {"address": f"{url}/"}


@pytest.mark.parametrize(("opens", "code"), [(True, 0), (False, 2)])
def test_browser_is_asked(monkeypatch: pytest.MonkeyPatch, *, opens: bool, code: int) -> None:
    asked: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: asked.append(address) or opens)
    with node_that_says({}) as url:
        done = aitbc("explorer", "open", "receipts", "--rpc", url)
    assert asked == [f"{url}/receipts"]
    assert done.exit_code == code


def test_nothing_is_opened_where_nobody_answers() -> None:
    done = aitbc("explorer", "open", "--rpc", "http://127.0.0.1:1")
    assert (done.exit_code, done.stdout) == (4, "")
