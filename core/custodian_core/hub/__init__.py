"""The State Hub: a store in a database, or a client to one elsewhere."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from custodian_core.codec import now
from custodian_core.ports import Hub
from custodian_core.settings import Settings

from .databases import Database, PostgreSQL, SQLite
from .seen import Seen, foreign, gone
from .store import Store, prepare

if TYPE_CHECKING:
    from .client import HttpHub


def open_hub(settings: Settings) -> Hub:
    """The hub that the settings name: remote, PostgreSQL, or the embedded one."""
    if settings.hub_url:
        return open_remote(settings, settings.hub_url)
    return open_store(settings)


def open_remote(settings: Settings, url: str) -> "HttpHub":
    """The hub at that URL."""
    from .client import HttpHub

    return HttpHub(url, settings.hub_token, seen=Seen(settings.home))


def open_store(settings: Settings, *, upgrade: bool = False) -> Store:
    """The store on this machine's database; `ForeignHub` where another was seen there."""
    database, seen = open_database(settings), Seen(settings.home)
    expected = seen.hub_at(database.address)
    try:
        store = _expected(database, expected, upgrade=upgrade)
    except BaseException:
        database.close()
        raise
    if expected is None:
        seen.note(database.address, store.hub_id)
    return store


def _expected(database: Database, hub_id: str | None, *, upgrade: bool) -> Store:
    """The store, where it is the hub of that id or none was seen yet."""
    if hub_id is not None and not database.is_there():
        raise gone(database.name, hub_id)
    if upgrade:
        prepare(database, now())
    store = Store(database)
    if hub_id not in (None, store.hub_id):
        empty = store.repos(limit=1).total == 0
        raise foreign(database.name, str(hub_id), store.hub_id, empty=empty)
    return store


def accept(settings: Settings) -> tuple[str, str]:
    """The hub that is there now is the one to expect from here on; its address and id."""
    seen = Seen(settings.home)
    if settings.hub_url:
        from .client import HttpHub

        remote = HttpHub(settings.hub_url, settings.hub_token)
        try:
            name, hub_id = remote.url, remote.health().hub_id
        finally:
            remote.close()
        seen.note(name, hub_id)
        return name, hub_id
    database = open_database(settings)
    try:
        if not database.is_there():
            prepare(database, now())
        store = Store(database)
    finally:
        database.close()
    seen.note(database.address, store.hub_id)
    return database.name, store.hub_id


def import_hub(settings: Settings, lines: Iterable[str]) -> tuple[str, int]:
    """The exported hub is in this machine's empty database; its name, and how many rows it took."""
    from .portable import restore

    database = open_database(settings)
    try:
        rows = restore(database, lines, now())
        Seen(settings.home).note(database.address, Store(database).hub_id)
    finally:
        database.close()
    return database.name, rows


def open_database(settings: Settings) -> Database:
    """The database that the settings name."""
    if settings.database_url:
        return PostgreSQL(settings.database_url)
    return SQLite(settings.home / "hub.db")
