"""Who asks: the address of a client, behind proxies that are trusted or not."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

from starlette.types import Scope

from registry_api.keys import Key

Network = IPv4Network | IPv6Network

ASKED = "registry_api.asked"
"""Where a scope has it."""

_CLIENT_BITS = 64
"""Of an IPv6 address, those that name a client: who has one has all others of the same network."""


class Asked(NamedTuple):
    """A request, as those behind the front may need it.

    :ivar id: the client's, else one of ours
    :ivar key: of the client; None without one
    :ivar address: of the client
    """

    id: str
    key: Key | None
    address: str


def asked(scope: Scope) -> Asked:
    """What is known of a request."""
    found: Asked = scope[ASKED]
    return found


class Clients:
    """Tells clients apart by their addresses.

    :param proxies: whose X-Forwarded-For is believed; nobody else's is
    """

    def __init__(self, proxies: Iterable[Network]) -> None:
        self._proxies = tuple(proxies)

    def address(self, scope: Scope) -> str:
        """The address that a request comes from; an IPv6 network of 64 bits for all addresses in it."""
        peer = scope.get("client")
        # Of a socket in the file system, there is none.
        found = _read(peer[0]) if peer else None
        if found is not None and self._is_proxy(found):
            found = self._behind(scope, found)
        return "unknown" if found is None else _shown(found)

    def _behind(self, scope: Scope, proxy: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
        """Each proxy has added whom it saw: the last one that is no proxy of ours is the client."""
        said = ",".join(value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for")
        client = proxy
        for text in reversed(said.split(",")):
            address = _read(text.strip())
            if address is None:
                break
            client = address
            if not self._is_proxy(address):
                break
        return client

    def _is_proxy(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._proxies)


# Most come again and again.
@lru_cache(maxsize=10_000)
def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


@lru_cache(maxsize=10_000)
def _shown(address: IPv4Address | IPv6Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((address, _CLIENT_BITS), strict=False))
