from chain.exchange import ProtocolId
from chain.primitives import (
    BLOCK_SIDECAR_BYTES_MAX,
    BLOCK_TRANSACTION_BYTES_MAX,
    BLOCK_TRANSACTIONS_MAX,
    HASH_BYTES,
    Hash,
)
from p2p.identity import peer_of_seed
from p2p.protocols import (
    ANSWER_BYTES_MAX,
    CONSENSUS_BYTES_MAX,
    REQUEST_BYTES_MAX,
    consensus_name,
    is_node_peer,
    job_name,
    request_name,
    status_name,
)

GENESIS = Hash(bytes.fromhex("0123abcd") + bytes(28))


def test_names_hold_the_start_of_the_genesis_hash() -> None:
    assert consensus_name(GENESIS) == "/aitbc/0123abcd/consensus/1"
    assert status_name(GENESIS) == "/aitbc/0123abcd/status/1"
    assert request_name(GENESIS, ProtocolId.SYNC) == "/aitbc/0123abcd/sync/1"
    assert request_name(GENESIS, ProtocolId.FETCH) == "/aitbc/0123abcd/fetch/1"


def test_full_block_fits_a_consensus_message_and_an_answer() -> None:
    block = BLOCK_TRANSACTION_BYTES_MAX + BLOCK_SIDECAR_BYTES_MAX
    assert block + 512 * 1024 <= CONSENSUS_BYTES_MAX <= ANSWER_BYTES_MAX


def test_hashes_of_a_full_block_fit_one_question() -> None:
    assert BLOCK_TRANSACTIONS_MAX * HASH_BYTES <= REQUEST_BYTES_MAX


def test_job_protocol_is_bound_to_its_chain() -> None:
    assert job_name(GENESIS) == "/aitbc/0123abcd/job/1"


def test_id_of_a_node_is_known_by_its_form() -> None:
    ids = [peer_of_seed(bytes([seed]) * 32) for seed in range(8)]
    assert all(map(is_node_peer, ids))
    wrong = (
        ids[0][:-1],
        ids[0] + "1",
        "0" + ids[0][1:],
        ids[0] + "\n",
        " " + ids[0],
        "Qm" + ids[0],
    )
    assert not any(map(is_node_peer, wrong))
