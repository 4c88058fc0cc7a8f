"""Whether a run may write: pure facts about a checkout and its remote in, a decision out."""

from dataclasses import dataclass
from enum import StrEnum

from .findings import Finding, Mode, found


class Relation(StrEnum):
    """How a branch stands to the one that it follows."""

    EVEN = "even"
    AHEAD = "ahead"
    BEHIND = "behind"
    #: both moved, and every commit that only is here is one of Custodian's own
    OWN_ONLY = "own-only"
    DIVERGED = "diverged"
    UNKNOWN = "unknown"


class Next(StrEnum):
    """What comes next in a run."""

    RECONCILE = "reconcile"
    PUSH = "push"
    PULL = "pull"
    #: reconcile on the remote's commit and drop Custodian's own
    REBUILD = "rebuild"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a checkout and its remote."""

    slug: str
    ahead: int | None
    behind: int | None
    #: the names on people's commits that only are here
    people: tuple[str, ...] = ()

    @property
    def relation(self) -> Relation:
        """How the branch stands to the one that it follows."""
        if self.ahead is None or self.behind is None:
            return Relation.UNKNOWN
        if self.ahead and self.behind:
            return Relation.DIVERGED if self.people else Relation.OWN_ONLY
        if self.ahead:
            return Relation.AHEAD
        return Relation.BEHIND if self.behind else Relation.EVEN


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes next, and what has to be told."""

    next: Next
    findings: tuple[Finding, ...] = ()


def decide(facts: Facts, mode: Mode, *, pull: bool, push: bool) -> Decision:
    """Nothing is written from a checkout that lacks what the remote has.

    Looking on is always allowed. `pull` says that the run may fast-forward the checkout, `push`
    that it may push what people committed.
    """
    looking = mode is Mode.CHECK
    match facts.relation:
        case Relation.EVEN | Relation.UNKNOWN:
            return Decision(Next.RECONCILE)
        case Relation.AHEAD:
            return Decision(Next.RECONCILE if looking or not push else Next.PUSH)
        case Relation.BEHIND:
            if pull and not looking:
                return Decision(Next.PULL)
            told = (found("C-16", {"slug": facts.slug}, mode),)
            if looking:
                return Decision(Next.RECONCILE, told)
            gate = found("T02", {"slug": facts.slug}, mode)
            return Decision(Next.STOP, (*told, gate))
        case Relation.OWN_ONLY if not looking and push:
            return Decision(Next.REBUILD)
        case Relation.OWN_ONLY | Relation.DIVERGED:
            return Decision(Next.RECONCILE if looking else Next.STOP, _diverged(facts, mode))


def _diverged(facts: Facts, mode: Mode) -> tuple[Finding, ...]:
    ahead, behind = facts.ahead or 0, facts.behind or 0
    names = ", ".join(dict.fromkeys(facts.people))
    whose = f"the local ones are by {names}" if names else "the local ones are Custodian's own"
    told: dict[str, str | int] = {
        "slug": facts.slug,
        "ahead": ahead,
        "behind": behind,
        "whose": whose,
    }
    return (
        found("C-16", told, mode),
        found("C-17", {**told, "why": "the remote has moved on"}, mode, reason="rejected"),
        found("C-18", told, mode),
    )
