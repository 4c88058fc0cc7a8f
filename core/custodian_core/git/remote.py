"""Fetching and pushing: what came of it, told by comparing commits before it is told by texts."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from custodian_core.surroundings import surroundings

from .runner import PATIENT, REMOTE_S, Git, Ran
from .state import Checkout, NotHere, probe

#: programs on the other side are ours to name, not the repo's configuration
_UPLOAD, _RECEIVE = "--upload-pack=git-upload-pack", "--receive-pack=git-receive-pack"
_SAFE_NAME = re.compile(r"[^-].*")


class Reached(StrEnum):
    """What came of asking the remote."""

    FRESH = "fresh"
    UNREACHABLE = "unreachable"
    AUTH = "auth"
    #: the branch is not there any more
    GONE = "gone"
    NOT_ASKED = "not-asked"


class Refusal(StrEnum):
    """Why a push did not land, in the words of C-17."""

    REJECTED = "rejected"
    PROTECTED = "protected"
    AUTH = "auth"
    OFFLINE = "offline"
    HOOK = "hook"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the remote answered, and the checkout as it stands against that."""

    reached: Reached
    why: str
    checkout: Checkout


@dataclass(frozen=True, slots=True)
class Pushed:
    """Whether the commit is on the remote, and where not, why not."""

    refusal: Refusal | None
    why: str = ""

    @property
    def ok(self) -> bool:
        """Whether it is there."""
        return self.refusal is None


#: a fetch that brings the one branch, and writes down nothing else
_QUIETLY = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
_AUTH = re.compile(
    r"authentication failed|could not read (?:username|password)|permission denied|"
    r"terminal prompts disabled|invalid (?:username|credentials)|host key verification failed|"
    r"access denied|unauthorized|returned error: 40[137]|askpass|not authorized",
    re.IGNORECASE,
)
_GONE = re.compile(r"couldn't find remote ref", re.IGNORECASE)
_PROTECTED = re.compile(
    r"protected|pre-receive|hook declined|gh0\d\d|not allowed|read-only|archived|"
    r"denied by|prohibited|branch rule|deny(?:ing|updat)|refusing",
    re.IGNORECASE,
)
_TOO_LARGE = re.compile(r"\b413\b|too large|quota", re.IGNORECASE)
_OURSELVES = re.compile(r"pre-push|hook", re.IGNORECASE)


def fetch(checkout: Checkout, limit_s: float | None = None) -> Fetched:
    """The remote's branch as it is now; nothing but the remembered branch changes here."""
    if not _SAFE_NAME.fullmatch(checkout.remote):
        return Fetched(Reached.UNREACHABLE, "the remote's name is not one", checkout)
    wanted = f"+{checkout.remote_ref}:{checkout.tracking}"
    ran = _asked(checkout, "fetch", *_QUIETLY, wanted=wanted, limit_s=limit_s)
    if not ran.ok:
        reached = _why_not(ran)
        return _gone(checkout) if reached is Reached.GONE else Fetched(reached, ran.told, checkout)
    now = probe(checkout.folders.top)
    # Somebody may have begun a rebase meanwhile; the next look says so.
    return Fetched(Reached.FRESH, "", checkout if isinstance(now, NotHere) else now)


def ask(checkout: Checkout, limit_s: float | None = None) -> Fetched:
    """The same without writing any name down: what the remote has is counted, not remembered."""
    if not _SAFE_NAME.fullmatch(checkout.remote):
        return Fetched(Reached.UNREACHABLE, "the remote's name is not one", checkout)
    git = checkout.git
    ran = _asked(checkout, "ls-remote", wanted=checkout.remote_ref, limit_s=limit_s)
    if not ran.ok:
        return Fetched(_why_not(ran), ran.told, checkout)
    tip = ran.text.partition("\t")[0]
    if not tip:
        return _gone(checkout)
    if not git.run("cat-file", "-e", f"{tip}^{{commit}}").ok:
        words = (*_QUIETLY, "--refmap=")
        ran = _asked(checkout, "fetch", *words, wanted=checkout.remote_ref, limit_s=limit_s)
        if not ran.ok:
            return Fetched(_why_not(ran), ran.told, checkout)
    counted = git.run("rev-list", "--left-right", "--count", f"{checkout.head}...{tip}", "--")
    if not counted.ok:
        return Fetched(Reached.UNREACHABLE, counted.told, checkout)
    with git.understood("rev-list"):
        ahead, behind = map(int, counted.text.split())
    return Fetched(Reached.FRESH, "", replace(checkout, ahead=ahead, behind=behind))


def _asked(checkout: Checkout, *words: str, wanted: str, limit_s: float | None) -> Ran:
    """What the remote answers where it is asked for that branch in those words."""
    return checkout.git.run(
        *words,
        _UPLOAD,
        "--end-of-options",
        checkout.remote,
        wanted,
        limit_s=limit_s or REMOTE_S,
        env=_ssh(),
    )


def _gone(checkout: Checkout) -> Fetched:
    """The branch is not there: it was once, or it was never pushed, as after the first commit."""
    branch = checkout.remote_branch
    why = f"branch {branch} is not on the remote any more"
    if checkout.remembered is None:
        push = f"git push -u {checkout.remote} {branch}"
        why = f"branch {branch} is not on the remote yet; `{push}` puts it there"
    return Fetched(Reached.GONE, why, checkout)


def _ssh() -> dict[str, str]:
    """How the user reaches remotes by ssh, where their own configuration says it."""
    env = surroundings()
    if env.get("GIT_SSH_COMMAND"):
        return {}  # the runner takes that over
    home = tuple(env.get(name) for name in ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"))
    said = _configured_ssh(home)
    return {"GIT_SSH_COMMAND": f"{said} {PATIENT}"} if said else {}


@lru_cache(8)
def _configured_ssh(_home: tuple[str | None, ...]) -> str:
    """What is configured for all of the user's repos; a repo's own word is not asked."""
    return Git(Path("/")).run("config", "--global", "--get", "core.sshCommand").text


def _why_not(ran: Ran) -> Reached:
    if _GONE.search(ran.err):
        return Reached.GONE
    return Reached.AUTH if _AUTH.search(ran.err) else Reached.UNREACHABLE


def push(
    checkout: Checkout, commit: str, *, hooks: bool = False, limit_s: float | None = None
) -> Pushed:
    """The remote's branch is at `commit`, by fast-forward; never by force."""
    ran = checkout.git.run(
        "push",
        "--porcelain",
        "--no-follow-tags",
        "--recurse-submodules=no",
        _RECEIVE,
        "--end-of-options",
        checkout.remote,
        f"{commit}:{checkout.remote_ref}",
        limit_s=limit_s or REMOTE_S,
        env=_ssh(),
        hooks=hooks,
    )
    if ran.ok:
        return Pushed(None)
    return Pushed(_refusal(ran), ran.told)


def has_push_hook(checkout: Checkout) -> bool:
    """Whether the user's own git would run a hook before it pushes."""
    ran = checkout.git.run("rev-parse", "--git-path", "hooks/pre-push", hooks=True)
    return ran.ok and (checkout.folders.top / ran.text).is_file()


def _refusal(ran: Ran) -> Refusal:
    said = f"{ran.out.decode(errors='replace')}\n{ran.err}"
    if "[remote rejected]" in said or _PROTECTED.search(said):
        moved = re.search(r"incorrect old value|cannot lock ref|failed to update ref", said)
        return Refusal.REJECTED if moved else Refusal.PROTECTED
    if "[rejected]" in said or _TOO_LARGE.search(said):
        return Refusal.REJECTED
    if _AUTH.search(said):
        return Refusal.AUTH
    if "failed to push some refs" in said and _OURSELVES.search(said):
        return Refusal.HOOK
    return Refusal.OFFLINE
