"""Telling a notice to the one address that the settings name: signed, bounded, never led on."""

import hmac
import json
from datetime import datetime
from urllib.parse import urlsplit

from .certificates import believed_at, disbelief
from .codec import stamp, to_json
from .endpoint import is_here
from .errors import BadValue
from .notices import Notice
from .screening import screened
from .settings import Settings

SCHEMA_VERSION = 1
#: how long the receiver may keep silent
ANSWER_S = 10.0
#: headers by which it knows the notice, and that it is the hub's
KIND = "X-Custodian-Notice"
DELIVERY = "X-Custodian-Delivery"
TIME = "X-Custodian-Timestamp"
SIGNATURE = "X-Custodian-Signature"
_SETTING, _SECRET = "CUSTODIAN_NOTIFY_URL", "CUSTODIAN_NOTIFY_SECRET"


class Teller:
    """Tells notices to one address; what it is answered is not read."""

    def __init__(self, url: str, secret: str, hub_id: str) -> None:
        import httpx

        self.name = _checked(url)
        self._url, self._secret, self._hub_id = url, secret, hub_id
        self._http: httpx.Client = httpx.Client(
            timeout=ANSWER_S,
            follow_redirects=False,
            verify=believed_at(url),
            # A proxy that the environment names is for what lies beyond this machine.
            trust_env=not is_here(url),
        )

    def close(self) -> None:
        """No connection is open any more."""
        self._http.close()

    def tell(self, notice: Notice, now: datetime) -> str | None:
        """Why it was not taken, without a word of the address's path; None where it was."""
        import httpx

        body, at = self._body(notice), stamp(now)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "custodian",
            KIND: notice.kind.value,
            DELIVERY: notice.id.encode("ascii", "backslashreplace").decode(),
            TIME: at,
            SIGNATURE: signature(self._secret, at, body),
        }
        try:
            with self._http.stream("POST", self._url, content=body, headers=headers) as response:
                return _amiss(response.status_code)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return disbelief(error) or f"it does not answer ({type(error).__name__})"

    def _body(self, notice: Notice) -> bytes:
        said = {"schema_version": SCHEMA_VERSION, "hub": self._hub_id, **to_json(notice)}
        # (what waited since before the hub held no secrets may have one)
        return json.dumps(screened(said), ensure_ascii=False).encode()


def signature(secret: str, at: str, body: bytes) -> str:
    """What shows that whoever knows the secret sent this body at that time."""
    return f"sha256={hmac.digest(secret.encode(), at.encode() + b'.' + body, 'sha256').hex()}"


def open_teller(settings: Settings, hub_id: str) -> Teller | None:
    """Who tells notices as the settings say; None where nobody wants to know."""
    if settings.notify_url is None:
        return None
    if settings.notify_secret is None:
        raise BadValue(_SECRET, "it is not set; make one with `openssl rand -hex 32`")
    return Teller(settings.notify_url, settings.notify_secret, hub_id)


def _checked(url: str) -> str:
    """The address without its path, which may hold a key; what is none is refused unsaid."""
    reason = "it must be as https://chat.example/hooks/custodian"
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise BadValue(_SETTING, reason) from None
    if not fine or not url.isprintable() or " " in url or "@" in parts.netloc:
        raise BadValue(_SETTING, reason)
    return f"{parts.scheme}://{parts.netloc}"


def _amiss(status: int) -> str | None:
    if 300 <= status < 400:
        return f"it sends elsewhere ({status}), where nothing is told"
    return None if status < 300 else f"it answers {status}"
