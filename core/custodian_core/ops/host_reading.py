"""What the kernel, docker and btrfs write of a host, read into numbers."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from custodian_core.text import printable

from .host import Btrfs, Container, Memory, Mount, Probe, Stack, Usage
from .host_limits import read_size

_ROW = re.compile(r"^(\w+):\s+(\d{1,19}) kB$", re.MULTILINE)
#: more digits no program of a host counts with
_LONGEST_NUMBER = 20
_BTRFS = re.compile(
    r"^[ \t]{0,20}(Device unallocated|Free \(estimated\)):[ \t]{1,20}(\d{1,19})\b", re.MULTILINE
)
#: file systems that lie on this host; what lies elsewhere may not answer, and is not asked
LOCAL = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "overlay"})
#: by which label compose says whose a container is, and whoever runs it that it is in our care
STACK, MANAGED = "com.docker.compose.project", "custodian.managed"
#: how many characters of a name are told
_LONGEST = 100


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
    """The JSON objects of a text, one or a list a line; None where one of them is none."""
    rows: list[Mapping[str, Any]] = []
    for row in filter(None, text.splitlines()):
        try:
            told: object = json.loads(row)
        except (ValueError, RecursionError):
            return None
        items = cast("list[object]", told) if isinstance(told, list) else [told]
        for each in items:
            if not isinstance(each, dict):
                return None
            rows.append(cast("dict[str, Any]", each))
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
    cpu = re.match(r"[0-9]{1,9}(?:\.[0-9]*)?", str(stats.get("CPUPerc") or ""))
    stack = labels.get(STACK)
    return Container(
        printable(name, _LONGEST),
        printable(str(row.get("State")), _LONGEST),
        printable(stack, _LONGEST) if stack else None,
        # (`unhealthy` holds the other word)
        False if "(unhealthy)" in status else True if "(healthy)" in status else None,
        restarts.get(name),
        read_size(str(stats.get("MemUsage") or "").partition("/")[0]),
        float(cpu[0]) if cpu else None,
        managed=labels.get(MANAGED) == "true",
    )


def read_stacks(rows: Sequence[Mapping[str, Any]]) -> tuple[Stack, ...]:
    """The stacks that `docker compose ls` tells."""
    names = ("Name", "Status", "ConfigFiles")
    told = (Stack(*(printable(str(row.get(name) or ""), 300) for name in names)) for row in rows)
    return tuple(sorted(told, key=lambda each: each.name))


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


def _number(said: object) -> int:
    text = str(said)
    return int(text) if text.isdecimal() and len(text) < _LONGEST_NUMBER else 0
