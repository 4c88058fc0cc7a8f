"""The one way to write in an ops repo: decided on the commit, built aside, pushed, then adopted.

The commit is on the remote before it is in the checkout. So a remote that refuses leaves nothing
behind here, of two that write at once one wins, and asking again is always safe.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from custodian_core.errors import Conflict, GitTrouble
from custodian_core.files import shown
from custodian_core.git.ancestry import is_ancestor
from custodian_core.git.aside import NewFile, adopt, build, recover, wait_for_quiet
from custodian_core.git.listing import is_dirty
from custodian_core.git.lock import Locked, RepoLock
from custodian_core.git.remote import Pushed, Reached, Refusal, fetch, has_push_hook, push
from custodian_core.git.state import Checkout, NotHere, find, locks, probe
from custodian_core.secrets import redact, redact_added
from custodian_core.text import printable
from custodian_tools.checkouts import Target
from custodian_tools.sync.bench import Bench

from .branches import main_branch
from .ground import NOT_FOLLOWED, Committed, Ground

#: how long another run may hold the repo, and a person the checkout
LOCK_S, PATIENCE_S, SETTLE_S = 10.0, 20.0, 0.3


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be written: each file's new bytes, None to take one out; and what that is."""

    files: Mapping[str, bytes | None]
    subject: str
    #: lines of the commit's message below
    body: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What came of it."""

    #: ok, noop, or `planned` for a dry run
    status: str
    changed: tuple[str, ...] = ()
    #: those of them that are there no more
    removed: tuple[str, ...] = ()
    commit: str | None = None
    pushed: bool = False
    #: how many commits that an earlier run could not push went with it
    pushed_earlier: int = 0
    ahead: int | None = None
    behind: int | None = None
    #: what could not be done, though the commit is on the remote
    not_done: tuple[str, ...] = ()
    #: where what looked like a secret was not written, as `path:line: rule`
    redacted: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What was written, as `--json` and tools show it."""
        return {
            "status": self.status,
            "changed": list(self.changed),
            "removed": list(self.removed),
            "git": {
                "committed": self.commit is not None,
                "pushed": self.pushed,
                "pushed_earlier": self.pushed_earlier,
                "ahead": self.ahead,
                "behind": self.behind,
                "sha": self.commit,
            },
            "not_done": list(self.not_done),
            "redacted": list(self.redacted),
        }


Decide = Callable[[Ground], Draft]


def seal(bench: Bench, target: Target, decide: Decide, *, dry_run: bool = False) -> Written:
    """What was decided is in the checkout and on its remote; or an error says why nothing is."""
    folders = find(target.path)
    if isinstance(folders, NotHere):
        raise Conflict(target.name, folders.why)
    branch = main_branch(bench.hub, target)
    if dry_run:
        checkout = _standing(probe(target.path, branch), target)
        ground = Committed(checkout.git, checkout.head)
        draft, redacted = _screened(ground, decide(ground))
        files = _changes(ground, draft)
        return Written(
            "planned",
            tuple(files),
            _taken_out(files),
            ahead=checkout.ahead,
            behind=checkout.behind,
            redacted=redacted,
        )
    lock = RepoLock(folders)
    if not lock.take(LOCK_S, bench.sleep):
        raise Conflict(target.name, "another run on this host writes in it; try again later")
    with lock as held:
        recover(held, folders.git)
        return _Sealing(bench, target, branch, held).sealed(decide)


@dataclass(slots=True)
class _Sealing:
    """One write, with the repo's lock in hand."""

    bench: Bench
    target: Target
    branch: str | None
    held: Locked

    def sealed(self, decide: Decide) -> Written:
        checkout, earlier = self._even()
        ground = Committed(checkout.git, checkout.head)
        draft, redacted = _screened(ground, decide(ground))
        files = _changes(ground, draft)
        if not files:
            now = self._probed()
            status = "ok" if earlier else "noop"
            return Written(
                status,
                pushed_earlier=earlier,
                ahead=now.ahead,
                behind=now.behind,
                redacted=redacted,
            )
        self._refuse_dirty(checkout, ground, files)
        new = {
            path: None if data is None else NewFile(ground.mode(path), data)
            for path, data in files.items()
        }
        text = "\n".join([printable(draft.subject, 100), "", *map(printable, draft.body)])
        commit = build(
            checkout.git, checkout.head, new, text, self.bench.author, self.bench.clock()
        )
        self._push(checkout, commit)
        trouble = self._adopted(checkout, commit)
        now = self._probed()
        return Written(
            "ok",
            tuple(files),
            _taken_out(files),
            commit,
            pushed=True,
            pushed_earlier=earlier,
            ahead=now.ahead,
            behind=now.behind,
            not_done=(trouble,) if trouble else (),
            redacted=redacted,
        )

    def _even(self) -> tuple[Checkout, int]:
        """The checkout, once it is what its remote is; and how many commits were pushed for it."""
        checkout = self._probed()
        if held := locks(checkout):
            raise Conflict(self.target.name, f"a git command holds {shown(held[0])}")
        fetched = fetch(checkout)
        if fetched.reached is not Reached.FRESH:
            why = f"its remote was not reached, so nothing is written: {fetched.why}"
            raise Conflict(self.target.name, why)
        checkout = fetched.checkout
        if checkout.behind:
            why = f"it is {_commits(checkout.behind)} behind its remote; pull first"
            raise Conflict(self.target.name, why)
        if not checkout.ahead:
            return checkout, 0
        if has_push_hook(checkout):
            why = f"it has {_commits(checkout.ahead)} unpushed and a pre-push hook; push by hand"
            raise Conflict(self.target.name, why)
        self._push(checkout, checkout.head)
        return self._probed(), checkout.ahead

    def _probed(self) -> Checkout:
        return _standing(probe(self.target.path, self.branch), self.target)

    def _push(self, checkout: Checkout, commit: str) -> None:
        """The commit is on the remote; an answer that was lost is asked for again."""
        pushed = push(checkout, commit)
        if pushed.ok or self._arrived(checkout, commit):
            return
        raise Conflict(self.target.name, _why(checkout, commit, pushed))

    def _arrived(self, checkout: Checkout, commit: str) -> bool:
        if fetch(checkout).reached is not Reached.FRESH:
            return False
        return is_ancestor(checkout.git, commit, checkout.git.word("rev-parse", checkout.tracking))

    def _adopted(self, checkout: Checkout, commit: str) -> str | None:
        """The commit is in the checkout too; or why it is not yet, which loses nothing."""
        if not wait_for_quiet(checkout, SETTLE_S, PATIENCE_S, self.bench.sleep):
            return "somebody is at work in the checkout; `git pull` brings the commit in"
        if self._probed().head != checkout.head:
            return "the checkout moved meanwhile; `git pull` brings the commit in"
        trouble = adopt(self.held, checkout, commit)
        return trouble and f"git does not move the checkout: {trouble}; `git pull` brings it in"

    def _refuse_dirty(
        self, checkout: Checkout, ground: Committed, files: Mapping[str, bytes | None]
    ) -> None:
        """Refuse where somebody's uncommitted work is in a file that is to be written."""
        for path in files:
            known = ground.entry(path)
            file = checkout.folders.top / path
            there = os.path.lexists(file) and (file.is_symlink() or not file.is_dir())
            if (known is None and there) or (known and is_dirty(checkout.folders, known)):
                raise Conflict(path, "it has changes that are not committed; commit them first")


def _standing(checkout: Checkout | NotHere, target: Target) -> Checkout:
    if isinstance(checkout, NotHere):
        first = (
            "; commit something, as a README, and push it" if checkout.reason == "unborn" else ""
        )
        raise Conflict(target.name, f"{checkout.why}{first}")
    return checkout


def _screened(ground: Committed, draft: Draft) -> tuple[Draft, tuple[str, ...]]:
    """The draft without what looks like a secret, and where that was; what stood there stays."""
    gone = [ground.data(path) or b"" for path, data in draft.files.items() if data is None]
    files: dict[str, bytes | None] = dict(draft.files)
    told: list[str] = []
    for path, data in draft.files.items():
        if data is None:
            continue
        before = b"\n".join([ground.data(path) or b"", *gone])
        text, hits = redact_added(_decoded(data), _decoded(before))
        if hits:
            files[path] = text.encode(errors="surrogateescape")
            told += [f"{path}:{hit.line}: {hit.rule}" for hit in hits]
    body = tuple(redact(line) for line in draft.body)
    return replace(draft, files=files, subject=redact(draft.subject), body=body), tuple(told)


def _decoded(data: bytes) -> str:
    return data.decode(errors="surrogateescape")


def _changes(ground: Committed, draft: Draft) -> dict[str, bytes | None]:
    """The files that would truly differ."""
    for path in draft.files:
        if path.startswith("/") or {"", ".", "..", ".git"} & set(path.split("/")):
            raise GitTrouble(path, "mktree", "the path leads out of the repo")
        for each in (path, *map(str, PurePosixPath(path).parents)):
            if each in ground.others():
                raise Conflict(each, f"{NOT_FOLLOWED}, and nothing is written there")
    return {path: data for path, data in draft.files.items() if ground.data(path) != data}


def _taken_out(files: Mapping[str, bytes | None]) -> tuple[str, ...]:
    return tuple(path for path, data in files.items() if data is None)


def _commits(count: int) -> str:
    return f"{count} commit{'s' * (count != 1)}"


def _why(checkout: Checkout, commit: str, pushed: Pushed) -> str:
    if commit == checkout.head:
        earlier = _commits(checkout.ahead or 0)
        begin = f"{earlier} from before could not be pushed, so nothing is written"
    else:
        begin = "the remote does not take the commit, so nothing was changed here"
    if pushed.refusal is Refusal.REJECTED:
        begin += "; somebody else was faster, pull and try again"
    return f"{begin}: {pushed.why}"
