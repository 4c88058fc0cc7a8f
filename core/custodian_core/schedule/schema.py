"""The schedule's format and the event of a prepared run, as JSON Schema for editors and others.

It says what a schema can say. That a zone exists and that a day ever comes is for the reader.
"""

from typing import Any

from .grammar import (
    AGENT,
    CADENCES,
    CRON,
    DAILY,
    LAST_DAY,
    MAX_BUDGET,
    MAX_CRON,
    MAX_ENTRIES,
    MAX_JITTER,
    MAX_NOTES,
    MAX_PATHS,
    MAX_TAGS,
    MONTHLY,
    PARTS,
    REPO_PATH,
    TAG,
    TIME,
    VERSION,
    WEEKDAYS,
    WEEKLY,
)

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DAY = "0?[1-9]|[12][0-9]|3[01]"


def schedule_schema() -> Schema:
    """What a `.kaizen/schedule.yml` can hold."""
    return {
        "$schema": _DIALECT,
        "title": "Kaizen schedule",
        "description": "Which agents run in this repo, and when",
        **_object(
            {
                "version": {"const": VERSION},
                "enabled": _told({"type": "boolean", "default": True}, "whether anything runs"),
                "timezone": _told(
                    {"type": "string", "default": "UTC", "examples": ["Europe/Berlin"]},
                    "the zone of all times, by its IANA name",
                ),
                "entries": {
                    "type": ["array", "null"],
                    "maxItems": MAX_ENTRIES,
                    "items": _entry(),
                },
            },
            "version",
        ),
    }


def _entry() -> Schema:
    parts = {"enum": list(PARTS)}
    said = {
        "agent": _told(_text(AGENT), "who runs; it has one entry"),
        "cadence": _told(
            {"anyOf": [{"enum": list(CADENCES)}, _text(CRON) | {"maxLength": MAX_CRON}]},
            "daily, weekly, monthly, or five fields of cron",
        ),
        "weekday": _told(_text(_weekdays()), "with monthly: the first such day"),
        "day": _told(
            {
                "anyOf": [
                    {"type": "integer", "minimum": 1, "maximum": 31},
                    _text(f"{_DAY}|{LAST_DAY}"),
                ]
            },
            "the day of the month",
        ),
        "time": _told(_text(TIME), "the time of day, in quotes"),
        "jitter_minutes": _told(_count(0, MAX_JITTER), "how late it may begin"),
        "enabled": {"type": "boolean", "default": True},
        "inputs": _told(_inputs(), "what it is given, relative to the repo's top folder"),
        "required": _told(_list(parts, len(PARTS)), "without these no run is prepared"),
        "budget_minutes": _told(_count(1, MAX_BUDGET), "how long it may take"),
        "tags": _list(_text(TAG), MAX_TAGS),
        "notes": {"type": ["string", "null"], "maxLength": MAX_NOTES},
    }
    rules = [
        _when(WEEKLY, needs=["weekday", "time"], never=["day"]),
        _when(DAILY, needs=["time"], never=["day", "weekday"]),
        {
            **_when(MONTHLY, needs=["time"]),
            "then": {
                "required": ["time"],
                "oneOf": [{"required": ["weekday"]}, {"required": ["day"]}],
            },
        },
        {
            "if": {"properties": {"cadence": {"not": {"enum": list(CADENCES)}}}},
            "then": {"properties": dict.fromkeys(("weekday", "day", "time"), False)},
        },
    ]
    return {**_object(said, "agent", "cadence"), "allOf": rules}


def _when(word: str, *, needs: list[str], never: list[str] | None = None) -> Schema:
    """What goes with a cadence."""
    then: Schema = {"required": needs}
    if never:
        then["properties"] = dict.fromkeys(never, False)
    return {
        "if": {"properties": {"cadence": {"const": word}}, "required": ["cadence"]},
        "then": then,
    }


def _weekdays() -> str:
    """The days, whole or by their first three letters, however they are written."""
    names = (f"{_any_case(day[:3])}({_any_case(day[3:])})?" for day in WEEKDAYS)
    return "|".join(names)


def _any_case(word: str) -> str:
    return "".join(f"[{letter}{letter.upper()}]" for letter in word)


def _inputs() -> Schema:
    path = _text(REPO_PATH)
    paths = {"anyOf": [path, {"type": "array", "maxItems": MAX_PATHS, "items": path}]}
    return {**_object(dict.fromkeys(PARTS, paths)), "type": ["object", "null"]}


def _object(properties: Schema, *required: str) -> Schema:
    said: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**said, "required": list(required)} if required else said


def _told(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


def _text(pattern: str) -> Schema:
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def _count(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _list(items: Schema, most: int) -> Schema:
    return {"type": ["array", "null"], "maxItems": most, "items": items}
