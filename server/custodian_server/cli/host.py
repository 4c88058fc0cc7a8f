"""`custodian host`: how this host stands, and what stands around on it."""

import json
import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from custodian_core.codec import now
from custodian_core.errors import BadValue
from custodian_core.text import printable

from .output import Group, as_json, counted, echo_columns, echo_json, errors_as_json

if TYPE_CHECKING:
    from custodian_core.ops.host import Host
    from custodian_core.ops.waiting import Backlog, Dependencies, Pulls
    from custodian_core.ops.workplace import Builds, Work
    from custodian_core.ports import Hub
    from custodian_core.settings import Settings
    from custodian_tools.ops.host import Telemetry

_COLOURS = {"P0": "red", "P1": "red", "P2": "yellow"}
_UNITS = (("TiB", 1024**4), ("GiB", 1024**3), ("MiB", 1024**2))
#: how large what an earlier telemetry told may be
_LARGEST = 8 * 1024 * 1024


@click.group(cls=Group, short_help="Say how this host stands, and what stands around on it.")
def host() -> None:
    """Say how this host stands. It is looked at, and nothing is put right."""


@host.command()
@click.option(
    "--limit", "limits", multiple=True, metavar="NAME=VALUE",
    help="For this once, as disk_pct=90; `custodian host limits` has the names.",
)  # fmt: skip
@click.option(
    "--since", type=click.File("rb"), metavar="FILE",
    help="What --json printed before: say what has changed, and when a disk will be full.",
)  # fmt: skip
@as_json
@errors_as_json
def telemetry(limits: tuple[str, ...], since: IO[bytes] | None, json_: bool) -> None:
    """Say how this host stands, what stands around on it, and what of it is worrying.

    Memory, disks, load, docker and btrfs; the checkouts' locks, worktrees and half-done rebases;
    agents' processes; builds and idle pull requests on the forge; work that no agent begins, and
    tasks that others have waited for a long time. P0 is the worst, P4 can be tidied up some day.
    What did not answer within its time is told as such, and nothing is concluded from it. Sizes
    are bytes with --json.
    """
    from custodian_core.ops.host_limits import limits_of
    from custodian_tools.ops.host import Around
    from custodian_tools.ops.host import telemetry as tool

    settings = _settings()
    wanted = limits_of(limits, settings.host_limits, "--limit")
    told = tool(now(), wanted, Around(settings, _hub), before=_before(since))
    if json_:
        echo_json("host_telemetry", told.to_json())
    else:
        _echo(told)
    sys.exit(1 if told.alarms else 0)


@host.command()
@as_json
@errors_as_json
def limits(json_: bool) -> None:
    """Say from where on something is worrying, and what each limit means.

    CUSTODIAN_HOST_LIMITS moves them, as `disk_pct=90, memory_min=1GiB`.
    """
    from custodian_core.ops.host_limits import SIZES
    from custodian_tools.ops.host import told_limits

    told = told_limits(_settings().host_limits)
    if json_:
        echo_json("host_limits", told)
        return
    rows: list[tuple[str, ...]] = []
    for each in told:
        value = _size(each["value"]) if each["name"] in SIZES else str(each["value"])
        moved = " (moved by the setting)" if each["moved"] else ""
        rows.append((each["name"], value, f"{each['meaning']}{moved}"))
    echo_columns(rows)


def _settings() -> "Settings":
    from custodian_core.settings import load

    return load(os.environ, Path.cwd())


@contextmanager
def _hub() -> "Generator[Hub]":
    from .hub import opened

    with opened() as desk:
        yield desk.hub


def _before(since: IO[bytes] | None) -> object:
    if since is None:
        return None
    try:
        return json.loads(since.read(_LARGEST))
    except (ValueError, RecursionError):
        raise BadValue("--since", "it is not JSON") from None


def _echo(told: "Telemetry") -> None:
    echo_columns([*_standing(told.host), *_around(told.work), *_waits(told), *_changed(told)])
    click.echo()
    for alarm in told.alarms:
        worry = click.style(alarm.p, fg=_COLOURS.get(alarm.p))
        click.echo(f"{worry} {alarm.code} {printable(alarm.where)}: {printable(alarm.evidence)}")
        click.echo(f"   {printable(alarm.todo)}")
    if not told.alarms:
        click.echo("nothing is worrying")


def _standing(host: "Host") -> Iterator[tuple[str, str]]:
    memory, load, docker = host.memory, host.load, host.docker
    yield (
        "memory",
        f"{_size(memory.available)} of {_size(memory.total)} available, "
        f"{_size(memory.swap_used)} swapped"
        if memory
        else "unknown",
    )
    of = f"on {host.cores} cores" if host.cores else ""
    yield "load", f"{load[0]:g} {load[1]:g} {load[2]:g} {of}" if load else "unknown"
    for disk in host.disks:
        free = f"{disk.pct} % of {_size(disk.total)}, {_size(disk.free)} free"
        yield "disk", f"{printable(disk.mount)}  {free}"
    for mount in host.not_asked:
        yield "disk", f"{printable(mount)}  not asked"
    yield "docker", _status(docker.status, docker.why)
    if docker.containers is not None:
        running = sum(each.state == "running" for each in docker.containers)
        yield "", f"{running} of {len(docker.containers)} containers running"
    for usage in docker.usage or ():
        yield "", f"{usage.type}: {_size(usage.size)}"


def _around(work: "Work") -> Iterator[tuple[str, str]]:
    places, processes, builds = work.places, work.processes, work.builds
    if places.status == "ok":
        trees = sum(len(each.worktrees) for each in places.places)
        locks = sum(len(each.locks) for each in places.places)
        told = (
            f"{counted(len(places.places), 'checkout')}, {counted(trees, 'worktree')} beside them"
        )
        yield "checkouts", f"{told}, {counted(locks, 'lock')}"
        silent = [each for each in places.places if each.status != "ok"]
        for each in silent:
            yield "", f"{each.repo}: {_status(each.status, each.why)}"
        if places.left_out:
            yield "", f"{places.left_out} more were not looked at"
    else:
        yield "checkouts", _status(places.status, places.why)
    ok = processes.status == "ok"
    count = counted(len(processes.processes), "process", "processes")
    yield "agents", count if ok else _status(processes.status, processes.why)
    yield "builds", _told(builds, f"{counted(len(builds.builds), 'build')} not ended")


def _waits(told: "Telemetry") -> Iterator[tuple[str, str]]:
    from custodian_tools.hub import ago

    backlog, pulls, found = told.waiting.backlog, told.waiting.pulls, told.waiting.dependencies
    at = backlog.agent_at
    heard = f"heard of an agent {ago(at, told.at)}" if at else "never heard of an agent"
    count = counted(len(backlog.offered), "repo")
    yield "backlog", _told(backlog, f"{count} with work to begin, {heard}")
    yield "pulls", _told(pulls, f"{counted(len(pulls.idle), 'pull request')} green and idle")
    count = counted(len(found.open) + found.left_out, "open task")
    oldest = f", the oldest since {found.open[0].since:%Y-%m-%d}" if found.open else ""
    yield "waited for", _told(found, f"{count}{oldest}")


def _told(part: "Builds | Backlog | Pulls | Dependencies", well: str) -> str:
    """What the part says where it was told of, with what of it was not."""
    if part.status != "ok":
        return _status(part.status, part.why)
    return printable(f"{well}{f'; {part.why}' if part.why else ''}")


def _changed(told: "Telemetry") -> Iterator[tuple[str, str]]:
    if told.trend is None:
        return
    since = told.trend.since.isoformat(timespec="minutes").replace("+00:00", "Z")
    for disk in told.trend.disks:
        grown = f"{'+' if disk.grown >= 0 else '-'}{_size(abs(disk.grown))} since {since}"
        full = f", full in {disk.full_in_days:g} days" if disk.full_in_days is not None else ""
        yield "trend", f"{printable(disk.mount)}  {grown}{full}"
    if told.trend.memory_available is not None:
        more = told.trend.memory_available
        yield "trend", f"memory  {_size(abs(more))} {'more' if more >= 0 else 'less'} available"


def _status(status: str, why: str | None) -> str:
    return printable(f"{status}{f': {why}' if why else ''}")


def _size(size: int) -> str:
    for unit, step in _UNITS:
        if size >= step:
            return f"{size / step:.1f} {unit}"
    return f"{size} B"
