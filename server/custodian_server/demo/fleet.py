"""A throw-away fleet: real repos with real remotes on two pretended hosts, each in some state."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from custodian_core.codec import now, stamp
from custodian_core.commands import (
    AskHuman,
    Caller,
    ChangeRepo,
    ChangeTask,
    ClaimTask,
    RecordSync,
    RecordSyncs,
    SetGoal,
)
from custodian_core.git.author import Author
from custodian_core.git.runner import Git
from custodian_core.hub.store import Store
from custodian_core.ops.actions import Action, spell
from custodian_core.records import HostSync
from custodian_core.settings import Settings
from custodian_core.settings import load as load_settings
from custodian_core.status import Status
from custodian_tools import registering
from custodian_tools.sync import Bench, Options, fix, target

from .forge import DemoForge
from .forge_shapes import ended, pull_json
from .stories import ORG, STORIES, UNREGISTERED, Story

HOSTS = ("laptop", "workshop")
PEOPLE = Caller("ada")
#: how often a host's timer ran within the last day
EVERY = timedelta(minutes=30)

#: what a forge says that protects a branch, word for word where git shows it
REFUSAL = """#!/bin/sh
echo "Gitea: Not allowed to push to protected branch main" >&2
exit 1
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything of the demo lies."""

    folder: Path
    #: the forge's address, at which its repos are fetched too
    forge: str
    token: str

    @property
    def remotes(self) -> Path:
        """The bare repos."""
        return self.folder / "remotes"

    def checkout(self, host: str, slug: str) -> Path:
        """A host's checkout of the repo."""
        return self.folder / host / slug

    def url(self, slug: str) -> str:
        """Where the repo is fetched from."""
        return f"{self.forge}/{ORG}/{slug}.git"

    def settings(self, host: str) -> Settings:
        """The settings of a host; nothing of the user's own reaches the demo."""
        env = {
            "CUSTODIAN_HOME": str(self.folder / "hub"),
            "CUSTODIAN_HOST": host,
            "CUSTODIAN_ROOTS": str(self.folder / host),
            "CUSTODIAN_AUTHOR": "Custodian <custodian@demo.example>",
            "GITEA_URL": self.forge,
            "GITEA_TOKEN": self.token,
            "XDG_CONFIG_HOME": str(self.folder / "config"),
        }
        return load_settings(env, self.folder)


class Fleet:
    """The demo's repos, while they are made."""

    def __init__(self, place: Place, hub: Store, forge: DemoForge) -> None:
        self.place, self.hub, self.forge = place, hub, forge
        self.happenings: dict[str, Callable[[Story], None]] = {
            "claimed": self._claimed,
            "question": self._question,
            "diverged": self._diverged,
            "behind": self._behind,
            "offline": self._offline,
            "moved in the hub": self._moved,
            "protected": self._protected,
            "stale": lambda story: self._aged(story, timedelta(days=3)),
            "ageing": lambda story: self._aged(story, timedelta(hours=5)),
        }

    def build(self, tell: Callable[[str], None]) -> None:
        """Every repo is in the state that its story tells."""
        self.place.remotes.mkdir(parents=True)
        for story in STORIES:
            tell(story.slug)
            self._begin(story)
        for name, description, language, files in UNREGISTERED:
            self._on_the_forge(name, description, language, files)
        for story in STORIES:
            if story.happening in self.happenings:
                tell(f"{story.slug}: {story.happening}")
                self.happenings[story.happening](story)

    # --- the beginning: a remote, checkouts, a registered repo that is in step

    def _begin(self, story: Story) -> None:
        self._on_the_forge(story.slug, story.goal, "", ("README.md",))
        first, *others = (self.place.checkout(host, story.slug) for host in story.hosts)
        self._clone(story.slug, first)
        (first / "README.md").write_text(f"# {story.slug}\n\n{story.goal}.\n")
        if story.tasks:
            plan = first / "workplans" / f"{story.prefix}-WP-0001.md"
            plan.parent.mkdir()
            plan.write_text(_plan(story))
        if story.schedule:
            _schedule(first, story)
        for path, text in story.files:
            (first / path).parent.mkdir(parents=True, exist_ok=True)
            (first / path).write_text(text)
        self._commit(first, "Begin")
        self._git("push", "--quiet", "origin", "HEAD:main", folder=first)
        for action in story.proposed:
            self._propose(story, first, *action)
        for other in others:
            self._clone(story.slug, other)
        for host in story.hosts:
            self._register(story, host)
        self.hub.do(SetGoal(story.slug, story.goal), PEOPLE)
        if story.happening != "never synced":
            self._past(story)
            for host in story.hosts:
                self.sync(story, host, pull=True)

    def _propose(
        self, story: Story, top: Path, name: str, formula: str, context: str, is_refused: bool
    ) -> None:
        """An action has a branch of its own and a pull request, as other programs ask for one."""
        branch, told = f"vault/{name}", Action(name, formula, context, ())
        self._git("checkout", "--quiet", "-b", branch, folder=top)
        (top / "vault/actions").mkdir(parents=True, exist_ok=True)
        (top / f"vault/actions/{name}.toml").write_bytes(spell(told))
        self._commit(top, f"vault: add {name}")
        self._git("push", "--quiet", "origin", branch, folder=top)
        self._git("checkout", "--quiet", "main", folder=top)
        self._git("branch", "--quiet", "-D", branch, folder=top)
        repo = self.forge.find(f"{ORG}/{story.slug}")
        assert repo is not None  # noqa: S101 - it was just made
        repo.pulls.append(pull_json(self.forge, repo, branch, "claude-19c2", stamp(now())))
        if is_refused:
            self._git("push", "--quiet", "--delete", "origin", branch, folder=top)
            ended(repo.pulls[-1], stamp(now()))

    def _register(self, story: Story, host: str) -> None:
        settings = self.place.settings(host)
        path = self.place.checkout(host, story.slug)
        said = registering.registration(self.hub, path, settings)
        self.hub.do(replace(said, slug=story.slug, domain=story.domain), PEOPLE)

    def _past(self, story: Story) -> None:
        """The runs of the last day, most of which went well."""
        chance = random.Random(story.slug)  # noqa: S311 - to be the same in every demo
        begin = now() - timedelta(hours=24)
        runs: list[RecordSync] = []
        for host in story.hosts:
            path = str(self.place.checkout(host, story.slug))
            for step in range(int(timedelta(hours=24) / EVERY)):
                at = begin + step * EVERY
                well = chance.random() > 0.03
                outcome = "ok" if well else "offline"
                sync = HostSync(host, path, at, at if well else None, outcome, well or None, 0, 0)
                runs.append(RecordSync(story.slug, sync, stamp=False))
        self.hub.do(RecordSyncs(tuple(runs)), Caller(f"timer@{story.hosts[0]}"))

    # --- what happened since

    def _claimed(self, story: Story) -> None:
        self.hub.do(ClaimTask("claude-7f3a", task=_key(story, 2), host="workshop"), PEOPLE)

    def _question(self, story: Story) -> None:
        asked = AskHuman(
            "Which tax rule holds for invoices to Switzerland?",
            task=_key(story, 2),
            context="The invoices of last year used both. The accountant has not answered.",
            options=("Reverse charge", "Swiss VAT", "Ask the accountant again"),
        )
        self.hub.do(asked, Caller("claude-19c2"))
        general = AskHuman("May the old invoices be deleted after ten years?", repo=story.slug)
        self.hub.do(general, Caller("claude-19c2"))

    def _diverged(self, story: Story) -> None:
        """Both hosts went on from the same commit, and one has pushed."""
        for host, push in (("workshop", True), ("laptop", False)):
            checkout = self.place.checkout(host, story.slug)
            (checkout / f"{host}.md").write_text(f"Written on the {host}.\n")
            self._commit(checkout, f"Notes of the {host}")
            if push:
                self._git("push", "--quiet", "origin", "main", folder=checkout)
        for host in reversed(story.hosts):
            self.sync(story, host)

    def _behind(self, story: Story) -> None:
        checkout = self.place.checkout("workshop", story.slug)
        for number in (1, 2, 3):
            (checkout / "NOTES.md").write_text(f"Note {number}\n" * number)
            self._commit(checkout, f"Note {number}")
        self._git("push", "--quiet", "origin", "main", folder=checkout)
        for host in reversed(story.hosts):
            self.sync(story, host)

    def _offline(self, story: Story) -> None:
        checkout = self.place.checkout(story.hosts[0], story.slug)
        nobody = f"http://127.0.0.1:9/{ORG}/{story.slug}.git"  # nothing listens there
        self._git("remote", "set-url", "origin", nobody, folder=checkout)
        self.sync(story, story.hosts[0])

    def _moved(self, story: Story) -> None:
        """An agent reported, and the next run has written that into the file and pushed it."""
        task = self.hub.task(_key(story, 1))
        self.hub.do(
            ChangeTask(task.key, {"status": Status.IN_PROGRESS.value}, task.version),
            Caller("claude-19c2"),
        )
        self.sync(story, story.hosts[0])

    def _protected(self, story: Story) -> None:
        """The forge refuses what the next run pushes."""
        hook = self.place.remotes / ORG / f"{story.slug}.git" / "hooks" / "pre-receive"
        hook.write_text(REFUSAL)
        hook.chmod(0o755)
        self._moved(story)

    def _aged(self, story: Story, by: timedelta) -> None:
        at = now() - by
        repo = self.hub.repo(story.slug)
        for host in repo.hosts:
            old = replace(host, last_run_at=at, last_ok_at=at)
            self.hub.do(RecordSync(story.slug, old, stamp=False), Caller(f"timer@{host.host}"))
        self.hub.do(ChangeRepo(story.slug, {"last_state_synced_at": stamp(at)}), PEOPLE)

    # --- what all of that stands on

    def sync(self, story: Story, host: str, *, pull: bool = False) -> None:
        """One run of the real engine on that host."""
        settings = self.place.settings(host)
        bench = Bench(self.hub, Caller(f"timer@{host}"), host, Author(*settings.author))
        there = target(self.hub, settings, story.slug)
        fix(bench, there.repo, there.top, Options(settle_s=0, pull=pull))

    def _on_the_forge(
        self, name: str, description: str, language: str, files: tuple[str, ...]
    ) -> Path:
        bare = self.place.remotes / ORG / f"{name}.git"
        self._git("init", "--quiet", "--bare", "--initial-branch=main", str(bare))
        self.forge.add_repo(
            f"{ORG}/{name}",
            description=description,
            language=language,
            files=files,
            archived=name.startswith("old-"),
            updated_at=now(),
            clone_url=self.place.url(name),
        )
        if name not in {story.slug for story in STORIES} and files:
            self._fill(name, files)
        return bare

    def _fill(self, name: str, files: tuple[str, ...]) -> None:
        """A repo that only the forge knows has something to clone."""
        with_it = self.place.folder / "elsewhere" / name
        self._clone(name, with_it)
        for file in files:
            (with_it / file).parent.mkdir(parents=True, exist_ok=True)
            (with_it / file).write_text(_plan(_SURVEY) if file.startswith("workplans") else "…\n")
        self._commit(with_it, "Begin")
        self._git("push", "--quiet", "origin", "HEAD:main", folder=with_it)

    def _clone(self, name: str, folder: Path) -> None:
        """A checkout in which whoever tries things out may commit at once."""
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@demo.example")
        self._git("clone", "--quiet", *who, self.place.url(name), str(folder))

    def _commit(self, checkout: Path, message: str) -> None:
        self._git("add", "--all", folder=checkout)
        self._git("commit", "--quiet", "-m", message, folder=checkout)

    def _git(self, *said: str, folder: Path | None = None) -> None:
        Git(folder or self.place.folder).ask(*said)


_SURVEY = Story(
    "survey-tools",
    "maps",
    "Anybody can measure",
    (("Explain the tripod", "todo"), ("Check a survey", "todo")),
    "Tools for surveys",
    "SUR",
)


def _plan(story: Story) -> str:
    """The story's workplan, as people write one."""
    head = (
        f'---\nid: {story.prefix}-WP-0001\ntype: workplan\ntitle: "{story.title}"\n'
        f"domain: {story.domain}\nrepo: {story.slug}\nstatus: active\n---\n\n# {story.title}\n\n"
        f"{story.goal}.\n"
    )
    tasks = (
        f"\n## T{number:02} — {title}\n\n```task\nid: {story.prefix}-WP-0001-T{number:02}\n"
        f"status: {status}\npriority: {'high' if number == 1 else 'medium'}\n```\n"
        for number, (title, status) in enumerate(story.tasks, 1)
    )
    return head + "".join(tasks)


def _schedule(top: Path, story: Story) -> None:
    """The story's schedule stands in its checkout."""
    entries = (f'  - agent: {agent}\n    cadence: "{cron}"\n' for agent, cron in story.schedule)
    path = top / ".kaizen" / "schedule.yml"
    path.parent.mkdir()
    path.write_text(f"version: 1\ntimezone: Europe/Berlin\nentries:\n{''.join(entries)}")


def _key(story: Story, number: int) -> str:
    return f"{story.prefix}-WP-0001-T{number:02}"
