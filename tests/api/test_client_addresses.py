"""Whose request it is, whatever its headers say."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest

from registry_api.clients import Clients

PROXIES = Clients([ip_network("10.0.0.0/8"), ip_network("fd00::/8"), ip_network("127.0.0.1/32")])


def scope(peer: str | None, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", one.encode("latin-1")) for one in forwarded]
    return {"client": None if peer is None else (peer, 1), "headers": [(b"host", b"x"), *headers]}


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", (), "203.0.113.7"),
        # Nobody believes a stranger.
        ("203.0.113.7", ("198.51.100.1",), "203.0.113.7"),
        ("10.1.2.3", ("198.51.100.1",), "198.51.100.1"),
        # What the client has written stands before what the proxy has seen.
        ("10.1.2.3", ("1.1.1.1, 198.51.100.1",), "198.51.100.1"),
        ("10.1.2.3", ("1.1.1.1", "198.51.100.1"), "198.51.100.1"),
        ("10.1.2.3", ("198.51.100.1, 10.9.9.9, 127.0.0.1",), "198.51.100.1"),
        ("10.1.2.3", ("1.1.1.1, 10.9.9.9",), "1.1.1.1"),
        ("10.1.2.3", ("10.9.9.9",), "10.9.9.9"),
        ("10.1.2.3", (), "10.1.2.3"),
        ("10.1.2.3", ("",), "10.1.2.3"),
        ("10.1.2.3", ("unknown, 198.51.100.1",), "198.51.100.1"),
        ("10.1.2.3", ("198.51.100.1, unknown",), "10.1.2.3"),
        ("10.1.2.3", ("198.51.100.1, \xff",), "10.1.2.3"),
        # Who has an address of a network has them all.
        ("2001:db8:1:2:3:4:5:6", (), "2001:db8:1:2::/64"),
        ("fd00::1", ("2001:db8:1:2::9",), "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", (), "203.0.113.7"),
        ("::ffff:10.1.2.3", ("198.51.100.1",), "198.51.100.1"),
        (None, ("198.51.100.1",), "unknown"),
        ("testclient", ("198.51.100.1",), "unknown"),
    ],
)
def test_address__is_that_of_the_first_who_is_no_proxy(
    peer: str | None, forwarded: tuple[str, ...], client: str
) -> None:
    assert PROXIES.address(scope(peer, *forwarded)) == client


def test_address__without_proxies__is_that_of_the_peer() -> None:
    assert Clients([]).address(scope("127.0.0.1", "198.51.100.1")) == "127.0.0.1"
