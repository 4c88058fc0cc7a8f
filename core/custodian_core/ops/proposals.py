"""What pull requests propose for the vault: each item has a branch of its own, `vault/<id>`.

What a fork proposes is no proposal: anybody may call a branch of theirs so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from custodian_core.forge.records import PullRequest

from .actions import ID

BRANCHES = "vault/"


class Standing(StrEnum):
    """How the pull request of an item stands."""

    NONE = "none"
    OPEN = "open"
    MERGED = "merged"
    #: without being merged
    CLOSED = "closed"
    #: nobody could say
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Proposal:
    """The pull request that counts for an item, or why nothing is known of one."""

    standing: Standing
    number: int | None = None
    url: str | None = None
    title: str = ""
    author: str = ""
    #: the commit by which it came in
    commit: str | None = None
    #: where nobody could say: why
    why: str | None = None


NO_PROPOSAL = Proposal(Standing.NONE)


@dataclass(frozen=True, slots=True)
class Proposals:
    """What a forge told of a repo's pull requests, by item; or why nothing was heard of any."""

    told: Mapping[str, Proposal] = field(default_factory=dict[str, Proposal])
    #: as `forge not asked: GITEA_URL is not set`; None where the forge told all of them
    unheard: str | None = None

    def about(self, name: str) -> Proposal:
        """The proposal of the item; silence is no answer."""
        if self.unheard is not None:
            return Proposal(Standing.UNKNOWN, why=self.unheard)
        return self.told.get(name, NO_PROPOSAL)


NOT_ASKED = Proposals(unheard="forge not asked")


def proposed(pulls: Iterable[PullRequest], main: str | None) -> Proposals:
    """Each item's pull request for `main`: the open one, else the newest."""
    told: dict[str, Proposal] = {}
    for pull in sorted(pulls, key=lambda pull: (pull.state == "open", pull.number)):
        name = item_of(pull.head)
        if name and pull.from_here and main in (None, pull.base):
            told[name] = _proposal(pull)
    return Proposals(told)


def item_of(branch: str) -> str | None:
    """The item that the branch is for; None where it is for none."""
    name = branch.removeprefix(BRANCHES)
    return name if name != branch and ID.fullmatch(name) else None


def _proposal(pull: PullRequest) -> Proposal:
    standing = Standing.OPEN if pull.state == "open" else Standing.CLOSED
    return Proposal(
        Standing.MERGED if pull.merged else standing,
        pull.number,
        pull.html_url,
        pull.title,
        pull.author,
        pull.merge_commit if pull.merged else None,
    )
