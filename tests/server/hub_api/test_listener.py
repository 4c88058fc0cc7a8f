"""The socket that a server listens at."""

import json
import logging
import socket
from collections.abc import Iterator

import pytest

from custodian_server.hub_api.listener import listening, log_to_stderr


@pytest.fixture
def as_before() -> Iterator[None]:
    """Logging is afterwards what it was."""
    names = ("custodian_server.hub_api", "uvicorn", "mcp")
    loggers = [logging.getLogger(name) for name in names]
    before = [(each, each.level, each.propagate) for each in loggers]
    handlers = {each: each.handlers[:] for each in (*loggers, logging.getLogger())}
    yield
    for logger, level, propagate in before:
        logger.level, logger.propagate = level, propagate
    for logger, kept in handlers.items():
        logger.handlers[:] = kept


@pytest.mark.usefixtures("as_before")
def test_what_a_library_logs_is_a_line_of_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr()
    logging.basicConfig(format="not JSON %(message)s")  # as the SDK does when it is loaded
    for name in ("custodian_server.hub_api.guard", "psycopg"):
        logging.getLogger(name).warning("the connection\nis lost")

    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["level"], line["event"]) for line in told] == [
        ("warning", "the connection\nis lost")
    ] * 2


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_whoever_listens_at_every_address_is_reached_by_both_families() -> None:
    with listening("::", 0) as listener:
        port = listener.getsockname()[1]
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, port), timeout=10).close()
