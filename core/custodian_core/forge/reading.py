"""What a forge answers, read into records: strict about what names a thing, lenient otherwise.

Versions differ in what they tell, so a field that is absent, null or of another kind is as if it
were not said. Without its number and its names nothing can be matched: then `BadValue`.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from custodian_core.errors import BadValue
from custodian_core.wire import object_of

from .records import (
    Branch,
    BranchProtection,
    CommitCheck,
    Entry,
    EntryKind,
    ForgeIdentity,
    ForgeKind,
    ForgeRepo,
    ForgeSettings,
    Issue,
    Label,
    PullRequest,
    ServerInfo,
    Webhook,
)

T = TypeVar("T")

_KINDS = {kind.value: kind for kind in EntryKind}


def read_server(answer: Any) -> ServerInfo:
    """Which program answers; Forgejo says which Gitea it is like, behind its own version."""
    version = _needed(object_of(answer), "version", str)
    is_forgejo = "+gitea" in version or "forgejo" in version.lower()
    return ServerInfo(ForgeKind.FORGEJO if is_forgejo else ForgeKind.GITEA, version)


def read_settings(answer: Any) -> ForgeSettings:
    """How large its pages are; what makes no sense is as if it were not said."""
    said, usual = object_of(answer), ForgeSettings()
    return ForgeSettings(
        max(1, _or(said, "max_response_items", usual.max_response_items)),
        max(1, _or(said, "default_paging_num", usual.default_paging_num)),
    )


def read_identity(answer: Any) -> ForgeIdentity:
    """Whom the token belongs to."""
    said = object_of(answer)
    return ForgeIdentity(
        id=_needed(said, "id", int),
        login=_needed(said, "login", str),
        is_admin=_or(said, "is_admin", default=False),
        full_name=_or(said, "full_name", ""),
    )


def read_repo(answer: Any) -> ForgeRepo:
    """A repo."""
    said = object_of(answer)
    name, owner = _needed(said, "name", str), _needed(object_of(said.get("owner")), "login", str)
    may = object_of(said.get("permissions"))
    return ForgeRepo(
        id=_needed(said, "id", int),
        owner=owner,
        name=name,
        full_name=f"{owner}/{name}",
        clone_url=_or(said, "clone_url", ""),
        ssh_url=_or(said, "ssh_url", ""),
        html_url=_or(said, "html_url", ""),
        description=_or(said, "description", ""),
        default_branch=_or(said, "default_branch", "") or None,
        archived=_or(said, "archived", default=False),
        mirror=_or(said, "mirror", default=False),
        empty=_or(said, "empty", default=False),
        fork=_or(said, "fork", default=False),
        template=_or(said, "template", default=False),
        private=_or(said, "private", default=False),
        language=_or(said, "language", "") or None,
        size_kib=_said(said, "size", int),
        updated_at=_time(said, "updated_at"),
        can_pull=_said(may, "pull", bool),
        can_push=_said(may, "push", bool),
        can_admin=_said(may, "admin", bool),
    )


def read_branch(answer: Any) -> Branch:
    """A branch."""
    said = object_of(answer)
    return Branch(
        name=_needed(said, "name", str),
        protected=_or(said, "protected", default=False),
        user_can_push=_said(said, "user_can_push", bool),
        rule_name=_or(said, "effective_branch_protection_name", "") or None,
    )


def read_checks(answer: Any) -> tuple[CommitCheck, ...]:
    """What builds said of a commit, each its last word; a commit that none spoke of has none."""
    rows = (object_of(row) for row in list_of(object_of(answer).get("statuses")))
    return tuple(
        CommitCheck(
            _or(row, "context", ""),
            # (Gitea says `status`, and other forges `state`)
            _or(row, "status", "") or _or(row, "state", ""),
            _or(row, "description", ""),
            _time(row, "updated_at") or _time(row, "created_at"),
        )
        for row in rows
    )


def read_entry(answer: Any) -> Entry:
    """One name in a folder."""
    said = object_of(answer)
    kind = _needed(said, "type", str)
    if kind not in _KINDS:
        raise BadValue("type", f"it must be one of {', '.join(_KINDS)}")
    return Entry(
        name=_needed(said, "name", str),
        path=_needed(said, "path", str),
        kind=_KINDS[kind],
        size=_or(said, "size", 0),
    )


def read_label(answer: Any) -> Label:
    """A label."""
    said = object_of(answer)
    return Label(
        id=_needed(said, "id", int),
        name=_needed(said, "name", str),
        color=_or(said, "color", ""),
        description=_or(said, "description", ""),
    )


def read_issue(answer: Any) -> Issue:
    """An issue."""
    said = object_of(answer)
    return Issue(
        id=_needed(said, "id", int),
        number=_needed(said, "number", int),
        title=_or(said, "title", ""),
        body=_or(said, "body", ""),
        state=_or(said, "state", ""),
        labels=tuple(_or(object_of(each), "name", "") for each in list_of(said.get("labels"))),
        author=_or(object_of(said.get("user")), "login", ""),
        html_url=_or(said, "html_url", ""),
        created_at=_time(said, "created_at"),
        updated_at=_time(said, "updated_at"),
        closed_at=_time(said, "closed_at"),
    )


def read_pull(answer: Any) -> PullRequest:
    """A pull request; once its branch is gone, only the label still says what that was called."""
    said = object_of(answer)
    head, base = object_of(said.get("head")), object_of(said.get("base"))
    here, there = _said(base, "repo_id", int), _said(head, "repo_id", int)
    return PullRequest(
        id=_needed(said, "id", int),
        number=_needed(said, "number", int),
        title=_or(said, "title", ""),
        state=_needed(said, "state", str),
        merged=_or(said, "merged", default=False),
        head=_or(head, "label", ""),
        from_here=None if not here or not there or there < 0 else here == there,
        base=_or(base, "label", "") or _or(base, "ref", ""),
        author=_or(object_of(said.get("user")), "login", ""),
        html_url=_or(said, "html_url", ""),
        merge_commit=_or(said, "merge_commit_sha", "") or None,
        created_at=_time(said, "created_at"),
        closed_at=_time(said, "closed_at"),
        updated_at=_time(said, "updated_at"),
        commit=_or(head, "sha", "") or None,
        draft=_or(said, "draft", default=False),
        body=_or(said, "body", ""),
    )


def read_webhook(answer: Any) -> Webhook:
    """A webhook; its secret, which old forges tell, is left where it is."""
    said = object_of(answer)
    config = object_of(said.get("config"))
    return Webhook(
        id=_needed(said, "id", int),
        url=_or(config, "url", "") or _or(said, "url", ""),
        events=_texts(said, "events"),
        active=_or(said, "active", default=False),
        branch_filter=_or(said, "branch_filter", ""),
        content_type=_or(config, "content_type", "") or _or(said, "content_type", ""),
    )


def read_protection(answer: Any) -> BranchProtection:
    """A rule about branches; before rules had names, they had a branch's."""
    said = object_of(answer)
    name = _or(said, "rule_name", "") or _needed(said, "branch_name", str)
    return BranchProtection(
        rule_name=name,
        enable_push=_or(said, "enable_push", default=False),
        enable_push_whitelist=_or(said, "enable_push_whitelist", default=False),
        push_whitelist_usernames=_texts(said, "push_whitelist_usernames"),
        push_whitelist_teams=_texts(said, "push_whitelist_teams"),
        push_whitelist_deploy_keys=_or(said, "push_whitelist_deploy_keys", default=False),
        require_signed_commits=_or(said, "require_signed_commits", default=False),
        protected_file_patterns=_or(said, "protected_file_patterns", ""),
        unprotected_file_patterns=_or(said, "unprotected_file_patterns", ""),
        required_approvals=_or(said, "required_approvals", 0),
        enable_status_check=_or(said, "enable_status_check", default=False),
        priority=_said(said, "priority", int),
    )


def read_each(answer: Any, read: Callable[[Any], T]) -> tuple[list[T], int]:
    """What a list holds, and how many of its items could not be read."""
    if not isinstance(answer, list):
        raise BadValue("answer", "it must be a list")
    things: list[T] = []
    items = list_of(answer)
    for item in items:
        try:
            things.append(read(item))
        except BadValue:
            continue
    return things, len(items) - len(things)


def list_of(value: Any) -> list[Any]:
    """The JSON list that the value is, or an empty one."""
    return list(cast("Iterable[Any]", value)) if isinstance(value, list) else []


def _needed(said: dict[str, Any], name: str, kind: type[T]) -> T:
    value = said.get(name)
    # (a truth is a number to Python; an empty name and a number below one name nothing)
    if type(value) is not kind or not value or (isinstance(value, int) and value < 1):
        raise BadValue(name, "it is missing, or nothing that names a thing")
    return value


def _said(said: dict[str, Any], name: str, kind: type[T]) -> T | None:
    value = said.get(name)
    return value if type(value) is kind else None


def _or(said: dict[str, Any], name: str, default: T) -> T:
    value = _said(said, name, type(default))
    return default if value is None else value


def _texts(said: dict[str, Any], name: str) -> tuple[str, ...]:
    return tuple(each for each in list_of(said.get(name)) if isinstance(each, str))


def _time(said: dict[str, Any], name: str) -> datetime | None:
    """The time; forges write the first second of an era where there is none."""
    try:
        at = datetime.fromisoformat(_or(said, name, ""))
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return at.replace(microsecond=0) if at.year > 1970 else None
