"""One session of an agent in a repo: dispatched, watched, judged by what it left, and synced."""

import json
import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from custodian_core.codec import now, stamp
from custodian_core.commands import Caller, ClaimTask, ReleaseClaim, RenewClaim
from custodian_core.direction import Facts
from custodian_core.errors import BadValue, Conflict, HubTrouble, Refused
from custodian_core.files import put_file
from custodian_core.git.state import Folders, NotHere, find
from custodian_core.payload import branch_for
from custodian_core.ports import Hub
from custodian_core.records import Claim, ClaimKind, Task
from custodian_core.settings import SECRET, Settings
from custodian_core.status import Status

from .agent_process import Ended, run_agent
from .dispatch import direction, exit_of, facts, prompt, standing
from .hub import every, history
from .sync import Bench, Options, Report, sweep, target
from .sync.background import fix_and_follow

#: how many times in a claim's life it is renewed
BEATS = 3
#: how many runs are kept to be read
MOST_RUNS = 200
#: shorter settings are no secrets, and replacing them would spoil the text
SHORTEST_SECRET = 6
#: why a checkout may be worked in though it cannot be synced
_FIT = frozenset({"no-upstream"})
#: names under which git would be led to another repo than the one in the folder
_LEADS_AWAY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")


@dataclass(frozen=True, slots=True)
class Wish:
    """How a run is asked for."""

    command: tuple[str, ...]
    agent: str
    limit_s: float
    worktree: bool = False
    ttl_s: int | None = None
    settle_s: float = 1
    #: is told what happens just now
    tell: Callable[[str], None] = lambda _text: None


@dataclass(frozen=True, slots=True)
class Run:
    """What one run came to; without a claim there was nothing to begin."""

    facts: Facts
    run_id: str
    claim: Claim | None = None
    task: Task | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    ended: Ended | None = None
    evidence: tuple[str, ...] = ()
    #: where it worked, and the branch of a worktree that was kept
    folder: str = ""
    branch: str | None = None
    transcript: str | None = None
    sync: Report | None = None
    #: what went wrong around it
    trouble: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether it left something, under a claim that it kept, and the sync after it is fine."""
        kept = self.ended is not None and self.ended.how != "lost"
        synced = self.sync is not None and not self.sync.failed
        return kept and bool(self.evidence) and synced and not self.trouble

    @property
    def code(self) -> int:
        """The exit code: what dispatch says where there was no work, else 0 or 1."""
        return int(not self.ok) if self.claim else exit_of(self.facts)

    def to_json(self) -> dict[str, Any]:
        """The run as `--json` shows it."""
        to_do = direction(self.facts)
        told: dict[str, Any] = {
            "run_id": self.run_id,
            "repo_slug": self.facts.dispatch.repo_slug,
            "directive": to_do.directive,
            "reason": to_do.reason,
            "ok": self.ok if self.claim else None,
        }
        if self.claim is None or self.ended is None or self.task is None:
            return told
        return told | {
            "task": self.task.key,
            "status": self.task.status.value,
            "claim_id": self.claim.id,
            "holder": self.claim.holder,
            "fence": self.claim.fence,
            "started_at": stamp(self.started_at) if self.started_at else None,
            "ended_at": stamp(self.ended_at) if self.ended_at else None,
            "ended": self.ended.how,
            "exit_code": self.ended.code,
            "evidence": list(self.evidence),
            "folder": self.folder,
            "branch": self.branch,
            "transcript": self.transcript,
            "sync": self.sync.to_json() if self.sync else None,
            "trouble": list(self.trouble),
        }


def run(hub: Hub, settings: Settings, slug: str, wish: Wish, load: Callable[[str], str]) -> Run:
    """The repo's agent has had its chance at one task; what it left is judged and synced."""
    if not wish.command or shutil.which(wish.command[0]) is None:
        name = wish.command[0] if wish.command else "''"
        raise BadValue(f"agent command {name}", "there is no such program; say --agent-command")
    run_id = uuid.uuid4().hex
    here = standing(hub.repo(slug), settings)
    if isinstance(here, NotHere) and here.reason not in _FIT:
        raise Conflict(f"repo {slug}", f"no agent can work in it here: {here.why}")
    top = target(hub, settings, slug).top
    folder = settings.home / "worktrees" / slug / run_id[:8] if wish.worktree else top
    by = Caller(f"{wish.agent}/{run_id[:8]}")
    wanted = ClaimTask(
        by.name,
        repo=slug,
        kind=ClaimKind.RUNNER,
        ttl_s=wish.ttl_s,
        workdir=str(folder),
        host=settings.host,
    )
    found = facts(hub, settings, slug, claim=wanted, by=by)
    task, claim = found.dispatch.task, found.dispatch.claim
    begun = Run(found, run_id, folder=str(folder), started_at=now())
    if task is None or claim is None:
        return begun
    return _Session(hub, settings, wish, top, by, claim, task).worked(begun, load)


@dataclass(frozen=True, slots=True)
class _Session:
    """A claimed task, and all that is needed to see it through."""

    hub: Hub
    settings: Settings
    wish: Wish
    top: Path
    by: Caller
    claim: Claim
    task: Task

    def worked(self, begun: Run, load: Callable[[str], str]) -> Run:
        """The run with what came of it; whatever happens, the claim is given back."""
        folder, done = Path(begun.folder), replace(begun, claim=self.claim, task=self.task)
        try:
            if self.wish.worktree:
                self._open(folder)
            self.wish.tell(f"{self.task.key} is claimed; {self.wish.command[0]} works in {folder}")
            ended = run_agent(
                self.wish.command,
                prompt(begun.facts, load),
                folder,
                self._environment(),
                limit_s=self.wish.limit_s,
                beat_s=self.claim.ttl_s / BEATS,
                beat=self._renewed,
            )
            done = replace(done, ended=ended, ended_at=now())
        finally:
            trouble = self._released()
            branch = self._closed(folder) if self.wish.worktree else None
        done = replace(done, branch=branch, trouble=trouble, transcript=self._kept(done))
        return self._reported(self._judged(self._synced(done)))

    def _environment(self) -> dict[str, str]:
        """Ours, with the name of the claim's holder and the settings that hold here."""
        env = {name: value for name, value in os.environ.items() if name not in _LEADS_AWAY}
        env |= {
            name: value
            for name, value in self.settings.values.items()
            if name.startswith("CUSTODIAN_") and self.settings.sources[name] != "default"
        }
        if "CUSTODIAN_HOME" in env:
            env["CUSTODIAN_HOME"] = str(self.settings.home.absolute())
        beside = str(Path(sys.executable).parent)
        return {
            **env,
            "CUSTODIAN_AGENT": self.by.name,
            "PATH": f"{env.get('PATH', os.defpath)}{os.pathsep}{beside}",
        }

    def _renewed(self) -> bool:
        """Whether the agent may go on: its claim lives, or ended with its work."""
        try:
            self.hub.do(RenewClaim(self.claim.id, self.claim.fence), self.by)
        except Refused:
            return self._end_reason() in ("done", "released")
        except HubTrouble:
            return True  # the claim outlives a while without a hub; the next beat tells
        return True

    def _end_reason(self) -> str | None:
        claims = self.hub.claims(holder=self.by.name, live=False)
        return next((each.end_reason for each in claims if each.id == self.claim.id), None)

    def _released(self) -> tuple[str, ...]:
        try:
            self.hub.do(ReleaseClaim(self.claim.id, self.claim.fence), self.by)
        except Refused:
            return ()  # it has ended already
        except HubTrouble as trouble:
            return (f"the claim could not be released, it expires by itself: {trouble}",)
        return ()

    def _synced(self, done: Run) -> Run:
        """The repo is brought in step, and what the file says of the task is in the hub."""
        bench = Bench.of(self.hub, self.by, self.settings)
        options = Options(settle_s=self.wish.settle_s)
        try:
            one = target(self.hub, self.settings, self.task.repo_slug)
            (report,) = sweep(fix_and_follow, bench, [one], options, self.settings)
        except HubTrouble as trouble:
            return replace(done, trouble=(*done.trouble, f"it was not synced: {trouble}"))
        return replace(done, sync=report)

    def _judged(self, done: Run) -> Run:
        try:
            task = self.hub.task(self.task.id)
            return replace(done, task=task, evidence=tuple(dict.fromkeys(self._evidence())))
        except HubTrouble as trouble:
            return replace(done, trouble=(*done.trouble, f"it was not judged: {trouble}"))

    def _evidence(self) -> Iterator[str]:
        """What was done under the claim, in the name that it was granted to."""
        actor: str | None = None
        for event in history(self.hub, self.task):
            after = event.after or {}
            if event.type == "claim.granted" and after.get("fence") == self.claim.fence:
                actor = event.actor
            elif actor is None or event.actor != actor:
                continue
            elif event.type == "task.status" and after["status"] != Status.IN_PROGRESS:
                yield f"status {after['status']}"
            elif event.type == "task.note":
                yield "note written"
            elif event.type == "human.asked":
                yield "question asked"
        for asked in every(self.hub.interventions, repo=self.task.repo_slug, is_open=None):
            if asked.asked_by == actor and asked.since >= self.claim.granted_at:
                yield "question asked"

    def _open(self, folder: Path) -> None:
        """A worktree of the task's own stands in the folder, at what the checkout is at."""
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        branch = branch_for(self.task.key, self.claim.id)
        self._folders().git.ask("worktree", "add", "--quiet", "-b", branch, str(folder), "HEAD")

    def _closed(self, folder: Path) -> str | None:
        """The branch of the worktree; one that holds nothing new is removed with its worktree."""
        git, branch = self._folders().git, branch_for(self.task.key, self.claim.id)
        theirs = find(folder)
        if isinstance(theirs, NotHere):
            return None
        changed = theirs.git.run("status", "--porcelain")
        ahead = git.run("rev-list", "--count", f"HEAD..refs/heads/{branch}")
        if changed.text or not changed.ok or ahead.text != "0":
            return branch
        git.run("worktree", "remove", str(folder))
        git.run("branch", "--quiet", "-d", branch)
        return None

    def _folders(self) -> Folders:
        found = find(self.top)
        if isinstance(found, NotHere):
            raise Conflict(f"repo {self.task.repo_slug}", found.why)
        return found

    def _kept(self, done: Run) -> str:
        """Where it stands what the agent printed, without our secrets."""
        runs, at = self.settings.home / "runs", stamp(done.started_at or now()).replace(":", "")
        folder = runs / f"{at}-{self.task.repo_slug}-{done.run_id[:8]}"
        folder.mkdir(parents=True, mode=0o700)
        for old in sorted(path for path in runs.iterdir() if path.is_dir())[:-MOST_RUNS]:
            shutil.rmtree(old, ignore_errors=True)
        text = done.ended.heard.text(tuple(secrets_of(self.settings))) if done.ended else ""
        put_file(folder / "transcript.txt", text.encode(errors="replace"))
        return str(folder / "transcript.txt")

    def _reported(self, done: Run) -> Run:
        if done.transcript:
            told = json.dumps(done.to_json(), ensure_ascii=False, indent=2)
            put_file(Path(done.transcript).with_name("report.json"), f"{told}\n".encode())
        return done


def secrets_of(settings: Settings) -> Iterator[str]:
    """What of our settings nobody may read in a transcript."""
    for name, value in settings.values.items():
        said = [value] if name in SECRET else []
        if "://" in value:
            said.append(urlsplit(value).password or "")
        yield from (each for each in said if len(each) >= SHORTEST_SECRET)
    with suppress(BadValue):  # (a token file that cannot be read holds nothing that was printed)
        token = settings.forge_token or ""
        if len(token) >= SHORTEST_SECRET:
            yield token
