"""A small Gitea in memory: people, organizations, repos, and who may see what."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

READ_SCOPES = ("read:user", "read:organization", "read:repository", "read:issue")
ALL_SCOPES = tuple(scope.replace("read", "write") for scope in READ_SCOPES)
LONG_AGO = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@dataclass(slots=True)
class DemoPerson:
    """Somebody with an account."""

    id: int
    login: str
    is_admin: bool = False


@dataclass(slots=True)
class DemoToken:
    """Whom a token belongs to, and what it may do."""

    login: str
    scopes: tuple[str, ...] = ALL_SCOPES


@dataclass(slots=True)
class DemoRepo:
    """A repo; `files` are the paths on its default branch, folders follow from them."""

    id: int
    owner: str
    name: str
    description: str = ""
    default_branch: str = "main"
    archived: bool = False
    mirror: bool = False
    fork: bool = False
    template: bool = False
    private: bool = False
    language: str = ""
    size: int = 24
    updated_at: datetime = LONG_AGO
    files: tuple[str, ...] = ("README.md",)
    #: those who may write besides the owner, and those who may only read
    writers: set[str] = field(default_factory=set[str])
    readers: set[str] = field(default_factory=set[str])
    #: where git finds it, where that is not the forge itself
    clone_url: str | None = None
    labels: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    issues: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    pulls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    hooks: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    protections: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def full_name(self) -> str:
        """The name it is asked for by."""
        return f"{self.owner}/{self.name}"

    def next_number(self) -> int:
        """The number of its next issue or pull request, which are counted together."""
        return len(self.issues) + len(self.pulls) + 1


@dataclass(slots=True)
class DemoOrg:
    """An organization; its members may write in all of its repos."""

    id: int
    name: str
    members: set[str]
    labels: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    hooks: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


@dataclass(slots=True)
class DemoForge:
    """All that the forge knows; change it as you like while it is served."""

    version: str = "1.26.4"
    #: what it believes its own address to be, as its administrator wrote it down
    root_url: str = "http://forge.example"
    max_response_items: int = 50
    default_paging_num: int = 30
    people: dict[str, DemoPerson] = field(default_factory=dict[str, DemoPerson])
    orgs: dict[str, DemoOrg] = field(default_factory=dict[str, DemoOrg])
    repos: dict[int, DemoRepo] = field(default_factory=dict[int, DemoRepo])
    tokens: dict[str, DemoToken] = field(default_factory=dict[str, DemoToken])
    #: which repo once went by a name, in small letters
    once: dict[str, int] = field(default_factory=dict[str, int])
    _last_id: int = 0

    def next_id(self) -> int:
        """A number that nothing has yet."""
        self._last_id += 1
        return self._last_id

    def add_person(self, login: str, *, is_admin: bool = False) -> DemoPerson:
        """Somebody new."""
        self.people[login] = DemoPerson(self.next_id(), login, is_admin)
        return self.people[login]

    def add_org(self, name: str, *members: str) -> DemoOrg:
        """A new organization."""
        self.orgs[name] = DemoOrg(self.next_id(), name, set(members))
        return self.orgs[name]

    def add_repo(self, full_name: str, **said: Any) -> DemoRepo:
        """A new repo of a person or an organization that is there."""
        owner, _, name = full_name.partition("/")
        repo = DemoRepo(self.next_id(), owner, name, **said)
        self.repos[repo.id] = repo
        return repo

    def add_token(self, login: str, *scopes: str) -> str:
        """A new token of somebody, with every scope where none is said."""
        secret = secrets.token_hex(20)
        self.tokens[secret] = DemoToken(login, scopes or ALL_SCOPES)
        return secret

    def find(self, full_name: str) -> DemoRepo | None:
        """The repo that goes by that name now."""
        wanted = full_name.lower()
        return next((r for r in self.repos.values() if r.full_name.lower() == wanted), None)

    def rename(self, full_name: str, new: str) -> None:
        """The repo goes by another name, and who asks by the old one is sent on."""
        repo = self.find(full_name)
        if repo is None:
            raise KeyError(full_name)
        self.once[full_name.lower()] = repo.id
        repo.owner, _, repo.name = new.partition("/")

    def may_read(self, login: str, repo: DemoRepo) -> bool:
        """Whether somebody sees the repo."""
        return not repo.private or login in repo.readers or self.may_write(login, repo)

    def may_write(self, login: str, repo: DemoRepo) -> bool:
        """Whether somebody may push to the repo."""
        return login in repo.writers or self.may_rule(login, repo)

    def may_rule(self, login: str, repo: DemoRepo) -> bool:
        """Whether somebody may administer the repo."""
        org = self.orgs.get(repo.owner)
        is_admin = login in self.people and self.people[login].is_admin
        return is_admin or login == repo.owner or (org is not None and login in org.members)
