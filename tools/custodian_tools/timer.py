"""A sync of every repo of this host every so often: set up, looked at, taken away."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from custodian_core.codec import to_json
from custodian_core.errors import Conflict, FileTrouble
from custodian_core.ports import Hub
from custodian_core.records import Repo, RepoStatus
from custodian_core.settings import SECRET, Settings, load
from custodian_core.timing import (
    SILENT_AFTER,
    USUAL,
    Job,
    every,
    is_silent,
    next_run,
    said_every,
    shown_every,
)

from .hub import every as every_item
from .registering import without_credentials
from .schedulers import Cron, Systemd

SYSTEMD, CRON = "systemd", "cron"

#: where systemd and cron look for programs of themselves
_PLAIN_PATH = "/usr/local/bin:/usr/bin:/bin"
#: where the settings and the data folder are looked for, unless they are said
_XDG = ("XDG_CONFIG_HOME", "XDG_DATA_HOME")


@dataclass(frozen=True, slots=True)
class Timer:
    """Which timer there is after a call, and whether the call changed that."""

    kind: str | None
    every: timedelta | None
    changed: bool

    def to_json(self) -> dict[str, Any]:
        """The timer as `--json` shows it."""
        return {
            "kind": self.kind,
            "every": shown_every(self.every) if self.every else None,
            "changed": self.changed,
        }


@dataclass(frozen=True, slots=True)
class RepoRun:
    """How the last syncs of a repo went on this host."""

    repo: str
    last_run: datetime | None
    last_ok: datetime | None
    outcome: str | None
    #: no run was seen for too long
    silent: bool


@dataclass(frozen=True, slots=True)
class Health:
    """Whether this host syncs of itself, and when it last did."""

    host: str
    kind: str | None
    every: timedelta
    #: the timer is on
    active: bool
    next_run: datetime | None
    last_run: datetime | None
    #: none of its repos was synced for too long
    silent: bool
    repos: tuple[RepoRun, ...]

    @property
    def patience(self) -> timedelta:
        """How long no run may be seen."""
        return SILENT_AFTER * self.every

    def to_json(self) -> dict[str, Any]:
        """The host's health as `--json` shows it."""
        return {
            "host": self.host,
            "kind": self.kind,
            "every": shown_every(self.every),
            "active": self.active,
            "next_run": to_json(self.next_run),
            "last_run": to_json(self.last_run),
            "silent": self.silent,
            "repos": to_json(self.repos),
        }


def install(program: str, interval: timedelta, settings: Settings, env: Mapping[str, str]) -> Timer:
    """A timer starts the sync: systemd's where its user manager works, cron's otherwise."""
    job = Job(program, interval, environment(settings, env))
    systemd, cron = _systemd(env), Cron()
    trouble = systemd.trouble()
    if trouble is None:
        changed = systemd.install(job)
        return Timer(SYSTEMD, interval, cron.uninstall() or changed)
    if systemd.installed():
        reason = f"a systemd timer is installed, and systemctl --user does not work here: {trouble}"
        raise Conflict("timer", f"{reason}; run this where you are logged in")
    if without := cron.trouble():
        raise FileTrouble("timer", f"neither works here: {trouble}; {without}")
    return Timer(CRON, interval, cron.install(job))


def uninstall(env: Mapping[str, str]) -> Timer:
    """No timer of ours is left, of neither kind."""
    removed = [_systemd(env).uninstall(), Cron().uninstall()]
    return Timer(None, None, any(removed))


def status(hub: Hub, settings: Settings, env: Mapping[str, str], now: datetime) -> Health:
    """Which timer there is, and how the syncs of this host's repos went, as the hub knows it."""
    systemd, cron = _systemd(env), Cron()
    unit, crontab = systemd.installed(), cron.installed()
    interval = said_every(unit) or said_every(crontab) or every(USUAL)
    repos = tuple(
        _run_of(repo, settings.host, interval, now)
        for repo in every_item(hub.repos, host=settings.host)
        if repo.status is RepoStatus.ACTIVE
    )
    upcoming = last = None
    active = crontab is not None
    if unit is not None:
        works = systemd.trouble() is None
        active = works and systemd.runs()
        upcoming, last = systemd.times() if works else (None, None)
    elif crontab is not None:
        upcoming = next_run(interval, now.astimezone())
    return Health(
        host=settings.host,
        kind=SYSTEMD if unit is not None else CRON if crontab is not None else None,
        every=interval,
        active=active,
        next_run=upcoming,
        last_run=last or max((run.last_run for run in repos if run.last_run), default=None),
        silent=bool(repos) and all(run.silent for run in repos),
        repos=repos,
    )


def _run_of(repo: Repo, host: str, interval: timedelta, now: datetime) -> RepoRun:
    here = next(each for each in repo.hosts if each.host == host)
    silent = is_silent(here.last_run_at, repo.created_at, interval, now)
    return RepoRun(repo.slug, here.last_run_at, here.last_ok_at, here.outcome, silent)


def environment(settings: Settings, env: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What the timer's runs must be told, since they do not start in this shell and folder.

    A secret is not written into a unit or a crontab, which others may read: it is refused, since a
    run without it would come to another hub than the one that is meant.
    """
    lasting = load({name: env[name] for name in _XDG if name in env}, Path(os.devnull)).values
    here = {
        name: value
        for name, value in settings.values.items()
        if name.startswith("CUSTODIAN_") and lasting.get(name) != value
    }
    for name, value in here.items():
        if name in SECRET or without_credentials(value) != value:
            line = f'{name.lower()} = "..."'
            reason = f"it is a secret, and a timer does not see your environment; put {line} into"
            raise Conflict(name, f"{reason} {_config_home(env) / 'custodian/config.toml'}")
    if "CUSTODIAN_HOME" in here:
        here["CUSTODIAN_HOME"] = str(settings.home.absolute())
    if "CUSTODIAN_ROOTS" in here:
        here["CUSTODIAN_ROOTS"] = os.pathsep.join(map(str, settings.roots))
    for name in _XDG:
        if env.get(name):
            here[name] = str(Path(env[name]).expanduser().absolute())
    git = shutil.which("git")
    if git and os.path.dirname(git) not in _PLAIN_PATH.split(":"):  # noqa: PTH120 - it is text
        here["PATH"] = f"{os.path.dirname(git)}:{_PLAIN_PATH}"  # noqa: PTH120
    return tuple(sorted(here.items()))


def _config_home(env: Mapping[str, str]) -> Path:
    return Path(env.get("XDG_CONFIG_HOME") or "~/.config").expanduser()


def _systemd(env: Mapping[str, str]) -> Systemd:
    return Systemd(_config_home(env) / "systemd/user")
