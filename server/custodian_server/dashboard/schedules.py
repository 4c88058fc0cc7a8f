"""The roster: which agents run where within the next week, and what keeps others from it."""

from datetime import UTC
from typing import TYPE_CHECKING

from starlette.responses import Response

from custodian_core.schedule.cadence import zone
from custodian_core.schedule.roster import week
from custodian_tools.schedules import listed

if TYPE_CHECKING:
    from .app import View

#: how many rows of the roster, and of repos left out, stand on the page
MOST = 200


def show(view: "View") -> Response:
    """The next week's runs, what cannot be used first."""
    timezone = view.wanted.get("timezone", "") or "UTC"
    here = zone(timezone)
    domain = view.wanted.get("domain", "")
    roster = listed(view.hub, view.now, domain or None)
    return view.page(
        "schedules.html",
        roster=roster,
        days=week(roster.due, view.now.astimezone(here).date(), timezone),
        here=here,
        timezone=timezone,
        domain=domain,
        domains=sorted(each.slug for each in view.hub.domains()),
        utc=UTC,
        most=MOST,
    )
