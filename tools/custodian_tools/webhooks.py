"""The webhooks by which a forge tells this hub of its repos: put there, looked at, taken away."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from custodian_core.endpoint import endpoint
from custodian_core.errors import BadValue
from custodian_core.forge.records import Webhook
from custodian_core.forge.webhooks import EVENTS, PATH
from custodian_core.ports import Forge, Hub
from custodian_core.records import Repo, RepoStatus
from custodian_core.remotes import remote_of
from custodian_core.settings import Settings

from .hub import every


class Standing(StrEnum):
    """How the hub's webhook stands at one place of the forge."""

    FINE = "fine"
    #: it is there, and would not tell what it should, or not here
    WRONG = "wrong"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Hooked:
    """One place of the forge, a repo or an organization, and how its webhook stands."""

    where: str
    standing: Standing
    #: whether something was done just now
    changed: bool = False

    def to_json(self) -> dict[str, Any]:
        """The place as `--json` shows it."""
        return {"where": self.where, "standing": self.standing.value, "changed": self.changed}


def address(settings: Settings, said: str | None) -> str:
    """Where the forge reaches this hub's door for webhooks."""
    url = said or settings.hub_url
    if url is None:
        reason = "where does the forge reach the hub? Say --url https://hub.example"
        raise BadValue("CUSTODIAN_HUB_URL", reason)
    example = "https://hub.example"
    plain = endpoint(url, "--url" if said else "CUSTODIAN_HUB_URL", "no URL", example)
    return plain.removesuffix(PATH) + PATH


def secret(settings: Settings) -> str:
    """What deliveries are signed with."""
    found = settings.webhook_secret
    if found is None:
        make = "make one with `openssl rand -hex 32`, for the hub's servers too"
        raise BadValue("CUSTODIAN_WEBHOOK_SECRET", f"it is not set; {make}")
    return found


def places(hub: Hub, forge: Forge, names: Sequence[str], org: str | None) -> list[str]:
    """Which places of the forge are meant: those named, or that of every repo in care."""
    if org is not None:
        return [org, *(_place(hub, forge, name) for name in names)]
    if names:
        return list(dict.fromkeys(_place(hub, forge, name) for name in names))
    repos = every(hub.repos, status=RepoStatus.ACTIVE.value)
    return sorted({place for repo in repos if (place := _on(forge, repo))})


def _place(hub: Hub, forge: Forge, name: str) -> str:
    """The `owner/name` of a repo that is named so, or by its slug."""
    if "/" in name:
        return name.strip("/")
    repo = hub.repo(name)
    place = _on(forge, repo)
    if place is None:
        raise BadValue(f"repo {name}", f"it is not on the forge at {forge.url}")
    return place


def _on(forge: Forge, repo: Repo) -> str | None:
    """What the forge calls the repo, where it has it."""
    remote, here = remote_of(repo.remote_url), remote_of(f"{forge.url}/x")
    if remote is None or here is None or remote.host != here.host:
        return None
    return remote.full_name


def install(forge: Forge, where: str, url: str, secret: str, *, renew: bool = False) -> Hooked:
    """The place has one webhook that tells this hub; with `renew` it signs with today's secret."""
    ours = _ours(forge, where, url)
    if len(ours) == 1 and _fine(ours[0]) and not renew:
        return Hooked(where, Standing.FINE)
    kept = None if renew else next(iter(ours), None)
    if kept is None:
        forge.create_webhook(where, url, secret, events=EVENTS)
    elif not _fine(kept):
        wanted = replace(kept, events=EVENTS, active=True, branch_filter="", content_type="json")
        forge.update_webhook(where, wanted)
    for each in ours:  # (the new one stands already: no push falls in between)
        if each is not kept:
            forge.delete_webhook(where, each.id)
    return Hooked(where, Standing.FINE, changed=True)


def status(forge: Forge, where: str, url: str) -> Hooked:
    """Whether the place tells this hub; what it signs with, a forge tells nobody."""
    ours = _ours(forge, where, url)
    if not ours:
        return Hooked(where, Standing.NONE)
    fine = len(ours) == 1 and _fine(ours[0])
    return Hooked(where, Standing.FINE if fine else Standing.WRONG)


def uninstall(forge: Forge, where: str, url: str) -> Hooked:
    """The place tells this hub nothing more; webhooks of others stay."""
    ours = _ours(forge, where, url)
    for each in ours:
        forge.delete_webhook(where, each.id)
    return Hooked(where, Standing.NONE, changed=bool(ours))


def _ours(forge: Forge, where: str, url: str) -> list[Webhook]:
    return [hook for hook in forge.webhooks(where) if hook.url == url]


def _fine(hook: Webhook) -> bool:
    """Whether it tells all that the hub hears, of every branch, in the way that it reads."""
    whole = set(EVENTS) <= set(hook.events) and hook.branch_filter in ("", "*")
    return whole and hook.active and hook.content_type == "json"
