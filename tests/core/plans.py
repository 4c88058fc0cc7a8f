"""Small plans for tests: front matter and blocks as people write them."""

HUB_ID = "34a76f4c-ad3f-4780-ad62-1e788ceca224"

FRONT = """\
---
id: CUST-WP-0001
type: workplan
title: A plan
domain: custodian
repo: the-custodian
status: active
state_hub_workstream_id: "32de6210-ce1e-4cba-ad1f-fdeba462030d"
---
"""


def block(task: str = "T01", status: str = "todo", more: str = "") -> str:
    """A task block."""
    return f"```task\nid: {task}\nstatus: {status}\npriority: high\n{more}```\n"


def plan(body: str) -> bytes:
    """A plan with that body."""
    return (FRONT + body).encode()
