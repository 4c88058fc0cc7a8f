"""What pure code and tools need of the world, as Protocols."""

from datetime import datetime
from typing import Any, Protocol

from .commands import Caller, Command
from .records import (
    Claim,
    Dispatch,
    Domain,
    Event,
    Goal,
    Health,
    Intervention,
    Page,
    ReconcileView,
    Repo,
    RepoCounts,
    SyncRun,
    Task,
    Token,
    Topic,
    Workstream,
)

#: how many items a list gives where nobody says
LIMIT = 20


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

    def tokens(self) -> tuple[Token, ...]:
        """Every token, without its secret."""
        ...

    def sync_runs(
        self, repo: str, *, host: str | None = None, limit: int = LIMIT
    ) -> tuple[SyncRun, ...]:
        """How the repo's last syncs went, the newest first."""
        ...

    def reconcile_view(self, repo: str) -> ReconcileView:
        """All that reconciling the repo needs."""
        ...

    def dispatch(self, repo: str) -> Dispatch:
        """What the repo's agent should know and do now; nothing is claimed."""
        ...

    def close(self) -> None:
        """Nothing is held open any more."""
        ...
