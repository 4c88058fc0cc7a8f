"""Who wants to hear of which resource, and how they hear that the hub knows something new of it."""

import logging
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast
from urllib.parse import unquote

import anyio
from anyio.to_thread import run_sync
from mcp.server import MCPServer
from mcp.server.connection import Connection
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourceUpdated
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_REQUEST,
    EmptyResult,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)

from custodian_core.errors import CustodianError
from custodian_core.records import Event
from custodian_core.text import printable
from custodian_tools.agent.desk import Desk

log = logging.getLogger(__name__)

#: how long a change may go unheard, and how long a hub that does not answer is left alone
EVERY_S, TROUBLE_S = 0.5, 5.0
#: how many events are read at a time, and how many resources one client may watch
AT_ONCE, MOST = 500, 1000


class Watch:
    """The hub's events, followed while anybody has asked to hear of a resource, and not else.

    A client of the handshake's era is told on its own connection, one of the newer era on the
    streams that it listens on.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._bus = InMemorySubscriptionBus()
        self._streams = ListenHandler(self._bus)
        self._listened: Counter[str] = Counter()
        self._sessions: dict[tuple[Connection, str], ServerSession] = {}
        self._wanted = anyio.Event()
        #: the last event that was told of; None where the hub could not say
        self._cursor: int | None = None

    @property
    def uris(self) -> frozenset[str]:
        """What anybody wants to hear of."""
        return frozenset({*self._listened, *(uri for _, uri in self._sessions)})

    async def subscribe(self, ctx: Any, params: SubscribeRequestParams) -> EmptyResult:
        """The client hears of the resource from now on."""
        await self._begin(1)
        place = _place(ctx, params)
        if place not in self._sessions:
            connection, _ = place
            connection.exit_stack.callback(self._sessions.pop, place, None)
        self._sessions[place] = ctx.session
        self._wanted.set()
        return EmptyResult()

    async def unsubscribe(self, ctx: Any, params: UnsubscribeRequestParams) -> EmptyResult:
        """The client hears of the resource no more."""
        self._sessions.pop(_place(ctx, params), None)
        return EmptyResult()

    async def listen(
        self, ctx: Any, params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """The client hears of what it names for as long as it listens."""
        uris = [str(uri) for uri in params.notifications.resource_subscriptions or ()]
        if uris:
            await self._begin(len(uris))
            self._listened.update(uris)
            self._wanted.set()
        try:
            return await self._streams(ctx, params)
        finally:
            self._listened.subtract(uris)
            self._listened = +self._listened

    async def _begin(self, more: int) -> None:
        """Where nobody has listened, whatever happens from now on is told."""
        if len(self.uris) + more > MOST:
            told = f"{MOST} resources at most can be watched; end other subscriptions first"
            raise MCPError(INVALID_REQUEST, told)
        if not self.uris:
            with trouble_told():
                self._cursor = None
                self._cursor = await run_sync(self._now, abandon_on_cancel=True)

    async def follow(self) -> None:
        """Whoever wants to hear of a resource does, until this is cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted = anyio.Event()
            while self.uris:
                wait = TROUBLE_S
                with trouble_told():
                    # Where the hub does not answer the cursor stays: it is all told later.
                    end, changed = await run_sync(
                        self._news, self._cursor, self.uris, abandon_on_cancel=True
                    )
                    self._cursor, wait = end, EVERY_S
                    for uri in changed:
                        await self._tell(uri)
                await anyio.sleep(wait)

    async def _tell(self, uri: str) -> None:
        await self._bus.publish(ResourceUpdated(uri=uri))
        for session in [each for (_, wanted), each in self._sessions.items() if wanted == uri]:
            await session.send_resource_updated(uri)

    def _now(self) -> int:
        """The number of the last event there is."""
        hub = self._desk.hub
        cursor: int | None = hub.events(limit=1).total
        last = 0
        while cursor is not None:
            page = hub.events(after=cursor, limit=AT_ONCE)
            last = page.items[-1].seq if page.items else cursor
            cursor = last if page.cursor else None
        return last

    def _news(self, cursor: int | None, uris: frozenset[str]) -> tuple[int, list[str]]:
        """Where the events end now, and what they tell of since the cursor."""
        if cursor is None:  # it is not known what happened meanwhile: everybody looks again
            return self._now(), sorted(uris)
        page = self._desk.hub.events(after=cursor, limit=AT_ONCE)
        if page.cursor or page.total < cursor:  # very much happened, or the hub is an older one
            return self._now(), sorted(uris)
        end = page.items[-1].seq if page.items else cursor
        return end, sorted(touched(uris, page.items))


def _place(
    ctx: Any, params: SubscribeRequestParams | UnsubscribeRequestParams
) -> tuple[Connection, str]:
    """Whose subscription it is, and to what; a session is made anew for each request."""
    return ctx.session._connection, str(params.uri)


@contextmanager
def trouble_told() -> Generator[None]:
    """What keeps the hub from being watched stands in the log, and ends nothing."""
    try:
        yield
    except CustodianError as trouble:
        log.warning("resources are not watched for now: %s", printable(str(trouble), 500))


def touched(uris: Iterable[str], events: Iterable[Event]) -> Iterator[str]:
    """The resources that are told anew after those events: a repo's own, and a task's."""
    told = tuple(events)
    repos = {event.repo_slug for event in told}
    subjects = {event.subject for event in told}
    for uri in uris:
        scheme, _, rest = uri.partition("://")
        name = unquote(rest.partition("/")[0])
        if name in (subjects if scheme == "task" else repos):
            yield uri


@asynccontextmanager
async def watching(desk: Desk) -> AsyncGenerator[Watch]:
    """A watch that is kept for as long as the server runs."""
    watch = Watch(desk)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch.follow)
        yield watch
        tasks.cancel_scope.cancel()


def add_subscriptions(server: MCPServer[Watch], *, listen: bool) -> None:
    """Clients can ask to hear of resources; `listen` offers it to those of the newer era too."""
    # MCPServer has no door for these, its low-level server has.
    add = cast("Any", server)._lowlevel_server.add_request_handler
    add("resources/subscribe", SubscribeRequestParams, _subscribe)
    add("resources/unsubscribe", UnsubscribeRequestParams, _unsubscribe)
    if listen:
        add("subscriptions/listen", SubscriptionsListenRequestParams, _listen)


async def _subscribe(ctx: Any, params: SubscribeRequestParams) -> EmptyResult:
    watch: Watch = ctx.lifespan_context
    return await watch.subscribe(ctx, params)


async def _unsubscribe(ctx: Any, params: UnsubscribeRequestParams) -> EmptyResult:
    watch: Watch = ctx.lifespan_context
    return await watch.unsubscribe(ctx, params)


async def _listen(ctx: Any, params: SubscriptionsListenRequestParams) -> SubscriptionsListenResult:
    watch: Watch = ctx.lifespan_context
    return await watch.listen(ctx, params)
