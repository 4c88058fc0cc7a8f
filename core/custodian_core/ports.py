"""What pure code and tools need of the world, as Protocols."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # whoever asks for a protocol makes none of these for it, and that is 40 ms
    from .commands import Caller, ClaimTask, Command
    from .forge.records import (
        Branch,
        BranchProtection,
        CommitCheck,
        Entry,
        ForgeIdentity,
        ForgeSettings,
        Issue,
        Label,
        Listing,
        PullRequest,
        ServerInfo,
        Webhook,
    )
    from .forge.repo import ForgeRepo
    from .jobs import Job, Requested, Wish, Work
    from .ops.flow import Flow
    from .records import (
        Claim,
        Dispatch,
        Domain,
        Event,
        Goal,
        Health,
        Intervention,
        Inventory,
        LeftOut,
        Page,
        ReconcileView,
        Repo,
        RepoCounts,
        RunHour,
        SyncRun,
        Task,
        Token,
        Topic,
        Workstream,
    )

#: how many items a list gives where nobody says
LIMIT = 20
#: how long a listing of a forge may take in all where nobody says
LISTING_S = 60.0

#: how many repos of a forge were read so far, and of how many where that is known
ListingProgress = Callable[[int, int | None], None]


class Clock(Protocol):
    """What time it is."""

    def __call__(self) -> datetime:
        """Now, aware, in UTC."""
        ...


class Hub(Protocol):
    """The State Hub: questions are answered from one moment, a command is done whole or not.

    A thing that is asked for by name and is not there is `UnknownThing`, with near names. A task is
    named by its key or its id, a repo by its slug, a workstream by its key or its id.
    """

    def health(self) -> Health:
        """That the hub answers, and which one it is."""
        ...

    def do(self, command: Command, by: Caller) -> Any:
        """Carry out the command and answer with the record it made or changed."""
        ...

    def repo(self, slug: str) -> Repo:
        """One repo."""
        ...

    def repos(
        self,
        *,
        slug: str | None = None,
        domain: str | None = None,
        status: str | None = None,
        kaizen_schedule_enabled: bool | None = None,
        host: str | None = None,
        synced_before: datetime | None = None,
        after: str | None = None,
        limit: int = LIMIT,
    ) -> Page[Repo]:
        """Repos by slug; `synced_before` also finds those that never were synced."""
        ...

    def counts(self) -> tuple[RepoCounts, ...]:
        """How much there is in each repo, by slug."""
        ...

    def domains(self) -> tuple[Domain, ...]:
        """Every domain."""
        ...

    def topics(self, domain: str | None = None) -> tuple[Topic, ...]:
        """Every topic, or those of one domain."""
        ...

    def goals(self, repo: str) -> tuple[Goal, ...]:
        """The repo's goals, the active one first, then the newest."""
        ...

    def workstream(self, name: str) -> Workstream:
        """One workstream."""
        ...

    def workstreams(
        self,
        *,
        repo: str | None = None,
        status: str | None = None,
        after: str | None = None,
        limit: int = LIMIT,
    ) -> Page[Workstream]:
        """Workstreams by key."""
        ...

    def task(self, name: str) -> Task:
        """One task."""
        ...

    def tasks(
        self,
        *,
        repo: str | None = None,
        workstream: str | None = None,
        status: str | None = None,
        priority: str | None = None,
        needs_human: bool | None = None,
        after: str | None = None,
        limit: int = LIMIT,
    ) -> Page[Task]:
        """Tasks by key."""
        ...

    def claims(
        self, *, repo: str | None = None, holder: str | None = None, live: bool = True
    ) -> tuple[Claim, ...]:
        """Claims, the newest first."""
        ...

    def interventions(
        self,
        *,
        repo: str | None = None,
        is_open: bool | None = True,
        after: str | None = None,
        limit: int = LIMIT,
    ) -> Page[Intervention]:
        """Questions, the oldest first."""
        ...

    def intervention(self, intervention_id: str) -> Intervention:
        """One question."""
        ...

    def events(
        self,
        *,
        after: int = 0,
        repo: str | None = None,
        type: str | None = None,  # noqa: A002 - the word of the API
        subject: str | None = None,
        limit: int = LIMIT,
    ) -> Page[Event]:
        """Events in the order in which they happened, from a cursor on: none missed or repeated."""
        ...

    def flow(self, since: datetime, until: datetime, *, repo: str | None = None) -> Flow:
        """How work flowed between the two times, in one repo or in all."""
        ...

    def last_events(self, type: str) -> tuple[Event, ...]:  # noqa: A002 - the word of the API
        """The last event of that type of each subject, by subject."""
        ...

    def tokens(self) -> tuple[Token, ...]:
        """Every token, without its secret."""
        ...

    def sync_runs(
        self, repo: str, *, host: str | None = None, limit: int = LIMIT
    ) -> tuple[SyncRun, ...]:
        """How the repo's last syncs went, the newest first."""
        ...

    def inventories(self) -> tuple[Inventory, ...]:
        """The last inventory of each forge."""
        ...

    def forge_repos(
        self, forge: str, *, after: str | None = None, limit: int = LIMIT
    ) -> Page[ForgeRepo]:
        """What the forge of that name had when it was last asked, by full name."""
        ...

    def left_out(self) -> tuple[LeftOut, ...]:
        """Every decision that a forge's repo, which is not registered, is out of scope."""
        ...

    def reconcile_view(self, repo: str) -> ReconcileView:
        """All that reconciling the repo needs."""
        ...

    def dispatch(self, repo: str) -> Dispatch:
        """What the repo's agent should know and do now; nothing is claimed."""
        ...

    def claim_next(self, command: ClaimTask, by: Caller) -> Dispatch:
        """The repo's next task, claimed for the holder, and what they should know now.

        `NothingToDo` where no task can be begun.
        """
        ...

    def close(self) -> None:
        """Nothing is held open any more."""
        ...


class Forge(Protocol):
    """A Gitea or Forgejo, as one token sees it.

    A repo is named `owner/name`. What is not there, or not to be seen with this token, is
    `NotOnForge`; the forge does not tell the two apart. A listing that ends early, because its time
    is over, it was cancelled or pages failed, is `partial` and says why; only where nothing at all
    could be learned is there an error.
    """

    @property
    def url(self) -> str:
        """The one origin it talks to, and its folder there, without a slash at the end."""
        ...

    def server(self) -> ServerInfo:
        """Which program answers."""
        ...

    def settings(self) -> ForgeSettings:
        """How large its pages are."""
        ...

    def whoami(self) -> ForgeIdentity:
        """Whom the token belongs to."""
        ...

    def org_repos(
        self,
        org: str,
        *,
        within_s: float = LISTING_S,
        progress: ListingProgress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Listing:
        """The repos of an organization; `NotAnOrg` where the name is a person's."""
        ...

    def user_repos(
        self,
        login: str,
        *,
        within_s: float = LISTING_S,
        progress: ListingProgress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Listing:
        """The repos that a person owns."""
        ...

    def accessible_repos(
        self,
        *,
        within_s: float = LISTING_S,
        progress: ListingProgress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Listing:
        """The repos that the token's owner has, or has a right to."""
        ...

    def repo(self, full_name: str) -> ForgeRepo:
        """One repo; `renamed_from` is set where it goes by another name now."""
        ...

    def repo_by_id(self, repo_id: int) -> ForgeRepo:
        """The repo with that number, whatever it is called by now."""
        ...

    def has_folder(self, full_name: str, path: str, ref: str | None = None) -> bool:
        """Whether there is a folder at the path, on the default branch or at `ref`."""
        ...

    def contents(self, full_name: str, path: str = "", ref: str | None = None) -> tuple[Entry, ...]:
        """What a folder holds."""
        ...

    def issues(
        self,
        full_name: str,
        *,
        state: str = "open",
        labels: Sequence[str] = (),
        since: datetime | None = None,
        limit: int = 200,
    ) -> tuple[Issue, ...]:
        """Issues, the newest first, at most `limit` of them; no pull requests."""
        ...

    def create_issue(
        self, full_name: str, title: str, body: str = "", labels: Sequence[str] = ()
    ) -> Issue:
        """A new issue; labels are named, and are there already."""
        ...

    def pulls(self, full_name: str, *, state: str = "all") -> tuple[PullRequest, ...]:
        """Every pull request that is open, closed or, with `all`, either; the newest first."""
        ...

    def labels(self, full_name: str) -> tuple[Label, ...]:
        """The labels of the repo and of the organization it belongs to."""
        ...

    def create_label(
        self, full_name: str, name: str, color: str = "ededed", description: str = ""
    ) -> Label:
        """A new label of the repo."""
        ...

    def webhooks(self, where: str) -> tuple[Webhook, ...]:
        """The webhooks of a repo, or of an organization where `where` holds no slash."""
        ...

    def create_webhook(
        self,
        where: str,
        url: str,
        secret: str,
        *,
        events: Sequence[str] = ("push",),
        branch_filter: str = "",
    ) -> Webhook:
        """A new, active webhook whose deliveries are signed with the secret."""
        ...

    def update_webhook(self, where: str, hook: Webhook) -> Webhook:
        """The webhook with that id is as `hook` says; a secret stays as it is."""
        ...

    def delete_webhook(self, where: str, hook_id: int) -> None:
        """The webhook is not there any more."""
        ...

    def branch(self, full_name: str, name: str) -> Branch:
        """One branch: whether it is protected, by which rule, and whether the token may push."""
        ...

    def commit_checks(self, full_name: str, ref: str) -> tuple[CommitCheck, ...]:
        """What builds said last of the newest commit of a branch."""
        ...

    def branch_protections(self, full_name: str) -> tuple[BranchProtection, ...]:
        """The rules about the repo's branches, in the order in which they count.

        Only who may administer the repo is told; `branch` tells everybody a little.
        """
        ...

    def close(self) -> None:
        """No connection is open any more."""
        ...


class Lookout(Protocol):
    """What a server asks beside that, of the hub in its own process: for pages, and for forges."""

    def repos_like(self, forge_id: int, name: str) -> tuple[Repo, ...]:
        """Repos of that number on some forge, and those whose remote has that name in it."""
        ...

    def runs_since(self, since: datetime) -> dict[str, int]:
        """How many syncs ended since then, by how they ended."""
        ...

    def run_hours(self, repos: tuple[str, ...], since: datetime) -> tuple[RunHour, ...]:
        """How many syncs of those repos ended in each hour since then."""
        ...

    def latest_events(
        self,
        *,
        before: int | None = None,
        repo: str | None = None,
        type: str | None = None,  # noqa: A002 - the word of the API
        actor: str | None = None,
        limit: int = LIMIT,
    ) -> tuple[Event, ...]:
        """Events, the newest first, from before a cursor on."""
        ...

    def event_types(self) -> tuple[str, ...]:
        """What kinds of events there are."""
        ...

    def held_up(self) -> dict[str, int]:
        """How many tasks each task with an open question holds up, itself among them."""
        ...


class Queue(Protocol):
    """Which syncs are to be made where: one waits and one runs at most, for each repo on a host.

    Who asks for what waits already joins it; who asks while it runs gets one more run after it.
    A job is done at least once: its worker may end at any moment, and then it waits again.
    """

    def request_syncs(self, wishes: Sequence[Wish]) -> Requested:
        """All that was wished waits, or all of it does not."""
        ...

    def jobs(self, host: str | None = None) -> tuple[Job, ...]:
        """What waits and what runs, in the order in which it was asked for."""
        ...

    def page(
        self, host: str | None = None, *, after: str | None = None, limit: int = LIMIT
    ) -> Page[Job]:
        """Some of what runs, then of what waits, each in the order in which it was asked for."""
        ...

    def run_due(
        self,
        host: str,
        work: Work,
        *,
        concurrency: int = 1,
        stop: threading.Event | None = None,
    ) -> int:
        """How many of the host's jobs were run: all that were due, or until it was told to stop.

        What it is at when it is told to stop is run to its end.
        """
        ...

    def reap(self) -> int:
        """How many jobs wait again that workers had begun who are gone."""
        ...

    def close(self) -> None:
        """Nothing is held open any more."""
        ...
