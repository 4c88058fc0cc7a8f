"""`custodian service`: the hub is served by itself."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .checkouts import program
from .output import Group, as_json, echo_hint, echo_json, errors_as_json

if TYPE_CHECKING:
    from custodian_tools.service import Service


@click.group(cls=Group, short_help="Serve the hub for as long as you are logged in.")
def service() -> None:
    """Serve the hub for as long as you are logged in: a systemd user service.

    Agents' programs then find the tools loaded, and answer twenty times sooner.
    """


@service.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8000,
    show_default=True,
    help="The port of this machine, for the browser and the API.",
)
@as_json
@errors_as_json
def install(port: int, json_: bool) -> None:
    """Serve the hub now and after each login.

    Settings that come from your environment are carried over; a secret among them is refused, and
    belongs into config.toml. Where there is no user manager, it says what to start by hand.
    """
    from custodian_core.settings import load
    from custodian_tools import service as tool

    settings = load(os.environ, Path.cwd())
    manager = tool.user_manager(os.environ)
    _tell(tool.install(program(), port, settings, os.environ, manager), "install", json_=json_)
    if not json_:
        echo_hint("it runs while you are logged in; loginctl enable-linger keeps it going after")


@service.command()
@as_json
@errors_as_json
def uninstall(json_: bool) -> None:
    """Serve the hub by itself no more; the hub and all that it knows stay."""
    from custodian_tools import service as tool

    _tell(tool.uninstall(tool.user_manager(os.environ)), "uninstall", json_=json_)


@service.command()
@as_json
@errors_as_json
def status(json_: bool) -> None:
    """Say whether the hub is served by itself; exit 1 where it should be and is not."""
    from custodian_tools import service as tool

    found = tool.status(tool.user_manager(os.environ))
    _tell(found, "status", json_=json_)
    sys.exit(int(found.installed and not found.active))


def _tell(found: "Service", what: str, *, json_: bool) -> None:
    if json_:
        echo_json(f"service_{what}", found.to_json())
        return
    if found.installed:
        told = "on" if found.active else click.style("off", fg="red")
        click.echo(f"service  {told}{'' if found.changed or what != 'install' else ', as before'}")
    else:
        gone = what == "uninstall" and found.changed
        click.echo("the service is gone" if gone else "service  none")
    if found.trouble:
        echo_hint(f"systemctl --user does not work here: {found.trouble}")
