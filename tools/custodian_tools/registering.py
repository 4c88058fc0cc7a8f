"""A checkout on this host made known to the hub: what is said, and what the checkout tells."""

import os
import re
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from custodian_core.commands import RegisterRepo
from custodian_core.errors import BadValue, Conflict, FileTrouble, UnknownThing
from custodian_core.files import shown
from custodian_core.findings import Finding
from custodian_core.ports import Hub
from custodian_core.records import Repo
from custodian_core.remotes import remote_of
from custodian_core.settings import Settings
from custodian_core.surroundings import surroundings
from custodian_core.text import fitted

from .hub import checkouts, every

if TYPE_CHECKING:  # every sweep imports this module, and few need to read workplans
    from custodian_core.workplan.model import Workplan

#: how long git may take to answer from a folder on this machine
PATIENCE_S = 20

#: what to do where the sensible name will not do
BY_NAME = "give it a name: custodian repo register PATH --slug SLUG --domain DOMAIN"

#: a hook's git sets these, and then they name the hook's repo whatever folder is asked for
_OF_ANOTHER_REPO = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_NAMESPACE"}
)


@dataclass(frozen=True, slots=True)
class Checkout:
    """What a checkout tells of itself."""

    path: Path
    remote_url: str | None
    #: the remote's default branch, where it is known here
    default_branch: str | None
    branch: str | None


def look(path: Path, settings: Settings) -> Checkout:
    """The checkout whose top folder is `path`, below the folders where checkouts may live."""
    real = below_roots(path, settings)
    top = _git(real, "rev-parse", "--show-toplevel")
    if top is None:
        raise FileTrouble(shown(path), "it is no checkout of a git repo; begin one with `git init`")
    if Path(top).resolve() != real:
        raise FileTrouble(shown(path), f"it lies within a repo; name its top, {shown(Path(top))}")
    remote = _git(real, "remote", "get-url", "origin")
    default = _git(real, "symbolic-ref", "--short", "refs/remotes/origin/HEAD")
    return Checkout(
        path=real,
        remote_url=without_credentials(remote) if remote else None,
        default_branch=default.removeprefix("origin/") if default else None,
        branch=_git(real, "symbolic-ref", "--short", "HEAD"),
    )


def below_roots(path: Path, settings: Settings) -> Path:
    """The folder with links followed, which lies where checkouts may live."""
    try:
        real = path.expanduser().resolve()
    except (OSError, RuntimeError) as error:
        raise FileTrouble(shown(path), "it cannot be followed to a folder") from error
    if not real.exists():
        raise FileTrouble(shown(path), "there is no such folder")
    if not any(real.is_relative_to(root) for root in settings.grounds):
        roots = ", ".join(shown(root) for root in settings.roots)
        reason = f"it is not below {roots}; set CUSTODIAN_ROOTS to where your checkouts live"
        raise BadValue(f"path {shown(real)}", reason)
    if not real.is_dir():
        raise FileTrouble(shown(path), "it is no folder")
    return real


def registration(hub: Hub, path: Path, settings: Settings) -> RegisterRepo:
    """The sensible registration of a checkout: what the hub knows stays, the rest is read here.

    Refused where it would take the name, or the folder on this host, from another checkout.
    """
    checkout = look(path, settings)
    known = checkouts(hub, settings.host).get(checkout.path) or _of_remote(hub, checkout.remote_url)
    slug = known.slug if known else _slug(checkout.path)
    known = known or _named(hub, slug)
    if known:
        _refuse_another(known, checkout, settings.host)
    return RegisterRepo(
        slug=slug,
        domain=domain_of(checkout.path) or (known.domain if known else slug),
        host=settings.host,
        path=str(checkout.path),
        remote_url=checkout.remote_url,
        default_branch=checkout.default_branch or _guess(known, checkout),
    )


def named_registration(
    hub: Hub, path: Path, settings: Settings, said: RegisterRepo
) -> RegisterRepo:
    """The registration that was asked for; what was not said is what the checkout tells."""
    checkout = look(path, settings)
    default = checkout.default_branch or _guess(_named(hub, said.slug), checkout)
    return replace(
        said,
        host=settings.host,
        path=str(checkout.path),
        remote_url=without_credentials(said.remote_url or checkout.remote_url or "") or None,
        default_branch=said.default_branch or default,
    )


def _guess(known: Repo | None, checkout: Checkout) -> str | None:
    """The branch that is checked out, unless the hub knows better."""
    return known.default_branch if known and known.default_branch else checkout.branch


def _of_remote(hub: Hub, remote_url: str | None) -> Repo | None:
    """The one repo that has this remote, whatever its folder is called elsewhere."""
    remote = remote_of(remote_url)
    if remote is None:
        return None
    same = [repo for repo in every(hub.repos) if remote_of(repo.remote_url) == remote]
    return same[0] if len(same) == 1 else None


def _named(hub: Hub, slug: str) -> Repo | None:
    try:
        return hub.repo(slug)
    except UnknownThing:
        return None


def _refuse_another(known: Repo, checkout: Checkout, host: str) -> None:
    """Raise `Conflict` where the known repo is another one, or lies elsewhere on this host."""
    folder = known.host_paths.get(host)
    if folder == str(checkout.path):
        return
    if folder and Path(folder).is_dir():
        raise Conflict(f"repo {known.slug}", f"it lies in {folder} on this host; {BY_NAME}")
    if known.remote_url and remote_of(known.remote_url) != remote_of(checkout.remote_url):
        raise Conflict(f"repo {known.slug}", f"its remote is {known.remote_url}; {BY_NAME}")


def _slug(path: Path) -> str:
    slug = fitted(path.name)
    if not slug:
        raise BadValue(f"folder {shown(path)}", f"no slug can be made of its name; {BY_NAME}")
    return slug


def domain_of(root: Path) -> str | None:
    """What the newest workplan that can be read calls the domain."""
    # (who only asks where a checkout may lie reads no workplan)
    from .workplans import read_workplan, workplan_files

    plans = [
        plan
        for file in workplan_files(root)
        if not isinstance(file, Finding) and (plan := read_workplan(file).workplan)
    ]
    newest = max(plans, key=_number, default=None)
    return fitted((newest and newest.text("domain")) or "") or None


def _number(plan: "Workplan") -> int:
    """How far along its series a plan is; -1 where its id does not count."""
    end = plan.id.rpartition("-")[2]
    return int(end) if end.isdecimal() else -1


def without_credentials(url: str) -> str:
    """The remote's address without what opens it: a password, a token, a query."""
    scheme, there, rest = url.partition("://")
    if not there:
        return url
    place, slash, path = rest.partition("/")
    user, _, host = place.rpartition("@")
    if scheme.lower() in ("http", "https"):  # here even a bare user can be a token
        return f"{scheme}://{host}{slash}{re.split('[?#]', path)[0]}"
    name = user.partition(":")[0]
    return f"{scheme}://{name}@{host}{slash}{path}" if name else f"{scheme}://{host}{slash}{path}"


def _git(folder: Path, *arguments: str) -> str | None:
    """What git answers in that folder, or nothing where it refuses."""
    said = surroundings().items()
    env = {name: value for name, value in said if name not in _OF_ANOTHER_REPO}
    try:
        answer = subprocess.run(
            ["git", "-C", folder, *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE_S,
            env={**env, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"},
        )
    except FileNotFoundError as error:
        raise FileTrouble("git", "it is not on PATH; install it to register checkouts") from error
    except subprocess.TimeoutExpired as error:
        raise FileTrouble(shown(folder), f"git did not answer in {PATIENCE_S} seconds") from error
    if b"dubious ownership" in answer.stderr:
        reason = "git does not trust who owns it; add it to git's safe.directory"
        raise FileTrouble(shown(folder), reason)
    told = os.fsdecode(answer.stdout).rstrip("\n")
    return told if answer.returncode == 0 and told else None
