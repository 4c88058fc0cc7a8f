"""What a repo's history tells a merge: what is an ancestor, what was reopened on purpose."""

from collections.abc import Iterable

from custodian_core.merging import Doubt, Evidence
from custodian_core.text import printable

from .ancestry import is_ancestor
from .runner import Git

#: the trailer by which a commit reopens a task on purpose: its id, and a reason after it
REOPEN = "Custodian-Reopen"
HUB = "Custodian-Hub"
#: how many commits are looked at for another hub's mark
RECENT = 200


def evidence(git: Git, commit: str, doubts: Iterable[Doubt]) -> Evidence:
    """What the history of `commit` says about these doubts."""
    doubts = tuple(doubts)
    bases = dict.fromkeys(doubt.commit for doubt in doubts)
    ancestors = frozenset(base for base in bases if is_ancestor(git, base, commit))
    reopens: dict[str, str] = {}
    for doubt in doubts:
        if doubt.back and doubt.commit in ancestors:
            reason = _reopened(git, doubt, commit)
            if reason:
                reopens[doubt.key] = reason
    return Evidence(ancestors, reopens, frozenset(bases) - ancestors)


def _reopened(git: Git, doubt: Doubt, commit: str) -> str | None:
    """Why the file reopens it, where a commit since the base says so."""
    out = git.run(
        "log",
        f"--format=%h%x00%(trailers:key={REOPEN},valueonly)",
        "--end-of-options",
        f"{doubt.commit}..{commit}",
        "--",
        f":(literal){doubt.path}",
    )
    short = ""
    for row in out.text.splitlines():
        head, nul, said = row.partition("\0")
        short, said = (head, said) if nul else (short, row)
        key, _, reason = said.strip().partition(" ")
        if key.rstrip(":,") == doubt.key:
            return printable(reason.strip(" -:"), 500) or f"commit {short} reopens it"
    return None


def other_hub(git: Git, commit: str, hub_id: str) -> str | None:
    """The id of another hub that wrote into this repo lately, if one did."""
    out = git.run(
        "log",
        f"--max-count={RECENT}",
        f"--format=%(trailers:key={HUB},valueonly,separator=%x2C)",
        "--end-of-options",
        commit,
    )
    hubs = {row.strip() for row in out.text.splitlines() if row.strip()}
    return next(iter(sorted(hubs - {hub_id})), None)
