import pytest

from chain.errors import AitbcError, ConfigError, InvalidSignature, PeerError, StoreError
from node.cli.exits import describe, exit_code_of
from node.rpc_client import NodeUnreachable, RpcRefused
from node.sealed_key import WrongPassphrase
from node.wallets import WalletNotFound

UNREACHABLE = NodeUnreachable(url="http://127.0.0.1:1", detail="connection refused")


def refused(rpc_code: int, reason: str = "") -> RpcRefused:
    return RpcRefused(detail="no", rpc_code=rpc_code, reason=reason)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError(detail="no"), 2),
        (InvalidSignature(what="file"), 1),
        (WrongPassphrase(), 1),
        (WalletNotFound(detail="no"), 3),
        (refused(-32001), 3),
        (UNREACHABLE, 4),
        (PeerError(detail="no"), 4),
        (refused(-32002), 4),
        (refused(-32003), 5),
        (refused(-32602), 2),
        (refused(-32601), 2),
        (refused(-32603), 1),
        (refused(-32005), 4),
        (StoreError(detail="no"), 70),
    ],
    ids=lambda one: getattr(one, "code", str(one)),
)
def test_code_is_that_of_the_table(error: AitbcError, code: int) -> None:
    assert exit_code_of(error) == code


def test_error_says_what_why_and_what_to_do() -> None:
    first, *todo = describe(UNREACHABLE).splitlines()
    assert first == "aitbc: cannot reach a node at http://127.0.0.1:1 (connection refused)"
    assert "aitbc devnet up" in todo[0]
    assert "AITBC_RPC_URL" in todo[1]


def test_refusal_is_told_by_its_reason() -> None:
    said = describe(refused(-32003, "insufficient_balance"))
    assert said == "aitbc: no\n  look at it with:  aitbc account show ADDRESS"
    said = describe(refused(-32003, "mempool_full"))
    assert said == "aitbc: no\n  try again after the next block"
    assert describe(refused(-32003, "unheard_of")) == "aitbc: no"


def test_want_of_money_is_told_in_aitbc() -> None:
    error = RpcRefused(
        detail="no",
        rpc_code=-32003,
        reason="insufficient_balance",
        data={"needed": 2_500_000, "available": 1},
    )
    assert describe(error).splitlines()[1].split(maxsplit=2)[2] == (
        "needed 2.500000, available 0.000001"
    )
    for data in ({"needed": "2", "available": 1}, {"needed": 2}):
        error.data = data
        assert "needed" not in describe(error)


def test_reason_counts_for_more_than_the_code_beside_it() -> None:
    assert exit_code_of(refused(-32603, "mempool_full")) == 5
    assert exit_code_of(refused(7, "unheard_of")) == 1


def test_what_a_node_refuses_with_cannot_steer_the_terminal() -> None:
    said = "no\x1b[2J\x1b]0;caught\x07\n\u202esee ä"
    error = RpcRefused(detail=said, rpc_code=-32003, reason="")
    assert describe(error) == "aitbc: no?[2J?]0;caught???see ä"
