"""A run of a scheduled agent, prepared: all that it needs is gathered, and the hub is told."""

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from custodian_core.codec import to_json
from custodian_core.commands import Caller, RecordPrepared
from custodian_core.errors import Conflict, CustodianError, FileTrouble, HubTrouble, UnknownThing
from custodian_core.git.state import NotHere, find
from custodian_core.payload import payload
from custodian_core.ports import Hub
from custodian_core.records import Event, PreparedRun, Repo
from custodian_core.schedule.cadence import last_run, late_by
from custodian_core.schedule.model import Entry, Input, Schedule
from custodian_core.schedule.roster import next_of
from custodian_core.settings import Settings
from custodian_core.text import fitted
from custodian_core.within import files_within

from .bundles import Bundle, Missing, Part, write
from .checkouts import Target, named, registered
from .dispatch import direction, facts, standing
from .registering import below_roots
from .schedules import schedule_in

#: how much is bundled at most
MOST_BYTES = 8 * 1024 * 1024


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
        bundle = write(bundle, out)
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
    parts, missing = _gathered(place, entry)
    told, directive, why = _dispatch(hub, settings, place)
    if told is None:
        missing = (*missing, Missing("dispatch", (), why))
    due, after = _times(place.slug, schedule, entry, now)
    run = PreparedRun(
        run_id=str(uuid.uuid4()),
        repo=place.slug,
        agent=entry.agent,
        host=settings.host,
        path=str(place.top),
        commit=_commit(place.top),
        prepared_at=now,
        due_at=due,
        next_run_at=after,
        cron=entry.cron,
        timezone=schedule.timezone,
        budget_minutes=entry.budget_minutes,
        digest=_digest(parts),
        parts=tuple(each.path for each in parts),
        missing=tuple(each.part for each in missing),
        directive=directive,
    )
    here = standing(place.repo, settings) if place.repo else None
    return Bundle(run, entry, _about(place, here), parts, missing, told, place.why)


def _gathered(place: _Place, entry: Entry) -> tuple[tuple[Part, ...], tuple[Missing, ...]]:
    """What is there of all inputs, and what is not."""
    parts: list[Part] = []
    missing: list[Missing] = []
    for wanted in entry.inputs:
        found, lacks = _parts(place.top, wanted)
        parts += found
        missing += [lacks] if lacks else []
        if sum(len(each.data) for each in parts) > MOST_BYTES:
            reason = f"its parts are larger than {MOST_BYTES // 1024 // 1024} MiB; name fewer files"
            raise Conflict(f"run of {entry.agent} in {place.slug}", reason)
    return tuple(parts), tuple(missing)


def _times(
    slug: str, schedule: Schedule, entry: Entry, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """The run that this one is for, and the one after it."""
    late = late_by(slug, entry.agent, entry.jitter_minutes)
    due = last_run(entry.cron, schedule.timezone, now - late)
    after = next_of(slug, entry.agent, entry.cron, schedule.timezone, entry.jitter_minutes, now)
    return due + late if due else None, after


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


def _digest(parts: Iterable[Part]) -> str:
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
