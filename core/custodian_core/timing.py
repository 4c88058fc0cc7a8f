"""How often this host syncs of itself, as systemd and cron are told it, and when it fell silent."""

import re
import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta

from .errors import BadValue
from .fenced import NEW, Block, Damaged, Marks, find, put, take_out

USUAL = "15m"
#: oftener is a burden for remotes, seldomer is no sync
OFTENEST, SELDOMEST = timedelta(minutes=5), timedelta(hours=24)
#: after so many intervals without a run, something is wrong with the host
SILENT_AFTER = 3

SERVICE, TIMER = "custodian-sync.service", "custodian-sync.timer"
ARGUMENTS = ("fix", "--all", "--remote", "--background")

#: cron implementations cut longer lines, or refuse them
LONGEST_LINE = 990

_HEAD = "# Written by `custodian timer install`; `custodian timer uninstall` removes it."
_EVERY = re.compile(rb"^# every (\d+[mh])\r?$", re.MULTILINE)
_MARKS = Marks(
    begin=re.compile(rb"# >>> custodian-sync v\d+(?P<said>(?: new| glued)*) >>>"),
    end=re.compile(rb"# <<< custodian-sync <<<"),
    word=re.compile(rb"^# (?:>>>|<<<) custodian-sync\b"),
)


@dataclass(frozen=True, slots=True)
class Job:
    """What is started how often, and with what in its environment."""

    program: str
    every: timedelta
    environment: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """No line of a unit or a crontab ends where it should not."""
        for text in (self.program, *(value for _, value in self.environment)):
            if re.search(r"[\n\r\0]", text):
                raise BadValue(f"'{text[:60]}'", "a timer cannot be told of a line break")


def every(text: str) -> timedelta:
    """The interval that is meant; it divides an hour or a day, so that cron can keep it."""
    said = re.fullmatch(r"0*(\d{1,4})([mh])", text.strip())
    if not said:
        raise BadValue(f"interval '{text[:20]}'", "it must be like 15m or 1h")
    unit = timedelta(minutes=1) if said[2] == "m" else timedelta(hours=1)
    interval = int(said[1]) * unit
    if not OFTENEST <= interval <= SELDOMEST:
        raise BadValue(f"interval {text.strip()}", "it must be from 5m to 24h")
    whole = timedelta(hours=1) if interval < timedelta(hours=1) else timedelta(days=1)
    if whole % interval or (whole.days and interval % timedelta(hours=1)):
        allowed = "5m, 6m, 10m, 12m, 15m, 20m, 30m, 1h, 2h, 3h, 4h, 6h, 8h, 12h or 24h"
        raise BadValue(f"interval {text.strip()}", f"it must divide an hour or a day: {allowed}")
    return interval


def shown_every(interval: timedelta) -> str:
    """The interval as people write it."""
    minutes = int(interval.total_seconds()) // 60
    return f"{minutes}m" if minutes % 60 else f"{minutes // 60}h"


def next_run(interval: timedelta, now: datetime) -> datetime:
    """When cron runs next after `now`, which is this host's local time."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    passed = (now.replace(tzinfo=None) - midnight) // interval
    return (midnight + (passed + 1) * interval).replace(tzinfo=now.tzinfo)


def is_silent(last: datetime | None, since: datetime, interval: timedelta, now: datetime) -> bool:
    """Whether no run was seen for too long; `since` is when one could first have been."""
    return now - (last or since) > SILENT_AFTER * interval


def service(job: Job) -> bytes:
    """The unit that is started."""
    if re.search(r"[\"'\\]", job.program):
        raise BadValue(f"'{job.program}'", "systemd starts no program with quotes in its path")
    settings = "".join(f"Environment={_unit(f'{k}={v}')}\n" for k, v in job.environment)
    return f"""\
{_HEAD}
[Unit]
Description=Custodian: bring the repos of this host in step

[Service]
Type=oneshot
ExecStart={_unit(job.program)} {" ".join(ARGUMENTS)}
{settings}\
# Findings end with 1. They are told by the hub and are no failure of the unit.
SuccessExitStatus=1
Nice=10
TimeoutStartSec=1h
""".encode(errors="surrogateescape")


def timer(job: Job) -> bytes:
    """The unit that starts it; a run that was slept through is made up for."""
    minutes = int(job.every.total_seconds()) // 60
    hours = "0" if minutes == 1440 else f"0/{minutes // 60}"
    when = f"*:0/{minutes}" if minutes < 60 else f"*-*-* {hours}:00:00"
    return f"""\
{_HEAD}
# every {shown_every(job.every)}
[Unit]
Description=Custodian: bring the repos of this host in step every {shown_every(job.every)}

[Timer]
OnCalendar={when}
RandomizedDelaySec=30
Persistent=true

[Install]
WantedBy=timers.target
""".encode()


def is_ours(unit: bytes) -> bool:
    """Whether the unit was written here."""
    return unit.startswith(_HEAD.encode())


def _unit(text: str) -> str:
    """The word as a unit spells it, with no specifier and no escape in it."""
    for char, spelled in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%")):
        text = text.replace(char, spelled)
    return f'"{text}"'


def scheduled(crontab: bytes | None, job: Job) -> bytes:
    """The crontab with our lines in it; None stands for a user who has none."""
    _refuse_damage(crontab)
    minutes = int(job.every.total_seconds()) // 60
    hours = "*" if minutes <= 60 else "0" if minutes == 1440 else f"*/{minutes // 60}"
    when = f"*/{minutes} * * * *" if minutes < 60 else f"0 {hours} * * *"
    # (assignments within the line: on lines of their own they would hold for others' jobs too)
    words = [f"{name}={shlex.quote(value)}" for name, value in job.environment]
    words += [shlex.quote(job.program), *ARGUMENTS, ">/dev/null 2>&1"]
    line = f"{when} {' '.join(words)}".replace("%", "\\%")
    if len(line) > LONGEST_LINE:
        reason = "the line would be too long for cron; put them into config.toml"
        raise BadValue("the settings in your environment", reason)

    def write(said: frozenset[str]) -> bytes:
        flags = "".join(f" {word}" for word in sorted(said))
        return (
            f"# >>> custodian-sync v1{flags} >>>\n{_HEAD}\n# every {shown_every(job.every)}\n"
            f"{line}\n# <<< custodian-sync <<<"
        ).encode(errors="surrogateescape")

    return put(crontab, _MARKS, write)


def unscheduled(crontab: bytes | None) -> bytes | None:
    """The crontab as it was without our lines; None where there was none."""
    _refuse_damage(crontab)
    block = find(crontab or b"", _MARKS)
    if crontab is None or not isinstance(block, Block):
        return crontab
    rest = take_out(crontab, block)
    return None if NEW in block.said and not rest else rest


def _refuse_damage(crontab: bytes | None) -> None:
    block = find(crontab or b"", _MARKS)
    if isinstance(block, Damaged):
        raise BadValue("your crontab", f"{block.why}; mend it with crontab -e")


def said_every(text: bytes | None) -> timedelta | None:
    """The interval of a timer unit of ours, or of our lines in a crontab; None without them."""
    if text is None:
        return None
    if not is_ours(text):
        block = find(text, _MARKS)
        text = block.text if isinstance(block, Block) else b""
    found = _EVERY.search(text)
    return every(found[1].decode()) if found else None
