from collections.abc import Iterator
from pathlib import Path

import pytest

from node.market import account as account_module
from node.market import attempt as attempt_module
from node.market import miners as miners_module
from tests.support.market_world import LedgerNode, ledger_node


@pytest.fixture
def node(tmp_path: Path) -> Iterator[LedgerNode]:
    """A node of a chain of its own."""
    with ledger_node(tmp_path) as found:
        yield found


@pytest.fixture(autouse=True)
def nobody_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever waits for a block look again at once: a look makes one."""
    for module in (account_module, attempt_module, miners_module):
        monkeypatch.setattr(module, "pause", lambda _: None)
