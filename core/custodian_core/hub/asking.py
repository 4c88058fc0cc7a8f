"""One request to a hub elsewhere: repeated where that may help, and heard of no other hub."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from custodian_core.certificates import believed_at, disbelief
from custodian_core.codec import stamp
from custodian_core.endpoint import endpoint, fit_for_header, is_here
from custodian_core.errors import BadValue, Denied, HubTrouble, HubUnreachable
from custodian_core.text import printable
from custodian_core.wire import (
    AGENT,
    AGENT_LIMIT,
    HUB,
    IDEMPOTENCY_KEY,
    KEY_LIMIT,
    REQUEST_ID,
    error_of,
    object_of,
)

from .seen import Seen

if TYPE_CHECKING:
    import httpx

_EXAMPLE = "http://hub.example:8000"
#: how long to wait before each further try
PAUSES = (0.2, 1.0)
TIMEOUT_S = 30.0
#: answers of something between here and the hub, which may do better the next time
PASSING = frozenset({502, 503, 504})
#: what goes in each header: as people call it, and how long it may be
_SPOKEN = {
    AGENT: ("the agent's name", AGENT_LIMIT),
    IDEMPOTENCY_KEY: ("the idempotency key", KEY_LIMIT),
    REQUEST_ID: ("the request id", AGENT_LIMIT),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as often as it is sent."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[bytes, bytes]
    body: dict[str, Any] | None = None


class Asker:
    """Asks one hub, and nothing else; every request may be repeated without harm, so some are."""

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        seen: Seen | None = None,
        transport: "httpx.BaseTransport | None" = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        import httpx

        self.url = endpoint(url, "CUSTODIAN_HUB_URL", "CUSTODIAN_HUB_TOKEN", _EXAMPLE)
        self._pause = pause
        self._seen = seen
        self._expected = seen.hub_at(self.url) if seen else None
        try:
            self._http = httpx.Client(
                base_url=self.url,
                headers={"Accept": "application/json", **_opened_with(token)},
                timeout=TIMEOUT_S,
                transport=transport,
                verify=believed_at(self.url),
                # A proxy that the environment names is for what lies beyond this machine.
                trust_env=not is_here(self.url),
            )
        except httpx.InvalidURL as error:
            raise BadValue("CUSTODIAN_HUB_URL", f"it must be as {_EXAMPLE}") from error

    def close(self) -> None:
        """No connection is open any more."""
        self._http.close()

    def ask(self, asked: Asked) -> tuple[Any, "httpx.Headers"]:
        """The answer, after as many tries as there are; nothing raised here holds the request."""
        for pause in (*PAUSES, None):
            response = self._send(asked)
            if not isinstance(response, str):
                self._check_hub(response.headers.get(HUB))
                if not _is_passing(response):
                    return _told(self.url, response), response.headers
                response = f"it answers {response.status_code}"
            if pause is None:
                raise HubUnreachable(self.url, response)
            self._pause(pause)
        raise AssertionError  # the last try has no pause after it

    def _check_hub(self, found: str | None) -> None:
        """The hub that answers is the one that was seen here, or the first to be."""
        if self._expected is None and found is not None:
            self._expected = found
            if self._seen:
                self._seen.note(self.url, found)

    def _send(self, asked: Asked) -> "httpx.Response | str":
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
            if (tls := disbelief(error)) is not None:
                return tls
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


def _is_passing(response: "httpx.Response") -> bool:
    """Whether something between here and the hub answered, and not the hub."""
    return response.status_code in PASSING and error_of(_json(response)) is None


def _told(url: str, response: "httpx.Response") -> Any:
    """What the response says, or the error it tells."""
    answer, status = _json(response), response.status_code
    if status < 300 and answer is not None:
        return answer
    if (error := error_of(answer)) is not None:
        raise error
    told = object_of(object_of(answer).get("error"))
    if told and status in (401, 403):
        raise Denied(url, _denial(status, printable(str(told.get("message")), 500)))
    if told and status < 500:
        raise HubTrouble(url, printable(str(told.get("message")), 500))
    raise HubUnreachable(url, f"it answers {status} with what is no answer of a State Hub")


def _denial(status: int, message: str) -> str:
    """What the hub says, and where a token goes if it wants one."""
    return f"{message}; it goes in CUSTODIAN_HUB_TOKEN" if status == 401 else message


def _opened_with(token: str | None) -> dict[str, str]:
    """The header that opens the hub."""
    if not token:
        return {}
    return {"Authorization": f"Bearer {fit_for_header(token, 'CUSTODIAN_HUB_TOKEN')}"}


def _json(response: "httpx.Response") -> Any:
    """The JSON of the response, or None."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None


def query_of(**wanted: Any) -> dict[str, str]:
    """What is wanted, as words of a query."""
    return {name: _word(value) for name, value in wanted.items() if value is not None}


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return stamp(value) if isinstance(value, datetime) else str(value)


def header(name: str, value: str) -> dict[bytes, bytes]:
    """The header, where the value can be said in one."""
    called, longest = _SPOKEN[name]
    if not value.isprintable() or not 0 < len(value) <= longest:
        raise BadValue(called, f"it must be up to {longest} printable characters")
    return {name.encode(): value.encode()}
