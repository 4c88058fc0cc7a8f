"""Whose commits are here and not there, and which commit goes on from which."""

from custodian_core.text import printable

from .author import Author
from .runner import Git
from .state import Checkout

#: what marks a commit as one of Custodian's own
TRAILER = "Custodian-Sync"


def own_commits(checkout: Checkout, author: Author) -> tuple[list[str], list[str]]:
    """The commits that only are here: Custodian's own, and the names on people's.

    One that somebody amended is theirs, although it still carries our trailer.
    """
    out = checkout.git.ask(
        "log",
        "-z",
        "--no-show-signature",
        "--no-use-mailmap",
        "--format=%H%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00"
        f"%(trailers:key={TRAILER},valueonly,separator=%x2C)",
        "--end-of-options",
        f"{checkout.tracking}..{checkout.head}",
    )
    ours: list[str] = []
    people: list[str] = []
    fields = out.decode(errors="replace").split("\0")
    for place in range(0, len(fields) - 7, 8):
        commit, name, email, at, *committed, trailer = fields[place : place + 8]
        if trailer and committed == [name, email, at] and email == author.email:
            ours.append(commit)
        else:
            people.append(printable(name, 100))
    return ours, people


def is_ancestor(git: Git, old: str, new: str) -> bool:
    """Whether `new` goes on from `old`; what a shallow clone cannot tell is no."""
    return old == new or git.run("merge-base", "--is-ancestor", old, new).ok
