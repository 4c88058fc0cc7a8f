"""The roster of schedules, as a sync keeps it: what the commit holds is told to the hub."""

from dataclasses import dataclass

from custodian_core.commands import NoteSchedule
from custodian_core.findings import Finding, Mode
from custodian_core.git.listing import PLAIN, Listing, blobs
from custodian_core.git.runner import Git
from custodian_core.records import Repo

from .bench import Bench


@dataclass(frozen=True, slots=True)
class Noted:
    """What came of looking at a schedule."""

    findings: tuple[Finding, ...] = ()
    actions: tuple[str, ...] = ()


def note_schedule(
    bench: Bench, repo: Repo, git: Git, listing: Listing, mode: Mode, *, writes: bool
) -> Noted:
    """The hub knows the commit's schedule; most repos have none, and that costs nothing."""
    if listing.schedule is None and repo.kaizen_schedule_updated_at is None:
        return Noted()
    command, findings = _told(repo.slug, bench.host, git, listing, mode)
    if not writes:
        return Noted(findings)
    after: Repo = bench.hub.do(command, bench.by)
    return Noted(findings, _actions(repo, after))


def _told(
    slug: str, host: str, git: Git, listing: Listing, mode: Mode
) -> tuple[NoteSchedule, tuple[Finding, ...]]:
    """What the hub is told of the file, and what is amiss in it."""
    from custodian_core.schedule.read import read, unreadable
    from custodian_core.schedule.roster import seen_json

    entry = listing.schedule
    if entry is None:
        return NoteSchedule(slug), ()
    data = blobs(git, [entry]).get(entry.blob) if entry.mode in PLAIN else None
    if data is not None:
        reading = read(data, mode=mode)
    elif entry.mode in PLAIN:
        reading = unreadable("it is too large", mode=mode)
    else:
        reading = unreadable("it is a symbolic link", mode=mode)
    # One that cannot be used stays on the roster, where it is told before all others.
    enabled = reading.schedule is None or reading.schedule.enabled
    return NoteSchedule(slug, entry.blob, enabled, seen_json(reading, host)), reading.findings


def _actions(before: Repo, after: Repo) -> tuple[str, ...]:
    if before.kaizen_schedule_enabled != after.kaizen_schedule_enabled:
        put = "put it on" if after.kaizen_schedule_enabled else "took it off"
        return (f"{put} the roster of schedules",)
    if before.kaizen_schedule_updated_at != after.kaizen_schedule_updated_at:
        return ("told the hub of its schedule",)
    return ()
