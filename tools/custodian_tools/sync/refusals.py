"""Why a forge refused a push: it is asked, in little time, and never at the cost of the run."""

import time
from collections.abc import Callable
from typing import TypeVar

from custodian_core.errors import CustodianError, ForgeTrouble
from custodian_core.forge.repo import ForgeRepo
from custodian_core.git.state import Checkout
from custodian_core.ports import Forge
from custodian_core.records import Repo
from custodian_core.remotes import Remote, remote_of
from custodian_core.settings import Settings

T = TypeVar("T")

#: how long one answer of the forge may take, and from when on it is asked nothing more
ANSWER_S, PATIENCE_S = 2.0, 8.0

#: what a refusal is explained by, for a repo and the checkout that was pushed from
Explain = Callable[[Repo, Checkout], str]


def explainer(settings: Settings) -> Explain:
    """Asks the forge of the settings, where the repo is one of its."""

    def explain(repo: Repo, checkout: Checkout) -> str:
        if not settings.forge_url:
            return ""
        try:
            return _explained(settings, repo, checkout)
        except CustodianError as trouble:
            return f"the forge does not say why ({trouble})"

    return explain


def _explained(settings: Settings, repo: Repo, checkout: Checkout) -> str:
    from custodian_core.forge.client import open_forge

    url = checkout.git.run("remote", "get-url", "--push", checkout.remote).text
    pushed_to = remote_of(url)
    if pushed_to is None or pushed_to.full_name is None:
        return ""
    with open_forge(settings, answer_s=ANSWER_S, pause=_no_pause) as forge:
        until = time.monotonic() + PATIENCE_S
        found = repo_there(forge, repo.forge_id, pushed_to)
        return _of_branch(forge, found, checkout.remote_branch, until) if found else ""


async def _no_pause(_seconds: float) -> None:
    """A run does not wait for a forge that is busy."""


def repo_there(forge: Forge, forge_id: int | None, remote: Remote) -> ForgeRepo | None:
    """The forge's repo that the remote is; another forge is not told the names of our repos."""
    here = remote_of(f"{forge.url}/x")
    if here and here.host == remote.host and remote.full_name:
        return forge.repo(remote.full_name)
    if forge_id is None:
        return None
    from custodian_core.inventory import remotes_of

    found = forge.repo_by_id(forge_id)
    return found if remote in set(remotes_of(found, forge.url)) else None


def _of_branch(forge: Forge, repo: ForgeRepo, branch: str, until: float) -> str:
    from custodian_core.protection import explained

    login = forge.whoami().login
    told = _if_told(lambda: forge.branch(repo.full_name, branch), until)
    rules = _if_told(lambda: forge.branch_protections(repo.full_name), until)
    return explained(repo, branch, login, rules or (), told)


def _if_told(ask: Callable[[], T], until: float) -> T | None:
    """What this token is told, and in time."""
    if time.monotonic() > until:
        return None
    try:
        return ask()
    except ForgeTrouble:
        return None
