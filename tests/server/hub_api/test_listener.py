"""The socket that a server listens at."""

import socket

import pytest

from custodian_server.hub_api.listener import listening


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_whoever_listens_at_every_address_is_reached_by_both_families() -> None:
    with listening("::", 0) as listener:
        port = listener.getsockname()[1]
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, port), timeout=10).close()
