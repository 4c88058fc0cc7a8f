"""What a host tells of itself, and what of it should worry somebody."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .host_limits import Limits

_SILENT = "Start docker, or find out why it does not answer; nothing of it is known now."


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
    managed: bool = False


@dataclass(frozen=True, slots=True)
class Stack:
    """What compose tells of a stack: how it stands in compose's words, and by which files."""

    name: str
    status: str
    config: str


@dataclass(frozen=True, slots=True)
class Docker:
    """What docker answered."""

    status: Probe
    why: str | None = None
    driver: str | None = None
    root: str | None = None
    usage: tuple[Usage, ...] | None = None
    containers: tuple[Container, ...] | None = None
    #: None where compose did not tell
    stacks: tuple[Stack, ...] | None = None


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
        yield Alarm("P2", "docker_silent", "docker", docker.why or docker.status, _SILENT)
    for each in docker.containers or ():
        if each.state == "restarting":
            yield Alarm("P2", "container_restarting", each.name, each.state, "Read its logs.")
        elif each.healthy is False:
            yield Alarm("P2", "container_unhealthy", each.name, "unhealthy", "Read its logs.")
        elif each.restarts is not None and each.restarts > limits.restarts:
            told = f"{each.restarts} > {limits.restarts}"
            yield Alarm("P3", "container_restarts", each.name, told, "Read its logs.")
    yield from _of_stacks(docker)
    for kind in docker.usage or ():
        if kind.reclaimable > limits.reclaimable:
            told, todo = f"{kind.reclaimable} > {limits.reclaimable}", "Prune what nobody needs."
            yield Alarm("P4", "docker_reclaimable", kind.type, told, todo)


def _of_stacks(docker: Docker) -> Iterator[Alarm]:
    """A stack in our care of which nothing runs; what others run is theirs to stop."""
    stacks: dict[str, list[Container]] = {}
    for each in docker.containers or ():
        if each.stack:
            stacks.setdefault(each.stack, []).append(each)
    for name, containers in stacks.items():
        managed = any(each.managed for each in containers)
        if managed and not any(each.state == "running" for each in containers):
            told = f"none of {len(containers)} containers runs"
            yield Alarm("P2", "stack_down", name, told, "Read its logs, and start it.")
