"""The workplan format in one place: what reader, editor, linter and guide share."""

import re

#: the info word of a fence that holds a task
TASK_WORD = "task"

#: `type:` of a file that is a workplan
WORKPLAN_TYPE = "workplan"

PLAN_FIELDS = (
    "id",
    "type",
    "title",
    "domain",
    "repo",
    "status",
    "owner",
    "topic_slug",
    "created",
    "updated",
    "state_hub_workstream_id",
)
TASK_FIELDS = (
    "id",
    "status",
    "priority",
    "state_hub_task_id",
    "title",
    "needs_human",
    "depends_on",
)

#: words for yes and no in `needs_human`, any case
TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}

#: ids of workplans and tasks: safe in a file name, a URL, a commit trailer and an argument list
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
ID_RULE = "up to 100 of A-Z a-z 0-9 . _ -, the first a letter or digit"

MAX_FRONT_MATTER = 64 * 1024
MAX_BLOCK = 16 * 1024
MAX_BLOCKS = 2_000
#: how many findings of one file are told one by one
MAX_FINDINGS = 100
