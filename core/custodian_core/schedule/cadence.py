"""When a cadence comes round: after any moment, before it, across clock changes and leap days.

Times of day that a clock change skips run at the end of the gap, and those that it repeats run
once, as Debian's cron has it.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from custodian_core.errors import BadValue

from .grammar import CRON, MAX_CRON

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

#: the last moment for which runs are told; calendars of zones end somewhere
LATEST = datetime(9900, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


@lru_cache(1024)
def zone(name: str) -> "ZoneInfo":
    """The time zone of that name, or `BadValue`."""
    from zoneinfo import ZoneInfo

    # (a name that is a path, or a folder of zones, is refused in three different ways)
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        reason = "there is no such time zone; write one as Europe/Berlin, or UTC"
        raise BadValue(f"time zone '{name[:60]}'", reason) from error


@lru_cache(1024)
def near_zones(name: str) -> tuple[str, ...]:
    """Up to three names of zones that are like it."""
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    folded = {each.casefold(): each for each in available_timezones()}
    return tuple(folded[each] for each in get_close_matches(name.casefold(), folded, 3, 0.7))


@lru_cache(4096)
def cron_trouble(cron: str) -> str | None:
    """Why nothing can be scheduled by these five fields; None where it can."""
    import re

    from cronsim import CronSim, CronSimError

    if len(cron) > MAX_CRON or not re.fullmatch(CRON, cron):
        return "it is not five fields: minute, hour, day of month, month, day of week"
    try:
        next(CronSim(cron, datetime(2000, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        field = str(error).removeprefix("Bad ").replace("-", " ")
        if field == "day of month" and _is_day(cron.split()[2]):
            return "no month that it names has such a day, so it never comes"
        return f"its {field} is none"
    except StopIteration:
        return "it does not come once in fifty years"
    return None


def _is_day(field: str) -> bool:
    return field.isdecimal() and 1 <= int(field) <= 31


def runs_after(cron: str, timezone: str, after: datetime) -> Iterator[datetime]:
    """The runs later than `after`, in order, without end but for cadences that end."""
    from cronsim import CronSim

    if after >= LATEST:
        return
    last = after
    for found in CronSim(cron, after.astimezone(zone(timezone))):
        at = found.astimezone(UTC)
        # An hour that a clock change repeats looks to the library like the first of the two.
        if at > last:
            last = at
            yield at


#: of each cadence, a moment and the run after it: none lies between, so it answers for all between
_KNOWN: dict[tuple[str, str], tuple[datetime, datetime]] = {}
_MOST_KNOWN = 10_000


def next_run(cron: str, timezone: str, after: datetime) -> datetime | None:
    """The first run later than `after`; None where none ever comes."""
    key = cron, timezone
    known = _KNOWN.get(key)
    if known and known[0] <= after < known[1]:
        return known[1]
    at = next(runs_after(cron, timezone, after), None)
    if at is None:
        return None
    if len(_KNOWN) >= _MOST_KNOWN:
        _KNOWN.clear()
    # (a run that was known already answers for earlier moments as well, from now on)
    _KNOWN[key] = (min(after, known[0]) if known and known[1] == at else after, at)
    return at


def last_run(cron: str, timezone: str, at: datetime) -> datetime | None:
    """The latest run that is not later than `at`; None where none ever came."""
    from cronsim import CronSim

    begin = (at + _MINUTE).astimezone(zone(timezone))
    try:
        for found in islice(CronSim(cron, begin, reverse=True), 200):
            before = found.astimezone(UTC)
            if before <= at:
                return before
    except OverflowError:  # the beginning of time
        return None
    return None


def late_by(repo: str, agent: str, jitter_minutes: int) -> timedelta:
    """How late the runs of that agent begin in that repo: always alike, and spread over repos."""
    if jitter_minutes == 0:
        return timedelta()
    digest = hashlib.sha256(f"{repo}\0{agent}".encode()).digest()
    return timedelta(minutes=int.from_bytes(digest[:8]) % (jitter_minutes + 1))
