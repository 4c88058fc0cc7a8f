"""What is on the forge and what is in the hub, put side by side: facts in, sections out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .commands import ForgeLink
from .forge.repo import ForgeRepo
from .records import Inventory, LeftOut, Repo, RepoStatus
from .remotes import Remote, moved, remote_of
from .text import fitted


class Section(StrEnum):
    """Where a repo stands; each stands in one."""

    REGISTERED = "registered"
    UNREGISTERED = "unregistered"
    HUB_ONLY = "hub_only"
    #: nobody can say: the forge did not tell all, or was not asked for this one
    UNKNOWN = "unknown"
    OUT_OF_SCOPE = "out_of_scope"


class Match(StrEnum):
    """How a repo of the hub was found on the forge."""

    ID = "id"
    REMOTE = "remote"
    NAME = "name"


class Flag(StrEnum):
    """What is to be known of a registered repo beside that it is there."""

    ARCHIVED = "archived"
    RENAMED = "renamed"
    BRANCH = "default-branch"
    READ_ONLY = "no-write"
    MIRROR = "mirror"
    #: nothing but its name says that it is this one
    BY_NAME = "matched-by-name"
    #: several repos of the hub are this one
    SHARED = "shared"


class Why(StrEnum):
    """Why a repo of the hub is not among the forge's."""

    #: it was there to see for this token, and is no more
    STALE = "stale"
    LOCAL = "local-only"
    #: its remote is on another forge
    ELSEWHERE = "elsewhere"
    #: it is gone, or this token does not see it; nobody can tell which
    NOT_VISIBLE = "not-visible"
    PARTIAL = "partial"
    NOT_ASKED = "not-asked"


@dataclass(frozen=True, slots=True)
class Row:
    """One repo, as the hub and the forge know it."""

    section: Section
    repo: Repo | None = None
    forge: ForgeRepo | None = None
    match: Match | None = None
    flags: tuple[Flag, ...] = ()
    why: Why | None = None
    #: why it is out of scope
    reason: str | None = None

    @property
    def name(self) -> str:
        """What it is called: the hub's slug, or the forge's full name."""
        if self.repo:
            return self.repo.slug
        return self.forge.full_name if self.forge else ""


@dataclass(frozen=True, slots=True)
class Stock:
    """Every repo of hub and forge, each in its section, by name."""

    inventory: Inventory
    rows: tuple[Row, ...]

    def of(self, section: Section) -> tuple[Row, ...]:
        """The rows of one section."""
        return tuple(row for row in self.rows if row.section is section)

    @property
    def counts(self) -> dict[Section, int]:
        """How many rows each section has."""
        return {section: len(self.of(section)) for section in Section}


def forge_name(url: str, repos: Iterable[ForgeRepo]) -> str:
    """What the forge calls its own place, whatever address it was asked at."""
    said = (remote_of(repo.clone_url) for repo in repos)
    remote = next((each for each in said if each and each.host), None) or remote_of(f"{url}/x")
    return remote.host if remote else url


class Known:
    """The repos of a forge, to find one by what is known of it."""

    def __init__(self, url: str, repos: Iterable[ForgeRepo]) -> None:
        self.hosts: set[str] = set()
        self.by_id: dict[int, ForgeRepo] = {}
        self._by_remote: dict[Remote, ForgeRepo] = {}
        self._by_path: dict[str, ForgeRepo] = {}
        self._by_name: defaultdict[str, dict[int, ForgeRepo]] = defaultdict(dict)
        if here := remote_of(f"{url}/x"):
            self.hosts.add(here.host)
        for repo in repos:
            self._add(url, repo)

    def _add(self, url: str, repo: ForgeRepo) -> None:
        self.by_id[repo.id] = repo
        for remote in remotes_of(repo, url):
            self._by_remote.setdefault(remote, repo)
            self.hosts.add(remote.host)
        self._by_path.setdefault(repo.full_name.casefold(), repo)
        self._by_name[fitted(repo.name)][repo.id] = repo

    def here(self, remote: Remote | None) -> bool:
        """Whether the remote is on this forge."""
        return remote is not None and remote.host in self.hosts

    def find(self, repo: Repo) -> tuple[ForgeRepo, Match] | None:
        """The forge's repo that the hub's is: by id, else by remote, else by name."""
        remote = remote_of(repo.remote_url)
        same_name = self._by_path.get((remote and remote.full_name) or "")
        by_id = self.by_id.get(repo.forge_id) if repo.forge_id is not None else None
        # (another forge counts its repos too: the number alone says nothing of a remote elsewhere)
        if by_id and (remote is None or self.here(remote) or same_name is by_id):
            return by_id, Match.ID
        if remote is None:
            return self._only(repo.slug)
        if found := self._by_remote.get(remote):
            return found, Match.REMOTE
        if same_name:
            return same_name, Match.NAME
        return None

    def _only(self, slug: str) -> tuple[ForgeRepo, Match] | None:
        """The one repo of that name: two owners' are not guessed between."""
        named = self._by_name.get(slug, {})
        return (next(iter(named.values())), Match.NAME) if len(named) == 1 else None


def remotes_of(repo: ForgeRepo, url: str) -> Iterator[Remote]:
    """Every remote by which the repo is reached, also by the name that it had."""
    for said in addresses(repo, url):
        if (remote := remote_of(said)) and remote.host:
            yield remote
        if repo.renamed_from and (remote := remote_of(moved(said, repo.renamed_from))):
            yield remote


def addresses(repo: ForgeRepo, url: str) -> Iterator[str]:
    """Where the repo is, as the forge tells it and as it is asked."""
    told = (repo.clone_url, repo.ssh_url, repo.html_url, f"{url}/{repo.full_name}")
    return filter(None, dict.fromkeys(told))


def compare(
    inventory: Inventory,
    found: Sequence[ForgeRepo],
    repos: Sequence[Repo],
    left_out: Sequence[LeftOut],
) -> Stock:
    """Each repo of the forge and each of the hub stands in one section."""
    known = Known(inventory.url, found)
    matches = {repo.slug: known.find(repo) for repo in repos}
    holders: defaultdict[int, list[Repo]] = defaultdict(list)
    for repo in repos:
        if (match := matches[repo.slug]) is not None:
            holders[match[0].id].append(repo)
    rows = [_of_hub(repo, matches[repo.slug], holders, inventory, known) for repo in repos]
    decided = {each.forge_id: each.reason for each in left_out if each.forge == inventory.forge}
    rows += [_of_forge(repo, decided) for repo in known.by_id.values() if repo.id not in holders]
    return Stock(inventory, tuple(sorted(rows, key=lambda row: (row.name, row.repo is None))))


def _of_hub(
    repo: Repo,
    match: tuple[ForgeRepo, Match] | None,
    holders: dict[int, list[Repo]],
    inventory: Inventory,
    known: Known,
) -> Row:
    outside = repo.status is RepoStatus.OUT_OF_SCOPE
    if match is None:
        if outside:
            return Row(Section.OUT_OF_SCOPE, repo, reason=repo.status_reason)
        why = _why(repo, inventory, known)
        unknown = why in (Why.PARTIAL, Why.NOT_ASKED)
        return Row(Section.UNKNOWN if unknown else Section.HUB_ONLY, repo, why=why)
    forge, how = match
    others = [each for each in holders[forge.id] if each is not repo]
    flags = tuple(_flags(repo, forge, how, inventory.url, shared=bool(others)))
    if not outside:
        return Row(Section.REGISTERED, repo, forge, how, flags)
    # A forge's repo that is registered under another name too stands there, and only there.
    cared_for = any(each.status is not RepoStatus.OUT_OF_SCOPE for each in others)
    shown = None if cared_for else forge
    return Row(Section.OUT_OF_SCOPE, repo, shown, how, flags, reason=repo.status_reason)


def _flags(repo: Repo, forge: ForgeRepo, how: Match, url: str, *, shared: bool) -> Iterator[Flag]:
    if forge.archived and repo.status is not RepoStatus.ARCHIVED:
        yield Flag.ARCHIVED
    if how is not Match.NAME and _new_address(repo, forge, url):
        yield Flag.RENAMED
    branches = {repo.default_branch, forge.default_branch}
    if len(branches - {None}) > 1 and not forge.empty:
        yield Flag.BRANCH
    if forge.can_push is False:
        yield Flag.READ_ONLY
    if forge.mirror:
        yield Flag.MIRROR
    if how is Match.NAME:
        yield Flag.BY_NAME
    if shared:
        yield Flag.SHARED


def _new_address(repo: Repo, forge: ForgeRepo, url: str) -> str | None:
    """Where the repo is now, spelled as the hub spells it; None where that is where it was."""
    if repo.remote_url is None:
        return None
    current = {remote_of(said) for said in addresses(forge, url)}
    remote = remote_of(repo.remote_url)
    if remote in current or (remote and remote.full_name == forge.full_name.casefold()):
        return None
    return moved(repo.remote_url, forge.full_name)


def _why(repo: Repo, inventory: Inventory, known: Known) -> Why:
    """Why the hub's repo is not among the forge's, as far as anybody can say."""
    if inventory.partial:
        return Why.PARTIAL
    remote = remote_of(repo.remote_url)
    if remote is not None and not known.here(remote):
        return Why.ELSEWHERE if remote.host else Why.LOCAL
    name = asked_as(repo, known)
    if name is None:
        return Why.LOCAL
    if name not in inventory.hidden:
        return Why.NOT_ASKED
    return Why.STALE if _sees_all_of(name, inventory, known) else Why.NOT_VISIBLE


def asked_as(repo: Repo, known: Known) -> str | None:
    """By what the forge can be asked for this one repo: owner/name, or #id."""
    remote = remote_of(repo.remote_url)
    if remote is None:
        return None if repo.forge_id is None else f"#{repo.forge_id}"
    return remote.full_name if known.here(remote) else None


def _sees_all_of(name: str, inventory: Inventory, known: Known) -> bool:
    """Whether a repo that this token is not shown cannot be there.

    It has to be an administrator's or the owner's, and to have shown something private: a token
    for public repos alone is told no more than that.
    """
    owner = name.partition("/")[0]
    entitled = inventory.is_admin or owner == (inventory.login or "").casefold()
    return entitled and any(repo.private for repo in known.by_id.values())


def _of_forge(repo: ForgeRepo, decided: dict[int, str]) -> Row:
    if repo.id in decided:
        return Row(Section.OUT_OF_SCOPE, forge=repo, reason=decided[repo.id])
    return Row(Section.UNREGISTERED, forge=repo)


def unsettled(found: Sequence[ForgeRepo], repos: Sequence[Repo], url: str) -> dict[str, Repo]:
    """The hub's repos that are not in the listing and may be on the forge, by what to ask for."""
    known = Known(url, found)
    asked = {asked_as(repo, known): repo for repo in repos if known.find(repo) is None}
    return {name: repo for name, repo in asked.items() if name is not None}


def links(stock: Stock) -> tuple[ForgeLink, ...]:
    """What the hub has to learn of its repos: the forge's number for each, and new addresses.

    A name alone proves nothing, so nothing is taken over from a match by name.
    """
    found: list[ForgeLink] = []
    for row in stock.rows:
        if row.repo is None or row.forge is None or row.match in (None, Match.NAME):
            continue
        repo, forge = row.repo, row.forge
        address = _new_address(repo, forge, stock.inventory.url)
        if repo.remote_url is None:
            address = forge.clone_url
        if address or repo.forge_id != forge.id:
            found.append(ForgeLink(repo.slug, forge.id, repo.remote_url, address))
    return tuple(found)
