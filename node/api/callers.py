"""Who calls, as far as limits are concerned: a network, and the key that was given if any.

An IPv6 caller has as many addresses as it likes, so its first 64 bits stand for it. A key is kept
as its digest: nothing here could be used to call.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from typing import Final

from aiohttp import hdrs

API_KEY_HEADER = "X-Api-Key"

_IPV6_BYTES: Final = 8
_SCHEME: Final = "bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """One caller.

    Attributes:
        network: its IPv4 address in 4 bytes, or the network of its IPv6 address in 8; none for a
            local socket without an address.
        is_local: whether it is on this very machine.
        key: the SHA-256 digest of its API key; None without one.
    """

    network: bytes
    is_local: bool
    key: bytes | None = None


CALLER: Final = ContextVar[Caller]("caller")
"""Who sent the request that is being answered; nobody where it came by no server."""


def caller_at(address: str | None) -> Caller:
    """Return the caller at an address, which may carry an IPv6 scope."""
    if not address:
        return Caller(b"", is_local=True)
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        mapped = ip.ipv4_mapped
        if mapped is None:
            return Caller(ip.packed[:_IPV6_BYTES], is_local=ip.is_loopback)
        ip = mapped
    return Caller(ip.packed, is_local=ip.is_loopback)


def caller_of(address: str | None, headers: Mapping[str, str]) -> Caller:
    """Return who sent a request.

    Args:
        address: where it came from.
        headers: what it came with; their names in any case.
    """
    caller = caller_at(address)
    given = headers.get(API_KEY_HEADER, "")
    authorization = headers.get(hdrs.AUTHORIZATION, "")
    if authorization.lower().startswith(_SCHEME):
        given = authorization[len(_SCHEME) :].strip()
    if not given:
        return caller
    digest = sha256(given.encode(errors="surrogateescape")).digest()
    return Caller(caller.network, caller.is_local, digest)
