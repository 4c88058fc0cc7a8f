"""How a host stands, and what stands around on it. It is looked at, and nothing is put right."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from custodian_core.codec import stamp, to_json
from custodian_core.errors import CustodianError
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
from custodian_core.ops.host_reading import (
    read_btrfs,
    read_containers,
    read_memory,
    read_mounts,
    read_restarts,
    read_rows,
    read_stacks,
    read_usage,
)
from custodian_core.ops.host_trend import Trend, judge_trend, trend
from custodian_core.ops.workplace import Builds, Work, judge_work
from custodian_core.ports import Hub
from custodian_core.secrets import redact
from custodian_core.settings import Settings
from custodian_core.text import printable
from custodian_tools.checkouts import Target, all_here
from custodian_tools.hub import every

from .workplace import Asked, look_at_builds, look_at_places, look_at_processes, on_forge

#: how long one program may take to answer, and how much of its answer is read
ANSWER_S, MOST = 5.0, 4 * 1024 * 1024
#: and the forge about the builds of every repo
BUILDS_S = 20.0
#: of how many containers it is told how they stand
MOST_CONTAINERS = 500
#: what of our environment a probe needs
_PASSED = ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_CONTEXT", "XDG_RUNTIME_DIR")
#: what docker says where we may not ask it
_DENIED = ("permission denied", "operation not permitted")


@dataclass(frozen=True, slots=True)
class Telemetry:
    """How the host stood at that time, and what is worrying."""

    at: datetime
    host: Host
    work: Work
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
    with ThreadPoolExecutor(4) as pool:
        builds = pool.submit(_builds, around, answer_s)
        docker = pool.submit(_docker, answer_s)
        host = _host(proc, docker, answer_s, pool)
        work = Work(
            look_at_places(around.targets, now.timestamp(), answer_s, proc),
            look_at_processes(limits, proc),
            builds.result(),
        )
    changed = None if before is None else trend(before, now, host, "--since")
    alarms = [*judge(host, limits), *judge_work(work, limits, now)]
    alarms += judge_trend(changed, limits) if changed else ()
    alarms.sort(key=lambda each: each.p)
    return Telemetry(now, host, work, limits, tuple(alarms), changed)


def _host(proc: Path, docker: "Future[Docker]", answer_s: float, pool: ThreadPoolExecutor) -> Host:
    text = _read(proc / "self/mounts")
    mounts, elsewhere = read_mounts(text or "")
    asked = [pool.submit(_btrfs, each.mount, answer_s) for each in mounts if each.kind == "btrfs"]
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
    """What the forge tells, where the settings name one."""
    from custodian_core.forge.client import open_forge

    if not around.settings.forge_url:
        return Builds(Probe.ABSENT, "GITEA_URL is not set")
    try:
        with open_forge(around.settings, answer_s=answer_s) as forge:
            return look_at_builds(forge, around.repos, BUILDS_S)
    except CustodianError as error:
        return Builds(Probe.FAILED, str(error))


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


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a program said, or why it did not."""

    status: Probe
    text: str = ""


def _ask(words: Sequence[str], answer_s: float) -> _Answer:
    if shutil.which(words[0]) is None:
        return _Answer(Probe.ABSENT, f"{words[0]} is not installed")
    env = {name: os.environ[name] for name in _PASSED if name in os.environ} | {"LC_ALL": "C"}
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=env,
            timeout=answer_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _Answer(Probe.TIMEOUT, f"{words[0]} did not answer within {answer_s:g} s")
    except OSError as error:
        return _Answer(Probe.FAILED, f"{words[0]}: {error.strerror}")
    if done.returncode == 0:
        return _Answer(Probe.OK, done.stdout[:MOST].decode(errors="replace"))
    why = redact(printable(done.stderr[:1000].decode(errors="replace").strip(), 300))
    denied = any(word in why.casefold() for word in _DENIED)
    return _Answer(Probe.DENIED if denied else Probe.FAILED, why)


def _docker(answer_s: float) -> Docker:
    """What docker tells; of a container neither its environment nor its command is asked."""
    asked = ("info", "--format", '{"driver":{{json .Driver}},"root":{{json .DockerRootDir}}}')
    info = _rows(asked, answer_s)
    if isinstance(info, _Answer):
        return Docker(info.status, info.text)
    with ThreadPoolExecutor(4) as pool:
        ask: Callable[..., Any] = pool.submit
        usage = ask(_rows, ("system", "df", "--format", "{{json .}}"), answer_s)
        there = ask(_rows, ("ps", "--all", "--no-trunc", "--format", "{{json .}}"), answer_s)
        stats = ask(_rows, ("stats", "--no-stream", "--format", "{{json .}}"), answer_s)
        named = ask(_rows, ("compose", "ls", "--all", "--format", "json"), answer_s)
        used, rows, measured = usage.result(), there.result(), stats.result()
        stacks = named.result()
    told: Mapping[str, Any] = info[0] if info else {}
    answers = (used, rows, measured, stacks)
    late = next((each.text for each in answers if isinstance(each, _Answer)), None)
    return Docker(
        Probe.OK,
        late,
        printable(str(told.get("driver")), 100),
        printable(str(told.get("root")), 300),
        None if isinstance(used, _Answer) else read_usage(used),
        None if isinstance(rows, _Answer) else _containers(rows, measured, answer_s),
        None if isinstance(stacks, _Answer) else read_stacks(stacks),
    )


def _containers(
    rows: Sequence[Mapping[str, Any]],
    measured: Sequence[Mapping[str, Any]] | _Answer,
    answer_s: float,
) -> tuple[Container, ...]:
    rows = rows[:MOST_CONTAINERS]
    ids = [str(row["ID"]) for row in rows if str(row.get("ID", "")).isalnum()]
    asked = ("docker", "inspect", "--format", "{{.Name}} {{.RestartCount}}", *ids)
    answer = _ask(asked, answer_s) if ids else _Answer(Probe.ABSENT)
    restarts = read_restarts(answer.text) if answer.status is Probe.OK else {}
    return read_containers(rows, () if isinstance(measured, _Answer) else measured, restarts)


def _rows(words: Sequence[str], answer_s: float) -> list[Mapping[str, Any]] | _Answer:
    answer = _ask(("docker", *words), answer_s)
    if answer.status is not Probe.OK:
        return answer
    rows = read_rows(answer.text)
    return _Answer(Probe.FAILED, "docker's answer cannot be read") if rows is None else rows


def _btrfs(mount: str, answer_s: float) -> Btrfs:
    answer = _ask(("btrfs", "filesystem", "usage", "--raw", mount), answer_s)
    if answer.status is not Probe.OK:
        return Btrfs(answer.status, mount, answer.text)
    return read_btrfs(mount, answer.text)


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
