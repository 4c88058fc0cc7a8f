"""The schedule's format in one place: what reader, schema and example share."""

import re

#: where the schedule of a repo stands
PATH = ".kaizen/schedule.yml"
VERSION = 1

KEYS = ("version", "enabled", "timezone", "entries")
ENTRY_KEYS = (
    "agent",
    "cadence",
    "weekday",
    "day",
    "time",
    "jitter_minutes",
    "enabled",
    "inputs",
    "required",
    "budget_minutes",
    "tags",
    "notes",
)
#: what an agent is given, and where it is looked for where an entry does not say
PARTS: dict[str, tuple[str, ...]] = {
    "prompt": (
        ".kaizen/agents/{agent}/prompt.md",
        ".claude/agents/{agent}.md",
        "agents/agent-{agent}.md",
    ),
    "memory": (".kaizen/agents/{agent}/memory.md",),
    "metrics": (".kaizen/metrics/{agent}",),
    "files": (),
}

WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
DAILY, WEEKLY, MONTHLY = "daily", "weekly", "monthly"
CADENCES = (DAILY, WEEKLY, MONTHLY)
LAST_DAY = "last"

AGENT = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
AGENT_RULE = "up to 64 of A-Z a-z 0-9 . _ -, the first a letter or digit"
TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
TAG = r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}"
#: five fields of what cron is told; whether they make sense is for the cron library to say
CRON = r"[0-9A-Za-z*,/#-]+(?: +[0-9A-Za-z*,/#-]+){4}"

MAX_FILE = 64 * 1024
MAX_ENTRIES = 50
MAX_PATHS = 20
MAX_TAGS = 20
MAX_CRON = 100
MAX_NOTES = 2000
MAX_JITTER, MAX_BUDGET = 720, 1440
#: how many findings of one file are told one by one
MAX_FINDINGS = 100

#: what a path within a repo looks like, as far as a pattern can say it
REPO_PATH = r"(?![/~])(?!(?:.*/)?\.{1,2}(?:/|$))[^\\]{1,300}"


def path_trouble(path: str) -> str | None:
    """Why the path is not one within a repo; None where it is."""
    if path.startswith(("/", "~")) or re.match(r"[A-Za-z]:", path):
        return "it is absolute; paths are relative to the repo's top folder"
    parts = path.removesuffix("/").split("/")
    if ".." in parts:
        return "it leaves the repo"
    if any(part.lower() == ".git" for part in parts):
        return "it leads into .git"
    plain = path.isprintable() and "\\" not in path and len(path) <= 300
    if not plain or {"", "."} & {*parts}:
        return "it is no plain path below the repo's top folder, as .kaizen/agents/coach/memory.md"
    return None
