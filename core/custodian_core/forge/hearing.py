"""What a response of the forge means: an answer, a request for patience, or an error to tell."""

import email.utils
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from custodian_core.endpoint import origin
from custodian_core.errors import (
    ArchivedOnForge,
    ForgeTrouble,
    ForgeUnreachable,
    NoForge,
    NotOnForge,
    TokenRefused,
    TokenTooWeak,
)
from custodian_core.text import printable
from custodian_core.wire import object_of

from .reading import list_of

#: where the API begins, below the forge's address
API = "/api/v1"
REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: answers that may be others a moment later; a write is only repeated where it was turned away
PASSING = frozenset({429, 500, 502, 503, 504})
TURNED_AWAY = frozenset({429, 503})
_SCOPES = re.compile(r"required=\[([a-z:, ]+)\]")
_KINDS: dict[int, type[ForgeTrouble]] = {
    401: TokenRefused,
    403: TokenTooWeak,
    404: NotOnForge,
    423: ArchivedOnForge,
}


@dataclass(frozen=True, slots=True)
class Heard:
    """A whole response; `headers` are looked up in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the forge answered."""

    value: Any
    #: how many items there are in all the pages, where it says
    total: int | None = None
    #: the path that was asked for has this one now
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class NotNow:
    """Why there is no answer yet, and how long the forge wants us to wait."""

    trouble: ForgeTrouble
    after_s: float | None = None
    may_repeat: bool = True


def understood(forge: str, heard: Heard, method: str, moved_to: str | None) -> Answer | NotNow:
    """The answer; what is none is raised."""
    value = _json(heard.body)
    is_done = method == "DELETE" or not heard.body.strip()
    if heard.status < 300 and (value is not None or is_done):
        return Answer(value, _count(heard.headers.get("X-Total-Count", "")), moved_to)
    if heard.status in PASSING:
        return _not_now(forge, heard, method)
    if value is None:
        what = "HTML" if "html" in heard.headers.get("Content-Type", "") else "no JSON"
        reason = f"it answers {heard.status} with {what}"
        raise NoForge(forge, f"{reason}; is GITEA_URL right? It ends before {API}")
    raise _trouble(forge, heard.status, value)


def led_to(forge: str, heard: Heard, path: str, method: str) -> str:
    """The path below the API that a redirect leads to; where it leads elsewhere, nobody goes."""
    root = f"{forge}{API}"
    try:
        target = urlsplit(urljoin(f"{root}{path}", heard.headers.get("Location", "")))
        is_ours = origin(target.geturl()) == origin(root)
    except ValueError:
        raise NoForge(forge, "it sends us to what is no address") from None
    below = target.path.removeprefix(urlsplit(root).path)
    if not is_ours or target.username is not None or below == target.path or below[:1] != "/":
        host = target.netloc.rpartition("@")[2]
        shown = printable(f"{target.scheme}://{host}{target.path}", 200)
        raise NoForge(forge, f"it sends us to {shown}; if the forge is there, mend GITEA_URL")
    if method != "GET":
        raise ForgeTrouble(forge, f"that is at {printable(below, 200)} now; use its new name")
    return below


def _not_now(forge: str, heard: Heard, method: str) -> NotNow:
    after_s = _after(heard.headers.get("Retry-After", ""), heard.headers.get("Date", ""))
    reason = f"it answers {heard.status}"
    if heard.status in TURNED_AWAY:
        when = "later" if after_s is None else f"in {after_s:.0f} s"
        reason = f"{reason}, it is busy; try again {when}"
    may_repeat = method == "GET" or heard.status in TURNED_AWAY
    return NotNow(ForgeUnreachable(forge, reason), after_s, may_repeat)


def _trouble(forge: str, status: int, value: Any) -> ForgeTrouble:
    """The error that the forge tells, with what to do about it where that is known."""
    said = object_of(value)
    told = printable(str(said.get("message") or f"it answers {status}"), 500)
    if errors := [each for each in list_of(said.get("errors")) if isinstance(each, str)]:
        told = f"{told} ({printable(errors[0], 300)})"
    if status == 401:
        told = f"{told}; mend GITEA_TOKEN, or the file that GITEA_TOKEN_FILE names"
    if status == 403 and (scopes := _SCOPES.search(told)):
        lacking = scopes[1].replace(" ", " or ")
        told = f"it lacks {lacking}; make one with that in your settings there, at Applications"
    if status == 404:
        told = f"that is not there, or this token may not see it ({told})"
    return _KINDS.get(status, ForgeTrouble)(forge, told)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _count(said: str) -> int | None:
    return int(said) if said.isdecimal() and len(said) < 10 else None


def _after(said: str, date: str) -> float | None:
    """How many seconds the forge wants us to wait: it says a number, or a time by its own clock."""
    if said.isdecimal() and len(said) < 10:
        return float(said)
    try:
        then, clock = (email.utils.parsedate_to_datetime(each) for each in (said, date))
        return max(0.0, (_aware(then) - _aware(clock)).total_seconds())
    except (ValueError, OverflowError):
        return None


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
