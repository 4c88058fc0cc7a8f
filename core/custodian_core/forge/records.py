"""What a forge knows, as values. Ids are the forge's own numbers, times aware UTC."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .repo import ForgeRepo as ForgeRepo


class ForgeKind(StrEnum):
    """Which of the two programs a forge is; they answer alike, but for a few fields."""

    GITEA = "gitea"
    FORGEJO = "forgejo"


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """Which program answers, and which version of it."""

    kind: ForgeKind
    version: str


@dataclass(frozen=True, slots=True)
class ForgeSettings:
    """How many things the forge gives in one page, at most and where nobody says."""

    max_response_items: int = 50
    default_paging_num: int = 30


@dataclass(frozen=True, slots=True)
class ForgeIdentity:
    """Whom the forge takes the token for; what it does not see, the token may not see."""

    id: int
    login: str
    is_admin: bool = False
    full_name: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The repos that were read; where `partial`, there are more, and `notes` say why."""

    repos: tuple[ForgeRepo, ...] = ()
    partial: bool = False
    notes: tuple[str, ...] = ()
    #: how many the forge counts, also those that this token does not see; None where it does not
    #: say
    total: int | None = None


class EntryKind(StrEnum):
    """What stands at a path of a repo."""

    FILE = "file"
    FOLDER = "dir"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a folder of a repo."""

    name: str
    path: str
    kind: EntryKind
    size: int = 0


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch, and what this token may do to it; anybody who may read the repo is told."""

    name: str
    protected: bool
    #: None where the forge did not say
    user_can_push: bool | None = None
    #: the rule that holds for it
    rule_name: str | None = None


@dataclass(frozen=True, slots=True)
class CommitCheck:
    """What a build said of a commit last, in the forge's word, and when."""

    context: str
    state: str
    description: str = ""
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A word that issues can be marked with; a forge knows it by its number."""

    id: int
    name: str
    color: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue of a repo; a pull request is none."""

    id: int
    number: int
    title: str
    body: str
    state: str
    labels: tuple[str, ...]
    author: str
    html_url: str
    created_at: datetime | None = None
    updated_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What was proposed for a branch of a repo, and whether that was taken."""

    id: int
    number: int
    title: str
    #: open or closed
    state: str
    merged: bool
    #: the branch it proposes, by the name that it had where it is gone by now
    head: str
    #: whether that is a branch of the same repo; None where its repo is gone, or not to be seen
    from_here: bool | None
    #: the branch that it is proposed for
    base: str
    author: str
    html_url: str
    #: the commit by which it came in
    merge_commit: str | None = None
    created_at: datetime | None = None
    closed_at: datetime | None = None
    #: when anybody last did anything to it, a word or a push
    updated_at: datetime | None = None
    #: the newest commit that it proposes
    commit: str | None = None
    #: whoever made it says that it is not ready
    draft: bool = False
    body: str = ""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Whom the forge tells of events; its secret is told to nobody again."""

    id: int
    url: str
    events: tuple[str, ...]
    active: bool
    branch_filter: str = ""
    content_type: str = "json"


@dataclass(frozen=True, slots=True)
class BranchProtection:
    """A rule about the branches whose names fit it: who may push what to them."""

    rule_name: str
    enable_push: bool
    enable_push_whitelist: bool = False
    push_whitelist_usernames: tuple[str, ...] = ()
    push_whitelist_teams: tuple[str, ...] = ()
    push_whitelist_deploy_keys: bool = False
    require_signed_commits: bool = False
    #: globs with ; between them: files that nobody may push, and files that anybody with the right
    #: to write may push although the branch is protected
    protected_file_patterns: str = ""
    unprotected_file_patterns: str = ""
    required_approvals: int = 0
    enable_status_check: bool = False
    #: where several rules fit a branch, the first counts; None where the forge does not order them
    priority: int | None = None
