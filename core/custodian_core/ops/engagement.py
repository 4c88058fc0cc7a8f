"""Engagement: who read what on a site in a span of time, out of a web server's JSON lines.

Lines are taken as they come and are not kept. Every line that could not be used is counted.
"""

import json
import re
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import ceil
from typing import Any

from custodian_core.codec import stamp
from custodian_core.errors import BadValue
from custodian_core.text import printable

ASSETS = frozenset(
    (
        *("css", "js", "mjs", "map", "webmanifest"),
        *("png", "jpg", "jpeg", "gif", "webp", "avif", "ico", "svg"),
        *("woff", "woff2", "ttf", "otf"),
    )
)
#: how many pages and referrers are told, and how many are told apart
TOP, MOST = 10, 100_000
_BLANK = "\ufeff\r\n\t "
#: how long a line may be
LONGEST_LINE = 256 * 1024
PERCENTILES = (50, 95, 99)

_ROBOT = re.compile(
    r"bot\b|bot[/;_-]|crawl|spider|slurp|archiver|facebookexternalhit|bingpreview|headless|"
    r"monitor|uptime|pingdom|curl/|wget/|python-|go-http|scrapy|httpx/|java/",
    re.IGNORECASE,
)
#: the value at a place of a text, and where it ends; `json.loads` looks for blanks besides
_scan = json.JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True)
class Window:
    """The span of time that is told of; its end is no part of it."""

    start: datetime
    end: datetime

    @classmethod
    def last(cls, hours: int, end: datetime) -> "Window":
        """The hours before `end`."""
        return cls(end - timedelta(hours=hours), end)

    @property
    def hours(self) -> float:
        """How long it is."""
        return (self.end - self.start) / timedelta(hours=1)


class Engagement:
    """What has been read of the logs so far."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.lines = self.requests = self.page_views = self.outside = 0
        self.skipped: Counter[str] = Counter()
        # Hashes, since the addresses themselves are nobody's business and take more room.
        self.visitors: set[int] = set()
        self.referred: set[int] = set()
        self.pages: Counter[str] = Counter()
        self.referrers: Counter[str] = Counter()
        self.durations = array("d")

    def take(self, lines: Iterable[bytes], name: str = "the log") -> None:
        """The lines of one log are counted in; a log of another kind is refused at its first."""
        start, end = self.window.start.timestamp(), self.window.end.timestamp()
        first = True
        for line in lines:
            if line.isspace():
                continue
            entry = _entry(line)
            if first:
                _guard(entry, line, name)
                first = False
            self.lines += 1
            if isinstance(entry, str):
                self.skipped[entry] += 1
                continue
            at = _time(entry.get("ts"))
            if at is None:
                self.skipped["no time"] += 1
            elif start <= at < end:
                self._request(entry)
            else:
                self.outside += 1

    def _request(self, entry: dict[str, Any]) -> None:
        request = _table(entry.get("request"))
        uri = request.get("uri")
        if not isinstance(uri, str):
            self.skipped["no address"] += 1
            return
        self.requests += 1
        status = entry.get("status")
        if type(status) is not int or not 200 <= status < 400:
            return
        path = uri.partition("?")[0].partition("#")[0]
        if "." in path and path.rpartition(".")[2].lower() in ASSETS:
            return
        headers = _table(request.get("headers"))
        if not _is_robot(_first(headers, "User-Agent")):
            self._page(path, entry, request, _first(headers, "Referer"))

    def _page(self, path: str, entry: dict[str, Any], request: dict[str, Any], source: str) -> None:
        self.page_views += 1
        _count(self.pages, path)
        duration = entry.get("duration")
        if isinstance(duration, float | int) and 0 <= duration < 1e6:
            self.durations.append(duration)
        visitor = hash(address(request.get("remote_ip") or request.get("remote_addr")))
        self.visitors.add(visitor)
        site = referrer(source, request.get("host")) if source else None
        if site:
            self.referred.add(visitor)
            _count(self.referrers, site)

    def report(self) -> dict[str, Any] | None:
        """What was found, or None where there was not one line to read."""
        if not self.lines:
            return None
        told = {
            "date": self.window.end.date().isoformat(),
            "window": {"start": stamp(self.window.start), "end": stamp(self.window.end)},
            "period_hours": round(self.window.hours, 2),
            "lines": {
                "read": self.lines,
                "outside_window": self.outside,
                "skipped": sum(self.skipped.values()),
                "skipped_why": dict(sorted(self.skipped.items())),
            },
            "total_requests": self.requests,
            "page_views": self.page_views,
            "unique_visitors": len(self.visitors),
            "referred_visitors": len(self.referred),
            "top_pages": [{"path": name, "views": n} for name, n in _top(self.pages)],
            "top_referrers": [{"source": name, "visits": n} for name, n in _top(self.referrers)],
            "response_time": _percentiles(self.durations),
        }
        if not self.requests:
            told["note"] = "no request of the log lies in the window"
        return told


def _entry(line: bytes) -> dict[str, Any] | str:
    """The line's object, or why it has none."""
    if len(line) > LONGEST_LINE:
        return "too long"
    try:
        text = line.decode().strip(_BLANK)
        told, end = _scan(text, 0)
    except (ValueError, RecursionError):
        return "no JSON"
    if end != len(text):
        return "no JSON"
    return _table(told) or "no object"


def _table(told: Any) -> dict[str, Any]:
    """The value where it is an object; else none of its fields are there."""
    return told if isinstance(told, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def _guard(entry: dict[str, Any] | str, line: bytes, name: str) -> None:
    """Refuse a log of another kind, which would come out as a report of zeros."""
    if isinstance(entry, str) or not isinstance(entry.get("request"), dict):
        shown = printable(line.decode(errors="replace").strip(), 200)
        raise BadValue(
            name, f"it is no log of JSON lines with requests; its first line is: {shown}"
        )


def _time(said: object) -> float | None:
    """Seconds since 1970, from a number or from ISO text."""
    if type(said) is float or type(said) is int:
        return said if 0 <= said < 1e11 else None
    if not isinstance(said, str):
        return None
    try:
        at = datetime.fromisoformat(said)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        pass
    try:
        return _time(float(said))
    except ValueError:
        return None


def _first(headers: dict[str, Any], name: str) -> str:
    """The header's first value, whether it stands alone or in a list."""
    said = headers.get(name)
    if isinstance(said, list) and said:
        said = said[0]  # pyright: ignore[reportUnknownVariableType]
    return said if isinstance(said, str) else ""


@lru_cache(4096)
def _is_robot(agent: str) -> bool:
    return bool(_ROBOT.search(agent))


def address(said: object) -> str:
    """The address without a port: `1.2.3.4:80`, `[2001:db8::1]:80` and bare ones."""
    if not isinstance(said, str) or ":" not in said:
        return said if isinstance(said, str) else ""
    if said.startswith("["):
        return said[1:].partition("]")[0].lower()
    host, _, port = said.partition(":")
    return host if ":" not in port else said.lower()


@lru_cache(4096)
def _site(url: str) -> tuple[str, str]:
    """The site of an address as it is told, `https://x.example`, and its host."""
    scheme, has, rest = url.partition("://")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].lower()
    return (printable(f"{scheme.lower()}://{host}", 200), _bare(host)) if has and host else ("", "")


@lru_cache(4096)
def _bare(host: str) -> str:
    return address(host.lower()).removeprefix("www.")


def referrer(said: str, own_host: object) -> str | None:
    """The other site that a visitor came from; None where there is none, or it is this one."""
    if len(said) > 2000:
        return None
    site, host = _site(said)
    own = _bare(own_host) if isinstance(own_host, str) and len(own_host) < 300 else None
    return None if not site or host == own else site


def _count(counter: Counter[str], name: str) -> None:
    """One more of that name; names without end, as scanners make them, do not fill the memory."""
    if name in counter or len(counter) < MOST:
        counter[name] += 1
    else:
        counter["(others)"] += 1


def _top(counter: Counter[str]) -> list[tuple[str, int]]:
    rows = sorted(counter.items(), key=lambda row: (-row[1], row[0]))[:TOP]
    return [(printable(name, 300), count) for name, count in rows]


def _percentiles(durations: "array[float]") -> dict[str, float | None]:
    """By nearest rank; of nothing there is none."""
    ordered = sorted(durations)
    return {
        f"p{p}_seconds": round(ordered[ceil(p * len(ordered) / 100) - 1], 6) if ordered else None
        for p in PERCENTILES
    }
