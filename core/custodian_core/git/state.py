"""What state a checkout is in, read without writing a byte: syncable, or why it is not."""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .peek import commit_of, upstream_of
from .runner import Git
from .trust import git_in

#: files and folders of git's that stand while something is half done, and what that is
_HALF_DONE = {
    "MERGE_HEAD": "a merge",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase or `git am`",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "sequencer": "a sequence of picks or reverts",
    "BISECT_LOG": "a bisection",
}

_BRANCH = re.compile(r"ref: refs/heads/(.+)")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_TRACK = re.compile(r"(?:ahead (\d+))?(?:, )?(?:behind (\d+))?")
_FIELDS = (
    "%(objectname)%00%(upstream)%00%(upstream:remotename)%00%(upstream:remoteref)"
    "%00%(upstream:track,nobracket)"
)


@dataclass(frozen=True, slots=True)
class NotHere:
    """The repo cannot be synced from this checkout, and why: a word for programs, and a text."""

    reason: str
    why: str


@dataclass(frozen=True, slots=True)
class Folders:
    """Where git keeps what belongs to a checkout, and to all worktrees of its repo."""

    top: Path
    own: Path
    common: Path

    @property
    def ours(self) -> Path:
        """Where Custodian keeps its lock and its journal, one for all worktrees."""
        return self.common / "custodian"

    @property
    def git(self) -> Git:
        """Git in the top folder, deaf to the programs that the repo's configuration names."""
        return git_in(self.top, self.own, self.common)


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout on a branch that follows a branch of a remote.

    `ahead` and `behind` count against what was fetched last; None where nothing ever was, or where
    the remote's branch is gone.
    """

    folders: Folders
    branch: str
    head: str
    remote: str
    #: the branch over there, as refs/heads/main
    remote_ref: str
    #: where it is remembered here, as refs/remotes/origin/main
    tracking: str
    ahead: int | None
    behind: int | None
    #: the commit that is remembered of over there, where it could be read without asking git
    remembered: str | None = None

    @property
    def git(self) -> Git:
        """Git in its top folder."""
        return self.folders.git

    @property
    def ref(self) -> str:
        """The branch's full name."""
        return f"refs/heads/{self.branch}"

    @property
    def remote_branch(self) -> str:
        """The branch over there, in short."""
        return self.remote_ref.removeprefix("refs/heads/")


def find(top: Path) -> Folders | NotHere:
    """The folders of the checkout whose top is `top`; no process is started for it."""
    try:
        owner = top.stat().st_uid
    except OSError:
        return NotHere("not-found", "its folder is not there")
    if not top.is_dir():
        return NotHere("not-a-repo", "it is not a folder")
    if owner != os.geteuid():
        return NotHere("owner", "its folder belongs to another user")
    own = _own_folder(top)
    if own is None:
        bare = (top / "HEAD").is_file() and (top / "objects").is_dir()
        if bare:
            return NotHere("bare", "it is a bare repo, without files to read")
        return NotHere("not-a-repo", "it is no checkout of a git repo")
    common = own
    with suppress(OSError, ValueError, RuntimeError):
        common = (own / (own / "commondir").read_text().strip()).resolve()
    try:
        if own.stat().st_uid != owner or common.stat().st_uid != owner:
            return NotHere("owner", "its .git belongs to another user")
    except OSError:
        return NotHere("not-a-repo", "what its .git names is not there")
    return Folders(top, own, common)


def _own_folder(top: Path) -> Path | None:
    """The folder that `.git` is, or names."""
    dot = top / ".git"
    if dot.is_dir():
        return dot if (dot / "HEAD").exists() else None
    try:
        said = dot.read_text()
    except (OSError, ValueError):
        return None
    if not said.startswith("gitdir: "):
        return None
    with suppress(OSError, ValueError, RuntimeError):  # (a NUL byte, links in a circle)
        own = (top / said.removeprefix("gitdir: ").strip()).resolve()
        return own if (own / "HEAD").exists() else None
    return None


def half_done(folders: Folders) -> str | None:
    """What somebody has begun in the checkout and not ended."""
    own = folders.own
    return next((w for name, w in _HALF_DONE.items() if os.path.lexists(f"{own}/{name}")), None)


def probe(
    top: Path, wanted_branch: str | None = None, before: Checkout | None = None
) -> Checkout | NotHere:
    """The state of the checkout; `wanted_branch` is the one that is synced, where it is known.

    Where nothing moved since `before`, that is the answer.
    """
    folders = find(top)
    if isinstance(folders, NotHere):
        return folders
    if what := half_done(folders):
        return NotHere("in-progress", f"{what} is in progress")
    branch = _branch(folders)
    if isinstance(branch, NotHere):
        return branch
    if wanted_branch and branch != wanted_branch:
        return NotHere("wrong-branch", f"branch {branch} is checked out, {wanted_branch} is synced")
    if before and before.branch == branch and _stands(before):
        return before
    return _even(folders, branch) or _followed(folders, branch)


def _branch(folders: Folders) -> str | NotHere:
    try:
        head = (folders.own / "HEAD").read_text().strip()
    except (OSError, ValueError):
        return NotHere("not-a-repo", "its HEAD cannot be read")
    if _COMMIT.fullmatch(head):
        return NotHere("detached", "no branch is checked out")
    named = _BRANCH.fullmatch(head)
    if named and named[1] != ".invalid":
        return named[1]
    # (reftable keeps HEAD elsewhere)
    ran = folders.git.run("symbolic-ref", "--quiet", "--short", "HEAD")
    return ran.text if ran.ok else NotHere("detached", "no branch is checked out")


def _stands(before: Checkout) -> bool:
    """Whether branch and remembered branch plainly are where they were."""
    common = before.folders.common
    if before.remembered is None or commit_of(common, before.tracking) != before.remembered:
        return False
    return commit_of(common, before.ref) == before.head


def _even(folders: Folders, branch: str) -> Checkout | None:
    """The branch, where it plainly is at the very commit that it follows; git need not be asked."""
    follows = upstream_of(folders.common, branch)
    if follows is None or follows.remote_ref != f"refs/heads/{branch}":
        return None
    head = commit_of(folders.common, f"refs/heads/{branch}")
    if head is None or head != commit_of(folders.common, follows.tracking):
        return None
    place = (follows.remote, follows.remote_ref, follows.tracking)
    return Checkout(folders, branch, head, *place, ahead=0, behind=0, remembered=head)


def _followed(folders: Folders, branch: str) -> Checkout | NotHere:
    """The branch with what it follows, in one question."""
    git = folders.git
    ran = git.run("for-each-ref", f"--format={_FIELDS}", f"refs/heads/{branch}")
    if not ran.ok:
        return _refused(ran.told)
    first = ran.text.partition("\n")[0]
    if not first:
        return NotHere("unborn", f"branch {branch} has no commit yet")
    with git.understood("for-each-ref"):
        head, tracking, remote, remote_ref, track = first.split("\0")
    if not tracking or not remote or not remote_ref:
        return NotHere(
            "no-upstream", f"branch {branch} follows no remote's branch; {_how(git, branch)}"
        )
    if remote == ".":
        return NotHere("no-upstream", f"branch {branch} follows a branch of this same repo")
    if remote_ref != f"refs/heads/{branch}":
        why = f"branch {branch} follows {remote_ref.removeprefix('refs/heads/')} of {remote}"
        return NotHere("wrong-branch", f"{why}, a branch of another name")
    counts = _TRACK.fullmatch(track)
    ahead, behind = (int(counts[1] or 0), int(counts[2] or 0)) if counts else (None, None)
    remembered = commit_of(folders.common, tracking)
    return Checkout(folders, branch, head, remote, remote_ref, tracking, ahead, behind, remembered)


def _how(git: Git, branch: str) -> str:
    """What makes the branch follow one."""
    remote = git.run("remote").text.partition("\n")[0]
    if not remote:
        return f"first `git remote add origin URL`, then `git push -u origin {branch}`"
    return f"`git push -u {remote} {branch}` sets it"


def _refused(told: str) -> NotHere:
    if "dubious ownership" in told:
        return NotHere("owner", "its folder belongs to another user")
    return NotHere("not-a-repo", told or "git cannot read it")


def locks(checkout: Checkout) -> tuple[Path, ...]:
    """The locks that some git command holds, or left behind when it was killed."""
    folders = checkout.folders
    names = (
        folders.own / "index.lock",
        folders.own / "HEAD.lock",
        folders.common / f"{checkout.ref}.lock",
        folders.common / "packed-refs.lock",
        folders.common / "config.lock",
        folders.common / "shallow.lock",
    )
    return tuple(lock for lock in names if os.path.lexists(lock))
