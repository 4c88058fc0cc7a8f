"""`custodian settings`."""

import os
from pathlib import Path

import click

from custodian_core.settings import NAMES, SECRET, Settings, load
from custodian_core.text import printable

from .output import as_json, echo_columns, echo_json, errors_as_json

MASK = "********"


@click.command(short_help="Show every setting and where it came from.")
@as_json
@errors_as_json
def settings(json_: bool) -> None:
    """Show every setting and where it came from; secrets are masked.

    The environment comes first, then `.env` in this folder, then config.toml in
    ~/.config/custodian (or below XDG_CONFIG_HOME).
    """
    found = load(os.environ, Path.cwd())
    told = [
        {
            "name": name,
            "value": shown_value(found, name),
            "source": found.sources.get(name),
            "meaning": meaning,
        }
        for name, meaning in NAMES.items()
    ]
    if json_:
        echo_json("settings", told)
    else:
        echo_columns([_row(found, name) for name in NAMES])


def shown_value(found: Settings, name: str) -> str | None:
    """The value, with nothing in it that opens a door."""
    from custodian_tools.registering import without_credentials

    value = found.values.get(name)
    if value is None:
        return None
    return MASK if name in SECRET else without_credentials(value)


def _row(found: Settings, name: str) -> tuple[str, ...]:
    value = shown_value(found, name)
    said = click.style("not set", fg="bright_black") if value is None else printable(value)
    source = found.sources.get(name)
    return name, said, printable(f"from {source}") if source else f"({NAMES[name]})"
