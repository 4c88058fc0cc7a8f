"""Who looks at the dashboard, and what they may do there: sessions, and forms nobody can forge."""

import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from custodian_core.records import Scope, Token
from custodian_server.hub_api.auth import Door
from custodian_server.hub_api.errors import Rejected

#: how long a browser stays let in
SESSION_S = 12 * 60 * 60
#: what a form, or a script in its place, shows to prove that the dashboard sent it
FIELD, HEADER = "csrf", "x-csrf-token"
#: whom the hub knows a visitor as who needed no token
LOCAL = "dashboard"


class Seals(Protocol):
    """What can prove later that a text came from the holder of a token."""

    def token_of(self, secret: str) -> Token | None:
        """The token whose secret this is, if it still opens anything."""
        ...

    def sealed(self, token_id: str, text: str) -> tuple[Token, str] | None:
        """The token, if it still opens anything, and its seal on the text."""
        ...


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody in a browser."""

    #: as events and claims call them
    name: str
    scope: Scope
    #: what their browser shows of itself
    cookie: str
    #: whether they showed a token; where only this machine can come in, nobody must
    by_token: bool = False

    @property
    def csrf(self) -> str:
        """What their forms must hold."""
        return hmac.digest(self.cookie.encode(), b"form", "sha256").hex()[:32]

    def is_new(self, request: Request) -> bool:
        """Whether their browser does not show the cookie yet."""
        return bool(self.cookie) and request.cookies.get(cookie_name(request)) != self.cookie

    @property
    def may_act(self) -> bool:
        """Whether they may change anything."""
        return self.scope is not Scope.READ


#: who has shown no token where one is needed
NOBODY = Visitor("", Scope.READ, "")


def cookie_name(request: Request) -> str:
    """Browsers do not tell one port from another: each hub has a cookie of its own."""
    return f"custodian_{request.url.port or request.url.scheme}"


def visitor(request: Request, door: Door, seals: Seals, host: str) -> Visitor | None:
    """Who sent the request; None where a token must be shown first."""
    cookie = request.cookies.get(cookie_name(request), "")
    token = _session(cookie, seals)
    if token is not None:
        return Visitor(token.name, token.scope, cookie, by_token=True)
    if not door.loopback:
        return None
    local = cookie if cookie.startswith("local.") and len(cookie) < 100 else ""
    return Visitor(f"{LOCAL}@{host}", Scope.WORK, local or f"local.{secrets.token_urlsafe(24)}")


def _session(cookie: str, seals: Seals) -> Token | None:
    """The token under which that session began, if both still hold."""
    text, _, shown = cookie.rpartition(".")
    token_id, _, until = text.partition(".")
    if not (until.isascii() and until.isdigit()) or len(until) > 12 or int(until) < time.time():
        return None
    found = seals.sealed(token_id, f"session.{text}")
    if found is None or not hmac.compare_digest(found[1].encode(), shown.encode()):
        return None
    return found[0]


def begin(token: Token, seals: Seals) -> str | None:
    """What a browser shows from now on in place of the token."""
    text = f"{token.id}.{int(time.time()) + SESSION_S}"
    found = seals.sealed(token.id, f"session.{text}")
    return f"{text}.{found[1]}" if found else None


def remember(response: Response, request: Request, cookie: str) -> Response:
    """The browser shows the cookie from now on, to this hub alone and to no script."""
    response.set_cookie(
        cookie_name(request),
        cookie,
        max_age=SESSION_S,
        httponly=True,
        samesite="lax",
        secure=scheme(request) == "https",
    )
    return response


def scheme(request: Request) -> str:
    """What the browser speaks: to this server, or to what stands before it and ends TLS there.

    A form says where it was shown, a balancer what it was asked by. Who lies in either is told of
    an address, or given a cookie, that is of no use.
    """
    headers = request.headers
    told = (headers.get("origin", "").partition(":")[0], headers.get("x-forwarded-proto"))
    return "https" if "https" in told else request.url.scheme


def check_form(request: Request, who: Visitor, shown: str) -> None:
    """Raise `Rejected` unless the dashboard itself made the form, for this visitor."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    # (a proxy in front may speak another scheme than this server does)
    elsewhere = origin and origin.partition("://")[2] != request.headers.get("host")
    foreign = elsewhere or site not in (None, "same-origin")
    if foreign or not hmac.compare_digest(who.csrf.encode(), shown.encode()):
        message = "this form is too old, or another page sent it; load the page again and repeat"
        raise Rejected(403, "foreign_form", message)


def check_scope(who: Visitor) -> None:
    """Raise `Rejected` unless the visitor may change something."""
    if not who.may_act:
        message = f"token {who.name} may only read; log in with one of scope work"
        raise Rejected(403, "scope_too_small", message)
