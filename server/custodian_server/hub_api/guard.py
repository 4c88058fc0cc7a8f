"""What stands before every route: who asks, how much they send, and one line in the log."""

import json
import logging
import time
import uuid
from typing import Any

from anyio.to_thread import run_sync
from starlette.datastructures import Headers, MutableHeaders
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from custodian_core.errors import CustodianError
from custodian_core.hub.seen import foreign
from custodian_core.screening import screened
from custodian_core.text import printable
from custodian_core.wire import HUB, REQUEST_ID
from custodian_server.dashboard import is_page

from .auth import JSON, Door, HubStore, is_spelled, text
from .errors import WHY, Rejected, answer, rejection, trouble
from .rates import Rates
from .traffic import PAGES, Traffic

LIMIT = 4 * 1024 * 1024
#: where the guard leaves the caller's name for the routes
CALLER = "custodian.caller"
#: and what the request is called in the log and beside its events, where it did not say so itself
CALLED = "custodian.request_id"

#: what an answer may load or do in a browser
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

SAFETY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": NOTHING,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
#: what is counted by its own name
METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE"})

log = logging.getLogger(__name__)


class Guard:
    """Lets in what the door allows, and lets nothing out but answers."""

    def __init__(
        self,
        app: ASGIApp,
        door: Door,
        hub: HubStore,
        pages: ASGIApp,
        traffic: Traffic,
        rates: Rates,
    ) -> None:
        self.app = app
        self.door = door
        self.hub = hub
        #: they know by themselves who looks, and tell people what went wrong
        self.pages = pages
        self.traffic = traffic
        self.rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, whatever happens."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visit = _Visit(scope, send, self.hub.hub_id, self.traffic)
        try:
            if is_page(scope["path"]):
                self.door.check_headers(visit.headers, scope["path"])
                _check_length(visit.headers)
                await self.pages(_read_as_get(scope), receive, visit.send)
                return
            await self._admit(scope, visit.headers)
            await self.app(_read_as_get(scope), _limited(receive), visit.send)
        except Rejected as error:
            scope[WHY] = error.detail
            await rejection(error)(scope, receive, visit.send)
        except CustodianError as error:
            scope[WHY] = str(error)
            await trouble(error)(scope, receive, visit.send)
        except Exception:
            log.exception("fault", extra={"told": visit.told()})
            if visit.status is not None:
                raise
            fault = answer(500, "fault", "a fault of this server; its log says more", {})
            await fault(scope, receive, visit.send)
        finally:
            visit.log()

    async def _admit(self, scope: Scope, headers: Headers) -> None:
        method, path = scope["method"], scope["path"]
        self.door.check_headers(headers, path)
        # (what no route takes is told as such, whatever its body is)
        if not is_spelled(method, headers) and _is_taken(scope):
            message = f"the body must be JSON, with the header Content-Type: {JSON}"
            raise Rejected(415, "not_json", message)
        if "authorization" in headers:
            # The store may wait for its database, so it is asked in a thread.
            scope[CALLER] = await run_sync(self.door.caller, method, path, headers)
            self._check_rate(scope[CALLER])
        else:
            scope[CALLER] = self.door.caller(method, path, headers)
        _check_length(headers)
        meant = headers.get(HUB)
        if meant is not None and meant != self.hub.hub_id:
            empty = await run_sync(lambda: self.hub.repos(limit=1).total == 0)
            name = printable(f"{scope.get('scheme', 'http')}://{headers.get('host', '')}", 200)
            raise foreign(name, printable(meant, 100), self.hub.hub_id, empty=empty)

    def _check_rate(self, caller: str) -> None:
        wait = self.rates.wait_s(caller)
        if wait:
            message = f"token {caller} asks too often; ask again in {wait} s"
            details = {"token": caller, "retry_after_s": wait}
            raise Rejected(429, "too_many", message, details, {"Retry-After": str(wait)})


def _read_as_get(scope: Scope) -> Scope:
    """HEAD asks what GET does; the server that listens leaves the body out."""
    return {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope


def _is_taken(scope: Scope) -> bool:
    """Whether a route takes the path with that method."""
    return any(route.matches(scope)[0] is Match.FULL for route in scope["app"].routes)


class _Visit:
    """One request on its way: what is answered, and how long it took."""

    def __init__(self, scope: Scope, send: Send, hub_id: str, traffic: Traffic) -> None:
        self.scope = scope
        self.traffic = traffic
        self.hub_id = hub_id
        self.headers = Headers(scope=scope)
        self.began = time.perf_counter()
        self.status: int | None = None
        self._send = send
        if REQUEST_ID not in self.headers:
            scope[CALLED] = uuid.uuid4().hex

    async def send(self, message: Message) -> None:
        """Send on, with the headers that keep browsers from harm."""
        if message["type"] == "http.response.start":
            self._count(message["status"])
            headers = MutableHeaders(scope=message)
            for name, value in SAFETY.items():
                headers.setdefault(name, value)
            headers[HUB] = self.hub_id
            if self.traffic.draining:  # (who comes again is to go elsewhere)
                headers["Connection"] = "close"
            request_id = self.scope.get(CALLED) or self.headers.get(REQUEST_ID, "")
            # (one that no request may have is refused by the route, in an answer that omits it)
            if request_id.isascii() and request_id.isprintable() and 0 < len(request_id) <= 100:
                headers[REQUEST_ID] = request_id
        await self._send(message)

    def _count(self, status: int) -> None:
        """How soon the answer begins: a stream may last for hours."""
        self.status = status
        path = self.scope["path"]
        area = PAGES if is_page(path) else self.traffic.area(path)
        seconds = time.perf_counter() - self.began
        self.traffic.answered(area, _known_method(self.scope["method"]), status, seconds)

    def told(self) -> dict[str, Any]:
        """The request in a few words: never its query, headers or body, where secrets may lie."""
        return {
            "method": self.scope["method"],
            "path": printable(self.scope["path"], 200),
            "status": self.status,
            "ms": round((time.perf_counter() - self.began) * 1000, 1),
            "caller": self.scope.get(CALLER),
            "request_id": self.scope.get(CALLED)
            or printable(text(self.headers.get(REQUEST_ID, "")), 100)
            or None,
            **self._why(),
        }

    def _why(self) -> dict[str, str]:
        """What kept the server from answering; what the caller did wrong, the caller is told."""
        failed = (self.status or 0) >= 500 and WHY in self.scope
        return {"trouble": printable(self.scope[WHY], 500)} if failed else {}

    def log(self) -> None:
        """Writes and refusals are told, what was only read is not."""
        quiet = self.scope["method"] in ("GET", "HEAD") and (self.status or 500) < 400
        log.log(logging.DEBUG if quiet else logging.INFO, "request", extra={"told": self.told()})


class OneLine(logging.Formatter):
    """A record as one line of JSON, whatever it holds, less what looks like a secret."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told: dict[str, Any] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "told", {}),
        }
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps(screened(told))


def _known_method(method: str) -> str:
    """The method, where it is one that anything takes: others are made up."""
    return method if method in METHODS else "OTHER"


def _check_length(headers: Headers) -> None:
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or len(length) > 10 or int(length) > LIMIT:
        raise _too_large()


def _limited(receive: Receive) -> Receive:
    """Receives no more than the limit, whatever the headers said."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > LIMIT:
            raise _too_large()
        return message

    return counted


def _too_large() -> Rejected:
    # The rest is not read, so the connection cannot be used again.
    message = f"the body is larger than {LIMIT // 1024 // 1024} MiB"
    return Rejected(413, "too_large", message, {"limit": LIMIT}, {"Connection": "close"})
