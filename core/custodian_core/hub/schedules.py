"""Writing what was seen of repos' schedules, and which of their runs were prepared."""

import json
from typing import Any

from custodian_core.codec import to_json
from custodian_core.commands import NoteSchedule, RecordPrepared
from custodian_core.errors import BadValue
from custodian_core.records import Event, Repo
from custodian_core.schedule.prepared import PREPARED, SEEN

from . import rows
from .repos import change
from .writing import Writing, check_name

AGENT_LIMIT = 64


def note_schedule(tx: Writing, command: NoteSchedule) -> Repo:
    """The roster says what was seen; a file that was told of already changes nothing.

    So a repo that somebody took off the roster stays off it until its schedule changes.
    """
    row = tx.repo_row(command.slug)
    last = tx.one("last_event", type=SEEN, subject_id=row["id"])
    told: dict[str, Any] = json.loads(last["after"]) if last else {}
    if not command.deliberate and told.get("blob") == command.blob:
        return tx.repo(command.slug)
    after = {"blob": command.blob, "enabled": command.enabled, "schedule": command.schedule}
    if command.deliberate and not command.enabled:
        after = {"blob": None, "schedule": None, **told, "enabled": False}
    if told == after and bool(row["kaizen_schedule_enabled"]) == command.enabled:
        return tx.repo(command.slug)
    changes = {"kaizen_schedule_enabled": command.enabled, "kaizen_schedule_updated_at": tx.at}
    change(tx, command.slug, changes)
    tx.event(SEEN, row["id"], subject=command.slug, repo=command.slug, after=after)
    return tx.repo(command.slug)


def record_prepared(tx: Writing, command: RecordPrepared) -> Event:
    """The log says that the run was prepared, for whoever reads it from a cursor."""
    run = command.run
    row = tx.repo_row(command.repo)
    if run.repo != command.repo:
        raise BadValue("run.repo", f"it is {run.repo}, not {command.repo}")
    check_name("run.agent", run.agent, AGENT_LIMIT)
    subject_id = f"{row['id']}/{run.agent}"
    subject = f"{command.repo}/{run.agent}"
    tx.event(PREPARED, subject_id, subject=subject, repo=command.repo, after=to_json(run))
    event = tx.one("last_event", type=PREPARED, subject_id=subject_id)
    assert event is not None  # noqa: S101 - it was just added
    return rows.event(event)
