"""How a host has changed since it was last looked at: what grows, and when it will be full."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from custodian_core.codec import from_json
from custodian_core.errors import BadValue

from .host import Alarm, Disk, Host
from .host_limits import Limits

DAY = 86_400
#: from times that lie closer nothing is foretold
SHORTEST_S = 3600


@dataclass(frozen=True, slots=True)
class Growth:
    """How many bytes more a disk holds, and after how many days it is full if that goes on."""

    mount: str
    grown: int
    #: None where it does not grow, or too little time has passed to tell
    full_in_days: float | None


@dataclass(frozen=True, slots=True)
class Trend:
    """What has changed since then; None is not known."""

    since: datetime
    disks: tuple[Growth, ...]
    memory_available: int | None
    swap_used: int | None


def trend(before: object, now: datetime, host: Host, what: str) -> Trend:
    """The change from what an earlier telemetry told; what is none is refused."""
    told = _object(before, what)
    told = _object(told["data"], what) if "data" in told else told
    try:
        since = from_json(datetime, told.get("ts"))
    except BadValue:
        reason = "it is not what `custodian host telemetry --json` printed"
        raise BadValue(what, reason) from None
    if since >= now:
        raise BadValue(what, f"it is of {told['ts']}, which has not passed yet")
    seconds = (now - since).total_seconds()
    used = _used(told.get("disk"))
    memory = told.get("memory")
    was = cast("dict[str, Any]", memory) if isinstance(memory, dict) else {}
    here = host.memory
    return Trend(
        since,
        tuple(
            _growth(disk, used[disk.mount], seconds) for disk in host.disks if disk.mount in used
        ),
        _difference(here.available if here else None, was.get("available")),
        _difference(here.swap_used if here else None, was.get("swap_used")),
    )


def judge_trend(trend: Trend, limits: Limits) -> Iterator[Alarm]:
    """The disks that will be full soon."""
    for each in trend.disks:
        if each.full_in_days is not None and each.full_in_days < limits.fill_days:
            told = f"full in {each.full_in_days:g} days < {limits.fill_days}, as it grew"
            todo = "Find out what grows there before it is full."
            yield Alarm("P3", "disk_fills", each.mount, told, todo)


def _growth(disk: Disk, before: int, seconds: float) -> Growth:
    grown = disk.used - before
    if grown <= 0 or seconds < SHORTEST_S:
        return Growth(disk.mount, grown, None)
    return Growth(disk.mount, grown, round(disk.free / (grown / seconds) / DAY, 1))


def _used(rows: object) -> Mapping[str, int]:
    disks: list[object] = cast("list[object]", rows) if isinstance(rows, list) else []
    told = (cast("dict[str, Any]", row) for row in disks if isinstance(row, dict))
    return {str(row.get("mount")): row["used"] for row in told if type(row.get("used")) is int}


def _difference(now: int | None, before: object) -> int | None:
    return now - before if now is not None and type(before) is int else None


def _object(said: object, what: str) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise BadValue(what, "it is not what `custodian host telemetry --json` printed")
    return cast("dict[str, Any]", said)
