"""How work flowed within a time, read out of the log from there on."""

import json
from datetime import datetime, timedelta
from typing import Any

from custodian_core.codec import stamp
from custodian_core.errors import BadValue
from custodian_core.ops.flow import Before, Flow, Step, flow

from .rows import Row
from .writing import Reading

#: how long a time may be asked for
LONGEST = timedelta(days=3660)
#: (`json.loads` looks for white space around each text, which takes longer than reading it)
_read = json.JSONDecoder().raw_decode
#: no event has a number as high
_AFTER_ALL = 2**62


def flow_between(tx: Reading, since: datetime, until: datetime, repo: str | None) -> Flow:
    """What happened between the two times, in one repo or in all.

    Of what was before, only what still mattered then is read: a log grows for years.
    """
    if not timedelta(0) < until - since <= LONGEST:
        raise BadValue("since", f"it must be up to {LONGEST.days} days before until")
    if repo is not None:
        tx.repo_row(repo)
    first = tx.value("flow_begins", since=stamp(since))
    wanted = {"first": _AFTER_ALL if first is None else first, "repo": repo}
    added = {row["subject_id"]: _time(row) for row in tx.all("flow_added", **wanted)}
    stood = map(_step, tx.all("flow_blocked", **wanted))
    blocked = {step.subject_id: step.at for step in stood if step.said == "blocked"}
    steps = map(_step, tx.all("flow_since", **wanted))
    return flow(steps, since, until, Before(added, blocked))


def _step(row: Row) -> Step:
    kind, after = row["type"], row["after"]
    told: Any = _read(after)[0] if after else {}
    said = told.get("sealed" if kind == "repo.synced" else "status")
    return Step(_time(row), kind, row["subject_id"], None if said is None else str(said))


def _time(row: Row) -> datetime:
    return datetime.fromisoformat(row["at"])
