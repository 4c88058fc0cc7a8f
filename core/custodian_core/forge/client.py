"""Gitea and Forgejo over HTTP: the port `Forge`, one method a question."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from difflib import get_close_matches
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from custodian_core.codec import stamp
from custodian_core.errors import (
    BadValue,
    ForgeTrouble,
    NotAnOrg,
    NotOnForge,
    UnknownThing,
)
from custodian_core.ports import LISTING_S, ListingProgress
from custodian_core.settings import Settings

from .asking import Asker, address_of
from .questions import Questions
from .reading import (
    read_branch,
    read_checks,
    read_entry,
    read_identity,
    read_issue,
    read_label,
    read_protection,
    read_pull,
    read_repo,
    read_server,
    read_settings,
    read_webhook,
)
from .records import (
    Branch,
    BranchProtection,
    CommitCheck,
    Entry,
    ForgeIdentity,
    ForgeRepo,
    ForgeSettings,
    Issue,
    Label,
    Listing,
    PullRequest,
    ServerInfo,
    Webhook,
)

#: how a forge says that the repo is there, and what was asked of it is not
_NO_SUCH_PATH = "object does not exist"


def open_forge(
    settings: Settings,
    *,
    answer_s: float | None = None,
    pause: Callable[[float], Awaitable[None]] | None = None,
) -> "HttpForge":
    """The forge that the settings name; `answer_s` is how long one answer may take."""
    if not settings.forge_url:
        where = "in the environment, .env or config.toml"
        raise BadValue("GITEA_URL", f"it is not set; set it {where}, as https://git.example")
    url, token = address_of(settings.forge_url), settings.forge_token
    if not token:
        make = "make a token with read:user, read:organization, read:repository in your settings"
        raise BadValue("GITEA_TOKEN", f"it is not set; {make} at {url}")
    return HttpForge(url, token, answer_s=answer_s, pause=pause)


class HttpForge:
    """A forge behind a URL; safe to be asked from several threads at once."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        pause: Callable[[float], Awaitable[None]] | None = None,
        answer_s: float | None = None,
    ) -> None:
        said = {"pause": pause, "answer_s": answer_s}
        given: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        self._ask = Questions(Asker(url, token, **given))

    @property
    def url(self) -> str:
        """The one address it talks to."""
        return self._ask.url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """No connection is open any more."""
        self._ask.close()

    # --- the forge

    def server(self) -> ServerInfo:
        """Which program answers."""
        return self._ask.get(read_server, "/version")

    def settings(self) -> ForgeSettings:
        """How large its pages are."""
        return self._ask.get(read_settings, "/settings/api")

    def whoami(self) -> ForgeIdentity:
        """Whom the token belongs to."""
        return self._ask.get(read_identity, "/user")

    # --- repos

    def org_repos(
        self,
        org: str,
        *,
        within_s: float = LISTING_S,
        progress: ListingProgress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Listing:
        """The repos of an organization."""
        path = _path("orgs", org)
        try:
            return self._ask.repos(f"{path}/repos", within_s, progress, cancelled)
        except NotOnForge:
            raise self._no_org(org) from None

    def user_repos(
        self,
        login: str,
        *,
        within_s: float = LISTING_S,
        progress: ListingProgress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Listing:
        """The repos that a person owns."""
        path = _path("users", login)
        try:
            return self._ask.repos(f"{path}/repos", within_s, progress, cancelled)
        except NotOnForge:
            raise self._ask.not_seen(f"user '{login}'") from None

    def accessible_repos(
        self,
        *,
        within_s: float = LISTING_S,
        progress: ListingProgress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Listing:
        """The repos that the token's owner has, or has a right to."""
        return self._ask.repos("/user/repos", within_s, progress, cancelled)

    def repo(self, full_name: str) -> ForgeRepo:
        """One repo, followed to the name it goes by now."""
        answer = self._ask.answer(_repo_path(full_name), f"repo '{full_name}'")
        return self._ask.read(_renamed(full_name) if answer.moved_to else read_repo, answer.value)

    def repo_by_id(self, repo_id: int) -> ForgeRepo:
        """The repo with that number."""
        return self._ask.get(read_repo, f"/repositories/{repo_id}", f"repo with the id {repo_id}")

    def has_folder(self, full_name: str, path: str, ref: str | None = None) -> bool:
        """Whether there is a folder at the path."""
        try:
            return isinstance(self._contents(full_name, path, ref), list)
        except NotOnForge as error:
            if _NO_SUCH_PATH not in error.reason:
                self.repo(full_name)  # where the repo itself is not to be seen, nothing is known
            return False

    def contents(self, full_name: str, path: str = "", ref: str | None = None) -> tuple[Entry, ...]:
        """What a folder holds."""
        try:
            answer = self._contents(full_name, path, ref)
        except NotOnForge as error:
            if not path and _NO_SUCH_PATH in error.reason:
                return ()  # nothing was ever pushed
            raise
        if not isinstance(answer, list):
            raise NotOnForge(self.url, f"'{path}' of {full_name} is no folder")
        return self._ask.every(read_entry, answer)

    def _contents(self, full_name: str, path: str, ref: str | None) -> Any:
        below = [part for part in path.split("/") if part]
        where = _repo_path(full_name, "contents", *below)
        return self._ask.raw("GET", where, {"ref": ref} if ref else {}).value

    # --- issues and labels

    def issues(
        self,
        full_name: str,
        *,
        state: str = "open",
        labels: Sequence[str] = (),
        since: datetime | None = None,
        limit: int = 200,
    ) -> tuple[Issue, ...]:
        """Issues, the newest first."""
        query = {"type": "issues", "state": state, "labels": ",".join(labels)}
        query |= {"since": stamp(since)} if since else {}
        path = _repo_path(full_name, "issues")
        query = {name: value for name, value in query.items() if value}
        found = self._ask.listed(path, read_issue, lambda issue: issue.id, query, most=limit)
        return tuple(sorted(found, key=lambda issue: -issue.number)[:limit])

    def create_issue(
        self, full_name: str, title: str, body: str = "", labels: Sequence[str] = ()
    ) -> Issue:
        """A new issue; its labels are there already."""
        told = {"title": title, "body": body}
        ids = {"labels": self._label_ids(full_name, labels)} if labels else {}
        return self._ask.send(read_issue, "POST", _repo_path(full_name, "issues"), {**told, **ids})

    def pulls(self, full_name: str, *, state: str = "all") -> tuple[PullRequest, ...]:
        """Pull requests, the newest first."""
        # (the oldest first, one that is made meanwhile moves none to another page)
        query = {"state": state, "sort": "oldest"}
        path = _repo_path(full_name, "pulls")
        found = self._ask.listed(path, read_pull, lambda pull: pull.id, query)
        return tuple(sorted(found, key=lambda pull: -pull.number))

    def labels(self, full_name: str) -> tuple[Label, ...]:
        """The labels of the repo and of its organization."""
        own = self._ask.listed(_repo_path(full_name, "labels"), read_label, lambda label: label.id)
        try:
            path = f"{_path('orgs', full_name.partition('/')[0])}/labels"
            return own + self._ask.listed(path, read_label, lambda label: label.id)
        except NotOnForge:
            return own  # a person has none

    def create_label(
        self, full_name: str, name: str, color: str = "ededed", description: str = ""
    ) -> Label:
        """A new label of the repo."""
        told = {"name": name, "color": f"#{color.removeprefix('#')}", "description": description}
        return self._ask.send(read_label, "POST", _repo_path(full_name, "labels"), told)

    def _label_ids(self, full_name: str, names: Sequence[str]) -> list[int]:
        """The numbers of labels, since a new issue takes nothing else."""
        known = {label.name: label.id for label in reversed(self.labels(full_name))}
        for name in names:
            if name not in known:
                raise UnknownThing("label", name, tuple(get_close_matches(name, known)))
        return [known[name] for name in names]

    # --- webhooks

    def webhooks(self, where: str) -> tuple[Webhook, ...]:
        """The webhooks of a repo or an organization."""
        return self._ask.listed(_hooks(where), read_webhook, lambda hook: hook.id)

    def create_webhook(
        self,
        where: str,
        url: str,
        secret: str,
        *,
        events: Sequence[str] = ("push",),
        branch_filter: str = "",
    ) -> Webhook:
        """A new webhook that is active and signs."""
        told = {
            "type": "gitea",
            "active": True,
            "events": list(events),
            "branch_filter": branch_filter,
            "config": {"url": url, "content_type": "json", "secret": secret},
        }
        return self._ask.send(read_webhook, "POST", _hooks(where), told)

    def update_webhook(self, where: str, hook: Webhook) -> Webhook:
        """The webhook is as `hook` says; all of it is sent, for what is left out would be emptied.

        A forge leaves the secret as it is: for another one, make another webhook.
        """
        told = {
            "active": hook.active,
            "events": list(hook.events),
            "branch_filter": hook.branch_filter,
            "config": {"url": hook.url, "content_type": hook.content_type},
        }
        return self._ask.send(read_webhook, "PATCH", f"{_hooks(where)}/{hook.id}", told)

    def delete_webhook(self, where: str, hook_id: int) -> None:
        """The webhook is not there any more."""
        self._ask.raw("DELETE", f"{_hooks(where)}/{hook_id}")

    # --- branches

    def branch(self, full_name: str, name: str) -> Branch:
        """One branch, and what this token may do to it."""
        path = _repo_path(full_name, "branches", *name.split("/"))
        return self._ask.get(read_branch, path, f"branch '{name}' of {full_name}")

    def commit_checks(self, full_name: str, ref: str) -> tuple[CommitCheck, ...]:
        """What builds said last of the newest commit of a branch."""
        path = _repo_path(full_name, "commits", ref, "status")
        return self._ask.get(read_checks, path, f"branch '{ref}' of {full_name}")

    def branch_protections(self, full_name: str) -> tuple[BranchProtection, ...]:
        """The rules about the repo's branches; the forge gives them in the order they count in."""
        path = _repo_path(full_name, "branch_protections")
        return self._ask.every(read_protection, self._ask.answer(path, f"repo '{full_name}'").value)

    def _no_org(self, org: str) -> ForgeTrouble:
        """Why there is no such organization: the name may be a person's."""
        try:
            self._ask.raw("GET", _path("users", org))
        except ForgeTrouble:
            return self._ask.not_seen(f"organization '{org}'")
        return NotAnOrg(self.url, f"'{org}' is a person; ask for a person's repos instead")


def _renamed(old: str) -> Callable[[Any], ForgeRepo]:
    from dataclasses import replace

    return lambda answer: replace(read_repo(answer), renamed_from=old)


def _path(*parts: str) -> str:
    """The path of those parts; a part that no path can hold names nothing."""
    for part in parts:
        if part in ("", ".", "..") or "/" in part:
            raise UnknownThing("name on the forge", part)
    return "/" + "/".join(quote(part, safe="") for part in parts)


def _repo_path(full_name: str, *parts: str) -> str:
    owner, slash, name = full_name.partition("/")
    if not slash:
        raise BadValue(f"repo '{full_name}'", "on a forge a repo is named owner/name")
    return _path("repos", owner, name, *parts)


def _hooks(where: str) -> str:
    return _repo_path(where, "hooks") if "/" in where else _path("orgs", where, "hooks")
