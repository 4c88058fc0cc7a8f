"""From a repo on the forge to one in Custodian's care: registered, cloned, hooked, looked at."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custodian_core.codec import to_json
from custodian_core.commands import Caller, ChangeRepo, LeaveOut, RegisterRepo
from custodian_core.errors import BadValue, Conflict, GitTrouble, UnknownThing
from custodian_core.files import shown
from custodian_core.forge.records import ForgeRepo
from custodian_core.git.runner import Git
from custodian_core.git.state import Folders, find
from custodian_core.inventory import Known, Match, forge_name, remotes_of
from custodian_core.ports import Forge, Hub
from custodian_core.records import LeftOut, Repo, RepoStatus
from custodian_core.remotes import remote_of
from custodian_core.settings import Settings
from custodian_core.text import fitted, printable

from .checkouts import Target
from .hooks import Hooks, install
from .hub import every
from .inventory import kept_repos
from .registering import below_roots, domain_of, look, without_credentials
from .sync import Bench, Options, Report, check, fix, target

#: how long a clone may take
CLONE_S = 900


@dataclass(frozen=True, slots=True)
class Wish:
    """How repos of the forge are to be taken in."""

    #: a folder below which they are cloned; None leaves that to somebody else
    clone_into: Path | None = None
    domain: str | None = None
    ssh: bool = False
    #: take their workplans in and push at once; else they are only looked at
    fix: bool = False
    #: what the hooks are to start
    program: str = "custodian"
    tell: Callable[[str], None] = lambda _what: None


@dataclass(frozen=True, slots=True)
class TakenIn:
    """One repo as it was taken in, and what keeps it from being in step."""

    repo: Repo
    full_name: str
    new: bool
    path: Path | None = None
    cloned: bool = False
    hooks: Hooks | None = None
    report: Report | None = None
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether something that was asked could not be done."""
        return bool(self.report and self.report.failed) or bool(self.hooks and self.hooks.refused)

    def to_json(self) -> dict[str, Any]:
        """The repo as `--json` and the tools show it."""
        return {
            "repo": to_json(self.repo),
            "full_name": self.full_name,
            "new": self.new,
            "path": str(self.path) if self.path else None,
            "cloned": self.cloned,
            "hooks": self.hooks.to_json() if self.hooks else None,
            "report": self.report.to_json() if self.report else None,
            "notes": list(self.notes),
        }


def take_in(forge: Forge, bench: Bench, settings: Settings, name: str, wish: Wish) -> TakenIn:
    """The forge's repo is registered and, where it is to be cloned, hooked and looked at."""
    wish.tell(f"asking the forge for {name}")
    found = forge.repo(full_name(bench.hub, name))
    known = known_as(bench.hub, forge.url, found)
    path, cloned = _checkout(forge, found, known, settings, wish)
    said = _registration(bench.hub, found, known, settings, path, wish)
    repo: Repo = bench.hub.do(said, bench.by)
    notes = tuple(_notes(found, name))
    if path is None:
        return TakenIn(repo, found.full_name, known is None, notes=notes)
    installed = install(Target(path, repo.slug), wish.program, settings)
    wish.tell(f"{'syncing' if wish.fix else 'checking'} {repo.slug}")
    report = _first_run(bench, settings, repo.slug, wish)
    repo = bench.hub.repo(repo.slug)
    return TakenIn(repo, found.full_name, known is None, path, cloned, installed, report, notes)


def full_name(hub: Hub, name: str) -> str:
    """The `owner/name` that is meant; a bare name is looked up in what forges told last."""
    if "/" in name:
        return name.strip("/")
    found = [repo for _, repo in named(hub, name)]
    if not found:
        reason = (
            "no inventory has it; name it as owner/name, or take one: custodian inventory gitea"
        )
        raise BadValue(f"repo '{name[:100]}'", reason)
    return _one_of(found, name).full_name


def named(hub: Hub, name: str) -> Iterator[tuple[str, ForgeRepo]]:
    """The repos of that name, or full name, that forges told of last; each with its forge."""
    wanted = name.strip("/").casefold()
    for inventory in hub.inventories():
        for repo in kept_repos(hub, inventory.forge):
            if wanted in (repo.name.casefold(), repo.full_name.casefold()):
                yield inventory.forge, repo


def _one_of(found: list[ForgeRepo], name: str) -> ForgeRepo:
    if len(found) > 1:
        names = ", ".join(sorted(repo.full_name for repo in found)[:5])
        raise Conflict(f"repo {name}", f"several owners have one; say which: {names}")
    return found[0]


def known_as(hub: Hub, url: str, found: ForgeRepo) -> Repo | None:
    """The hub's repo that this one is; a name alone proves nothing."""
    known = Known(url, (found,))
    for repo in every(hub.repos):
        match = known.find(repo)
        if match and match[1] is not Match.NAME:
            return repo
    return None


def _checkout(
    forge: Forge, found: ForgeRepo, known: Repo | None, settings: Settings, wish: Wish
) -> tuple[Path | None, bool]:
    """Where the repo lies on this host, and whether it was put there just now."""
    here = known.host_paths.get(settings.host) if known else None
    if here and isinstance(find(Path(here)), Folders):
        return below_roots(Path(here), settings), False
    if wish.clone_into is None:
        return None, False
    folder = below_roots(wish.clone_into, settings)
    path = folder / _folder_name(found)
    if path.exists():
        _refuse_another(path, forge.url, found, settings)
        return path, False
    wish.tell(f"cloning {found.full_name}")
    address = _ssh_address(found) if wish.ssh else _http_address(forge.url, found)
    words = ("clone", "--quiet", "--no-recurse-submodules", "--origin", "origin")
    ran = Git(folder).run(*words, "--end-of-options", address, path.name, limit_s=CLONE_S)
    if not ran.ok:
        raise GitTrouble(shown(path), "clone", f"{ran.told}{_way_in(wish)}")
    return path, True


def _folder_name(found: ForgeRepo) -> str:
    """The repo's name as a folder; nothing that a forge says leads elsewhere."""
    name = found.name
    if not name.isprintable() or name in ("", ".", "..") or name.startswith("-") or "/" in name:
        raise BadValue(f"repo '{printable(name, 100)}'", "its name is none for a folder")
    return name


def _http_address(url: str, found: ForgeRepo) -> str:
    """The address that the forge tells, where that is on the forge; else the one it is asked at.

    What a forge believes its own address to be is what somebody once wrote down.
    """
    said, asked = remote_of(found.clone_url), remote_of(f"{url}/x")
    scheme = found.clone_url.partition("://")[0].lower()
    if said and asked and said.host == asked.host and scheme in ("http", "https"):
        return without_credentials(found.clone_url)
    return f"{url}/{found.full_name}.git"


def _ssh_address(found: ForgeRepo) -> str:
    """The address for ssh that the forge tells, and no other kind."""
    said = found.ssh_url
    scheme, there, _ = said.partition("://")
    kind = scheme if there else "ssh"
    remote = remote_of(said)
    if kind != "ssh" or remote is None or not remote.host or said.startswith("-"):
        raise BadValue(f"repo {found.full_name}", "the forge tells no address for ssh")
    return said


def _way_in(wish: Wish) -> str:
    if wish.ssh:
        return "; is your ssh key known to the forge?"
    return "; set up git's credentials for the forge, or clone by ssh with --ssh"


def _refuse_another(path: Path, url: str, found: ForgeRepo, settings: Settings) -> None:
    """Raise `Conflict` where something else than this repo's checkout lies there."""
    remote = look(path, settings).remote_url
    if remote_of(remote) not in set(remotes_of(found, url)):
        told = f"its remote is {printable(remote)}" if remote else "it has no remote"
        reason = f"something else lies there ({told}); move it, or clone elsewhere"
        raise Conflict(shown(path), reason)


def _registration(
    hub: Hub,
    found: ForgeRepo,
    known: Repo | None,
    settings: Settings,
    path: Path | None,
    wish: Wish,
) -> RegisterRepo:
    told = look(path, settings).remote_url if path else None
    said = domain_of(path) if path else None
    # (until a repo was synced, its domain is a guess from its owner's name)
    settled = known.domain if known and (known.last_state_synced_at or not said) else None
    return RegisterRepo(
        slug=known.slug if known else _free_slug(hub, found),
        domain=wish.domain or settled or said or fitted(found.owner) or "forge",
        host=settings.host if path else None,
        path=str(path) if path else None,
        remote_url=told or (None if known else without_credentials(found.clone_url)),
        forge_id=found.id,
        default_branch=found.default_branch,
    )


def _free_slug(hub: Hub, found: ForgeRepo) -> str:
    """The repo's name, or with its owner's before it where another repo has that."""
    for slug in (fitted(found.name), fitted(f"{found.owner}-{found.name}")):
        if slug and not hub.repos(slug=slug).items:
            return slug
    reason = "both its name and owner-name are taken; clone it and name it: "
    how = "custodian repo register PATH --slug SLUG --domain DOMAIN"
    raise Conflict(f"repo {found.full_name}", reason + how)


def _notes(found: ForgeRepo, name: str) -> Iterator[str]:
    """What keeps the repo from being in step, as the forge tells it."""
    if found.renamed_from:
        yield f"{printable(name)} is called {found.full_name} now"
    if found.archived:
        yield "it is archived on the forge: nothing can be pushed"
    elif found.can_push is False:
        yield "this token may not push to it"
    if found.mirror:
        yield "it is a mirror: what is pushed to it is overwritten"
    if found.empty:
        yield "it is empty; push a first commit"


def _first_run(bench: Bench, settings: Settings, slug: str, wish: Wish) -> Report:
    there = target(bench.hub, settings, slug)
    # A repo that was just cloned has nobody at work in it.
    return (fix if wish.fix else check)(bench, there.repo, there.top, Options(settle_s=0))


def put_out_of_scope(
    opened: Callable[[], AbstractContextManager[Forge]],
    hub: Hub,
    by: Caller,
    name: str,
    reason: str,
) -> Repo | LeftOut:
    """The repo is nobody's to care for, and why; it is the hub's, or one that no hub knows."""
    if (known := _in_hub(hub, name)) is not None:
        return _left_alone(hub, by, known, reason)
    found = list(named(hub, name))
    if found:
        repo = _one_of([each for _, each in found], name)
        forge = found[0][0]
        url = next(each.url for each in hub.inventories() if each.forge == forge)
    elif "/" in name:
        with opened() as asked:
            repo, url = asked.repo(name.strip("/")), asked.url
        forge = forge_name(url, (repo,))
    else:
        reason_ = "neither the hub nor an inventory has it; name it as owner/name"
        raise BadValue(f"repo '{name[:100]}'", reason_)
    if (known := known_as(hub, url, repo)) is not None:
        return _left_alone(hub, by, known, reason)
    left_out: LeftOut = hub.do(LeaveOut(forge, repo.id, repo.full_name, reason), by)
    return left_out


def _left_alone(hub: Hub, by: Caller, repo: Repo, reason: str) -> Repo:
    changes = {"status": RepoStatus.OUT_OF_SCOPE.value, "status_reason": reason}
    if (repo.status, repo.status_reason) == (RepoStatus.OUT_OF_SCOPE, reason):
        return repo
    changed: Repo = hub.do(ChangeRepo(repo.slug, changes), by)
    return changed


def _in_hub(hub: Hub, name: str) -> Repo | None:
    if "/" in name:
        return None
    try:
        return hub.repo(name)
    except UnknownThing:
        return None
