"""Rows of the database as records, and what a record's fields are in a row."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from custodian_core.codec import from_json, to_json
from custodian_core.records import (
    Claim,
    ClaimKind,
    Domain,
    Event,
    Goal,
    GoalStatus,
    HostSync,
    Intervention,
    Repo,
    RepoStatus,
    Scope,
    Snapshot,
    Task,
    Token,
    Topic,
    Workstream,
)
from custodian_core.status import Priority, Status

Row = Mapping[str, Any]

URGENCY = {priority: place for place, priority in enumerate(Priority)}
_PRIORITIES = tuple(Priority)


def as_text(value: Any) -> str:
    """The value as a JSON column holds it."""
    return json.dumps(to_json(value), ensure_ascii=False, separators=(",", ":"))


def as_text_or_null(value: Any) -> str | None:
    """The same, with nothing as null."""
    return None if value is None else as_text(value)


def at(text: str | None) -> datetime | None:
    """The time that a column holds."""
    return datetime.fromisoformat(text) if text else None


def time(text: str) -> datetime:
    """The time that a column holds which is never null."""
    return datetime.fromisoformat(text)


def snapshot(text: str | None) -> Snapshot | None:
    """The base that a column holds."""
    return from_json(Snapshot, json.loads(text)) if text else None


def domain(row: Row) -> Domain:
    """A domain."""
    return Domain(row["slug"], row["title"])


def topic(row: Row) -> Topic:
    """A topic."""
    return Topic(row["slug"], row["domain"], row["title"])


def host(row: Row) -> HostSync:
    """How a sync went on one host."""
    return HostSync(
        host=row["host"],
        path=row["path"],
        last_run_at=at(row["last_run_at"]),
        last_ok_at=at(row["last_ok_at"]),
        outcome=row["outcome"],
        sealed=None if row["sealed"] is None else bool(row["sealed"]),
        ahead=row["ahead"],
        behind=row["behind"],
        findings=tuple(json.loads(row["findings"])),
    )


def repo(row: Row, hosts: Iterable[Row]) -> Repo:
    """A repo with its hosts."""
    return Repo(
        id=row["id"],
        slug=row["slug"],
        domain=row["domain"],
        status=RepoStatus(row["status"]),
        created_at=time(row["created_at"]),
        updated_at=time(row["updated_at"]),
        version=row["version"],
        topic=row["topic"],
        remote_url=row["remote_url"],
        forge_id=row["forge_id"],
        default_branch=row["default_branch"],
        status_reason=row["status_reason"],
        last_state_synced_at=at(row["last_state_synced_at"]),
        kaizen_schedule_enabled=bool(row["kaizen_schedule_enabled"]),
        kaizen_schedule_updated_at=at(row["kaizen_schedule_updated_at"]),
        hosts=tuple(host(each) for each in hosts),
    )


def goal(row: Row) -> Goal:
    """A goal."""
    return Goal(
        id=row["id"],
        repo_slug=row["repo_slug"],
        title=row["title"],
        description=row["description"],
        status=GoalStatus(row["status"]),
        created_at=time(row["created_at"]),
        ended_at=at(row["ended_at"]),
    )


def workstream(row: Row) -> Workstream:
    """A workstream."""
    return Workstream(
        id=row["id"],
        repo_slug=row["repo_slug"],
        key=row["key"],
        title=row["title"],
        workplan_file=row["workplan_file"],
        status=Status(row["status"]),
        position=row["position"],
        created_at=time(row["created_at"]),
        updated_at=time(row["updated_at"]),
        version=row["version"],
        base=snapshot(row["base"]),
    )


def task(row: Row) -> Task:
    """A task."""
    return Task(
        id=row["id"],
        repo_slug=row["repo_slug"],
        workstream_id=row["workstream_id"],
        key=row["key"],
        title=row["title"],
        description=row["description"],
        acceptance=tuple(json.loads(row["acceptance"])),
        status=Status(row["status"]),
        priority=_PRIORITIES[row["urgency"]],
        position=row["position"],
        depends_on=tuple(json.loads(row["depends_on"])),
        needs_human=bool(row["needs_human"]),
        epoch=row["epoch"],
        fence=row["fence"],
        created_at=time(row["created_at"]),
        updated_at=time(row["updated_at"]),
        version=row["version"],
        base=snapshot(row["base"]),
        note=row["note"],
    )


def claim(row: Row) -> Claim:
    """A claim."""
    return Claim(
        id=row["id"],
        task_id=row["task_id"],
        task_key=row["task_key"],
        repo_slug=row["repo_slug"],
        holder=row["holder"],
        kind=ClaimKind(row["kind"]),
        fence=row["fence"],
        granted_at=time(row["granted_at"]),
        renewed_at=time(row["renewed_at"]),
        expires_at=time(row["expires_at"]),
        ttl_s=row["ttl_s"],
        parked=bool(row["parked"]),
        workdir=row["workdir"],
        host=row["host"],
        ended_at=at(row["ended_at"]),
        end_reason=row["end_reason"],
    )


def intervention(row: Row) -> Intervention:
    """A question."""
    return Intervention(
        id=row["id"],
        repo_slug=row["repo_slug"],
        question=row["question"],
        context=row["context"],
        options=tuple(json.loads(row["options"])),
        asked_by=row["asked_by"],
        since=time(row["since"]),
        task_id=row["task_id"],
        task_key=row["task_key"],
        answer=row["answer"],
        answered_by=row["answered_by"],
        answered_at=at(row["answered_at"]),
    )


def event(row: Row) -> Event:
    """An event."""
    return Event(
        seq=row["seq"],
        at=time(row["at"]),
        actor=row["actor"],
        type=row["type"],
        subject_id=row["subject_id"],
        repo_slug=row["repo_slug"],
        subject=row["subject"],
        before=json.loads(row["before"]) if row["before"] else None,
        after=json.loads(row["after"]) if row["after"] else None,
        reason=row["reason"],
        request_id=row["request_id"],
    )


def token(row: Row) -> Token:
    """A token."""
    return Token(
        id=row["id"],
        name=row["name"],
        scope=Scope(row["scope"]),
        created_at=time(row["created_at"]),
        revoked_at=at(row["revoked_at"]),
    )
