"""The hub over HTTP: the same questions and commands, asked of a hub that runs elsewhere."""

import re
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from custodian_core.codec import stamp, to_json
from custodian_core.commands import Caller, ClaimTask, Command, EndGoal
from custodian_core.endpoint import endpoint, fit_for_header, is_here
from custodian_core.errors import BadValue, Denied, HubTrouble, HubUnreachable
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
from custodian_core.text import printable
from custodian_core.wire import (
    AGENT,
    AGENT_LIMIT,
    CURSOR,
    HUB,
    IDEMPOTENCY_KEY,
    KEY_LIMIT,
    REQUEST_ID,
    TOTAL,
    address,
    body_of,
    error_of,
    object_of,
    read_answer,
    way_of,
)

from .seen import Seen

if TYPE_CHECKING:
    import httpx

    from custodian_core.ops.flow import Flow

T = TypeVar("T")

_EXAMPLE = "http://hub.example:8000"
#: how long to wait before each further try
PAUSES = (0.2, 1.0)
TIMEOUT_S = 30.0
#: answers of something between here and the hub, which may do better the next time
PASSING = frozenset({502, 503, 504})
#: what goes in each header, as people call it
_CALLED = {
    AGENT: "the agent's name",
    IDEMPOTENCY_KEY: "the idempotency key",
    REQUEST_ID: "the request id",
}
#: what a program calls itself that was given no name
NAMELESS = "custodian"


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request, as often as it is sent."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[bytes, bytes]
    body: dict[str, Any] | None = None


class HttpHub:
    """A hub behind a URL; every request may be repeated without harm, so some are."""

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
        import httpx

        self.url = endpoint(url, "CUSTODIAN_HUB_URL", "CUSTODIAN_HUB_TOKEN", _EXAMPLE)
        self.agent = agent or NAMELESS
        self._pause = pause
        self._seen = seen
        self._expected = seen.hub_at(self.url) if seen else None
        try:
            self._http = httpx.Client(
                base_url=self.url,
                headers={"Accept": "application/json", **_opened_with(token)},
                timeout=TIMEOUT_S,
                transport=transport,
                # A proxy that the environment names is for what lies beyond this machine.
                trust_env=not is_here(self.url),
            )
        except httpx.InvalidURL as error:
            raise BadValue("CUSTODIAN_HUB_URL", f"it must be as {_EXAMPLE}") from error

    def close(self) -> None:
        """No connection is open any more."""
        self._http.close()

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
            **_said(AGENT, by.name, AGENT_LIMIT),
            **_said(IDEMPOTENCY_KEY, by.idempotency_key or uuid.uuid4().hex, KEY_LIMIT),
            **(_said(REQUEST_ID, by.request_id, AGENT_LIMIT) if by.request_id else {}),
        }
        sent = None if way.method == "DELETE" else body
        answer, _ = self._ask(_Asked(way.method, path, query, headers, sent))
        return self._read(way.answer, answer)

    # --- its queue

    def request_sync(self, wish: Wish) -> Requested:
        """A sync waits for the worker of that host."""
        asked = _Asked("POST", "/queue/", {}, _said(AGENT, self.agent, AGENT_LIMIT), to_json(wish))
        return self._read(Requested, self._ask(asked)[0])

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
        query = _query(
            slug=slug,
            domain=domain,
            status=status,
            kaizen_schedule_enabled=kaizen_schedule_enabled,
            host=host,
            synced_before=synced_before,
            after=after,
            limit=limit,
        )
        answer, headers = self._ask(_Asked("GET", "/repos/", query, {}))
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
        headers = _said(AGENT, self.agent, AGENT_LIMIT)
        answer, _ = self._ask(_Asked("GET", path, _query(**wanted), headers))
        return self._read(kind, answer)

    def _read(self, kind: type[T], answer: Any) -> T:
        try:
            return read_answer(kind, answer)
        except BadValue as error:
            reason = f"its answer is not what this Custodian knows ({error}); is one of them older?"
            raise HubTrouble(self.url, reason) from error

    def _ask(self, asked: _Asked) -> tuple[Any, "httpx.Headers"]:
        """The answer, after as many tries as there are; nothing raised here holds the request."""
        trouble = HubUnreachable(self.url, "it was not asked")
        for pause in (*PAUSES, None):
            response = self._send(asked)
            if not isinstance(response, str):
                self._check_hub(response.headers.get(HUB))
            if isinstance(response, str):
                trouble = HubUnreachable(self.url, response)
            elif response.status_code in PASSING and error_of(_json(response)) is None:
                trouble = HubUnreachable(self.url, f"it answers {response.status_code}")
            else:
                return self._told(response), response.headers
            if pause is not None:
                self._pause(pause)
        raise trouble

    def _check_hub(self, found: str | None) -> None:
        """The hub that answers is the one that was seen here, or the first to be."""
        if self._expected is None and found is not None:
            self._expected = found
            if self._seen:
                self._seen.note(self.url, found)

    def _send(self, asked: _Asked) -> "httpx.Response | str":
        """The response, or why there is none."""
        import httpx

        try:
            return self._http.request(
                asked.method,
                asked.path,
                params=asked.query,
                json=asked.body,
                headers=httpx.Headers({**asked.headers, **self._meant()}),
            )
        except httpx.TimeoutException:
            return "it takes too long"
        except httpx.ConnectError as error:
            # (the system's number in front of its words tells nobody anything)
            told = re.sub(r"^\[Errno [-0-9]+\] ", "", str(error)) or "it cannot be connected to"
            return (
                f"{told.lower()}; is `custodian serve` running there, is CUSTODIAN_HUB_URL right?"
            )
        except httpx.RequestError as error:
            return f"the connection failed ({type(error).__name__})"

    def _meant(self) -> dict[bytes, bytes]:
        """The header that says which hub is meant, so that no other carries a command out."""
        return {HUB.encode(): self._expected.encode()} if self._expected else {}

    def _told(self, response: "httpx.Response") -> Any:
        """What the response says, or the error it tells."""
        answer, status = _json(response), response.status_code
        if status < 300 and answer is not None:
            return answer
        if (error := error_of(answer)) is not None:
            raise error
        told = object_of(object_of(answer).get("error"))
        if told and status in (401, 403):
            raise Denied(self.url, _denial(status, printable(str(told.get("message")), 500)))
        if told and status < 500:
            raise HubTrouble(self.url, printable(str(told.get("message")), 500))
        raise HubUnreachable(self.url, f"it answers {status} with what is no answer of a State Hub")


def _denial(status: int, message: str) -> str:
    """What the hub says, and where a token goes if it wants one."""
    return f"{message}; it goes in CUSTODIAN_HUB_TOKEN" if status == 401 else message


def _opened_with(token: str | None) -> dict[str, str]:
    """The header that opens the hub."""
    if not token:
        return {}
    return {"Authorization": f"Bearer {fit_for_header(token, 'CUSTODIAN_HUB_TOKEN')}"}


def _query(**wanted: Any) -> dict[str, str]:
    """What is wanted, as words of a query."""
    return {name: _word(value) for name, value in wanted.items() if value is not None}


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return stamp(value) if isinstance(value, datetime) else str(value)


def _said(header: str, value: str, longest: int) -> dict[bytes, bytes]:
    """The header, where it can be said in one."""
    if not value.isprintable() or not 0 < len(value) <= longest:
        raise BadValue(_CALLED[header], f"it must be up to {longest} printable characters")
    return {header.encode(): value.encode()}


def _json(response: "httpx.Response") -> Any:
    """The JSON of the response, or None."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None
