import pytest

from chain.errors import MalformedMessage
from chain.primitives import ZERO_ADDRESS
from node.market.chain_states import read_hash, read_offer, read_receipt, read_reservation
from tests.support.builders import key_of

ADDRESS = "0x" + key_of("miner").address.hex()
RESERVATION = {
    "client": ADDRESS,
    "provider": None,
    "jobId": "one",
    "model": None,
    "unitType": "gpu_seconds",
    "maxRate": "5",
    "cap": "9",
    "spent": "1",
    "jobsMax": 1,
    "expiresAtHeight": 7,
    "disputeWindow": 3,
    "status": "open",
    "claims": [
        {
            "receiptHash": "0x" + "ab" * 32,
            "amount": "3",
            "spent": "0",
            "status": "pending",
            "dueHeight": None,
        }
    ],
}


def test_reservation_for_anybody_and_any_model_reads() -> None:
    found = read_reservation(RESERVATION)
    assert (found.provider, found.model) == (ZERO_ADDRESS, "")
    assert (found.max_rate, found.cap, found.spent) == (5, 9, 1)
    assert found.claims[0].receipt_hash == bytes.fromhex("ab" * 32)
    assert found.claims[0].due_height == 0


@pytest.mark.parametrize("field", RESERVATION)
def test_reservation_that_lacks_a_field_is_refused(field: str) -> None:
    broken = {name: value for name, value in RESERVATION.items() if name != field}
    with pytest.raises(KeyError):
        read_reservation(broken)


def test_what_is_of_another_form_is_refused() -> None:
    with pytest.raises(MalformedMessage):
        read_reservation(RESERVATION | {"client": "nobody"})
    with pytest.raises(ValueError, match="invalid literal"):
        read_reservation(RESERVATION | {"cap": "much"})
    with pytest.raises(ValueError, match="hexadecimal"):
        read_hash("0xzz")
    with pytest.raises(KeyError):
        read_receipt({})
    with pytest.raises(KeyError):
        read_offer({}, ADDRESS)
