"""`custodian timer`: a sync every so often."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from custodian_core.codec import now, stamp
from custodian_core.text import printable
from custodian_core.timing import USUAL, shown_every

from .checkouts import program
from .hub import opened
from .output import Group, as_json, echo_columns, echo_hint, echo_json, errors_as_json

if TYPE_CHECKING:
    from custodian_tools.timer import Health, RepoRun, Timer


@click.group(cls=Group, short_help="Sync every so often: a systemd timer, or cron.")
def timer() -> None:
    """Sync every so often: a systemd timer, or cron.

    It finds what no hook told of: commits on other machines, answers in the hub, hosts that were
    asleep. A host that has fallen silent is told as such.
    """


@timer.command()
@click.option(
    "--every",
    "interval",
    default=USUAL,
    show_default=True,
    metavar="INTERVAL",
    help="From 5m to 24h, as 15m or 1h; it divides an hour or a day.",
)
@as_json
@errors_as_json
def install(interval: str, json_: bool) -> None:
    """Start `custodian fix --all --remote` every so often.

    It is a systemd user timer where `systemctl --user` works, and lines in your crontab otherwise.
    Settings that come from your environment are carried over; a secret among them is refused, and
    belongs into config.toml.
    """
    from custodian_core.settings import load
    from custodian_core.timing import every
    from custodian_tools import timer as tool

    wanted = every(interval)
    made = tool.install(program(), wanted, load(os.environ, Path.cwd()), os.environ)
    _tell(made, "timer_install", json_=json_)
    if made.kind == tool.SYSTEMD:
        echo_hint("it runs while you are logged in; loginctl enable-linger keeps it going after")


@timer.command()
@as_json
@errors_as_json
def uninstall(json_: bool) -> None:
    """Take the timer away; nothing of it is left."""
    from custodian_tools import timer as tool

    _tell(tool.uninstall(os.environ), "timer_uninstall", json_=json_)


def _tell(made: "Timer", kind: str, *, json_: bool) -> None:
    if json_:
        echo_json(kind, made.to_json())
    elif made.every:
        before = "" if made.changed else ", as before"
        click.echo(f"{made.kind} timer, every {shown_every(made.every)}{before}")
    else:
        click.echo("the timer is gone" if made.changed else "there was no timer")


@timer.command()
@as_json
@errors_as_json
def status(json_: bool) -> None:
    """Say which timer there is, when it runs, and how the syncs of this host went.

    A repo is silent when no run of it was seen for three intervals, and so is the host when all of
    its repos are. Exit 1 where the host is silent or a timer is installed and off.
    """
    from custodian_tools import timer as tool

    with opened() as desk:
        health = tool.status(desk.hub, desk.settings, os.environ, now())
    if json_:
        echo_json("timer_status", health.to_json())
    else:
        _echo(health)
    sys.exit(int(health.silent or (health.kind is not None and not health.active)))


def _echo(health: "Health") -> None:
    every = shown_every(health.every)
    if health.kind is None:
        click.echo("timer  none")
        echo_hint("custodian timer install sets one up")
    else:
        on = "on" if health.active else click.style("off", fg="red")
        click.echo(f"timer  {health.kind}, every {every}, {on}")
    click.echo(f"next   {_at(health.next_run)}")
    click.echo(f"last   {_at(health.last_run)}")
    if health.repos:
        click.echo()
        echo_columns([_row(run) for run in health.repos])
    if health.silent:
        click.echo()
        host = printable(health.host)
        told = f"{host} is silent: no run was seen for more than {_span(health)}"
        click.echo(click.style(told, fg="red"))


def _span(health: "Health") -> str:
    return shown_every(health.patience)


def _at(time: datetime | None) -> str:
    return stamp(time) if time else "unknown"


def _row(run: "RepoRun") -> tuple[str, ...]:
    from custodian_tools.hub import ago

    at = now()
    return (
        click.style(run.repo, bold=True),
        printable(run.outcome or "no run"),
        f"run {ago(run.last_run, at)}",
        f"ok {ago(run.last_ok, at)}",
        click.style("silent", fg="red") if run.silent else "",
    )
