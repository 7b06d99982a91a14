from collections.abc import Mapping

from chain.primitives import Address
from node.market.chain_states import OfferState
from node.market.choosing import Candidate, choose
from tests.support.builders import key_of

NAMES = ("a", "b", "c", "d")
ADDRESS = {name: key_of(name).address for name in NAMES}
NAME = {address: name for name, address in ADDRESS.items()}


def order(
    rates: Mapping[str, int],
    *,
    records: Mapping[str, tuple[int, int]] | None = None,
    failures: Mapping[str, int] | None = None,
    known: tuple[str, ...] = NAMES,
    max_rate: int = 0,
    model: str = "llama3.2",
) -> str:
    """Return the names of miners in the order in which they are asked."""
    offers = [
        OfferState(ADDRESS[name], "llama3.2", "gpu_seconds", rate, 1, 100)
        for name, rate in rates.items()
    ]
    found: list[Candidate] = choose(
        offers,
        model=model,
        unit_type="gpu_seconds",
        max_rate=max_rate,
        known={ADDRESS[name] for name in known},
        record=lambda who: (records or {}).get(NAME[Address(who)], (0, 0)),
        failures=lambda who: (failures or {}).get(NAME[Address(who)], 0),
    )
    return "".join(NAME[one.provider] for one in found)


def test_cheapest_is_first() -> None:
    assert order({"a": 3, "b": 1, "c": 2}) == "bca"


def test_who_was_disputed_comes_after_who_is_dearer() -> None:
    assert order({"a": 1, "b": 9}, records={"a": (8, 2), "b": (5, 0)}) == "ba"
    assert order({"a": 1, "b": 9}, records={"a": (99, 1), "b": (5, 0)}) == "ab"


def test_who_failed_this_client_lately_is_last() -> None:
    assert order({"a": 1, "b": 9, "c": 5}, failures={"a": 1}, records={"b": (0, 9)}) == "cba"


def test_longer_record_decides_between_equals() -> None:
    assert order({"a": 1, "b": 1}, records={"a": (3, 0), "b": (7, 0)}) == "ba"


def test_only_whose_card_is_known_and_what_is_wanted_counts() -> None:
    assert order({"a": 1, "b": 2}, known=("b",)) == "b"
    assert order({"a": 1, "b": 2}, max_rate=1) == "a"
    assert order({"a": 1}, model="other") == ""
