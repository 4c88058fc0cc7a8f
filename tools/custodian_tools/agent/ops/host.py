"""Tools that measure: how this host stands, and how work flowed."""

from contextlib import nullcontext
from typing import Annotated, Any

from custodian_core.codec import now, to_json
from custodian_tools.agent.answers import fitting
from custodian_tools.agent.desk import Desk, Range
from custodian_tools.ops import metrics
from custodian_tools.ops.host import Around, telemetry

from .asked import ROOM

#: how many checkouts are told of
MOST_PLACES = 50
#: and of each kind of thing that waits
MOST_WAITING = 20


def read_host(desk: Desk) -> dict[str, Any]:
    """Say how this host stands: memory, disks, docker, checkouts, agents, builds, what waits.

    Alarms go from P0 to P4. Nothing is put right here: ask for an action, or tell a person.
    """
    around = Around(desk.settings, lambda: nullcontext(desk.hub))
    told = telemetry(now(), desk.settings.host_limits, around).to_json()
    looked = told["checkouts"]
    looked["looked_at"] = len(looked["places"])
    # (of a checkout in which nothing stands around there is nothing to say)
    looked["places"] = [
        each
        for each in looked["places"]
        if each["status"] != "ok" or each["locks"] or each["worktrees"] or each["half_done"]
    ][:MOST_PLACES]
    del told["limits"]
    for part, name in (("backlog", "offered"), ("pulls", "idle"), ("dependencies", "open")):
        told[part]["total"] = len(told[part][name])
        told[part][name] = told[part][name][:MOST_WAITING]
    if told["stacks"] is None:
        return told
    rows, more = fitting(told["stacks"], ROOM)
    return {**told, "stacks": rows, **({"stacks_left_out": more} if more else {})}


def measure_flow(
    desk: Desk,
    repo: Annotated[str | None, "Slug; default: the whole fleet"] = None,
    days: Annotated[int, Range(1, 366)] = 7,
) -> dict[str, Any]:
    """Say how work flowed lately: lead time, blocked time, tasks reopened, syncs not sealed."""
    told: dict[str, Any] = to_json(metrics.metrics(desk.hub, now(), days, repo))
    return {**told, "days": [each for each in told["days"] if any(list(each.values())[1:])]}
