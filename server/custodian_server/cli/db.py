"""`custodian db`: the database of a hub that is kept here."""

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from custodian_core.errors import BadValue, FileTrouble, HubTrouble
from custodian_core.files import create_file, shown
from custodian_core.settings import Settings, load

from .output import Group, as_json, counted, echo_json, errors_as_json

if TYPE_CHECKING:
    from custodian_core.hub.store import Store


@click.group(cls=Group, short_help="Upgrade, back up, export and import the hub's database.")
def db() -> None:
    """Upgrade, back up, export and import the database of a hub that is kept here."""


def _settings() -> Settings:
    """The settings, where they name a database of this machine."""
    settings = load(os.environ, Path.cwd())
    if settings.hub_url:
        raise HubTrouble(settings.hub_url, "its database is elsewhere; run this where that is")
    return settings


@contextmanager
def _store(*, upgrade: bool = False) -> Generator["Store"]:
    """The hub in the database that the settings name, closed afterwards."""
    from custodian_core.hub import open_store

    store = open_store(_settings(), upgrade=upgrade)
    try:
        yield store
    finally:
        store.close()


@db.command()
@as_json
@errors_as_json
def upgrade(json_: bool) -> None:
    """Bring the database's schema up to this program's, and make or renew its workers' queue."""
    from custodian_core.queueing import prepare

    with _store(upgrade=True) as store:
        name, health = store.database.name, store.health()
    prepare(_settings())
    if json_:
        told = {"schema_version": health.schema_version, "hub_id": health.hub_id}
        echo_json("database", {"database": name, **told})
    else:
        click.echo(f"{name}: schema {health.schema_version}, hub {health.hub_id}")


@db.command()
@click.argument("file", type=click.Path(path_type=Path))
@as_json
@errors_as_json
def backup(file: Path, json_: bool) -> None:
    """Copy the embedded hub into FILE, while others go on working."""
    from custodian_core.hub.portable import backup as copy

    with _store() as store:
        name = store.database.name
        copy(store.database, file)
    if json_:
        echo_json("backup", {"file": str(file), "database": name})
    else:
        click.echo(f"{shown(file)}: a copy of {name}")


@db.command("export")
@click.argument("file", required=False, type=click.Path(path_type=Path))
def export_(file: Path | None) -> None:
    """Write the whole hub as JSON Lines into FILE, or on standard output."""
    from custodian_core.hub.portable import export

    with _store() as store:
        if file is None:
            for line in export(store.database):
                click.echo(line)
            return
        lines = list(export(store.database))
    create_file(file, "".join(f"{line}\n" for line in lines).encode())
    click.echo(f"{shown(file)}: {counted(len(lines) - 1, 'row')} of {store.database.name}")


@db.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@as_json
@errors_as_json
def import_(file: Path, json_: bool) -> None:
    """Read an exported hub from FILE into a new, empty hub; `-` is standard input."""
    from custodian_core.hub import import_hub

    settings = _settings()
    with _lines(file) as lines:
        name, rows = import_hub(settings, lines)
    if json_:
        echo_json("import", {"rows": rows, "database": name})
    else:
        click.echo(f"{counted(rows, 'row')} are in {name}")


@contextmanager
def _lines(file: Path) -> Generator[Iterator[str]]:
    """The lines of the file."""
    if str(file) == "-":
        # (Python has no standard input where it was closed)
        if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison]
            raise BadValue("-", "standard input is closed; name a file")
        yield iter(sys.stdin)
        return
    try:
        with file.open(encoding="utf-8") as lines:
            yield iter(lines)
    except UnicodeDecodeError as error:
        raise FileTrouble(shown(file), "it cannot be read: it is not UTF-8") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise FileTrouble(shown(file), f"it cannot be read: {reason}") from error


@db.command()
@as_json
@errors_as_json
def accept(json_: bool) -> None:
    """Take the hub that is there now for the right one, in place of the one last seen there.

    Say this after a hub was replaced on purpose: commands refuse to use another hub than the one
    they saw last at an address, since one that was made by mistake looks like work that is gone.
    """
    from custodian_core.hub import accept as take

    name, hub_id = take(load(os.environ, Path.cwd()))
    if json_:
        echo_json("database", {"database": name, "hub_id": hub_id})
    else:
        click.echo(f"{name}: hub {hub_id} is the one to use from now on")
