"""The event log: what happened, and who did it."""

from typing import TYPE_CHECKING

from starlette.responses import Response

from custodian_core.errors import BadValue

if TYPE_CHECKING:
    from .app import View

AT_ONCE = 100


def show(view: "View") -> Response:
    """Events, the newest first, a page at a time."""
    before = view.wanted.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 19):
        raise BadValue("before", "it must be the number of an event")
    repo, kind, who = (view.wanted.get(name, "").strip() for name in ("repo", "type", "who"))
    events = view.hub.latest_events(
        before=int(before) if before else None,
        repo=repo or None,
        type=kind or None,
        actor=who or None,
        limit=AT_ONCE + 1,
    )
    return view.page(
        "log.html",
        events=events[:AT_ONCE],
        more=len(events) > AT_ONCE,
        asked={"repo": repo, "type": kind, "who": who},
        types=view.hub.event_types(),
        before=before,
    )
