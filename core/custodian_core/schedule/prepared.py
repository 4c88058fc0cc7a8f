"""The event that tells of a prepared run: `kaizen.schedule.prepared`, versioned, as JSON Schema."""

from dataclasses import fields
from datetime import datetime
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from custodian_core.records import PreparedRun

#: what the events of schedules are called
PREPARED = "kaizen.schedule.prepared"
SEEN = "kaizen.schedule.seen"

VERSION = 1

_ABOUT = {
    "schema_version": "counts up when a field changes its meaning or goes; new ones may come",
    "run_id": "names this prepared run",
    "repo": "the repo's slug",
    "agent": "who is to run",
    "host": "where it was prepared",
    "path": "the checkout there",
    "commit": "what was checked out",
    "prepared_at": "when",
    "due_at": "the run it is for: the latest that had come; null before the first",
    "next_run_at": "the run after that; null where none follows",
    "cron": "the cadence in five fields",
    "timezone": "and the zone of its times",
    "budget_minutes": "how long it may take",
    "digest": "names what was bundled: the same parts, the same digest",
    "parts": "the paths that were bundled, relative to the repo's top folder",
    "missing": "the parts that were not there: prompt, memory, metrics, files, dispatch",
    "directive": "what the repo's dispatch says: work, resume, none, sync_first, human_needed, ...",
    "folder": "where the bundle was written on that host, if it was",
}
_KINDS = {str: "string", int: "integer", bool: "boolean"}


def event_schema() -> dict[str, Any]:
    """What `after` of the event holds."""
    hints = get_type_hints(PreparedRun)
    told = {each.name: _field(hints[each.name], _ABOUT[each.name]) for each in fields(PreparedRun)}
    told["schema_version"]["const"] = VERSION
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": PREPARED,
        "description": "A run of a scheduled agent was prepared; nothing has been run",
        "type": "object",
        "properties": told,
        "required": list(told),
    }


def _field(hint: Any, about: str) -> dict[str, Any]:
    kinds = get_args(hint) if get_origin(hint) is not tuple else ()
    plain = next((kind for kind in kinds if kind is not NoneType), hint)
    schema: dict[str, Any]
    if get_origin(plain) is tuple:
        schema = {"type": "array", "items": {"type": "string"}}
    elif plain is datetime:
        schema = {"type": "string", "format": "date-time"}
    else:
        schema = {"type": _KINDS[plain]}
    if NoneType in kinds:
        schema["type"] = [schema["type"], "null"]
    return {**schema, "description": about}
