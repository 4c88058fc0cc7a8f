"""A run of a scheduled agent, prepared: all that it needs in one document, and in one folder."""

import base64
import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from custodian_core.codec import to_json
from custodian_core.commands import Caller, RecordPrepared
from custodian_core.errors import Conflict, CustodianError, FileTrouble, HubTrouble, UnknownThing
from custodian_core.files import shown
from custodian_core.git.state import NotHere, find
from custodian_core.payload import payload
from custodian_core.ports import Hub
from custodian_core.records import Event, PreparedRun, Repo
from custodian_core.schedule.cadence import last_run, late_by
from custodian_core.schedule.model import Entry, Input, Schedule, entry_json
from custodian_core.schedule.roster import next_of
from custodian_core.settings import Settings
from custodian_core.text import fitted
from custodian_core.within import files_within

from .checkouts import Target, named, registered
from .dispatch import direction, facts, standing
from .registering import below_roots
from .schedules import schedule_in

#: how much is bundled at most
MOST_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """A file that the agent is given."""

    part: str
    #: relative to the repo's top folder
    path: str
    data: bytes

    @property
    def sha256(self) -> str:
        """What names its bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def to_json(self, longest: int | None = None) -> dict[str, Any]:
        """The file with what it says: as text, or as base64 where it is none."""
        told: dict[str, Any] = {"part": self.part, "path": self.path, "bytes": len(self.data)}
        told["sha256"] = self.sha256
        try:
            text = self.data.decode()
        except UnicodeDecodeError:
            return {**told, "encoding": "base64", "text": base64.b64encode(self.data).decode()}
        if longest is not None and len(text) > longest:
            return {**told, "encoding": "utf-8", "text": text[:longest], "truncated": True}
        return {**told, "encoding": "utf-8", "text": text}


@dataclass(frozen=True, slots=True)
class Missing:
    """A part that is not there, and why."""

    part: str
    paths: tuple[str, ...]
    why: str

    def to_json(self) -> dict[str, Any]:
        """The same as `--json` shows it."""
        return {"part": self.part, "paths": list(self.paths), "why": self.why}


@dataclass(frozen=True, slots=True)
class Bundle:
    """A prepared run: what the hub's log tells of it, and all that the agent is given."""

    run: PreparedRun
    entry: Entry
    repo: dict[str, Any]
    parts: tuple[Part, ...]
    missing: tuple[Missing, ...]
    #: what is to be done in the repo, as `custodian dispatch` tells it
    dispatch: dict[str, Any] | None
    #: why the hub's log does not tell of it, where it does not
    no_event: str = ""
    event: Event | None = None

    def to_json(self, longest: int | None = None) -> dict[str, Any]:
        """The document; `longest` cuts the text of each part."""
        return {
            "run": to_json(self.run),
            "entry": entry_json(self.entry),
            "repo": self.repo,
            "parts": [each.to_json(longest) for each in self.parts],
            "missing": [each.to_json() for each in self.missing],
            "dispatch": self.dispatch,
            "event": self.event.seq if self.event else None,
            "no_event": self.no_event or None,
        }


def prepare(
    hub: Hub,
    settings: Settings,
    agent: str,
    repo: str,
    now: datetime,
    by: Caller,
    *,
    out: Path | None = None,
    tell: bool = True,
) -> Bundle:
    """The agent's next run in the repo is bundled, and the hub's log tells of it.

    Nothing is fetched. A part that is not there is named; one that the schedule requires refuses
    the run.
    """
    place = _place(hub, settings, repo)
    schedule = _schedule(place, settings)
    entry = _entry(schedule, agent)
    bundle = _bundle(hub, settings, place, schedule, entry, now)
    _refuse_unmet(bundle)
    if out is not None:
        bundle = _written(bundle, out)
    return _told(hub, bundle, by) if tell else replace(bundle, no_event="none was wanted")


@dataclass(frozen=True, slots=True)
class _Place:
    """The checkout, and the repo where the hub could be asked for it."""

    slug: str
    top: Path
    repo: Repo | None = None
    #: why the hub could not be asked
    why: str = ""


def _place(hub: Hub, settings: Settings, name: str) -> _Place:
    """Where the run is prepared; without a hub to ask, a path in place of a slug still says it."""
    try:
        (target,) = named(hub, settings, [name])
        slug = registered(target).repo
        assert slug is not None  # noqa: S101 - `registered` saw to that
        return _Place(slug, below_roots(target.path, settings), hub.repo(slug))
    except HubTrouble as error:
        if "/" not in name and name not in (".", "..", "~"):
            raise
        top = below_roots(Path(name), settings)
        return _Place(fitted(top.name) or "unnamed", top, why=str(error))


def _schedule(place: _Place, settings: Settings) -> Schedule:
    target = Target(place.top, place.slug)
    reading, _ = schedule_in(target, settings)
    if reading.schedule is None:
        reason = f"{reading.why}; `custodian schedule validate` tells all"
        raise Conflict(f"schedule of {target.name}", reason)
    return reading.schedule


def _entry(schedule: Schedule, agent: str) -> Entry:
    found = schedule.entry(agent)
    if found is None:
        near = tuple(each.agent for each in schedule.entries[:3])
        raise UnknownThing("scheduled agent", agent[:64], near)
    return found


def _bundle(
    hub: Hub,
    settings: Settings,
    place: _Place,
    schedule: Schedule,
    entry: Entry,
    now: datetime,
) -> Bundle:
    slug = place.slug
    parts: list[Part] = []
    missing: list[Missing] = []
    for wanted in entry.inputs:
        found, lacks = _parts(place.top, wanted)
        parts += found
        missing += [lacks] if lacks else []
    if sum(len(each.data) for each in parts) > MOST_BYTES:
        reason = f"its parts are larger than {MOST_BYTES // 1024 // 1024} MiB; name fewer files"
        raise Conflict(f"run of {entry.agent} in {slug}", reason)
    told, directive, why = _dispatch(hub, settings, place)
    if told is None:
        missing.append(Missing("dispatch", (), why))
    here = standing(place.repo, settings) if place.repo else None
    late = late_by(slug, entry.agent, entry.jitter_minutes)
    due = last_run(entry.cron, schedule.timezone, now - late)
    run = PreparedRun(
        run_id=str(uuid.uuid4()),
        repo=slug,
        agent=entry.agent,
        host=settings.host,
        path=str(place.top),
        commit=_commit(place.top),
        prepared_at=now,
        due_at=due + late if due else None,
        next_run_at=next_of(
            slug, entry.agent, entry.cron, schedule.timezone, entry.jitter_minutes, now
        ),
        cron=entry.cron,
        timezone=schedule.timezone,
        budget_minutes=entry.budget_minutes,
        digest=_digest(parts),
        parts=tuple(each.path for each in parts),
        missing=tuple(each.part for each in missing),
        directive=directive,
    )
    return Bundle(run, entry, _about(place, here), tuple(parts), tuple(missing), told, place.why)


def _commit(top: Path) -> str | None:
    """What is checked out, where anything is."""
    folders = find(top)
    if isinstance(folders, NotHere):
        return None
    ran = folders.git.run("rev-parse", "--quiet", "--verify", "HEAD")
    return ran.text if ran.ok else None


def _about(place: _Place, here: Any) -> dict[str, Any]:
    """Where the repo lies and what it is called, as far as the hub could be asked."""
    repo = place.repo
    return {
        "slug": place.slug,
        "domain": repo.domain if repo else None,
        "remote_url": repo.remote_url if repo else None,
        "default_branch": repo.default_branch if repo else None,
        "host_paths": repo.host_paths if repo else {},
        "checkout": to_json(here),
    }


def _parts(top: Path, wanted: Input) -> tuple[list[Part], Missing | None]:
    """What is there of one input: all paths that the schedule names, or the first usual one."""
    found: list[Part] = []
    troubles: list[str] = []
    for path in wanted.paths:
        try:
            read = [Part(wanted.part, name, data) for name, data in files_within(top, path)]
        except FileTrouble as trouble:
            troubles.append(f"{trouble.path}: {trouble.reason}")
            continue
        found += read
        if not read:
            troubles.append(f"{path}: no file is in it")
        elif not wanted.written:
            return found, None
    if not troubles and wanted.paths:
        return found, None
    why = "; ".join(troubles) or "the schedule names no path"
    return found, Missing(wanted.part, wanted.paths, why)


def _dispatch(
    hub: Hub, settings: Settings, place: _Place
) -> tuple[dict[str, Any] | None, str | None, str]:
    if place.repo is None:
        return None, None, place.why
    try:
        known = facts(hub, settings, place.slug)
    except CustodianError as error:
        return None, None, str(error)
    return payload(known), direction(known).directive, ""


def _digest(parts: list[Part]) -> str:
    rows = "".join(f"{each.part} {each.path} {each.sha256}\n" for each in parts)
    return hashlib.sha256(rows.encode()).hexdigest()


def _refuse_unmet(bundle: Bundle) -> None:
    required = {each.part for each in bundle.entry.inputs if each.required}
    unmet = [each for each in bundle.missing if each.part in required]
    if unmet:
        told = "; ".join(f"{each.part} is required: {each.why}" for each in unmet)
        raise Conflict(f"run of {bundle.run.agent} in {bundle.run.repo}", told)


def _told(hub: Hub, bundle: Bundle, by: Caller) -> Bundle:
    """The hub's log tells of the run; where the hub cannot be told, the bundle says why."""
    if bundle.no_event:
        return bundle
    try:
        event: Event = hub.do(RecordPrepared(bundle.run.repo, bundle.run), by)
    except CustodianError as error:
        return replace(bundle, no_event=str(error))
    return replace(bundle, event=event)


def _written(bundle: Bundle, out: Path) -> Bundle:
    """The folder holds `run.json` and the parts by their paths; it is there whole or not at all."""
    folder = out.expanduser().absolute()
    if os.path.lexists(folder):
        raise FileTrouble(shown(folder), "it is there already and is not overwritten")
    bundle = replace(bundle, run=replace(bundle.run, folder=str(folder)))
    try:
        beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise FileTrouble(shown(folder), _reason(error)) from error
    try:
        for path, data in _files(bundle):
            file = beside / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        beside.rename(folder)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise FileTrouble(shown(folder), _reason(error)) from error
    return bundle


def _reason(error: OSError) -> str:
    return f"it cannot be written: {(error.strerror or str(error)).lower()}"


def _files(bundle: Bundle) -> Iterator[tuple[str, bytes]]:
    import json

    told = bundle.to_json(0)
    for each in told["parts"]:
        each.pop("truncated", None)
        each["file"] = f"parts/{each['path']}"
        del each["text"]
    text = json.dumps(told, ensure_ascii=False, indent=2)
    yield "run.json", f"{text}\n".encode()
    for part in bundle.parts:
        yield f"parts/{part.path}", part.data
