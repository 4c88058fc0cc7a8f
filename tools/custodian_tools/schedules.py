"""Schedules of agents: begun, judged, put on the roster, and found again in the checkouts here."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from custodian_core.blob import blob_id
from custodian_core.commands import Caller, NoteSchedule
from custodian_core.errors import BadValue, Conflict, CustodianError, FileTrouble
from custodian_core.files import create_file, make_folder, read_file, shown
from custodian_core.findings import Finding, failed, found
from custodian_core.git.state import NotHere, find
from custodian_core.ports import Hub
from custodian_core.records import Repo, RepoStatus
from custodian_core.schedule.grammar import MAX_FILE, PATH
from custodian_core.schedule.model import Input, Reading, Schedule
from custodian_core.schedule.prepared import PREPARED, SEEN
from custodian_core.schedule.read import read, unreadable
from custodian_core.schedule.roster import Due, LeftOut, Roster, due_of, ordered, roster, seen_json
from custodian_core.schedule.scaffold import example
from custodian_core.settings import Settings
from custodian_core.within import files_within, read_within

from .checkouts import Target, all_here, named, registered
from .hub import every
from .registering import below_roots


@dataclass(frozen=True, slots=True)
class Begun:
    """A schedule that is there now."""

    path: str
    #: it was there already, and stays as it was
    kept: bool

    def to_json(self) -> dict[str, Any]:
        """The same as `--json` shows it."""
        return {"path": self.path, "written": not self.kept}


def begin(top: Path, timezone: str = "UTC") -> Begun:
    """The folder has a schedule: the one that it had, or an example in which nothing runs."""
    text = example(timezone)
    path = top / PATH
    if os.path.lexists(path):
        return Begun(shown(path), kept=True)
    if path.parent.is_symlink():
        raise FileTrouble(shown(path.parent), "it is a symbolic link")
    make_folder(path.parent)
    create_file(path, text)
    return Begun(shown(path), kept=False)


@dataclass(frozen=True, slots=True)
class Judged:
    """One schedule, and what is amiss in it and in the checkout around it."""

    path: str
    repo: str | None
    schedule: Schedule | None
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> bool:
        """Whether it cannot be used as it is."""
        return failed(self.findings)

    def to_json(self) -> dict[str, Any]:
        """The schedule as `--json` shows it."""
        return {
            "path": self.path,
            "repo": self.repo,
            "valid": not self.failed,
            "schedule": self.schedule.to_json() if self.schedule else None,
        }


def judge(path: Path, repo: str | None = None) -> Judged:
    """What is to be said of a schedule: of the file itself, or of the one in a checkout."""
    if "\0" in str(path):
        raise BadValue("path", "it holds a character that no path can have")
    file = path / PATH if path.is_dir() else path
    top = path if path.is_dir() else _top_of(path)
    reading = _read(file)
    findings = (*reading.findings, *_unmet(top, reading))
    return Judged(reading.path, repo, reading.schedule, findings)


def _top_of(file: Path) -> Path:
    """The folder that a schedule's paths are relative to."""
    folder = file.absolute().parent
    return folder.parent if folder.name == Path(PATH).parts[0] else folder


def _read(file: Path) -> Reading:
    try:
        return read(read_file(file, MAX_FILE), shown(file))
    except FileTrouble as trouble:
        return unreadable(trouble.reason, trouble.path)


def _unmet(top: Path, reading: Reading) -> Iterator[Finding]:
    """What entries name that is not there, or is outside the repo."""
    for entry in reading.schedule.entries if reading.schedule else ():
        for each in entry.inputs:
            if each.written or each.required:
                yield from _unmet_paths(top, reading.path, entry.agent, each, entry.line)


def _unmet_paths(
    top: Path, path: str, agent: str, wanted: Input, line: int | None
) -> Iterator[Finding]:
    troubles = list(troubles_of(top, wanted))
    if not wanted.written and len(troubles) < len(wanted.paths):
        return
    for named_, why in troubles or ([(wanted.part, "no path is named")] * (not wanted.paths)):
        what = f"{wanted.part} of entry {agent}"
        at = wanted.line or line
        if why.startswith("it leads"):
            facts = {"field": wanted.part, "what": f"entry {agent}", "path": named_, "why": why}
            yield found("K-04", facts, path=path, line=at)
        else:
            so = "; it is required, so no run is prepared" if wanted.required else ""
            facts = {"what": what, "why": f"{named_}: {why}{so}"}
            yield found("K-05", facts, path=path, line=at)


def troubles_of(top: Path, wanted: Input) -> Iterator[tuple[str, str]]:
    """Each path that cannot be read, and why."""
    for path in wanted.paths:
        try:
            for _ in files_within(top, path):
                pass
        except FileTrouble as trouble:
            yield path, trouble.reason


def judge_named(hub: Hub, settings: Settings, names: Sequence[str]) -> list[Judged]:
    """The same of the repos that are named by slug, or by a path in a checkout."""
    return [judge(each.path, each.repo) for each in named(hub, settings, names)]


def judge_all(hub: Hub, settings: Settings) -> list[Judged]:
    """The same of every checkout on this host that has a schedule."""
    here = all_here(hub, settings, idle=False)
    return [judged for each in here if (judged := _judged(each, settings))]


def _judged(target: Target, settings: Settings) -> Judged | None:
    """The schedule of a registered checkout, where it has one or cannot be looked into."""
    try:
        top = below_roots(target.path, settings)
    except CustodianError as error:
        reading = unreadable(str(error), shown(target.path / PATH))
        return Judged(reading.path, target.repo, None, reading.findings)
    return judge(top, target.repo) if os.path.lexists(top / PATH) else None


# --- the roster


def listed(hub: Hub, now: datetime, domain: str | None = None) -> Roster:
    """The roster as the hub knows it, wherever the checkouts are."""
    repos = every(hub.repos, domain=domain, status=RepoStatus.ACTIVE.value)
    seen = {each.subject or "": each.after or {} for each in hub.last_events(SEEN)}
    prepared = {_of(each.subject): each.at for each in hub.last_events(PREPARED)}
    return roster(repos, seen, prepared, now)


def _of(subject: str | None) -> tuple[str, str]:
    slug, _, agent = (subject or "").partition("/")
    return slug, agent


def enrol(hub: Hub, settings: Settings, name: str, by: Caller) -> Repo:
    """The repo is on the roster, with what its checkout's schedule says now."""
    (target,) = named(hub, settings, [name])
    known = registered(target)
    assert known.repo is not None  # noqa: S101 - `registered` saw to that
    reading, data = schedule_in(known, settings)
    if reading.schedule is None:
        reason = f"{reading.why}; `custodian schedule validate` tells all"
        raise Conflict(f"schedule of {known.repo}", reason)
    if not reading.schedule.enabled:
        reason = "it is switched off; write `enabled: true` first"
        raise Conflict(f"schedule of {known.repo}", reason)
    told = seen_json(reading, settings.host)
    command = NoteSchedule(known.repo, blob_id(data), True, told, deliberate=True)
    repo: Repo = hub.do(command, by)
    return repo


def strike(hub: Hub, slug: str, by: Caller) -> Repo:
    """The repo is off the roster until somebody puts it back, or its schedule changes."""
    repo: Repo = hub.do(NoteSchedule(slug, deliberate=True), by)
    return repo


def schedule_in(target: Target, settings: Settings) -> tuple[Reading, bytes]:
    """The schedule in a checkout, as it lies there now."""
    top = below_roots(target.path, settings)
    try:
        data = _file_in(top)
    except FileTrouble as trouble:
        reason = f"{trouble.reason}; `custodian schedule init` writes an example"
        raise Conflict(f"schedule of {target.name}", reason) from trouble
    return read(data), data


def _file_in(top: Path) -> bytes:
    """The bytes of the schedule in a checkout; a link is none, as it is none to a sync."""
    if (top / PATH).is_symlink():
        raise FileTrouble(PATH, "it is a symbolic link")
    return read_within(top, PATH, MAX_FILE)


# --- discovering


def discover(
    hub: Hub,
    settings: Settings,
    now: datetime,
    *,
    domain: str | None = None,
    everywhere: bool = False,
) -> Roster:
    """What runs from the checkouts on this host; every other repo is told with its reason.

    The hub's flag says where to look, unless `everywhere`; the file in the checkout decides.
    """
    due: list[Due] = []
    left_out: list[LeftOut] = []
    for repo in every(hub.repos, domain=domain):
        told = _here(repo, settings, now, everywhere=everywhere)
        if isinstance(told, LeftOut):
            left_out.append(told)
        else:
            due += told
    return Roster(ordered(due), tuple(sorted(left_out, key=_order)))


def _order(each: LeftOut) -> tuple[bool, bool, str]:
    """The broken ones first, then those that might run; last those that nobody wants to."""
    return each.reason != "invalid", each.reason == "not-registered", each.repo


def _here(
    repo: Repo, settings: Settings, now: datetime, *, everywhere: bool
) -> Sequence[Due] | LeftOut:
    if repo.status is not RepoStatus.ACTIVE:
        why = repo.status.value.replace("_", " ")
        return LeftOut(repo.slug, repo.status.value, f"it is {why}")
    if not repo.kaizen_schedule_enabled and not everywhere:
        why = "it is not on the roster; `custodian schedule register` puts it there"
        return LeftOut(repo.slug, "not-registered", why)
    path = repo.host_paths.get(settings.host)
    if path is None:
        hosts = ", ".join(sorted(repo.host_paths)) or "no host"
        return LeftOut(repo.slug, "not-here", f"it has no checkout on {settings.host}; on {hosts}")
    try:
        top = below_roots(Path(path), settings)
    except CustodianError as error:
        reason = "not-found" if isinstance(error, FileTrouble) else "outside-roots"
        return LeftOut(repo.slug, reason, str(error))
    folders = find(top)
    if isinstance(folders, NotHere):
        return LeftOut(repo.slug, folders.reason, folders.why)
    return _decided(repo, top, now)


def _decided(repo: Repo, top: Path, now: datetime) -> Sequence[Due] | LeftOut:
    """What the file in the checkout says."""
    try:
        reading = read(_file_in(top))
    except FileTrouble as trouble:
        if os.path.lexists(top / PATH):
            return _invalid(repo, unreadable(trouble.reason))
        return LeftOut(repo.slug, "no-schedule", f"it has no {PATH}")
    schedule = reading.schedule
    if schedule is None:
        return _invalid(repo, reading)
    if not schedule.enabled:
        return LeftOut(repo.slug, "disabled", "its schedule is switched off: `enabled: false`")
    if not schedule.active:
        return LeftOut(repo.slug, "no-entries", "no entry of its schedule is switched on")
    return due_of(repo, schedule.active, schedule.timezone, now)


def _invalid(repo: Repo, reading: Reading) -> LeftOut:
    return LeftOut(repo.slug, "invalid", reading.why, reading.findings)


def findings_of(found_: Iterable[LeftOut]) -> tuple[Finding, ...]:
    """All that was found in the schedules of repos that are left out."""
    return tuple(finding for each in found_ for finding in each.findings)
