"""A dispatch without a hub: what the checkout's own files say, with no right to any of it."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from custodian_core.advisory import advise
from custodian_core.codec import now
from custodian_core.direction import Facts
from custodian_core.errors import CustodianError, HubUnreachable
from custodian_core.findings import Finding
from custodian_core.git.state import Folders, NotHere, find, probe
from custodian_core.payload import payload
from custodian_core.records import Dispatch
from custodian_core.settings import Settings
from custodian_core.text import fitted, printable

from .dispatch import plain
from .registering import below_roots
from .workplans import read_workplan, workplan_files


def advisory(
    folder: Path, slug: str | None, settings: Settings, trouble: HubUnreachable
) -> dict[str, Any]:
    """The dispatch that the checkout around the folder makes; the trouble, where it makes none.

    A slug must be the name that the checkout would be registered by: another's is not known here.
    """
    top = _top(folder, settings)
    name = fitted(top.name) if top else None
    if top is None or name is None or slug not in (None, name):
        raise trouble
    files = (file for file in workplan_files(top) if not isinstance(file, Finding))
    plans = [plan for file in files if (plan := read_workplan(file).workplan)]
    at, here = now(), probe(top, None)
    facts = Facts(
        dispatch=advise(name, plans, at),
        at=at,
        host=settings.host,
        checkout=None if isinstance(here, NotHere) else plain(here),
        no_checkout=here.why if isinstance(here, NotHere) else "",
        no_lease="the hub does not answer, so nobody can claim anything",
    )
    return _without_hub(payload(facts), facts.dispatch, trouble)


def _top(folder: Path, settings: Settings) -> Path | None:
    """The top of the checkout in which the folder lies."""
    try:
        real = below_roots(folder, settings)
    except CustodianError:
        return None
    return next((each for each in (real, *real.parents) if isinstance(find(each), Folders)), None)


def _without_hub(
    told: dict[str, Any], dispatch: Dispatch, trouble: HubUnreachable
) -> dict[str, Any]:
    wait = "report what you did in the workplan's file and commit it; sync once the hub answers"
    return {
        **told,
        "hub_id": None,
        "advisory": True,
        "reason_code": "hub-down",
        "hub": printable(str(trouble), 500),
        "lease": None,
        "next": [],
        "report_back": {
            "mcp": {"again": "get_repo_dispatch", "then": wait},
            "cli": dict(_command(dispatch)),
        },
    }


def _command(dispatch: Dispatch) -> Iterator[tuple[str, str]]:
    """How the chosen task's status is set in its file."""
    for stream in dispatch.active_workstreams:
        for task in stream.pending_tasks:
            if dispatch.task and task.key == dispatch.task.key and stream.workplan_file:
                file = shlex.quote(printable(stream.workplan_file))
                yield "status", f"custodian workplan set-status {file} STATUS --task {task.key}"
