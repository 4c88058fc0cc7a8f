"""`custodian service`: the hub is served, and a worker works, by itself."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from custodian_core.errors import BadValue
from custodian_core.unit import Kind

from .checkouts import program
from .output import Group, as_json, echo_hint, echo_json, errors_as_json
from .worker import AT_ONCE, SWEPT_EVERY

if TYPE_CHECKING:
    from custodian_core.unit import Started
    from custodian_tools.service import Service

_PORT = 8000
_NAMES = {Kind.HUB: "service", Kind.WORKER: "worker"}

what = click.argument(
    "kind",
    metavar="[hub|worker]",
    type=click.Choice([each.value for each in Kind]),
    default=Kind.HUB.value,
)


@click.group(cls=Group, short_help="Serve the hub, or work, for as long as you are logged in.")
def service() -> None:
    """Serve the hub, or run this host's worker, for as long as you are logged in.

    Each is a systemd user service. Where a hub is served, agents' programs find the tools loaded,
    and answer twenty times sooner.
    """


@service.command()
@what
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help=f"Of the hub: the port of this machine, for the browser and the API.  [default: {_PORT}]",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 64),
    help=f"Of the worker: in how many repos it works at once.  [default: {AT_ONCE}]",
)
@click.option(
    "--every",
    "interval",
    metavar="INTERVAL",
    help=f"Of the worker: ask for every repo so often, or `never`.  [default: {SWEPT_EVERY}]",
)
@as_json
@errors_as_json
def install(
    kind: str, port: int | None, concurrency: int | None, interval: str | None, json_: bool
) -> None:
    """Serve the hub, or run the worker, now and after each login.

    Settings that come from your environment are carried over; a secret among them is refused, and
    belongs into config.toml. Where there is no user manager, it says what to start by hand.
    """
    from custodian_tools import service as tool

    chosen = Kind(kind)
    others: dict[Kind, dict[str, object]] = {
        Kind.HUB: {"--concurrency": concurrency, "--every": interval},
        Kind.WORKER: {"--port": port},
    }
    for option, value in others[chosen].items():
        if value is not None:
            raise BadValue(option, f"the {chosen} has no such option")
    wanted = _hub(port) if chosen is Kind.HUB else _worker(concurrency, interval)
    found = tool.install(wanted, tool.user_manager(os.environ))
    _tell(chosen, found, "install", json_=json_)
    if not json_:
        echo_hint("it runs while you are logged in; loginctl enable-linger keeps it going after")


def _hub(port: int | None) -> "Started":
    from custodian_core.settings import load
    from custodian_tools import service as tool

    return tool.hub(program(), port or _PORT, load(os.environ, Path.cwd()), os.environ)


def _worker(concurrency: int | None, interval: str | None) -> "Started":
    from custodian_core.settings import load
    from custodian_core.timing import every
    from custodian_tools import service as tool

    if interval not in (None, "never"):
        every(interval)  # (what it cannot be is said now, and not by a unit that ends)
    settings = load(os.environ, Path.cwd())
    said = concurrency or AT_ONCE, interval or SWEPT_EVERY
    return tool.worker(program(), *said, settings, os.environ)


@service.command()
@what
@as_json
@errors_as_json
def uninstall(kind: str, json_: bool) -> None:
    """Serve the hub, or run the worker, by itself no more; all that the hub knows stays."""
    from custodian_tools import service as tool

    found = tool.uninstall(Kind(kind), tool.user_manager(os.environ))
    _tell(Kind(kind), found, "uninstall", json_=json_)


@service.command()
@as_json
@errors_as_json
def status(json_: bool) -> None:
    """Say what goes on by itself; exit 1 where something should and does not."""
    from custodian_tools import service as tool

    manager = tool.user_manager(os.environ)
    found = {kind: tool.status(kind, manager) for kind in Kind}
    if json_:
        told = {**found[Kind.HUB].to_json(), "worker": found[Kind.WORKER].to_json()}
        echo_json("service_status", told)
    else:
        for kind, each in found.items():
            _tell(kind, each, "status", json_=False)
    sys.exit(int(any(each.installed and not each.active for each in found.values())))


def _tell(kind: Kind, found: "Service", did: str, *, json_: bool) -> None:
    if json_:
        echo_json(f"service_{did}", found.to_json())
        return
    name = f"{_NAMES[kind]:<7}"
    if found.installed:
        told = "on" if found.active else click.style("off", fg="red")
        click.echo(f"{name}  {told}{'' if found.changed or did != 'install' else ', as before'}")
    else:
        gone = did == "uninstall" and found.changed
        click.echo(f"the {_NAMES[kind]} is gone" if gone else f"{name}  none")
    if found.trouble:
        echo_hint(f"systemctl --user does not work here: {found.trouble}")
