"""The dashboard as a web application: who looks is known, forms are genuine, errors are pages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote

from anyio.to_thread import run_sync
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from custodian_core.codec import now
from custodian_core.commands import Caller, Command
from custodian_core.errors import CustodianError
from custodian_core.settings import Settings
from custodian_server.hub_api.auth import Door, HubStore
from custodian_server.hub_api.errors import Rejected, trouble

from . import visitors
from .rendering import assets, render
from .visitors import Visitor

#: what a page may load and do in a browser: its own files, and nothing that stands in the page
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
T = TypeVar("T")

SAFETY = {
    "Content-Security-Policy": POLICY,
    # (with `no-referrer`, as the API has it, browsers do not tell where a form comes from either)
    "Referrer-Policy": "same-origin",
}
#: how large a form may be
LONGEST_FORM = 64 * 1024


@dataclass(frozen=True, slots=True)
class View:
    """One request to a page: who looks, at what, and when."""

    request: Request
    hub: HubStore
    settings: Settings
    who: Visitor
    now: datetime
    form: dict[str, str]
    #: what was worked out for the page before, with the number of the hub's last event then
    memory: dict[str, tuple[int, Any]]

    @property
    def wanted(self) -> dict[str, str]:
        """The words of the address; the last of each name counts."""
        return dict(self.request.query_params)

    def name(self, parameter: str) -> str:
        """What the path names."""
        return str(self.request.path_params[parameter])

    @property
    def pages(self) -> frozenset[str]:
        """Which pages there are."""
        from .pages import PAGES

        return frozenset(each.path for each in PAGES)

    @property
    def in_place(self) -> bool:
        """Whether a part of a page is asked for, to be put in its place."""
        return self.request.headers.get("hx-request") == "true"

    def remembered(self, what: str, work_out: Callable[[], T]) -> T:
        """What was worked out before, as long as nothing happened in the hub since."""
        last = self.hub.latest_events(limit=1)
        seq = last[0].seq if last else 0
        known = self.memory.get(what)
        if known is None or known[0] != seq:
            known = self.memory[what] = (seq, work_out())
        found: T = known[1]
        return found

    @property
    def by(self) -> Caller:
        """Who acts, as events tell it."""
        return Caller(self.who.name)

    def do(self, command: Command) -> Any:
        """Carry out the command under the visitor's name."""
        return self.hub.do(command, self.by)

    def page(self, template: str, status: int = 200, **facts: Any) -> Response:
        """The page, or the part of one, with those facts."""
        return HTMLResponse(render(template, view=self, now=self.now, **facts), status)

    def back(self, to: str, template: str | None = None, **facts: Any) -> Response:
        """After an act: the part that changed, or, without scripts, the page it was done on."""
        if self.in_place and template is not None:
            return self.page(template, **facts)
        return RedirectResponse(to, 303)


Endpoint = Callable[[View], Response]


@dataclass(frozen=True, slots=True)
class Page:
    """Where an endpoint is found."""

    path: str
    endpoint: Endpoint
    method: str = "GET"
    #: whether nobody needs to be known
    is_open: bool = False
    #: whether it changes what the hub knows
    acts: bool = True


class Dashboard:
    """Answers what the API's guard takes for pages."""

    def __init__(self, hub: HubStore, settings: Settings, door: Door) -> None:
        self.hub, self.settings, self.door = hub, settings, door
        #: the application whose routes a page tells of
        self.api: Any = None
        self.memory: dict[str, tuple[int, Any]] = {}
        from .pages import PAGES

        self.router = Router(
            [
                Route("/static/{name}", _static),
                *(
                    Route(each.path, partial(self._answer, each), methods=[each.method])
                    for each in PAGES
                ),
            ],
            redirect_slashes=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a page, whatever happens."""
        request = Request(scope, receive)
        try:
            await self.router({**scope, "app": self.api}, receive, send)
        except HTTPException as error:
            told = self._trouble(request, error.status_code, error.detail)
            told.headers.update(error.headers or {})
            await told(scope, receive, send)
        except CustodianError as error:
            status = trouble(error).status_code
            await self._trouble(request, status, str(error))(scope, receive, send)

    async def _answer(self, page: Page, request: Request) -> Response:
        form = await _form(request) if page.method == "POST" else {}
        return await run_sync(self._page, page, request, form)

    def _page(self, page: Page, request: Request, form: dict[str, str]) -> Response:
        who = visitors.visitor(request, self.door, self.hub, self.settings.host)
        if who is None and not page.is_open:
            return _to_login(request)
        who = who or visitors.NOBODY
        if page.method == "POST" and not page.is_open:
            shown = form.get(visitors.FIELD) or request.headers.get(visitors.HEADER, "")
            visitors.check_form(request, who, shown)
            if page.acts:
                visitors.check_scope(who)
        response = page.endpoint(
            View(request, self.hub, self.settings, who, now(), form, self.memory)
        )
        for name, value in SAFETY.items():
            response.headers.setdefault(name, value)
        if who.is_new(request):
            visitors.remember(response, request, who.cookie)
        return response

    def _trouble(self, request: Request, status: int, message: str) -> Response:
        """What went wrong, as a page, or beside the form that was sent."""
        if request.headers.get("hx-request") == "true":
            place = request.headers.get("hx-trigger", "")
            response = HTMLResponse(render("_trouble.html", message=message), status)
            response.headers["HX-Retarget"] = f"#{place} .trouble" if place else "#trouble"
            response.headers["HX-Reswap"] = "innerHTML"
            return response
        response = HTMLResponse(render("trouble.html", status=status, message=message), status)
        response.headers.update(SAFETY)
        return response


def _to_login(request: Request) -> Response:
    path = request.url.path if request.method == "GET" else "/"
    query = f"?{request.url.query}" if request.url.query and request.method == "GET" else ""
    to = f"/login?next={quote(path + query, safe='')}"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=204, headers={"HX-Redirect": to})
    return RedirectResponse(to, 303)


async def _form(request: Request) -> dict[str, str]:
    """What the form holds; the last of each name counts."""
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind != "application/x-www-form-urlencoded":
        raise Rejected(415, "not_a_form", "a page takes forms only; programs use the API: /docs")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            message = f"the form holds more than {LONGEST_FORM // 1024} KiB; say it shorter"
            raise Rejected(413, "too_large", message, headers={"Connection": "close"})
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise Rejected(400, "not_a_form", "the form cannot be read; send it again") from error
    return {name: value.replace("\r\n", "\n") for name, value in pairs}


async def _static(request: Request) -> Response:
    asset = assets().get(request.path_params["name"])
    if asset is None:
        raise HTTPException(404, "there is no such file")
    return Response(
        asset.content,
        media_type=asset.kind,
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )
