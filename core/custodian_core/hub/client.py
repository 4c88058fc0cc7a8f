"""The hub over HTTP: the same questions and commands, asked of a hub that runs elsewhere."""

import time
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from custodian_core.codec import stamp, to_json
from custodian_core.commands import Caller, ClaimTask, Command, EndGoal
from custodian_core.errors import BadValue, HubTrouble, HubUnreachable
from custodian_core.forge.repo import ForgeRepo
from custodian_core.jobs import Job, Requested, Wish
from custodian_core.ports import LIMIT
from custodian_core.records import (
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
    SyncRun,
    Task,
    Token,
    Topic,
    Workstream,
)
from custodian_core.wire import (
    AGENT,
    CURSOR,
    IDEMPOTENCY_KEY,
    REQUEST_ID,
    TOTAL,
    address,
    body_of,
    read_answer,
    way_of,
)

from .asking import Asked, Asker, header, query_of
from .seen import Seen

if TYPE_CHECKING:
    import httpx

    from custodian_core.ops.flow import Flow

T = TypeVar("T")

#: what a program calls itself that was given no name
NAMELESS = "custodian"


class HttpHub:
    """A hub behind a URL, as a port: each question a path, each command as wire.py spells it."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        agent: str | None = None,
        *,
        seen: Seen | None = None,
        transport: "httpx.BaseTransport | None" = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.agent = agent or NAMELESS
        self._asker = Asker(url, token, seen=seen, transport=transport, pause=pause)
        self.url = self._asker.url

    def close(self) -> None:
        """No connection is open any more."""
        self._asker.close()

    # --- commands

    def do(self, command: Command, by: Caller) -> Any:
        """Carry out the command and answer with the record it made or changed."""
        record = self._done(command, by)
        return record.claim if isinstance(record, Dispatch) else record

    def claim_next(self, command: ClaimTask, by: Caller) -> Dispatch:
        """The repo's next task, claimed for the holder, and what they should know now."""
        dispatch: Dispatch = self._done(command, by)
        return dispatch

    def _done(self, command: Command, by: Caller) -> Any:
        way = way_of(command)
        body, path, query = body_of(way, command), way.path, dict[str, str]()
        if way.subject is not None:
            path = address(path, getattr(command, way.subject))
        if isinstance(command, EndGoal):
            body, query = {}, {"status": command.status.value}
        headers = {
            **header(AGENT, by.name),
            **header(IDEMPOTENCY_KEY, by.idempotency_key or uuid.uuid4().hex),
            **(header(REQUEST_ID, by.request_id) if by.request_id else {}),
        }
        sent = None if way.method == "DELETE" else body
        answer, _ = self._asker.ask(Asked(way.method, path, query, headers, sent))
        return self._read(way.answer, answer)

    # --- its queue

    def request_sync(self, wish: Wish) -> Requested:
        """A sync waits for the worker of that host."""
        asked = Asked("POST", "/queue/", {}, header(AGENT, self.agent), to_json(wish))
        return self._read(Requested, self._asker.ask(asked)[0])

    def jobs(
        self, host: str | None = None, *, after: str | None = None, limit: int = LIMIT
    ) -> Page[Job]:
        """Some of what runs, then of what waits."""
        return self._get(Page[Job], "/queue/", host=host, after=after, limit=limit)

    # --- questions

    def health(self) -> Health:
        """That the hub answers, and which one it is."""
        return self._get(Health, "/state/health")

    def repo(self, slug: str) -> Repo:
        """One repo."""
        return self._get(Repo, address("/repos/{slug}/", slug))

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
        """Repos by slug."""
        answer, headers = self._look(
            "/repos/",
            slug=slug,
            domain=domain,
            status=status,
            kaizen_schedule_enabled=kaizen_schedule_enabled,
            host=host,
            synced_before=synced_before,
            after=after,
            limit=limit,
        )
        total = headers.get(TOTAL, "")
        if not isinstance(answer, list) or not total.isdecimal():
            raise HubUnreachable(self.url, "what answers there is no State Hub")
        repos = [self._read(Repo, each) for each in cast("Iterable[Any]", answer)]
        return Page(tuple(repos), int(total), headers.get(CURSOR))

    def counts(self) -> tuple[RepoCounts, ...]:
        """How much there is in each repo."""
        return self._get(Page[RepoCounts], "/state/counts").items

    def domains(self) -> tuple[Domain, ...]:
        """Every domain."""
        return self._get(Page[Domain], "/domains/").items

    def topics(self, domain: str | None = None) -> tuple[Topic, ...]:
        """Every topic, or those of one domain."""
        return self._get(Page[Topic], "/topics/", domain=domain).items

    def goals(self, repo: str) -> tuple[Goal, ...]:
        """The repo's goals, the active one first."""
        return self._get(Page[Goal], address("/repos/{slug}/goals", repo)).items

    def workstream(self, name: str) -> Workstream:
        """One workstream."""
        return self._get(Workstream, address("/workstreams/{name}", name))

    def workstreams(
        self,
        *,
        repo: str | None = None,
        status: str | None = None,
        after: str | None = None,
        limit: int = LIMIT,
    ) -> Page[Workstream]:
        """Workstreams, in pages."""
        wanted = {"repo": repo, "status": status, "after": after, "limit": limit}
        return self._get(Page[Workstream], "/workstreams/", **wanted)

    def task(self, name: str) -> Task:
        """One task."""
        return self._get(Task, address("/tasks/{name}", name))

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
        return self._get(
            Page[Task],
            "/tasks/",
            repo=repo,
            workstream=workstream,
            status=status,
            priority=priority,
            needs_human=needs_human,
            after=after,
            limit=limit,
        )

    def claims(
        self, *, repo: str | None = None, holder: str | None = None, live: bool = True
    ) -> tuple[Claim, ...]:
        """Claims, the newest first."""
        wanted = {"repo": repo, "holder": holder, "live": live}
        return self._get(Page[Claim], "/claims/", **wanted).items

    def interventions(
        self,
        *,
        repo: str | None = None,
        is_open: bool | None = True,
        after: str | None = None,
        limit: int = LIMIT,
    ) -> Page[Intervention]:
        """Questions, the oldest first."""
        which = "any" if is_open is None else is_open
        wanted = {"repo": repo, "is_open": which, "after": after, "limit": limit}
        return self._get(Page[Intervention], "/interventions/", **wanted)

    def intervention(self, intervention_id: str) -> Intervention:
        """One question."""
        return self._get(Intervention, address("/interventions/{id}", intervention_id))

    def events(
        self,
        *,
        after: int = 0,
        repo: str | None = None,
        type: str | None = None,  # noqa: A002 - the word of the API
        subject: str | None = None,
        limit: int = LIMIT,
    ) -> Page[Event]:
        """Events from a cursor on."""
        wanted = {"after": after, "repo": repo, "type": type, "subject": subject, "limit": limit}
        return self._get(Page[Event], "/events/", **wanted)

    def flow(self, since: datetime, until: datetime, *, repo: str | None = None) -> "Flow":
        """How work flowed between the two times, in one repo or in all."""
        from custodian_core.ops.flow import Flow

        return self._get(Flow, "/state/flow", since=stamp(since), until=stamp(until), repo=repo)

    def last_events(self, type: str) -> tuple[Event, ...]:  # noqa: A002 - the word of the API
        """The last event of that type of each subject."""
        return self._get(Page[Event], "/events/last", type=type).items

    def tokens(self) -> tuple[Token, ...]:
        """Every token, without its secret."""
        return self._get(Page[Token], "/tokens/").items

    def sync_runs(
        self, repo: str, *, host: str | None = None, limit: int = LIMIT
    ) -> tuple[SyncRun, ...]:
        """How the last runs went, the newest first."""
        path = address("/repos/{slug}/sync", repo)
        return self._get(Page[SyncRun], path, host=host, limit=limit).items

    def inventories(self) -> tuple[Inventory, ...]:
        """The last inventory of each forge."""
        return self._get(Page[Inventory], "/inventories/").items

    def forge_repos(
        self, forge: str, *, after: str | None = None, limit: int = LIMIT
    ) -> Page[ForgeRepo]:
        """What the forge had when it was last asked."""
        path = address("/inventories/{forge}/repos", forge)
        return self._get(Page[ForgeRepo], path, after=after, limit=limit)

    def left_out(self) -> tuple[LeftOut, ...]:
        """Every decision about a repo that is not registered."""
        return self._get(Page[LeftOut], "/left-out/").items

    def reconcile_view(self, repo: str) -> ReconcileView:
        """All that reconciling the repo needs."""
        return self._get(ReconcileView, address("/repos/{slug}/reconcile", repo))

    def dispatch(self, repo: str) -> Dispatch:
        """What the repo's agent should know and do now."""
        return self._get(Dispatch, address("/repos/{slug}/dispatch", repo))

    # --- asking

    def _get(self, kind: type[T], path: str, **wanted: Any) -> T:
        return self._read(kind, self._look(path, **wanted)[0])

    def _look(self, path: str, **wanted: Any) -> tuple[Any, "httpx.Headers"]:
        said = header(AGENT, self.agent)
        return self._asker.ask(Asked("GET", path, query_of(**wanted), said))

    def _read(self, kind: type[T], answer: Any) -> T:
        try:
            return read_answer(kind, answer)
        except BadValue as error:
            reason = f"its answer is not what this Custodian knows ({error}); is one of them older?"
            raise HubTrouble(self.url, reason) from error
