"""One question to the forge: at one origin only, as often as is decent, within bounds."""

import os
import socket
from collections.abc import Awaitable, Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import anyio

from custodian_core.certificates import believed_at, causes, disbelief
from custodian_core.endpoint import endpoint, fit_for_header, is_here
from custodian_core.errors import BadValue, ForgeTrouble, ForgeUnreachable, NoForge

from .hearing import API, REDIRECTS, Answer, Heard, NotNow, led_to, understood

if TYPE_CHECKING:
    import httpx

#: how long to wait before each further try, where the forge does not say
PAUSES = (0.5, 2.0)
#: a forge that wants more patience than this is told of instead
LONGEST_PAUSE_S = 30.0
#: how long one answer may take in all, however slowly it drips
ANSWER_S = 60.0
#: fifty repos are a quarter of a MiB
LARGEST_ANSWER = 16 * 2**20
MOST_REDIRECTS = 5
MOST_CONNECTIONS = 16
_EXAMPLE = "https://git.example"


def address_of(url: str) -> str:
    """The forge's address; with the API's path at its end it is the same."""
    return endpoint(url, "GITEA_URL", "GITEA_TOKEN", _EXAMPLE).removesuffix(API)


class Asker:
    """Asks one forge, and nothing else; the token goes in a header and nowhere else."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        pause: Callable[[float], Awaitable[None]] = anyio.sleep,
        answer_s: float = ANSWER_S,
    ) -> None:
        import httpx

        self.url = address_of(url)
        self._pause = pause
        self._answer_s = answer_s
        headers = {
            "Accept": "application/json",
            # (other packings can blow a small answer up to a far greater one)
            "Accept-Encoding": "gzip",
            "User-Agent": "custodian",
            "Authorization": f"token {fit_for_header(token, 'GITEA_TOKEN')}",
        }
        try:
            self._http = httpx.AsyncClient(
                base_url=f"{self.url}{API}",
                headers=headers,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                timeout=httpx.Timeout(30.0, connect=10.0),
                limits=httpx.Limits(max_connections=MOST_CONNECTIONS),
                verify=believed_at(self.url),
                # A proxy that the environment names is for what lies beyond this machine.
                trust_env=not is_here(self.url),
            )
        except httpx.InvalidURL:
            raise BadValue("GITEA_URL", f"it must be as {_EXAMPLE}") from None

    async def close(self) -> None:
        """No connection is open any more."""
        await self._http.aclose()

    async def ask(
        self, method: str, path: str, query: dict[str, str], body: dict[str, Any] | None = None
    ) -> Answer:
        """The answer, after as many tries as there are; a change is not made twice."""
        for pause in (*PAUSES, None):
            answer = await self._try(method, path, query, body)
            if isinstance(answer, Answer):
                return answer
            wait = pause if answer.after_s is None else answer.after_s
            if pause is None or wait is None or wait > LONGEST_PAUSE_S or not answer.may_repeat:
                raise answer.trouble
            await self._pause(wait)
        raise AssertionError  # the last try has no pause after it

    async def _try(
        self, method: str, path: str, query: dict[str, str], body: dict[str, Any] | None
    ) -> Answer | NotNow:
        """One try; a redirect is followed by hand, so that it leads nowhere else."""
        asked, moved_to = path, None
        for _ in range(MOST_REDIRECTS):
            heard = await self._send(method, asked, query, body)
            if isinstance(heard, NotNow):
                return heard
            if heard.status not in REDIRECTS:
                return understood(self.url, heard, method, moved_to)
            asked = moved_to = led_to(self.url, heard, asked, method)
        raise NoForge(self.url, "it sends us in circles; is GITEA_URL right?")

    async def _send(
        self, method: str, path: str, query: dict[str, str], body: dict[str, Any] | None
    ) -> Heard | NotNow:
        """The response, or why there is none; nothing that is raised holds the request."""
        import httpx

        try:
            with anyio.fail_after(self._answer_s):
                async with self._http.stream(method, path, params=query, json=body) as response:
                    content = await self._bounded(response)
                    return Heard(response.status_code, response.headers, content)
        except (httpx.TimeoutException, TimeoutError):
            return self._unheard("it takes too long", method)
        except httpx.ConnectError as error:
            return self._unconnected(error)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as error:
            return self._unheard(f"the connection broke ({type(error).__name__})", method)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            trouble = f"what it sends cannot be read ({type(error).__name__})"
        raise NoForge(self.url, trouble)

    async def _bounded(self, response: "httpx.Response") -> bytes:
        content = bytearray()
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > LARGEST_ANSWER:
                reason = f"its answer is larger than {LARGEST_ANSWER // 2**20} MiB"
                raise ForgeTrouble(self.url, reason)
        return bytes(content)

    def _unheard(self, reason: str, method: str) -> NotNow:
        """The request may have arrived, so only what changes nothing is repeated."""
        return NotNow(ForgeUnreachable(self.url, reason), may_repeat=method == "GET")

    def _unconnected(self, error: "httpx.ConnectError") -> NotNow:
        """The request did not arrive; a certificate is not better the next time."""
        if (tls := disbelief(error)) is not None:
            return NotNow(ForgeUnreachable(self.url, tls), may_repeat=False)
        told = f"{_reason(error)}; is it running there, is GITEA_URL right?"
        return NotNow(ForgeUnreachable(self.url, told))


def _reason(error: BaseException) -> str:
    """Why there is no connection, in the system's own words; the layers above only say that."""
    for each in causes(error):
        if isinstance(each, socket.gaierror) and each.strerror:
            return each.strerror.lower()
        if isinstance(each, OSError) and each.errno:
            return os.strerror(each.errno).lower()
    return "it cannot be connected to"
