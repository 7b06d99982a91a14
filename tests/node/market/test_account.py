from pathlib import Path

import pytest

from chain.errors import PeerError
from chain.payloads import Transfer
from node.market.account import VALID_FOR, WAITING_MAX, NotFinal
from node.market.journal import Journal
from tests.support.builders import FREE, a_transfer, key_of
from tests.support.market_world import LedgerNode, an_account, ledger_node

MINER = key_of("miner").address
SHORT_MS = 5_000


def test_transaction_is_final_and_moves_money(node: LedgerNode, tmp_path: Path) -> None:
    account = an_account(node, tmp_path, "client")
    sent = account.write_down(Transfer(MINER, 100))
    before = node.chain.balance("miner")
    height = account.wait_final(sent, timeout_ms=SHORT_MS)
    assert height == node.view.find_transaction(sent.id)
    assert node.chain.balance("miner") == before + 100


def test_fee_is_the_least_that_the_chain_asks_for(tmp_path: Path) -> None:
    priced = type(FREE)(**{**vars_of(FREE), "fee_transfer": 10, "fee_per_byte": 1})
    with ledger_node(tmp_path, parameters=priced) as node:
        account = an_account(node, tmp_path, "client")
        before = node.chain.balance("client")
        sent = account.write_down(Transfer(MINER, 100))
        account.wait_final(sent, timeout_ms=SHORT_MS)
        assert before - node.chain.balance("client") == 100 + 10 + len(sent.data)


def vars_of(parameters: object) -> dict[str, object]:
    names = type(parameters).__dataclass_fields__  # type: ignore[attr-defined]
    return {name: getattr(parameters, name) for name in names}


def test_transactions_written_down_together_have_nonces_in_a_row(
    node: LedgerNode, tmp_path: Path
) -> None:
    account = an_account(node, tmp_path, "client")
    other = an_account(node, tmp_path, "client")
    sent = [one.write_down(Transfer(MINER, 1)) for one in (account, other, account)]
    assert [one.nonce for one in sent] == [0, 1, 2]
    # The last one takes the others along: whoever wrote them down may be dead.
    account.wait_final(sent[2], timeout_ms=SHORT_MS)
    assert all(node.view.find_transaction(one.id) is not None for one in sent)


def test_what_the_journal_holds_survives_its_writer(node: LedgerNode, tmp_path: Path) -> None:
    sent = an_account(node, tmp_path, "client").write_down(Transfer(MINER, 1))
    again = an_account(node, tmp_path, "client")
    found = again.find_sent(sent.id)
    assert found == sent
    again.wait_final(sent, timeout_ms=SHORT_MS)
    assert again.write_down(Transfer(MINER, 1)).nonce == 1


def test_refused_transaction_is_dead_and_its_nonce_free(node: LedgerNode, tmp_path: Path) -> None:
    account = an_account(node, tmp_path, "client")
    sent = account.write_down(Transfer(MINER, 10**12))
    with pytest.raises(NotFinal) as caught:
        account.wait_final(sent, timeout_ms=SHORT_MS)
    assert caught.value.is_dead
    assert account.find_sent(sent.id) is None
    assert account.write_down(Transfer(MINER, 1)).nonce == sent.nonce


def test_transaction_whose_heights_have_passed_is_dead(node: LedgerNode, tmp_path: Path) -> None:
    account = an_account(node, tmp_path, "client")
    sent = account.write_down(Transfer(MINER, 1))
    node.blocks_until(sent.valid_until + 1)
    with pytest.raises(NotFinal, match="no block took it"):
        account.wait_final(sent, timeout_ms=SHORT_MS)
    assert sent.valid_until == VALID_FOR + 2


def test_transaction_whose_nonce_another_took_is_dead(node: LedgerNode, tmp_path: Path) -> None:
    account = an_account(node, tmp_path, "client")
    sent = account.write_down(Transfer(MINER, 1))
    node.view.send(a_transfer(5, nonce=0).encode())
    node.block()
    with pytest.raises(NotFinal, match="took its nonce") as caught:
        account.wait_final(sent, timeout_ms=SHORT_MS)
    assert caught.value.is_dead


def test_node_that_is_away_leaves_a_transaction_undecided(node: LedgerNode, tmp_path: Path) -> None:
    account = an_account(node, tmp_path, "client")
    sent = account.write_down(Transfer(MINER, 1))
    node.is_away = True
    with pytest.raises(NotFinal) as caught:
        account.wait_final(sent, timeout_ms=50)
    assert not caught.value.is_dead
    assert account.find_sent(sent.id) == sent


def test_too_many_that_wait_are_refused(node: LedgerNode, tmp_path: Path) -> None:
    account = an_account(node, tmp_path, "client")
    for _ in range(WAITING_MAX):
        account.write_down(Transfer(MINER, 1))
    with pytest.raises(PeerError, match="wait already"):
        account.write_down(Transfer(MINER, 1))


def test_what_a_transaction_is_for_is_written_in_the_same_step(
    node: LedgerNode, tmp_path: Path
) -> None:
    account = an_account(node, tmp_path, "client")

    def fail(*_: object) -> None:
        raise PeerError(detail="the pen broke")

    with pytest.raises(PeerError, match="pen"):
        account.write_down(Transfer(MINER, 1), also=fail)
    rows = Journal(tmp_path / "client.db").read("SELECT count(*) FROM sent")
    assert rows == [(0,)]
