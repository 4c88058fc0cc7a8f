"""One world: hosts with clones, hubs, and a forge with the repos that all of them share."""

import json
import os
import shutil
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custodian_core.commands import Caller, RegisterRepo
from custodian_core.hub import open_hub
from custodian_core.ports import Hub as Door
from custodian_core.settings import load
from tests.tools.sync.conftest import git, plan_text
from tests.tools.sync.forge import serving

from .disks import Disk
from .hubs import Hub, Kind
from .judge import Breach, Draft
from .links import Link, Weather
from .processes import PROGRAM, Resident, Run, at_work_in, begin, until

#: what of git's calls hooks: a commit, a merge, a rebase
FIRING = frozenset({"commit", "merge", "pull", "rebase"})
#: the repos that there may be, and what their keys begin with
REPOS = {"alpha": "ALPH", "beta": "BETA", "gamma": "GAMM"}
TASKS = 4
CLOCK = Path(__file__).with_name("clock")
WHO = Caller("people")
#: what stands in for git: it kills the process that calls it, or git, at one of its commands, or
#: writes down who pushes when
SHIM = """\
#!/bin/sh
if [ "$1" = "$CHAOS_AT" ] && mkdir "$CHAOS_ONCE" 2>/dev/null; then
  case $CHAOS_HOW in
    before) kill -9 $PPID; exit 1;;
    after) "$CHAOS_GIT" "$@"; kill -9 $PPID; exit 1;;
    amid) "$CHAOS_GIT" "$@" & child=$!; sleep 0.01; kill -9 $child $PPID; exit 1;;
    git) "$CHAOS_GIT" "$@" & child=$!; sleep 0.005; kill -9 $child; exit 137;;
  esac
fi
if [ "$1" = push ] && [ -n "$CHAOS_LOG" ]; then
  echo "begin $PPID $PWD" >>"$CHAOS_LOG"
  "$CHAOS_GIT" "$@"; code=$?
  echo "end $PPID $PWD" >>"$CHAOS_LOG"
  exit $code
fi
exec "$CHAOS_GIT" "$@"
"""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a world is made of."""

    hosts: int
    repos: int
    #: one hub, or two that were one once
    hubs: tuple[Kind, ...]
    #: how many of the hosts have a worker
    workers: int = 0
    #: hosts keep clones of their own for that, and people's are known to nobody
    managed: bool = False
    #: how many of the hosts have hooks from the beginning
    hooked: int = 0


@dataclass(eq=False)
class Host:
    """A machine of its own: a name, a disk, a clock, and a link to the forge."""

    name: str
    disk: Disk
    hub: Hub
    forge: Link
    env: dict[str, str]
    worker: Resident | None = None
    #: its worker keeps clones of its own
    is_managed: bool = False
    #: how often its people called a git that may call hooks
    fired: int = 0

    @property
    def folder(self) -> Path:
        return self.disk.folder

    @property
    def clock(self) -> Path:
        return Path(self.env["CHAOS_CLOCK"])

    def clone(self, repo: str) -> Path:
        return self.folder / "repos" / repo

    def kept(self, repo: str) -> Path:
        """The clone that Custodian works in: the worker's own, or else people's."""
        own = Path(self.env["CUSTODIAN_HOME"]) / "checkouts" / repo
        return own if self.is_managed else self.clone(repo)

    def git(self, repo: str, *arguments: str, data: str | None = None) -> tuple[bool, str]:
        """Whether somebody's git did it, and what it said."""
        self.fired += arguments[0] in FIRING
        ran = subprocess.run(
            ["git", *arguments],
            cwd=self.clone(repo),
            env=self.env,
            input=data,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=90,
            check=False,
        )
        return ran.returncode == 0, (ran.stdout + ran.stderr).strip()

    def door(self) -> Door:
        """The hub as this host comes to it."""
        return open_hub(load(self.env, self.folder))


class World:
    """Everything, and what has happened in it."""

    def __init__(self, shape: Shape, folder: Path, databases: Iterator[str]) -> None:
        self.shape, self.folder = shape, folder
        self.notes = folder / "notes"
        self.repos = tuple(REPOS)[: shape.repos]
        self.remotes = folder / "remotes"
        self.tally: Counter[str] = Counter()
        self.runs: list[Run] = []
        #: lines that people committed, by who, where, and what else they keep only on disk
        self.lines: dict[tuple[str, str], list[str]] = {}
        #: how far along people and agents were told that a task is: by hub, then task
        self.accepted: dict[tuple[int, str], tuple[int, int]] = {}
        #: the claims that were granted: hub, task, fence, holder
        self.won: list[tuple[int, str, int, str]] = []
        #: what people have begun and not committed, by host and repo
        self.drafts: dict[tuple[str, str], list[Draft]] = {}
        #: what they threw away: repo, words, task
        self.dropped: list[tuple[str, str, str]] = []
        #: promises that were seen to be broken while all was at work
        self.breaches: list[Breach] = []
        self._stack = ExitStack()
        self.notes.mkdir(parents=True)
        try:
            self._make(databases)
        except BaseException:
            self.close()
            raise

    def _make(self, databases: Iterator[str]) -> None:
        (self.folder / "bin").mkdir()
        (self.folder / "bin/git").write_text(SHIM)
        (self.folder / "bin/git").chmod(0o755)
        for repo in self.repos:
            git(self.folder, "init", "-q", "--bare", "-b", "main", str(self.remote(repo)))
            git(self.remote(repo), "config", "http.receivepack", "true")
        self.forge = self._stack.enter_context(serving(self.remotes))
        self.hubs = [
            self._hub(number, kind, databases) for number, kind in enumerate(self.shape.hubs)
        ]
        self.hosts = [self._host(number) for number in range(self.shape.hosts)]
        self._begin()

    def _hub(self, number: int, kind: Kind, databases: Iterator[str]) -> Hub:
        disk = Disk(self.folder / f"hub{number}")
        self._stack.callback(disk.close)
        env = self._environment(disk.folder)
        url = next(databases) if kind.is_shared else None
        hub = Hub(kind, disk, url, env, self.notes)
        self._stack.callback(hub.close)
        return hub

    def _host(self, number: int) -> Host:
        name, hub = f"host{number}", self.hubs[number % len(self.hubs)]
        disk = Disk(self.folder / name)
        self._stack.callback(disk.close)
        link = Link(lambda: _connected(self.forge.port))
        self._stack.callback(link.close)
        env = self._environment(disk.folder) | {
            "CUSTODIAN_HOME": str(disk.folder / "data"),
            "CUSTODIAN_ROOTS": str(disk.folder / "repos"),
            "CUSTODIAN_HOST": name,
        }
        if hub.kind is Kind.EMBEDDED:  # (hosts that share a folder are one machine)
            env["CHAOS_CLOCK"] = hub.env["CHAOS_CLOCK"]
        host = Host(name, disk, hub, link, env | hub.settings(name, number))
        text = f"[init]\n\tdefaultBranch = main\n[user]\n\tname = {name}\n\temail = {name}@x.org\n"
        (disk.folder / ".gitconfig").write_text(text)
        (disk.folder / "repos").mkdir()
        if number >= self.shape.hosts - self.shape.workers:
            host.is_managed = self.shape.managed
            # (who keeps clones has nobody else to begin a sweep there)
            every = () if host.is_managed else ("--every", "never")
            host.worker = Resident(lambda: self.start(host, "worker", *every))
        return host

    def _environment(self, folder: Path) -> dict[str, str]:
        """What a machine's processes see: nothing of the machine that all this runs on."""
        clock = folder / "clock"
        clock.write_text("0")
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "PYTHONPATH": str(CLOCK),
            # (a driver in C is surprised at a time of Python's own making)
            "PYTHONWARNINGS": "ignore:datetime.datetime size changed",
            "CHAOS_CLOCK": str(clock),
        }

    def _begin(self) -> None:
        """Every repo has a workplan that every clone and every hub knows."""
        first, *others = self.hosts
        for repo in self.repos:
            self._clone(first, repo)
            self._plan(first, repo)
        assert self.hubs[0].wake()
        self._register(self.hubs[0])
        self.run(first, "fix", "--all")
        self._copy_hub()
        for host, repo in ((host, repo) for host in others for repo in self.repos):
            self._clone(host, repo)

    def _plan(self, host: Host, repo: str) -> None:
        (host.clone(repo) / "workplans").mkdir()
        keys = (f"{REPOS[repo]}-WP-0001-T0{number}" for number in range(1, TASKS + 1))
        path = host.clone(repo) / f"workplans/{REPOS[repo]}-WP-0001.md"
        path.write_text(plan_of(repo, dict.fromkeys(keys, "todo")))
        for words in ("add .", "commit -qm begin", "push -qu origin main"):
            assert host.git(repo, *words.split())[0]

    def _register(self, hub: Hub) -> None:
        for host, repo in ((host, repo) for host in self.hosts for repo in self.repos):
            if host.is_managed:
                words = ("--managed", "--slug", repo, "--domain", "custodian")
                self.run(host, "repo", "register", *words, "--remote-url", self.url(host, repo))
                continue
            path = str(host.clone(repo))
            here = RegisterRepo(repo, "custodian", host.name, path, default_branch="main")
            with hub.truth() as store:
                store.do(here, WHO)

    def _copy_hub(self) -> None:
        """The second hub is what the first one was, as one is that came from a backup."""
        for hub in self.hubs[1:]:
            dump = self.folder / "hub.jsonl"
            one, two = (
                each.env
                | ({"CUSTODIAN_DATABASE_URL": each.url} if each.url else {})
                | {"CUSTODIAN_HOME": str(each.folder)}
                for each in (self.hubs[0], hub)
            )
            for env, words in ((one, ("export", str(dump))), (two, ("import", str(dump)))):
                done = begin("hub", env, self.folder, self.notes, "db", *words)
                assert done.ends(), done.complained
                assert done.process.returncode == 0, done.complained
            assert hub.wake()

    def _clone(self, host: Host, repo: str) -> None:
        git(host.folder, "clone", "-q", self.url(host, repo), str(host.clone(repo)), env=host.env)
        host.git(repo, "config", "http.lowSpeedLimit", "1000")
        host.git(repo, "config", "http.lowSpeedTime", "10")

    def host(self, name: str) -> Host:
        """The host of that name."""
        (found,) = (host for host in self.hosts if host.name == name)
        return found

    def url(self, host: Host, repo: str) -> str:
        """The repo on the forge, as that host comes to it."""
        return f"http://127.0.0.1:{host.forge.port}/{repo}.git"

    def remote(self, repo: str) -> Path:
        return self.remotes / f"{repo}.git"

    # --- processes

    def start(self, host: Host, *words: str, **more: str) -> Run:
        """A process of that host, at work from now on."""
        return self.launch(host, words, host.env | more)

    def launch(
        self, host: Host, words: Sequence[str], env: Mapping[str, str], program: Path = PROGRAM
    ) -> Run:
        """The same, under that program's path."""
        full = host.disk.full and not host.disk.mounted
        run = begin(
            host.name,
            env,
            host.folder,
            self.notes,
            *words,
            largest=8192 if full else 0,
            program=program,
        )
        self.runs.append(run)
        return run

    def run(self, host: Host, *words: str) -> dict[str, Any]:
        """What a process that ended told as JSON."""
        run = self.start(host, *words, "--json")
        assert run.ends(), words
        refused = '"kind": "error"' in run.said
        fine = run.process.returncode in (0, 1) and not refused
        assert fine, (words, run.said, run.complained)
        told: dict[str, Any] = json.loads(run.said)
        return told

    def doomed(self, host: Host, at: str, how: str, *words: str) -> Run:
        """A process that is killed at its first git command of that name, or whose git is."""
        once = self.folder / f"hit-{self.tally['doomed']}-{how}"
        self.tally["doomed"] += 1
        more = {"CHAOS_AT": at, "CHAOS_HOW": how, "CHAOS_ONCE": str(once)}
        run = self.start(host, *words, **self.shimmed(host), **more)
        run.doomed = True
        return run

    def shimmed(self, host: Host) -> dict[str, str]:
        """What a process of that host sees that is to call our git in git's place."""
        path = f"{self.folder / 'bin'}:{host.env['PATH']}"
        return {"PATH": path, "CHAOS_GIT": str(shutil.which("git"))}

    # --- coming to rest

    def heal(self) -> None:
        """All is as it should be: weather, disks, clocks, servers."""
        for host in self.hosts:
            host.forge.turn(Weather.FAIR)
            host.disk.free()
            host.clock.write_text("0")
        for hub in self.hubs:
            for link in hub.links.values():
                link.turn(Weather.FAIR)
            hub.disk.free()
            (hub.folder / "clock").write_text("0")
            assert hub.wake(), "a hub's server does not come back"

    def still(self) -> str | None:
        """Nothing is at work any more; or what does not end."""
        for host in self.hosts:
            if host.worker and not host.worker.stop():
                return f"the worker of {host.name} does not stop"
        for run in self.runs:
            if not run.ends():
                return f"{' '.join(run.words)} on {run.host} does not end"
        for host in self.hosts:
            if not until(lambda h=host: not at_work_in(h.folder), 30):  # type: ignore[misc]
                return f"processes are left on {host.name}: {at_work_in(host.folder)}"
        return None

    def close(self) -> None:
        """Nothing of it is left but its folder."""
        for run in self.runs:
            run.kill()
        self._stack.close()


def plan_of(repo: str, statuses: dict[str, str], number: int = 1) -> str:
    """A workplan of that repo."""
    text = plan_text(statuses).replace("repo: marki-docx", f"repo: {repo}")
    return text.replace("MRKD-WP-0001", f"{REPOS[repo]}-WP-000{number}")


def _connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 5)
