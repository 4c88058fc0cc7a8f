"""How a host stands, and what stands around on it. It is looked at, and nothing is put right."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from custodian_core.codec import stamp, to_json
from custodian_core.ops.host import (
    Alarm,
    Btrfs,
    Container,
    Disk,
    Docker,
    Host,
    Mount,
    Probe,
    Stack,
    judge,
)
from custodian_core.ops.host_limits import MEANING, Limits, moved_limits
from custodian_core.ops.host_reading import read_memory, read_mounts
from custodian_core.ops.host_trend import Trend, judge_trend, trend
from custodian_core.ops.waiting import Pulls, Waiting, judge_waiting
from custodian_core.ops.workplace import Builds, Work, judge_work
from custodian_core.ports import Forge, Hub
from custodian_core.settings import Settings
from custodian_core.text import printable
from custodian_tools.checkouts import Target, all_here
from custodian_tools.hub import every

from .forge_probes import Asked, look_at_builds, look_at_pulls, of_forge, on_forge
from .hub_probes import look_at_backlog, look_at_dependencies
from .program_probes import look_at_btrfs, look_at_docker
from .workplace import look_at_places, look_at_processes

#: how long one program may take to answer
ANSWER_S = 5.0
#: and the forge or the hub about all that is asked of it for one probe, every repo together
FORGE_S, HUB_S = 20.0, 10.0


@dataclass(frozen=True, slots=True)
class Telemetry:
    """How the host stood at that time, and what is worrying."""

    at: datetime
    host: Host
    work: Work
    waiting: Waiting
    limits: Limits
    alarms: tuple[Alarm, ...]
    #: the change since an earlier telemetry, where one was given
    trend: Trend | None = None

    def to_json(self) -> dict[str, Any]:
        """The same as `--json` and tools show it; sizes in bytes, null where it is not known."""
        host = self.host
        docker: dict[str, Any] = to_json(host.docker)
        del docker["containers"], docker["stacks"]
        disks = [{**to_json(each), "pct": each.pct} for each in host.disks]
        return {
            "ts": stamp(self.at),
            "memory": to_json(host.memory),
            "disk": disks,
            "not_asked": list(host.not_asked),
            "load": list(host.load) if host.load else None,
            "cores": host.cores,
            "docker": docker,
            "btrfs": to_json(host.btrfs),
            "stacks": _stacks(host.docker),
            "checkouts": to_json(self.work.places),
            "processes": to_json(self.work.processes),
            "builds": to_json(self.work.builds),
            "backlog": to_json(self.waiting.backlog),
            "pulls": to_json(self.waiting.pulls),
            "dependencies": to_json(self.waiting.dependencies),
            "trend": to_json(self.trend),
            "limits": to_json(self.limits),
            "findings": to_json(self.alarms),
        }


@dataclass(frozen=True, slots=True)
class Around:
    """How to learn what this host has to do with: its checkouts, its repos, and their forge."""

    settings: Settings
    open_hub: Callable[[], AbstractContextManager[Hub]]

    def targets(self) -> Sequence[Target]:
        """The checkouts of this host."""
        with self.open_hub() as hub:
            return all_here(hub, self.settings, idle=True)

    def repos(self) -> Sequence[Asked]:
        """The repos of this host that are on the forge."""
        with self.open_hub() as hub:
            found = every(hub.repos, host=self.settings.host, status="active")
            return on_forge(list(found), self.settings.forge_url or "")


def telemetry(
    now: datetime,
    limits: Limits,
    around: Around,
    *,
    before: object = None,
    proc: Path = Path("/proc"),
    answer_s: float = ANSWER_S,
) -> Telemetry:
    """How this host stands; each probe has its own time, and says how it went.

    `before` is what an earlier telemetry told, where the change since then is wanted.
    """
    here = around.settings.host
    with ThreadPoolExecutor(8) as pool:
        builds = pool.submit(_builds, around, answer_s)
        pulls = pool.submit(_pulls, around, limits, now, answer_s)
        backlog = pool.submit(look_at_backlog, around.open_hub, here, HUB_S)
        dependencies = pool.submit(look_at_dependencies, around.open_hub, here, HUB_S)
        docker = pool.submit(look_at_docker, answer_s)
        host = _host(proc, docker, answer_s, pool)
        work = Work(
            look_at_places(around.targets, now.timestamp(), answer_s, proc),
            look_at_processes(limits, proc),
            builds.result(),
        )
        waiting = Waiting(backlog.result(), pulls.result(), dependencies.result())
    changed = None if before is None else trend(before, now, host, "--since")
    alarms = [*judge(host, limits), *judge_work(work, limits, now)]
    alarms += judge_waiting(waiting, work.processes, limits, now)
    alarms += judge_trend(changed, limits) if changed else ()
    alarms.sort(key=lambda each: each.p)
    return Telemetry(now, host, work, waiting, limits, tuple(alarms), changed)


def _host(proc: Path, docker: "Future[Docker]", answer_s: float, pool: ThreadPoolExecutor) -> Host:
    text = _read(proc / "self/mounts")
    mounts, elsewhere = read_mounts(text or "")
    on_btrfs = [each.mount for each in mounts if each.kind == "btrfs"]
    asked = [pool.submit(look_at_btrfs, mount, answer_s) for mount in on_btrfs]
    disks = {each.mount: _disk(each) for each in mounts}
    return Host(
        memory=read_memory(_read(proc / "meminfo") or ""),
        load=_load(_read(proc / "loadavg")),
        cores=os.cpu_count(),
        disks=tuple(each for each in disks.values() if each),
        not_asked=(*elsewhere, *(mount for mount, disk in disks.items() if disk is None)),
        docker=docker.result(),
        btrfs=tuple(each.result() for each in asked) or (Btrfs(Probe.NOT_APPLICABLE),),
    )


def _builds(around: Around, answer_s: float) -> Builds:
    def look(forge: Forge) -> Builds:
        return look_at_builds(forge, around.repos, FORGE_S)

    return of_forge(around.settings, answer_s, Builds, look)


def _pulls(around: Around, limits: Limits, now: datetime, answer_s: float) -> Pulls:
    def look(forge: Forge) -> Pulls:
        return look_at_pulls(forge, around.repos, limits, now, FORGE_S)

    return of_forge(around.settings, answer_s, Pulls, look)


def told_limits(limits: Limits) -> list[dict[str, Any]]:
    """Each limit with its value, whether a setting moved it, and what it means."""
    moved, values = moved_limits(limits), to_json(limits)
    return [
        {"name": name, "value": values[name], "moved": name in moved, "meaning": meaning}
        for name, meaning in MEANING.items()
    ]


def _read(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return None


def _load(text: str | None) -> tuple[float, float, float] | None:
    with suppress(ValueError):
        one, five, fifteen = map(float, (text or "").split()[:3])
        return one, five, fifteen
    return None


def _disk(mount: Mount) -> Disk | None:
    try:
        told = os.statvfs(mount.mount)
    except OSError:
        return None
    size = told.f_frsize
    used = (told.f_blocks - told.f_bfree) * size
    return Disk(printable(mount.mount, 200), told.f_blocks * size, used, told.f_bavail * size)


def _stacks(docker: Docker) -> list[dict[str, Any]] | None:
    """The containers by stack, with what compose knows; those of none are one without a name."""
    if docker.containers is None:
        return None
    known = {each.name: each for each in docker.stacks or ()}
    there = {each.stack for each in docker.containers} | set(known)
    return [
        _stack(
            name, [each for each in docker.containers if each.stack == name], known.get(name or "")
        )
        for name in sorted(there, key=lambda name: name or "")
    ]


def _stack(
    name: str | None, containers: Sequence[Container], known: Stack | None
) -> dict[str, Any]:
    return {
        "name": name,
        "status": known.status if known else None,
        "config": known.config if known else None,
        "managed": any(each.managed for each in containers),
        "running": sum(each.state == "running" for each in containers),
        "containers": [to_json(each) for each in containers],
    }
