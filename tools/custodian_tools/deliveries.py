"""What a forge's webhook tells, taken to heart: names follow, and a sync is asked for."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from custodian_core.commands import Caller, ChangeRepo
from custodian_core.errors import Conflict
from custodian_core.forge.records import ForgeRepo
from custodian_core.forge.webhooks import Heard
from custodian_core.inventory import Known, Match
from custodian_core.ports import Hub, Lookout
from custodian_core.records import Repo
from custodian_core.remotes import moved, remote_of

from .requesting import Hearing, sync_requested


class ServedHub(Hub, Lookout, Protocol):
    """The hub of the process that serves it."""


def take_in(
    hub: ServedHub,
    url: str | None,
    heard: Heard,
    delivery: str,
    by: Caller,
    hear: Hearing | None = None,
) -> list[Repo]:
    """The hub's repos that were meant, as they are now; a delivery does nothing twice."""
    return [_told(hub, repo, heard, delivery, by, hear) for repo in _meant(hub, url, heard.repo)]


def _meant(hub: ServedHub, url: str | None, told: ForgeRepo) -> Iterator[Repo]:
    """The repos that this one of the forge is; a name alone proves nothing."""
    known = Known(url or _site(told), (told,))
    for repo in hub.repos_like(told.id, told.name):
        match = known.find(repo)
        if match and match[1] is not Match.NAME:
            yield repo


def _site(told: ForgeRepo) -> str:
    """Where the forge is, by its own account."""
    return told.html_url.removesuffix(f"/{told.full_name}")


def _told(
    hub: Hub, repo: Repo, heard: Heard, delivery: str, by: Caller, hear: Hearing | None
) -> Repo:
    changes = _learned(repo, heard.repo)
    if changes:
        repo = hub.do(ChangeRepo(repo.slug, changes), by)
    if not (heard.moved or changes):
        return repo
    archived = "; it is archived there" if heard.repo.archived else ""
    once = replace(by, idempotency_key=f"delivery {delivery} {repo.id}")
    try:
        return sync_requested(hub, repo.slug, f"{heard.what}{archived}", once, hear)
    except Conflict:  # (the id was used for another delivery: whoever sent that one was heard)
        return repo


def _learned(repo: Repo, told: ForgeRepo) -> dict[str, object]:
    """What the hub did not know: the repo's number on the forge, and what it is called there."""
    remote = remote_of(repo.remote_url)
    changes: dict[str, object] = {}
    if repo.forge_id != told.id:
        changes["forge_id"] = told.id
    if repo.remote_url and remote and remote.full_name != told.full_name.casefold():
        changes["remote_url"] = moved(repo.remote_url, told.full_name)
    return changes
