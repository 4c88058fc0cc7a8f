"""`custodian host`: how this host stands."""

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from custodian_core.codec import now
from custodian_core.text import printable

from .output import Group, as_json, echo_columns, echo_json, errors_as_json

if TYPE_CHECKING:
    from custodian_tools.ops.host import Telemetry

_COLOURS = {"P0": "red", "P1": "red", "P2": "yellow"}
_UNITS = (("TiB", 1024**4), ("GiB", 1024**3), ("MiB", 1024**2))


@click.group(cls=Group, short_help="Say how this host stands: memory, disks, load, docker.")
def host() -> None:
    """Say how this host stands. It is looked at, and nothing is put right."""


@host.command()
@click.option("--memory-min", default="500MiB", show_default=True, help="Less available is P0.")
@click.option("--swap-max", default="3GiB", show_default=True, help="More used is P0.")
@click.option("--disk-pct", type=click.IntRange(1, 100), default=80, show_default=True)
@as_json
@errors_as_json
def telemetry(memory_min: str, swap_max: str, disk_pct: int, json_: bool) -> None:
    """Say how memory, disks, load, docker and btrfs stand, and what is worrying.

    P0 is the worst, P4 can be tidied up some day. What did not answer within its time is told as
    such, and nothing is concluded from it. Sizes are bytes with --json.
    """
    from custodian_core.ops.host import Limits
    from custodian_tools.ops.host import size_of
    from custodian_tools.ops.host import telemetry as tool

    limits = replace(
        Limits(),
        memory_min=size_of("--memory-min", memory_min),
        swap_max=size_of("--swap-max", swap_max),
        disk_pct=disk_pct,
    )
    told = tool(now(), limits)
    if json_:
        echo_json("host_telemetry", told.to_json())
    else:
        _echo(told)
    sys.exit(1 if told.alarms else 0)


def _echo(told: "Telemetry") -> None:
    stands, docker = told.host, told.host.docker
    memory, load = stands.memory, stands.load
    rows = [
        (
            "memory",
            f"{_size(memory.available)} of {_size(memory.total)} available, "
            f"{_size(memory.swap_used)} swapped"
            if memory
            else "unknown",
        ),
        ("load", f"{load[0]:g} {load[1]:g} {load[2]:g} on {stands.cores} cores" if load else "?"),
        *(
            ("disk", f"{each.mount}  {each.pct} % of {_size(each.total)}, {_size(each.free)} free")
            for each in stands.disks
        ),
        *(("disk", f"{printable(each)}  not asked") for each in stands.not_asked),
        ("docker", f"{docker.status}{f': {docker.why}' if docker.why else ''}"),
    ]
    running = sum(each.state == "running" for each in docker.containers or ())
    if docker.containers is not None:
        rows.append(("", f"{running} of {len(docker.containers)} containers running"))
    rows += [("", f"{each.type}: {_size(each.size)}") for each in docker.usage or ()]
    echo_columns(rows)
    click.echo()
    for alarm in told.alarms:
        worry = click.style(alarm.p, fg=_COLOURS.get(alarm.p))
        click.echo(f"{worry} {alarm.code} {alarm.where}: {printable(alarm.evidence)}")
        click.echo(f"   {alarm.todo}")
    if not told.alarms:
        click.echo("nothing is worrying")


def _size(size: int) -> str:
    for unit, step in _UNITS:
        if size >= step:
            return f"{size / step:.1f} {unit}"
    return f"{size} B"
