"""Writing repos, domains, topics and goals."""

import re
from typing import Any

from custodian_core.codec import from_json, to_json
from custodian_core.commands import (
    HOST_LIMIT,
    AddDomain,
    AddTopic,
    ChangeRepo,
    EndGoal,
    RegisterRepo,
    SetGoal,
    UnregisterRepo,
)
from custodian_core.errors import BadValue, Conflict, UnknownThing
from custodian_core.records import Domain, Goal, GoalStatus, Repo, RepoStatus, Topic
from custodian_core.remotes import remote_of

from . import rows
from .writing import Writing, check_name, check_version, near, new_id

SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")

_CHANGEABLE: dict[str, Any] = {
    "domain": str,
    "topic": str | None,
    "remote_url": str | None,
    "forge_id": int | None,
    "default_branch": str | None,
    "status": RepoStatus,
    "status_reason": str | None,
    "last_state_synced_at": "time",
    "kaizen_schedule_enabled": bool,
    "kaizen_schedule_updated_at": "time",
    "host_paths": dict[str, str],
}


def add_domain(tx: Writing, command: AddDomain) -> Domain:
    """The domain is known, under the title that was given."""
    slug = _slug("domain", command.slug)
    if tx.changed("add_domain", slug=slug, title=command.title or slug):
        tx.event("domain.added", slug, subject=slug)
    elif command.title:
        tx.run("name_domain", slug=slug, title=command.title)
    return next(rows.domain(row) for row in tx.all("domains") if row["slug"] == slug)


def add_topic(tx: Writing, command: AddTopic) -> Topic:
    """The topic is known, and its domain."""
    slug = _slug("topic", command.slug)
    add_domain(tx, AddDomain(command.domain))
    tx.run("add_topic", slug=slug, domain=command.domain, title=command.title or slug)
    tx.event("topic.added", slug, subject=slug)
    return Topic(slug, command.domain, command.title or slug)


def register_repo(tx: Writing, command: RegisterRepo) -> Repo:
    """The repo is managed; what is known of it already stays where nothing new is said."""
    slug = _slug("repo", command.slug)
    if command.path and command.host is None:
        raise BadValue("host", "say on which host the path is")
    add_domain(tx, AddDomain(command.domain))
    if command.topic:
        _known_topic(tx, command.topic)
    said: dict[str, Any] = {
        "domain": command.domain,
        "topic": command.topic,
        "remote_url": command.remote_url,
        "forge_id": command.forge_id,
        "default_branch": command.default_branch,
    }
    row = tx.one("repo", slug=slug)
    _take_in(tx, command)
    if row is None:
        repo_id = new_id()
        status = RepoStatus.ACTIVE.value
        tx.run("add_repo", id=repo_id, slug=slug, status=status, at=tx.at, **said)
        tx.event("repo.registered", repo_id, subject=slug, repo=slug, after=said)
    else:
        repo_id = row["id"]
        changes = {key: value for key, value in said.items() if value not in (None, row[key])}
        if row["status"] != RepoStatus.ACTIVE:
            changes.update(status=RepoStatus.ACTIVE.value, status_reason=None)
        if changes:
            change(tx, slug, changes)
    if command.path and command.host is not None:
        check_name("host", command.host, HOST_LIMIT)
        tx.run("put_host", repo_id=repo_id, host=command.host, path=command.path)
    return tx.repo(slug)


def change_repo(tx: Writing, command: ChangeRepo) -> Repo:
    """The fields say what was asked."""
    row = tx.repo_row(command.slug)
    check_version(f"repo {command.slug}", command.version, row["version"])
    changes = _checked_changes(command.changes)
    if (domain := changes.get("domain")) is not None:
        add_domain(tx, AddDomain(domain))
    if topic := changes.get("topic"):
        _known_topic(tx, topic)
    if changes.get("status") == RepoStatus.OUT_OF_SCOPE and not (
        changes.get("status_reason") or row["status_reason"]
    ):
        raise BadValue("status_reason", "a repo is put out of scope with a reason")
    paths = changes.pop("host_paths", None)
    if paths is not None:
        _set_paths(tx, row["id"], paths)
    if changes:
        change(tx, command.slug, changes)
    return tx.repo(command.slug)


def _take_in(tx: Writing, command: RegisterRepo) -> None:
    """Whoever registers a repo of a forge takes back that it was left out."""
    remote = remote_of(command.remote_url)
    if remote and command.forge_id is not None:
        tx.run("drop_left_out", forge=remote.host, forge_id=command.forge_id)


def change(tx: Writing, slug: str, changes: dict[str, Any], kind: str = "repo.changed") -> None:
    """The repo's fields say this, and the log what they said before."""
    row = tx.repo_row(slug)
    fields = {key: row[key] for key in _CHANGEABLE if key != "host_paths"}
    before = {key: fields[key] for key in changes}
    fields.update(changes)
    fields["kaizen_schedule_enabled"] = int(fields["kaizen_schedule_enabled"])
    tx.run("put_repo", id=row["id"], at=tx.at, **fields)
    tx.event(kind, row["id"], subject=slug, repo=slug, before=before, after=changes)


def _checked_changes(changes: dict[str, Any]) -> dict[str, Any]:
    if unknown := sorted(set(changes) - set(_CHANGEABLE)):
        allowed = ", ".join(_CHANGEABLE)
        raise BadValue(f"field {', '.join(unknown)}", f"it cannot be changed; these can: {allowed}")
    read: dict[str, Any] = {}
    for key, value in changes.items():
        kind = _CHANGEABLE[key]
        if kind == "time":
            from datetime import datetime

            kind = datetime | None
        plain = to_json(value)
        try:
            read[key] = to_json(from_json(kind, plain))
        except BadValue as error:
            raise BadValue(key, error.reason) from error
    return read


def _set_paths(tx: Writing, repo_id: str, paths: dict[str, str]) -> None:
    for row in tx.all("repo_hosts", repo_id=repo_id):
        if row["host"] not in paths:
            tx.run("drop_host", repo_id=repo_id, host=row["host"])
    for host, path in paths.items():
        check_name("host", host, HOST_LIMIT)
        tx.run("put_host", repo_id=repo_id, host=host, path=path)


def unregister_repo(tx: Writing, command: UnregisterRepo) -> Repo:
    """The repo and all that belongs to it are gone from the hub; its events stay."""
    repo = tx.repo(command.slug)
    tx.run("drop_repo", id=repo.id)
    before = {"domain": repo.domain, "remote_url": repo.remote_url}
    tx.event("repo.unregistered", repo.id, subject=repo.slug, repo=repo.slug, before=before)
    return repo


def set_goal(tx: Writing, command: SetGoal) -> Goal:
    """The repo works towards this; what it worked towards before is dropped."""
    if not command.title.strip():
        raise BadValue("title", "it is empty")
    row = tx.repo_row(command.repo)
    if (old := tx.one("active_goal", repo=command.repo)) is not None:
        tx.run("end_goal", id=old["id"], status=GoalStatus.DROPPED.value, at=tx.at)
    goal_id = new_id()
    said = {"title": command.title, "description": command.description}
    tx.run("add_goal", id=goal_id, repo_id=row["id"], at=tx.at, **said)
    before = {"title": old["title"]} if old else None
    tx.event(
        "goal.set", goal_id, subject=command.repo, repo=command.repo, before=before, after=said
    )
    return _active_goal(tx, command.repo)


def end_goal(tx: Writing, command: EndGoal) -> Goal:
    """The repo's goal has ended, and it has no other."""
    tx.repo_row(command.repo)
    if command.status is GoalStatus.ACTIVE:
        raise BadValue("status", "a goal ends as achieved or dropped")
    goal = _active_goal(tx, command.repo)
    tx.run("end_goal", id=goal.id, status=command.status.value, at=tx.at)
    after = {"status": command.status.value}
    tx.event("goal.ended", goal.id, subject=command.repo, repo=command.repo, after=after)
    ended = next(row for row in tx.all("goals", repo=command.repo) if row["id"] == goal.id)
    return rows.goal(ended)


def _active_goal(tx: Writing, repo: str) -> Goal:
    row = tx.one("active_goal", repo=repo)
    if row is None:
        raise Conflict(f"repo {repo}", "it has no active goal; set one first")
    return rows.goal(row)


def _slug(kind: str, slug: str) -> str:
    if not SLUG.fullmatch(slug):
        rule = "small letters, digits, dots, underscores and dashes, the first a letter or digit"
        raise BadValue(f"{kind} '{slug}'", f"a slug is {rule}")
    return slug


def _known_topic(tx: Writing, topic: str) -> None:
    known = [row["slug"] for row in tx.all("topics", domain=None)]
    if topic not in known:
        raise UnknownThing("topic", topic, near(topic, known))
