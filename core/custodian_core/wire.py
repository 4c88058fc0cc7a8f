"""How the hub is spoken to over HTTP: where each command goes, and how answers and errors read.

The hub's API serves what stands here and its client calls it, so that neither can drift.
"""

import re
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, TypeVar, cast
from urllib.parse import quote

from . import commands, errors, records
from .codec import from_json, to_json
from .errors import BadValue, CustodianError, UnknownThing

T = TypeVar("T")

#: headers that say who asks, and make a repeated question known for what it is
AGENT = "X-Custodian-Agent"
IDEMPOTENCY_KEY = "Idempotency-Key"
REQUEST_ID = "X-Request-Id"
#: which hub is meant, and which one answers
HUB = "X-Custodian-Hub"
TOTAL = "X-Total-Count"
CURSOR = "X-Next-Cursor"

AGENT_LIMIT = 100
KEY_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Way:
    """Where a command goes, and what it is answered with."""

    command: type[Any]
    method: str
    path: str
    answer: type[Any]
    #: the command's field that stands in the path
    subject: str | None = None
    status: int = 200

    @property
    def parameter(self) -> str:
        """What the path calls the subject."""
        return self.path.partition("{")[2].partition("}")[0]


@dataclass(frozen=True, slots=True)
class RepoHere(records.Repo):
    """A managed repo, and where it lies on each host and on the hub's own."""

    # In a frozen record a field can stand in for the property that it is told by.
    host_paths: dict[str, str] = field(default_factory=dict[str, str])  # pyright: ignore[reportIncompatibleMethodOverride]
    local_path: str | None = None


WAYS = (
    Way(commands.AddDomain, "POST", "/domains/", records.Domain),
    Way(commands.AddTopic, "POST", "/topics/", records.Topic),
    Way(commands.RegisterRepo, "POST", "/repos/", records.Repo),
    Way(commands.ChangeRepo, "PATCH", "/repos/{slug}/", records.Repo, "slug"),
    Way(commands.UnregisterRepo, "DELETE", "/repos/{slug}/", records.Repo, "slug"),
    Way(commands.RecordSync, "POST", "/repos/{slug}/sync", records.Repo, "slug"),
    Way(commands.RecordSyncs, "POST", "/syncs/", records.Recorded),
    Way(commands.RequestSync, "POST", "/repos/{slug}/sync-requests", records.Repo, "slug", 202),
    Way(commands.RecordInventory, "POST", "/inventories/", records.Inventory),
    Way(commands.LeaveOut, "POST", "/left-out/", records.LeftOut),
    Way(commands.NoteSchedule, "POST", "/repos/{slug}/schedule", records.Repo, "slug"),
    Way(
        commands.RecordPrepared,
        "POST",
        "/repos/{slug}/schedule/prepared",
        records.Event,
        "repo",
        201,
    ),
    Way(commands.RecordAsked, "POST", "/repos/{slug}/vault/asked", records.Event, "repo", 201),
    Way(commands.TakeLease, "POST", "/repos/{slug}/lease", records.Lease, "slug"),
    Way(commands.ReturnLease, "POST", "/repos/{slug}/lease/return", records.Repo, "slug"),
    Way(commands.ApplyPlan, "POST", "/repos/{slug}/apply", records.ReconcileView, "repo"),
    Way(commands.SetGoal, "POST", "/repos/{slug}/goals", records.Goal, "repo", 201),
    Way(commands.EndGoal, "DELETE", "/repos/{slug}/goals", records.Goal, "repo"),
    Way(commands.AddWorkstream, "POST", "/workstreams/", records.Workstream, None, 201),
    Way(
        commands.ChangeWorkstream, "PATCH", "/workstreams/{name}", records.Workstream, "workstream"
    ),
    Way(commands.AddTask, "POST", "/tasks/", records.Task, None, 201),
    Way(commands.ChangeTask, "PATCH", "/tasks/{name}", records.Task, "task"),
    Way(commands.ReopenTask, "POST", "/tasks/{name}/reopen", records.Task, "task"),
    Way(commands.NoteTask, "POST", "/tasks/{name}/notes", records.Task, "task"),
    Way(commands.ClaimTask, "POST", "/tasks/{name}/claim", records.Claim, "task"),
    Way(commands.ClaimTask, "POST", "/repos/{slug}/dispatch", records.Dispatch, "repo"),
    Way(commands.RenewClaim, "POST", "/claims/{id}/renew", records.Claim, "claim"),
    Way(commands.ReleaseClaim, "POST", "/claims/{id}/release", records.Claim, "claim"),
    Way(commands.AskHuman, "POST", "/interventions/", records.Intervention, None, 201),
    Way(
        commands.AnswerHuman,
        "POST",
        "/interventions/{id}/answer",
        records.Intervention,
        "intervention",
    ),
    Way(commands.MakeToken, "POST", "/tokens/", records.NewToken, None, 201),
    Way(commands.RevokeToken, "DELETE", "/tokens/{name}", records.Token, "name"),
)

#: what a change of each may name; the hub says the same to whoever names anything else
CHANGEABLE = {
    commands.ChangeRepo: (
        RepoHere,
        (
            "domain",
            "topic",
            "remote_url",
            "forge_id",
            "default_branch",
            "status",
            "status_reason",
            "last_state_synced_at",
            "kaizen_schedule_enabled",
            "kaizen_schedule_updated_at",
            "host_paths",
        ),
    ),
    commands.ChangeWorkstream: (
        records.Workstream,
        ("title", "workplan_file", "status", "position"),
    ),
    commands.ChangeTask: (
        records.Task,
        (
            "title",
            "description",
            "acceptance",
            "status",
            "priority",
            "position",
            "depends_on",
            "needs_human",
        ),
    ),
}


def way_of(command: commands.Command) -> Way:
    """Where the command goes."""
    if isinstance(command, commands.ClaimTask) and (command.task is None) == (command.repo is None):
        raise BadValue("claim", "name a task, or a repo for its next one")
    ways = [way for way in WAYS if way.command is type(command)]
    return next(
        way for way in ways if way.subject is None or getattr(command, way.subject) is not None
    )


def address(path: str, name: str) -> str:
    """The path with the name in it; a name that no path can hold names nothing."""
    if name in ("", ".", "..") or "/" in name:
        raise UnknownThing(path.split("/")[1].removesuffix("s"), name)
    head, _, tail = path.partition("{")
    return f"{head}{quote(name, safe='')}{tail.partition('}')[2]}"


def body_of(way: Way, command: commands.Command) -> dict[str, Any]:
    """What goes in the body: all that was said, but for what stands in the path."""
    said = {
        key: value
        for key, value in to_json(command).items()
        if value is not None and key != way.subject
    }
    changes: dict[str, Any] = said.pop("changes", {})
    if wrong := sorted(set(changes) & _beside_changes(way)):
        allowed = ", ".join(CHANGEABLE[way.command][1])
        raise BadValue(f"field {', '.join(wrong)}", f"it cannot be changed; these can: {allowed}")
    return {**changes, **said}


def command_of(way: Way, subject: str | None, body: dict[str, Any]) -> Any:
    """The command that a body spells; whatever is no word of it is refused by name."""
    said = dict(body)
    if way.command in CHANGEABLE:
        beside = {key: said.pop(key) for key in _beside_changes(way) & set(said)}
        said = {"changes": said, **beside}
    elif way.subject in said:
        raise BadValue(way.subject, "it stands in the path; leave it out of the body")
    if way.subject is not None:
        said[way.subject] = subject
    return from_json(way.command, said)


def _beside_changes(way: Way) -> set[str]:
    """What stands beside the changes in the body of a change: version, fence."""
    if way.command not in CHANGEABLE:
        return set()
    return {each.name for each in fields(way.command)} - {"changes", way.subject}


def here(repo: records.Repo, host: str) -> RepoHere:
    """The repo as the hub on that host tells it."""
    known = {each.name: getattr(repo, each.name) for each in fields(records.Repo)}
    paths = repo.host_paths
    return RepoHere(**known, host_paths=paths, local_path=paths.get(host))


def read_answer(kind: type[T], value: Any) -> T:
    """The record in an answer."""
    if kind is records.Repo:
        value = _as_kept(value)
    if kind is records.ReconcileView:
        said = object_of(value)
        value = {**said, "repo": _as_kept(said.get("repo"))}
    return from_json(kind, value, newer=True)


def _as_kept(repo: Any) -> dict[str, Any]:
    """The repo without what is only told over HTTP."""
    told = {each.name for each in fields(RepoHere)} - {each.name for each in fields(records.Repo)}
    return {key: value for key, value in object_of(repo).items() if key not in told}


def object_of(value: Any) -> dict[str, Any]:
    """The JSON object that the value is, or an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def code_of(kind: type[CustodianError]) -> str:
    """The error's name as JSON spells it: StaleFence is stale_fence."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()


def error_json(code: str, message: str, details: dict[str, Any]) -> dict[str, Any]:
    """The one shape of every error."""
    return {"error": {"code": code, "message": message, "details": details}}


def details_of(error: CustodianError) -> dict[str, Any]:
    """The fields of the error."""
    told: dict[str, Any] = to_json(error) if is_dataclass(error) else {}
    return told


def error_of(answer: Any) -> CustodianError | None:
    """The error that an answer tells, if it is one of ours."""
    told = object_of(object_of(answer).get("error"))
    kind = _errors().get(str(told.get("code")))
    if kind is None:
        return None
    known = {each.name for each in fields(kind)}
    details = {key: value for key, value in object_of(told.get("details")).items() if key in known}
    try:
        error: CustodianError = from_json(kind, details)
    except BadValue:
        return None
    return error


def _errors() -> dict[str, type[Any]]:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    return {
        code_of(kind): kind
        for kind in kinds
        if issubclass(kind, CustodianError) and is_dataclass(kind)
    }
