"""What faces ask of the hub alike: which thing a name means, whole lists, the fleet at a glance."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from custodian_core.codec import stamp
from custodian_core.errors import BadValue, Claimed, Conflict, NotRegistered, UnknownThing
from custodian_core.files import shown
from custodian_core.paths import expanded, followed
from custodian_core.ports import Hub
from custodian_core.records import Claim, Event, Intervention, Page, Repo, RepoCounts, Task
from custodian_core.status import Status

T = TypeVar("T")

#: how many items are fetched at a time where all are wanted: as many as a hub gives
AT_ONCE = 1000
#: how much of an id must be said
SHORTEST_ID = 6

STATUSES = tuple(Status)
OPEN = (Status.TODO, Status.IN_PROGRESS, Status.BLOCKED)


def every(ask: Callable[..., Page[T]], **wanted: Any) -> Iterator[T]:
    """Every item of a list, page after page."""
    after: str | None = None
    while True:
        page = ask(after=after, limit=AT_ONCE, **wanted)
        yield from page.items
        if page.cursor is None:
            return
        after = page.cursor


def history(hub: Hub, task: Task) -> Iterator[Event]:
    """All that happened to the task, the oldest first."""
    after: int | None = 0
    while after is not None:
        page = hub.events(after=after, repo=task.repo_slug, subject=task.key, limit=AT_ONCE)
        yield from page.items
        after = int(page.cursor) if page.cursor else None


def slug_of(hub: Hub, name: str, host: str) -> str:
    """The slug of the repo that is meant by a slug, or by the path of a checkout on this host."""
    if "/" not in name and name not in ("", ".", "..", "~"):
        return name
    known, real = checkouts(hub, host), followed(expanded(name))
    for folder in (real, *real.parents):
        if folder in known:
            return known[folder].slug
    reason = "no repo is registered there on this host; `custodian register` does it"
    raise NotRegistered(f"path {shown(real)}", reason)


def checkouts(hub: Hub, host: str) -> dict[Path, Repo]:
    """Every repo that has a checkout on the host, by its folder."""
    return {Path(repo.host_paths[host]): repo for repo in every(hub.repos, host=host)}


def question(hub: Hub, name: str) -> Intervention:
    """The question of that id, or the only one whose id begins so."""
    if not re.fullmatch(rf"[0-9a-f-]{{{SHORTEST_ID},36}}", name.lower()):
        reason = f"it must be a question's id, or at least its first {SHORTEST_ID} characters"
        raise BadValue(f"id '{name[:50]}'", reason)
    if len(name) == 36:
        return hub.intervention(name.lower())
    asked = every(hub.interventions, is_open=None)
    found = [each for each in asked if each.id.startswith(name.lower())]
    if not found:
        raise UnknownThing("question", name)
    if len(found) > 1:
        ids = ", ".join(each.id for each in found[:5])
        raise Conflict(f"question {name}", f"several ids begin so, say more: {ids}")
    return found[0]


def held(hub: Hub, task: Task, holder: str) -> Claim:
    """The claim under which the holder works on the task."""
    claims = [claim for claim in hub.claims(repo=task.repo_slug) if claim.task_id == task.id]
    if not claims:
        raise Conflict(f"task {task.key}", "nobody has a claim on it")
    if claims[0].holder != holder:
        raise Claimed(task.key, claims[0].holder, stamp(claims[0].expires_at))
    return claims[0]


@dataclass(frozen=True, slots=True)
class RepoState:
    """A repo at a glance."""

    repo: Repo
    tasks: dict[Status, int]
    live_claims: int
    open_questions: int

    @property
    def open_tasks(self) -> int:
        """How many tasks have not ended."""
        return sum(map(self.tasks.__getitem__, OPEN))


def fleet(hub: Hub) -> tuple[RepoState, ...]:
    """Every repo at a glance, by slug."""
    counts = {each.repo_slug: each for each in hub.counts()}
    nothing = RepoCounts("", {}, 0, 0)
    return tuple(_state(repo, counts.get(repo.slug, nothing)) for repo in every(hub.repos))


def state_of(hub: Hub, repo: Repo) -> RepoState:
    """One repo at a glance."""
    nothing = RepoCounts(repo.slug, {}, 0, 0)
    return _state(repo, next((c for c in hub.counts() if c.repo_slug == repo.slug), nothing))


def _state(repo: Repo, counts: RepoCounts) -> RepoState:
    tasks = dict.fromkeys(STATUSES, 0)
    for status, number in counts.tasks.items():
        tasks[Status(status)] = number
    return RepoState(repo, tasks, counts.live_claims, counts.open_questions)


def age(at: datetime | None, now: datetime) -> str:
    """How long ago that was, in hours and minutes."""
    if at is None:
        return "never"
    minutes = max(0, int((now - at).total_seconds()) // 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes}m" if hours else f"{minutes}m"


def ago(at: datetime | None, now: datetime) -> str:
    """The same, in a sentence."""
    return f"{age(at, now)} ago" if at else "never"
