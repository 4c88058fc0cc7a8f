"""Who may ask what: tokens and their scopes, and requests that a foreign web page would make."""

import ipaddress
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from custodian_core.errors import BadValue
from custodian_core.forge import webhooks
from custodian_core.ports import Hub, Lookout
from custodian_core.records import Scope, Token
from custodian_core.wire import AGENT, AGENT_LIMIT

from .errors import Rejected

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
#: open to everybody, so that a guard in a script and a balancer can ask whether the hub is there
OPEN = frozenset({"/state/live", "/state/health", "/state/ready"})
#: open to whoever signs what they send, which the route looks at; this is what they are called
SIGNED = {webhooks.PATH: "gitea"}
ANONYMOUS = "anonymous"
JSON = "application/json"

_ORDER = tuple(Scope)


class Keyring(Protocol):
    """What knows the tokens."""

    def token_of(self, secret: str) -> Token | None:
        """The token whose secret this is, if it still opens anything."""
        ...

    def sealed(self, token_id: str, text: str) -> tuple[Token, str] | None:
        """The token, if it still opens anything, and a seal that only it gives the text."""
        ...

    def has_tokens(self) -> bool:
        """Whether any token opens the API."""
        ...


class HubStore(Hub, Lookout, Keyring, Protocol):
    """A hub with its tokens."""

    hub_id: str


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    if host.lower() in LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def needed_scope(method: str, path: str) -> Scope:
    """The scope that a request needs: reads, writes, and what only an admin may do."""
    parts = path.strip("/").split("/")
    if parts == ["mcp"]:  # what a token may only read, its tools only read
        return Scope.READ
    if parts[0] == "tokens" or (method == "DELETE" and parts[0] == "repos" and len(parts) == 2):
        return Scope.ADMIN
    return Scope.READ if method in ("GET", "HEAD", "OPTIONS") else Scope.WORK


def allows(token: Token, scope: Scope) -> bool:
    """Whether the token may do what needs that scope."""
    return _ORDER.index(token.scope) >= _ORDER.index(scope)


@dataclass(frozen=True, slots=True)
class Door:
    """Lets a request in under a caller's name, or raises `Rejected`."""

    keys: Keyring
    loopback: bool
    #: the names that this server answers to, beside those of loopback
    names: frozenset[str] = frozenset()

    def check_headers(self, headers: Headers, path: str) -> None:
        """Raise `Rejected` for what a browser was tricked into."""
        host = headers.get("host", "")
        if not host and path.rstrip("/") in OPEN:
            return  # (balancers that ask by HTTP/1.0 name no host, which no browser can leave out)
        if not self._is_own(_hostname(host)):
            message = (
                "the Host header names another server; a balancer should pass on the one that it "
                "was sent, and `custodian serve --name NAME` answers to it"
            )
            raise Rejected(421, "foreign_host", message)
        origin = headers.get("origin")
        if origin is not None and not self._is_home(origin, host):
            raise Rejected(403, "foreign_origin", "a page of another origin may not ask this")

    def _is_own(self, name: str) -> bool:
        if name in self.names or is_loopback(name):
            return True
        # No foreign page can make its own name an address: an address is no rebinding.
        return not self.loopback and _is_address(name)

    def _is_home(self, origin: str, host: str) -> bool:
        place = origin.lower().partition("://")[2]
        if not place:
            return False
        return place == host.lower() or (self.loopback and is_loopback(_hostname(place)))

    def caller(self, method: str, path: str, headers: Headers) -> str:
        """The caller's name; this asks the store where a token is shown."""
        if method == "POST" and (signer := SIGNED.get(path.rstrip("/"))):
            return signer
        shown = headers.get("authorization")
        scope = needed_scope(method, path)
        if shown is not None:
            token = self._token(shown)
            if not allows(token, scope):
                raise Rejected(
                    403,
                    "scope_too_small",
                    f"token {token.name} has scope {token.scope}, this needs {scope}; ask the "
                    f"hub's keeper for one (custodian token create NAME --scope {scope})",
                    {"token": token.name, "scope": token.scope.value, "needed": scope.value},
                )
            return token.name
        if self.loopback:
            return _agent(headers)
        if path.rstrip("/") in OPEN:
            return ANONYMOUS
        message = (
            "a token is needed; ask the hub's keeper for one "
            f"(custodian token create NAME --scope {scope})"
        )
        raise Rejected(401, "token_needed", message, headers={"WWW-Authenticate": "Bearer"})

    def _token(self, shown: str) -> Token:
        kind, _, secret = shown.partition(" ")
        token = self.keys.token_of(secret.strip()) if kind.lower() == "bearer" else None
        if token is None:
            message = (
                "the token opens nothing here, it was revoked or never made by this hub; ask its "
                "keeper for another (custodian token create)"
            )
            raise Rejected(401, "wrong_token", message, headers={"WWW-Authenticate": "Bearer"})
        return token


def is_spelled(method: str, headers: Headers) -> bool:
    """Whether a body that is sent, or that the method asks for, says that it is JSON."""
    sent = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
    if method not in ("POST", "PATCH") and not sent:
        return True
    return headers.get("content-type", "").partition(";")[0].strip().lower() == JSON


def _agent(headers: Headers) -> str:
    """The name that a caller on this machine gives itself."""
    name = text(headers.get(AGENT, ""))
    if not name:
        return ANONYMOUS
    if len(name) > AGENT_LIMIT or not name.isprintable():
        raise BadValue(AGENT, f"it must be up to {AGENT_LIMIT} printable characters")
    return name


def text(header: str) -> str:
    """A header as its sender wrote it: bytes of UTF-8, which servers hand on as Latin-1."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def _hostname(place: str) -> str:
    """The name in `name:port`, small and without brackets."""
    try:
        return (urlsplit(f"//{place}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
