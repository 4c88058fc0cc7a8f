"""Repo Sync Health: every repo, how it does, and what to do about it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import Response

from custodian_core.codec import from_json, stamp
from custodian_core.errors import BadValue
from custodian_core.records import RunHour
from custodian_tools.health import ORDERS, SHOWN, Row, picked, rows_of, summary
from custodian_tools.hub import fleet

if TYPE_CHECKING:
    from .app import View

#: how many rows stand on one page
AT_ONCE = 100
#: how far the spark line goes back
HOURS = 24
HOUR = timedelta(hours=1)

#: what each choice is called
SHOW = {
    "all": "All repos",
    "trouble": "Needs a look",
    "unsealed": "Not sealed",
    "questions": "With open questions",
    "fresh": "Synced within 1 h",
    "ageing": "Synced 1 to 24 h ago",
    "stale": "Synced more than 24 h ago",
    "never": "Never synced",
}
ORDER = {
    "worst": "Worst first",
    "repo": "By name",
    "oldest": "Oldest sync first",
    "newest": "Newest sync first",
    "open": "Most open tasks first",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows somebody wants to see."""

    show: str = "all"
    order: str = "worst"
    domain: str = ""
    host: str = ""
    search: str = ""
    page: int = 1

    def at(self, page: int) -> str:
        """The address of another page of the same rows."""
        return f"/?{self.query(page)}" if self.query(page) else "/"

    def query(self, page: int | None = None) -> str:
        """What is asked, without what goes without saying."""
        page = self.page if page is None else page
        told = {
            "show": self.show if self.show != "all" else "",
            "order": self.order if self.order != "worst" else "",
            "domain": self.domain,
            "host": self.host,
            "search": self.search,
            "page": str(page) if page > 1 else "",
        }
        return urlencode({name: value for name, value in told.items() if value})


def asked(wanted: dict[str, str]) -> Asked:
    """What the address asks for."""
    page = wanted.get("page", "1")
    if not (page.isascii() and page.isdigit()) or not 1 <= int(page[:9]) <= 100_000:
        raise BadValue("page", "it must be a number from 1 on")
    return Asked(
        _one_of(SHOWN, "show", wanted.get("show", "all")),
        _one_of(ORDERS, "order", wanted.get("order", "worst")),
        wanted.get("domain", ""),
        wanted.get("host", ""),
        wanted.get("search", "")[:200],
        int(page),
    )


def _one_of(known: dict[str, Any], name: str, said: str) -> str:
    if said not in known:
        raise BadValue(name, f"it must be one of {', '.join(known)}")
    return said


def show(view: "View") -> Response:
    """The health of the fleet."""
    rows, facts = _facts(view)
    wanted: Asked = facts["asked"]
    shown: Sequence[Row] = facts["rows"]
    return view.page(
        "health.html",
        **facts,
        first=(wanted.page - 1) * AT_ONCE + 1,
        more=facts["found"] > wanted.page * AT_ONCE,
        domains=sorted({row.state.repo.domain for row in rows}),
        hosts=sorted({each.host for row in rows for each in row.state.repo.hosts}),
        sparks=sparks(view, [row.slug for row in shown]),
        SHOW=SHOW,
        ORDER=ORDER,
    )


def live(view: "View") -> Response:
    """The numbers, and those rows of a page that changed since it was last asked for."""
    _, facts = _facts(view)
    since: datetime = from_json(datetime, view.wanted.get("since", ""))
    shown: Sequence[Row] = facts["rows"]
    changed = [row for row in shown if row.changed_at >= since]
    return view.page(
        "live.html",
        **facts,
        changed=changed,
        reordered=facts["places"] != view.wanted.get("places"),
        sparks=sparks(view, [row.slug for row in changed]),
    )


def _facts(view: "View") -> tuple[Sequence[Row], dict[str, Any]]:
    """The rows of the whole fleet, and what the page and its refresh both tell."""
    wanted = asked(view.wanted)
    states = fleet(view.hub)
    rows = rows_of(states, view.now)
    found = picked(
        rows,
        show=wanted.show,
        order=wanted.order,
        domain=wanted.domain,
        host=wanted.host,
        search=wanted.search,
    )
    shown = found[(wanted.page - 1) * AT_ONCE : wanted.page * AT_ONCE]
    places = " ".join(row.slug for row in shown)
    return rows, {
        "asked": wanted,
        "rows": shown,
        "found": len(found),
        "sum": summary(rows, len(states) - len(rows)),
        "places": hashlib.sha256(places.encode()).hexdigest()[:12],
        "since": stamp(view.now - timedelta(seconds=1)),
    }


@dataclass(frozen=True, slots=True)
class Spark:
    """The last hours of a repo's runs, as two paths: what went well, and what did not."""

    well: str
    badly: str
    runs: int
    failed: int


def sparks(view: "View", slugs: Sequence[str]) -> dict[str, Spark]:
    """The spark line of each repo that ran within the last hours."""
    if not slugs:
        return {}
    begin = view.now.astimezone(UTC).replace(minute=0, second=0) - timedelta(hours=HOURS - 1)
    by_repo: dict[str, list[RunHour]] = {}
    for each in view.hub.run_hours(tuple(slugs), begin):
        by_repo.setdefault(each.repo_slug, []).append(each)
    return {slug: _spark(hours, begin) for slug, hours in by_repo.items()}


def _spark(hours: Sequence[RunHour], begin: datetime) -> Spark:
    """A bar for each hour, the tallest 16 high."""
    most = max(each.runs for each in hours)
    well: list[str] = []
    badly: list[str] = []
    for each in hours:
        bar = _bar((each.hour - begin) // HOUR, max(3, round(16 * each.runs / most)))
        (badly if each.failed else well).append(bar)
    runs, failed = sum(each.runs for each in hours), sum(each.failed for each in hours)
    return Spark("".join(well), "".join(badly), runs, failed)


@cache
def _bar(hour: int, height: int) -> str:
    """One bar of a spark line, 4 wide with the gap."""
    return f"M{hour * 4} 16v-{height}h3v{height}z"
