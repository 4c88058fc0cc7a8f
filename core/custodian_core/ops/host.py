"""What a host tells of itself, read into numbers, and what of it should worry somebody."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from custodian_core.text import printable

GIB = 1024**3
_ROW = re.compile(r"^(\w+):\s+(\d{1,19}) kB$", re.MULTILINE)
_SIZE = re.compile(r"\s*([\d.]{1,30})\s*([kKMGT]?)(i?)B?\b")
#: more digits no program of a host counts with
_LONGEST_NUMBER = 20
_BTRFS = re.compile(
    r"^[ \t]{0,20}(Device unallocated|Free \(estimated\)):[ \t]{1,20}(\d{1,19})\b", re.MULTILINE
)
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
#: file systems that lie on this host; what lies elsewhere may not answer, and is not asked
LOCAL = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "overlay"})
#: by which label compose says whose a container is
STACK = "com.docker.compose.project"
#: how many characters of a name are told
_LONGEST = 100


class Probe(StrEnum):
    """How asking for a part went; only `ok` tells anything of the part itself."""

    OK = "ok"
    #: the program that would be asked is not there
    ABSENT = "absent"
    DENIED = "denied"
    TIMEOUT = "timeout"
    #: it answered with an error, or with what nobody can read
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Memory:
    """In bytes, as the kernel counts."""

    total: int
    available: int
    swap_total: int
    swap_used: int


@dataclass(frozen=True, slots=True)
class Mount:
    """A file system that is mounted."""

    device: str
    mount: str
    kind: str


@dataclass(frozen=True, slots=True)
class Disk:
    """How full a file system is, in bytes; `pct` as `df` has it, of what users can have."""

    mount: str
    total: int
    used: int
    free: int

    @property
    def pct(self) -> int:
        """The part that is used, rounded up."""
        usable = self.used + self.free
        return -(-100 * self.used // usable) if usable else 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What docker keeps of a kind, in bytes."""

    type: str
    count: int
    active: int
    size: int
    reclaimable: int


@dataclass(frozen=True, slots=True)
class Container:
    """A container; what docker did not tell is None."""

    name: str
    state: str
    stack: str | None
    healthy: bool | None = None
    restarts: int | None = None
    mem: int | None = None
    cpu_pct: float | None = None


@dataclass(frozen=True, slots=True)
class Docker:
    """What docker answered."""

    status: Probe
    why: str | None = None
    driver: str | None = None
    root: str | None = None
    usage: tuple[Usage, ...] | None = None
    containers: tuple[Container, ...] | None = None


@dataclass(frozen=True, slots=True)
class Btrfs:
    """What btrfs answered of a mount, in bytes: what is free there is no plain subtraction."""

    status: Probe
    mount: str | None = None
    why: str | None = None
    unallocated: int | None = None
    free: int | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """What could be learned; None is not known."""

    memory: Memory | None
    load: tuple[float, float, float] | None
    cores: int | None
    disks: tuple[Disk, ...]
    #: mounts that lie elsewhere, or whose file system did not answer
    not_asked: tuple[str, ...]
    docker: Docker
    btrfs: tuple[Btrfs, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on something is worrying."""

    memory_min: int = 500 * 1024**2
    swap_max: int = 3 * GIB
    #: much swap is no worry where this is available
    memory_ample: int = 2 * GIB
    disk_pct: int = 80
    restarts: int = 5
    reclaimable: int = 10 * GIB


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something worrying: P0 the worst, P4 to be tidied up some day."""

    p: str
    code: str
    where: str
    evidence: str
    todo: str


def judge(host: Host, limits: Limits) -> tuple[Alarm, ...]:
    """What is worrying, the worst first; of what is not known, nothing is said to be well."""
    alarms = [*_of_memory(host.memory, limits), *_of_disks(host.disks, limits)]
    return tuple(sorted([*alarms, *_of_docker(host.docker, limits)], key=lambda each: each.p))


def _of_memory(memory: Memory | None, limits: Limits) -> Iterator[Alarm]:
    if memory is None:
        return
    if memory.available < limits.memory_min:
        told = f"{memory.available} < {limits.memory_min}"
        yield Alarm("P0", "memory_available", "memory", told, "End what is not needed.")
    if memory.swap_used > limits.swap_max and memory.available < limits.memory_ample:
        told = f"{memory.swap_used} > {limits.swap_max}"
        yield Alarm("P0", "swap_used", "memory", told, "End what is not needed.")


def _of_disks(disks: Sequence[Disk], limits: Limits) -> Iterator[Alarm]:
    for disk in disks:
        if disk.pct > limits.disk_pct:
            todo = "Make room; `custodian vault request` asks a person for it."
            yield Alarm("P1", "disk_pct", disk.mount, f"{disk.pct} > {limits.disk_pct}", todo)


def _of_docker(docker: Docker, limits: Limits) -> Iterator[Alarm]:
    if docker.status in (Probe.TIMEOUT, Probe.FAILED):
        yield Alarm("P2", "docker_silent", "docker", docker.why or docker.status, "Look at it.")
    for each in docker.containers or ():
        if each.state == "restarting":
            yield Alarm("P2", "container_restarting", each.name, each.state, "Read its logs.")
        elif each.healthy is False:
            yield Alarm("P2", "container_unhealthy", each.name, "unhealthy", "Read its logs.")
        elif each.restarts is not None and each.restarts > limits.restarts:
            told = f"{each.restarts} > {limits.restarts}"
            yield Alarm("P3", "container_restarts", each.name, told, "Read its logs.")
    for kind in docker.usage or ():
        if kind.reclaimable > limits.reclaimable:
            told, todo = f"{kind.reclaimable} > {limits.reclaimable}", "Prune what nobody needs."
            yield Alarm("P4", "docker_reclaimable", kind.type, told, todo)


# --- reading


def read_memory(text: str) -> Memory | None:
    """The memory out of /proc/meminfo; None where it does not say all of it."""
    rows = {name: int(size) * 1024 for name, size in _ROW.findall(text)}
    names = ("MemTotal", "MemAvailable", "SwapTotal", "SwapFree")
    if any(name not in rows for name in names):
        return None
    total, available, swap, free = (rows[name] for name in names)
    return Memory(total, available, swap, swap - free)


def read_mounts(text: str) -> tuple[list[Mount], list[str]]:
    """The local file systems of /proc/self/mounts, each once, and mounts that lie elsewhere."""
    local: dict[str, Mount] = {}
    elsewhere: list[str] = []
    for row in text.splitlines():
        parts = row.split(" ")
        if len(parts) < 3:  # (device, mount, kind)
            continue
        device, mount, kind = (_unescaped(part) for part in parts[:3])
        if kind in LOCAL and (kind != "overlay" or mount == "/"):
            local.setdefault(device, Mount(device, mount, kind))
        elif ":" in device or device.startswith("//") or kind.startswith("fuse."):
            elsewhere.append(mount)
    return list(local.values()), elsewhere


def _unescaped(part: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), part)


def read_rows(text: str) -> list[Mapping[str, Any]] | None:
    """The JSON objects of a text, one a line; None where one of them is none."""
    rows: list[Mapping[str, Any]] = []
    for row in filter(None, text.splitlines()):
        try:
            told = json.loads(row)
        except (ValueError, RecursionError):
            return None
        if not isinstance(told, dict):
            return None
        rows.append(cast("dict[str, Any]", told))
    return rows


def read_usage(rows: Sequence[Mapping[str, Any]]) -> tuple[Usage, ...]:
    """What `docker system df` tells."""
    return tuple(
        Usage(
            printable(str(row.get("Type")), _LONGEST),
            _number(row.get("TotalCount")),
            _number(row.get("Active")),
            read_size(row.get("Size")) or 0,
            read_size(row.get("Reclaimable")) or 0,
        )
        for row in rows
    )


def read_containers(
    rows: Sequence[Mapping[str, Any]],
    stats: Sequence[Mapping[str, Any]],
    restarts: Mapping[str, int],
) -> tuple[Container, ...]:
    """The containers that `docker ps` tells, with what `stats` and `inspect` know of them."""
    measured = {str(row.get("Name")): row for row in stats}
    found = (_container(row, measured, restarts) for row in rows)
    return tuple(sorted(found, key=lambda each: (each.stack or "", each.name)))


def _container(
    row: Mapping[str, Any], measured: Mapping[str, Mapping[str, Any]], restarts: Mapping[str, int]
) -> Container:
    name = str(row.get("Names"))
    said = (pair.partition("=") for pair in str(row.get("Labels") or "").split(","))
    labels = {key: value for key, _, value in said}
    status, stats = str(row.get("Status") or ""), measured.get(name, {})
    cpu = re.match(r"[\d.]+", str(stats.get("CPUPerc") or ""))
    stack = labels.get(STACK)
    return Container(
        printable(name, _LONGEST),
        printable(str(row.get("State")), _LONGEST),
        printable(stack, _LONGEST) if stack else None,
        # (`unhealthy` holds the other word)
        False if "(unhealthy)" in status else True if "(healthy)" in status else None,
        restarts.get(name),
        read_size(str(stats.get("MemUsage") or "").partition("/")[0]),
        float(cpu[0]) if cpu and cpu[0].count(".") <= 1 else None,
    )


def read_restarts(text: str) -> dict[str, int]:
    """How often each container was started again, out of lines of name and number."""
    rows = (row.rpartition(" ") for row in text.splitlines())
    return {name.lstrip("/"): _number(count) for name, _, count in rows if count.isdecimal()}


def read_btrfs(mount: str, text: str) -> Btrfs:
    """What `btrfs filesystem usage --raw` tells."""
    # (blanks are bounded: lines of nothing else would be looked through again from each of them)
    rows = dict(_BTRFS.findall(text))
    free, unallocated = rows.get("Free (estimated)"), rows.get("Device unallocated")
    if free is None or unallocated is None:
        return Btrfs(Probe.FAILED, mount, "it does not say what is free")
    return Btrfs(Probe.OK, mount, None, int(unallocated), int(free))


def read_size(said: object) -> int | None:
    """Bytes, out of sizes as 1.2GB or 3.4MiB; None where it is no size."""
    found = _SIZE.match(str(said))
    if found is None or found[1].count(".") > 1 or not found[1].strip("."):
        return None
    return int(float(found[1]) * (1024 if found[3] else 1000) ** _POWERS[found[2].upper()])


def _number(said: object) -> int:
    text = str(said)
    return int(text) if text.isdecimal() and len(text) < _LONGEST_NUMBER else 0
