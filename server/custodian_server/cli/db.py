"""`custodian db`: the database of a hub that is kept here."""

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from custodian_core.errors import FileTrouble, HubTrouble
from custodian_core.files import create_file, shown
from custodian_core.settings import load

if TYPE_CHECKING:
    from custodian_core.hub.databases import Database


@click.group(short_help="Upgrade, back up, export and import the hub's database.")
def db() -> None:
    """Upgrade, back up, export and import the database of a hub that is kept here."""


@contextmanager
def _database() -> Generator["Database"]:
    """The database that the settings name, closed afterwards."""
    from custodian_core.hub import open_database

    settings = load(os.environ, Path.cwd())
    if settings.hub_url:
        raise HubTrouble(settings.hub_url, "its database is elsewhere; run this where that is")
    database = open_database(settings)
    try:
        yield database
    finally:
        database.close()


@db.command()
def upgrade() -> None:
    """Bring the database's schema up to this program's."""
    from custodian_core.codec import now
    from custodian_core.hub.store import Store, prepare

    with _database() as database:
        prepare(database, now())
        health = Store(database).health()
        click.echo(f"{database.name}: schema {health.schema_version}, hub {health.hub_id}")


@db.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Copy the embedded hub into FILE, while others go on working."""
    from custodian_core.hub.portable import backup as copy
    from custodian_core.hub.store import Store

    with _database() as database:
        Store(database)
        copy(database, file)
    click.echo(f"{shown(file)}: a copy of {database.name}")


@db.command("export")
@click.argument("file", required=False, type=click.Path(path_type=Path))
def export_(file: Path | None) -> None:
    """Write the whole hub as JSON Lines into FILE, or on standard output."""
    from custodian_core.hub.portable import export
    from custodian_core.hub.store import Store

    with _database() as database:
        Store(database)
        if file is None:
            for line in export(database):
                click.echo(line)
            return
        lines = list(export(database))
    create_file(file, "".join(f"{line}\n" for line in lines).encode())
    click.echo(f"{shown(file)}: {len(lines) - 1} rows of {database.name}")


@db.command("import")
@click.argument("file", type=click.Path(path_type=Path))
def import_(file: Path) -> None:
    """Read an exported hub from FILE into a new, empty hub; `-` is standard input."""
    from custodian_core.codec import now
    from custodian_core.hub.portable import restore

    with _database() as database, _lines(file) as lines:
        rows = restore(database, lines, now())
        click.echo(f"{rows} rows are in {database.name}")


@contextmanager
def _lines(file: Path) -> Generator[Iterator[str]]:
    """The lines of the file."""
    if str(file) == "-":
        yield iter(sys.stdin)
        return
    try:
        with file.open(encoding="utf-8") as lines:
            yield iter(lines)
    except (OSError, UnicodeDecodeError) as error:
        raise FileTrouble(shown(file), f"it cannot be read: {error}") from error
