"""The State Hub: a store in a database, or a client to one elsewhere."""

from custodian_core.ports import Hub
from custodian_core.settings import Settings

from .databases import Database, PostgreSQL, SQLite
from .store import Store


def open_hub(settings: Settings) -> Hub:
    """The hub that the settings name: remote, PostgreSQL, or the embedded one."""
    if settings.hub_url:
        from .client import HttpHub

        return HttpHub(settings.hub_url, settings.hub_token, None)
    return open_store(settings)


def open_store(settings: Settings) -> Store:
    """The store on this machine's database."""
    return Store(open_database(settings))


def open_database(settings: Settings) -> Database:
    """The database that the settings name."""
    if settings.database_url:
        return PostgreSQL(settings.database_url)
    return SQLite(settings.home / "hub.db")
