"""The two that can start a sync of themselves: systemd's user manager, and cron."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from custodian_core.errors import Conflict, FileTrouble
from custodian_core.files import create_file, read_file, remove_file, replace_file, shown
from custodian_core.text import printable
from custodian_core.timing import (
    SERVICE,
    TIMER,
    Job,
    is_ours,
    scheduled,
    service,
    timer,
    unscheduled,
)

#: how long either may take to answer
PATIENCE_S = 30
MAX_UNIT = 100_000

_TIME = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)? UTC")


def _run(*command: str, data: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    """How the program ended; `FileTrouble` where it cannot be run, or does not come to an end."""
    try:
        return subprocess.run(
            command,
            input=data,
            capture_output=True,
            timeout=PATIENCE_S,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
        )
    except OSError as error:
        raise FileTrouble(command[0], (error.strerror or str(error)).lower()) from error
    except subprocess.TimeoutExpired as error:
        raise FileTrouble(command[0], f"it did not answer in {PATIENCE_S} seconds") from error


def _told(ran: "subprocess.CompletedProcess[bytes]") -> str:
    said = (ran.stderr or ran.stdout).decode(errors="replace").strip()
    return printable(said, 300) or f"it ended with {ran.returncode}"


@dataclass(frozen=True, slots=True)
class UserManager:
    """Systemd's user manager, whose units lie below the XDG config folder."""

    folder: Path

    def trouble(self) -> str | None:
        """Why it cannot be used here; None where it can."""
        if shutil.which("systemctl") is None:
            return "systemctl is not on PATH"
        ran = _run("systemctl", "--user", "show-environment")
        return None if ran.returncode == 0 else _told(ran)

    def is_on(self, unit: str) -> bool:
        """Whether the unit is on, now and after the next login."""
        return all(
            _run("systemctl", "--user", "--quiet", verb, unit).returncode == 0
            for verb in ("is-enabled", "is-active")
        )

    def read(self, name: str) -> bytes | None:
        """The unit as it is written; None where there is none."""
        path = self.folder / name
        return read_file(path, MAX_UNIT) if os.path.lexists(path) else None

    def write(self, name: str, old: bytes | None, new: bytes) -> None:
        """The unit is written so."""
        path = self.folder / name
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileTrouble(shown(self.folder), f"it cannot be made: {error.strerror}") from error
        if old is None:
            create_file(path, new)
        elif old != new:
            replace_file(path, old, new)

    def ask(self, *words: str) -> None:
        """The manager has done so; `FileTrouble` where it refuses."""
        ran = _run("systemctl", "--user", *words)
        if ran.returncode:
            raise FileTrouble(f"systemctl --user {' '.join(words)}", _told(ran))


@dataclass(frozen=True, slots=True)
class Systemd(UserManager):
    """The timer of ours that the user manager keeps."""

    def installed(self) -> bytes | None:
        """The timer's unit, if it is ours."""
        unit = self.read(TIMER)
        return unit if unit is not None and is_ours(unit) else None

    def runs(self) -> bool:
        """Whether the timer is on, now and after the next login."""
        return self.is_on(TIMER)

    def install(self, job: Job) -> bool:
        """The timer is on; whether anything had to change for that."""
        units = {SERVICE: service(job), TIMER: timer(job)}
        there = {name: self.read(name) for name in units}
        for name, unit in there.items():
            if unit is not None and not is_ours(unit):
                why = "it is there and was not written by custodian timer"
                do = f"`systemctl --user disable --now {TIMER}`, then move it away"
                raise Conflict(shown(self.folder / name), f"{why}; {do}")
        if there == units and self.runs():
            return False
        for name, unit in units.items():
            self.write(name, there[name], unit)
        for words in (("daemon-reload",), ("enable", TIMER), ("restart", TIMER)):
            self.ask(*words)
        return True

    def uninstall(self) -> bool:
        """No unit of ours is left; whether there was one."""
        there = {name: self.read(name) or b"" for name in (SERVICE, TIMER)}
        ours = {name: unit for name, unit in there.items() if is_ours(unit)}
        if not ours:
            return False
        works = self.trouble() is None
        if works and TIMER in ours:
            self.ask("disable", "--now", TIMER)
            _run("systemctl", "--user", "clean", "--what=state", TIMER)  # when it last ran
        for name, unit in ours.items():
            remove_file(self.folder / name, unit)
        link = self.folder / "timers.target.wants" / TIMER
        if link.is_symlink():
            link.unlink()
        if works:
            self.ask("daemon-reload")
            _run("systemctl", "--user", "reset-failed", SERVICE)  # it fails where none had failed
        return True

    def times(self) -> tuple[datetime | None, datetime | None]:
        """When the timer fires next, and when it last did."""
        wanted = ("NextElapseUSecRealtime", "LastTriggerUSec")
        ran = _run("systemctl", "--user", "show", TIMER, *(f"--property={each}" for each in wanted))
        said = dict(_pairs(ran.stdout.decode(errors="replace")))
        upcoming, last = (_time(said.get(name, "")) for name in wanted)
        return upcoming, last


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            yield name, value


def _time(said: str) -> datetime | None:
    found = _TIME.search(said)
    return datetime.fromisoformat(found[1]).replace(tzinfo=UTC) if found else None


@dataclass(frozen=True, slots=True)
class Cron:
    """The user's crontab."""

    def trouble(self) -> str | None:
        """Why it cannot be used here; None where it can."""
        return None if shutil.which("crontab") else "crontab is not on PATH"

    def read(self) -> bytes | None:
        """The crontab; None where the user has none."""
        ran = _run("crontab", "-l")
        if ran.returncode == 0:
            return ran.stdout
        if b"no crontab for" in ran.stderr:
            return None
        raise FileTrouble("crontab -l", _told(ran))

    def installed(self) -> bytes | None:
        """The crontab, if our lines are in it."""
        if self.trouble():
            return None
        crontab = None
        with suppress(FileTrouble):  # who may not have a crontab has none of ours
            crontab = self.read()
        return crontab if crontab is not None and unscheduled(crontab) != crontab else None

    def install(self, job: Job) -> bool:
        """Our lines are in the crontab; whether it had to change for that."""
        before = self.read()
        return self._change(before, scheduled(before, job))

    def uninstall(self) -> bool:
        """Our lines are not in the crontab; whether they were."""
        before = self.installed()
        return before is not None and self._change(before, unscheduled(before))

    def _change(self, before: bytes | None, after: bytes | None) -> bool:
        """The crontab is changed and says so; where `crontab` refuses, it is as it was."""
        if before == after:
            return False
        ran = _run("crontab", "-r") if after is None else _run("crontab", "-", data=after)
        if ran.returncode:
            reason = f"{_told(ran)}; your crontab is as it was"
            raise FileTrouble("crontab", reason)
        if self.read() != after:
            reason = "it took the lines and does not show them; look with crontab -l"
            raise FileTrouble("crontab", reason)
        return True
