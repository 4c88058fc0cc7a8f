"""What of a vault lies on the remote's branches, as they were fetched last; nobody is asked."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from custodian_core.git.runner import Git
from custodian_core.git.state import NotHere, find
from custodian_core.ops.proposals import BRANCHES, item_of
from custodian_core.ports import Hub
from custodian_tools.checkouts import Target


@dataclass(frozen=True, slots=True)
class Branches:
    """What the remote's main branch has of the vault, and which branches propose more."""

    git: Git | None = None
    #: the files; None where no main branch of a remote is known
    main: frozenset[str] | None = None
    #: the last commit of each branch that is not part of the main one, by the item it is for
    proposing: Mapping[str, str] = field(default_factory=dict[str, str])

    def has(self, path: str) -> bool:
        """Whether the main branch has the file; where there is no remote, here is all there is."""
        return self.main is None or path in self.main

    def brought(self, commits: frozenset[str]) -> frozenset[str]:
        """Those of the commits that the checkout's branch goes on from."""
        if self.git is None or not commits:
            return frozenset()
        return commits.intersection(self.git.run("rev-list", "HEAD").text.split())


def look(target: Target) -> Branches:
    """The branches that the checkout remembers of its remote."""
    folders = find(target.path)
    if isinstance(folders, NotHere):
        return Branches()
    git = folders.git
    remote = remote_of(git)
    below = f"refs/remotes/{remote}"
    main = _main(git, below) if remote else None
    if main is None:
        return Branches(git)
    out = git.ask("ls-tree", "-r", "--name-only", "-z", "--full-tree", main, "--", "vault/")
    return Branches(git, frozenset(os.fsdecode(out).split("\0")[:-1]), _open(git, below, main))


def main_branch(hub: Hub, target: Target) -> str | None:
    """The branch that is written: as the hub knows it, else as the checkout knows its remote."""
    told = hub.repo(target.repo).default_branch if target.repo else None
    folders = find(target.path)
    if told or isinstance(folders, NotHere):
        return told
    below = f"refs/remotes/{remote_of(folders.git)}"
    main = _main(folders.git, below)
    return main.removeprefix(f"{below}/") if main else None


def remote_of(git: Git) -> str | None:
    """The remote that the checkout's branch follows, else origin, else whichever there is."""
    names = git.run("remote").text.split()
    wanted = (_followed(git).removeprefix("refs/remotes/").partition("/")[0], "origin", *names)
    return next((name for name in wanted if name in names), None)


def _main(git: Git, below: str) -> str | None:
    """The remote's main branch: what its HEAD names, else by name, else what is followed here."""
    told = git.run("for-each-ref", "--format=%(refname) %(symref)", f"{below}/").text
    refs = dict(row.split(" ", 1) for row in told.splitlines())
    wanted = (refs.get(f"{below}/HEAD", ""), f"{below}/main", f"{below}/master", _followed(git))
    return next((ref for ref in wanted if ref in refs), None)


def _followed(git: Git) -> str:
    ran = git.run("rev-parse", "--symbolic-full-name", "@{u}")
    return ran.text if ran.ok else ""


def _open(git: Git, below: str, main: str) -> dict[str, str]:
    """The branches for items of the vault that are not part of the main branch."""
    which = (f"--no-merged={main}", f"{below}/{BRANCHES}")
    told = git.run("for-each-ref", "--format=%(objectname) %(refname)", *which).text
    found: dict[str, str] = {}
    for row in told.splitlines():
        commit, _, ref = row.partition(" ")
        if name := item_of(ref.removeprefix(f"{below}/")):
            found[name] = commit
    return found
