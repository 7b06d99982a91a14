from hashlib import sha256

import pytest
from multidict import CIMultiDict

from node.api.callers import caller_at, caller_of


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
    ],
)
def test_network_stands_for_its_addresses(one: str, other: str, *, is_same: bool) -> None:
    assert (caller_at(one).network == caller_at(other).network) is is_same


@pytest.mark.parametrize(
    ("address", "is_local"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("", True),
        (None, True),
        ("10.0.0.1", False),
        ("::2", False),
        ("2001:db8::1", False),
    ],
)
def test_this_machine_is_known(address: str | None, *, is_local: bool) -> None:
    assert caller_at(address).is_local is is_local


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({}, None),
        ({"X-Api-Key": "secret"}, "secret"),
        ({"authorization": "Bearer secret"}, "secret"),
        ({"Authorization": "bearer  secret "}, "secret"),
        ({"Authorization": "Basic c2VjcmV0"}, None),
        ({"Authorization": "Bearer ", "X-Api-Key": "secret"}, None),
        ({"Authorization": "Bearer other", "X-Api-Key": "secret"}, "other"),
    ],
)
def test_key_is_known_by_its_digest(headers: dict[str, str], key: str | None) -> None:
    caller = caller_of("127.0.0.1", CIMultiDict(headers))
    assert caller.key == (None if key is None else sha256(key.encode()).digest())
    assert "secret" not in repr(caller)


def test_key_of_broken_bytes_is_a_key_too() -> None:
    assert caller_of(None, CIMultiDict({"X-Api-Key": "\udcff"})).key is not None
