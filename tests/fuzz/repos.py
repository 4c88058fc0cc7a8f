"""The doors of a repo: files that anybody may have committed."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from custodian_core import agents_md
from custodian_core.codec import to_json
from custodian_core.errors import CustodianError
from custodian_core.ops import deps, evidence, host_reading, layout, references
from custodian_core.ops.actions import read_action, read_result
from custodian_core.ops.engagement import Engagement, Window
from custodian_core.ops.filing import Filed, body, marker, plan_filing, vision
from custodian_core.ops.markdown import page
from custodian_core.ops.prereq.edit import Change, edit, tick, wait_for_vault
from custodian_core.ops.prereq.lint import lint
from custodian_core.ops.prereq.ranking import constraints, graph
from custodian_core.ops.prereq.tree import read_tree
from custodian_core.ops.procurement import read_request, steps
from custodian_core.ops.sprints import read_sprint
from custodian_core.ops.tiers import TEMPLATE, drift, read_policy
from custodian_core.schedule.cadence import cron_trouble, next_run
from custodian_core.schedule.read import read as read_schedule
from custodian_core.secrets import redact, scan
from custodian_core.status import Status
from custodian_core.text import fitted, printable
from custodian_core.workplan.criteria import split_prose
from custodian_core.workplan.edit import SetPlanHubId, SetPlanStatus, SetTaskHubId, SetTaskStatus
from custodian_core.workplan.edit import edit as edit_plan
from custodian_core.workplan.fields import Fields, read_fields
from custodian_core.workplan.read import read
from custodian_core.workplan.scaffold import ids_in, slug

from .door import Door

PLAN = b"""---
id: MRKD-WP-0001
type: workplan
title: "Level 1 core"
domain: docs
repo: marki-docx
status: active
state_hub_workstream_id: "0190f1c2-0000-7000-8000-000000000001"
---

# Level 1 core

## Task: Parse headings

```task
id: MRKD-WP-0001-T01
status: todo
priority: high
depends_on: [MRKD-WP-0001-T02]
state_hub_task_id: ~
```

- [ ] headings of six levels
"""
TREE = b"""# Prerequisite Tree
<!-- Last updated: 2026-05-02 -->

## Objective: Adoption (#31)
- [x] Row schema agreed (#12 \xe2\x80\x94 closed)
- [ ] Signing key (#14 \xe2\x80\x94 blocked) blocked-on-vault (vault/pending/key.md)
- [ ] Writer (#15 \xe2\x80\x94 backlog, depends on #14)
Status: BLOCKED \xe2\x80\x94 #14 waits for a human

## --- ADOPTION MILESTONE: IN PROGRESS ---
"""
SPRINT = b"""# Sprint: csv-export

## Vision issues
- #31

<!-- filer:begin -->
- id: csv-writer
  title: vision(#31): CSV writer
  labels: [backlog]
  body: |
    ## Goal
    Write rows. Depends on #14
- id: csv-flag
  title: "a flag"
  depends_on: [csv-writer]
<!-- filer:end -->
"""
ACTION = b"""id = "publish-docs-20260502"
formula = "publish-docs"
context = "push to the public site"
secrets = ["DEPLOY_KEY"]
timeout_minutes = 20
"""
REQUEST = b"""# Request: signing key

## What
A key

## Steps for the human
1. Make it
2. Put it into `DEPLOY_KEY`
"""
SCHEDULE = b"""version: 1
timezone: Europe/Berlin
entries:
  - agent: coach
    cadence: weekly
    weekday: fri
    time: "09:00"
  - agent: optimizer
    cadence: {cron: "0 9 * * 5"}
    inputs: {paths: [docs, src/a.py]}
"""
ACCESS = (
    b'{"ts": 1777700000.5, "status": 200, "duration": 0.01, "request": {"uri": "/a?b", "host": '
    b'"site.example", "remote_ip": "10.0.0.7", "headers": {"User-Agent": ["x"], "Referer": '
    b'["https://news.example/x"]}}}\n'
)
WINDOW = Window.last(10_000_000 // 3600, datetime(2026, 5, 2, 12, tzinfo=UTC))
DAY = date(2026, 5, 2)
PATH = "workplans/a.md"


def text(read_text: Callable[[str], object]) -> Callable[[bytes], object]:
    """Read the bytes as the text that they are, or would be."""
    return lambda data: read_text(data.decode("utf-8", "replace"))


def _workplan(data: bytes) -> None:
    reading = read(data, PATH)
    ids_in(data)
    for task in reading.workplan.tasks if reading.workplan else ():
        assert task.title
        list(split_prose(task.description))


def _edited(data: bytes) -> None:
    hub_id = "0190f1c2-0000-7000-8000-000000000002"
    key, before = "MRKD-WP-0001-T01", read(data, PATH).workplan
    changes = (SetTaskStatus(key, Status.DONE), SetTaskHubId(key, hub_id))
    for change in (*changes, SetPlanStatus(Status.DONE), SetPlanHubId(hub_id)):
        try:
            after = edit_plan(data, change)
        except CustodianError:
            continue
        else:
            assert (read(after, PATH).workplan is None) == (before is None)


def _fields(said: str) -> None:
    fields = read_fields(said, 1)
    assert not isinstance(fields, Fields) or all(map(str, fields))


def _tree(data: bytes) -> None:
    tree = read_tree(data)
    lint(tree)
    constraints(tree)
    graph(tree)
    items = [item for objective in tree.objectives for item in objective.items]
    changes: list[Change] = [
        *tick(items[:1], ticked=True),
        *wait_for_vault(items[1:2], "vault/pending/a.md"),
    ]
    if changes:
        edit(data, changes, DAY)


def _sprint(data: bytes) -> None:
    told = read_sprint(data, "sprints/csv-export.md")
    for entry in told.entries:
        marker(told, entry)
        body(told, entry, {})
    filed = [Filed("#1", data.decode(errors="replace")), Filed("#2", "")]
    plan_filing(told, filed)
    vision(31, filed)


def _action(data: bytes) -> None:
    policy = read_policy(data)
    list(drift(policy, frozenset({"publish-docs"}), "formulas/"))
    reading = read_action(data, "vault/actions/publish-docs-20260502.toml", policy)
    assert (reading.action is None) == any(f.severity == "FAIL" for f in reading.findings)


def _schedule(data: bytes) -> None:
    reading = read_schedule(data)
    to_json(reading.schedule)


def _access(data: bytes) -> None:
    found = Engagement(WINDOW)
    try:
        found.take([ACCESS, *data.splitlines(keepends=True)])
    finally:
        found.report()


def _evidence(data: bytes) -> None:
    told = evidence.read_piece(data)
    if not isinstance(told, str):
        evidence.spell(told)


def _named(data: bytes) -> None:
    paths = data.decode("utf-8", "replace").split("\n")
    evidence.pieces(paths)
    layout.is_ops_repo(paths)
    layout.examine(paths, {"TREE.md": paths[0]}, "2026-05-02")


def _cron(said: str) -> None:
    if cron_trouble(said) is None:
        next_run(said, "Europe/Berlin", datetime(2026, 5, 2, tzinfo=UTC))


def _agents(data: bytes) -> None:
    agents_md.state("marki-docx", data)
    agents_md.unfit(data)
    agents_md.reads(data, "CLAUDE.md")
    agents_md.uninstalled(data)
    agents_md.installed("marki-docx", data)


def _shown(said: str) -> None:
    assert printable(said, 80).isprintable()
    fitted(said)
    slug(said)


def _secrets(said: str) -> None:
    for hit in scan(redact(said)):
        raise AssertionError(hit.rule)


def _docker(said: str) -> None:
    rows = host_reading.read_rows(said) or []
    host_reading.read_usage(rows)
    host_reading.read_containers(rows, rows, {})
    host_reading.read_stacks(rows)


MARKDOWN = (b"# ", b"## ", b"- [ ] ", b"- ", b"```\n", b"```task\n", b"~~~\n", b"<!-- ", b"-->\n")
YAML = (b"a: ", b"id: x\n", b"- ", b"&a ", b"*a ", b"? ", b"!!x ", b"<<: ", b"|\n ", b"#", b"~\n")
NUMBERS = (b"#12", b"#1-#9", b"o/r#7", b"depends on ", b"blocked by ", b", ", b"and ", b"(", b")")

DOORS = (
    Door("workplan", _workplan, (*MARKDOWN, *YAML, b"<<<<<<< a\n", b"---\n"), (PLAN,)),
    Door("workplan edit", _edited, (*MARKDOWN, *YAML, b"status: todo\n"), (PLAN,)),
    Door("task block", text(_fields), YAML, (PLAN.split(b"---")[1],)),
    Door("prerequisite tree", _tree, (*MARKDOWN, *NUMBERS, b"Status: "), (TREE,)),
    Door(
        "line of a prerequisite",
        _tree,
        (b"(", "(#1 — ".encode(), b"#1-#", " — ".encode(), b"blocked-on-vault ", b"- [ ] x\n"),
        (b"## Objective: X\n- [ ] ", b"## Objective: "),
    ),
    Door("sprint", _sprint, (*MARKDOWN, *YAML, *NUMBERS, b"<!-- filer:begin -->\n"), (SPRINT,)),
    Door("vault action", _action, (b"a = ", b"[a]\n", b"[[a]]\n", b"{a=", b"'''"), (ACTION,)),
    Door("vault policy", lambda data: read_policy(data), (b"[a.", b"="), (TEMPLATE.encode(),)),
    Door("vault result", read_result, (b"{", b'"a":'), (b'{"exit_code": 0, "finished_at": "x"}',)),
    Door(
        "vault request",
        lambda data: (read_request(data, "vault/pending/a.md"), text(steps)(data)),
        MARKDOWN,
        (REQUEST,),
    ),
    Door("evidence", _evidence, (b"{", b'"a": '), (b'{"a": [1, {"b": "c"}]}',)),
    Door("evidence and layout names", _named, (b"evidence/", b"a/2026-05-02.json\n", b"vault/")),
    Door("access log", _access, (ACCESS, b'{"ts": ', b"\n"), (ACCESS,)),
    Door("dependencies", text(deps.dependencies), (*MARKDOWN, *NUMBERS), (SPRINT,)),
    Door(
        "references",
        text(lambda said: (references.references(said), references.numbers(said))),
        NUMBERS,
        (TREE,),
    ),
    Door("markdown", page, (*MARKDOWN, b"    ", b"> ", b"<div>\n"), (TREE, PLAN)),
    Door("schedule", _schedule, (*YAML, b"cadence: ", b"- agent: a\n"), (SCHEDULE,)),
    Door(
        "cadence", text(_cron), (b"* ", b"*/5 ", b"1-", b",", b"L ", b"fri ", b"#"), (b"0 9 * * 5",)
    ),
    Door("agents file", _agents, (b"<!-- >>> custodian", b"@AGENTS.md\n", b"-->\n"), (PLAN,)),
    Door(
        "secrets",
        text(_secrets),
        (b"password=", b"ghp_", b"-----BEGIN ", b"KEY=", b"A" * 20, b"://a:b@"),
    ),
    Door("what is shown", text(_shown), (b"a", b"\xc2\x9b")),
    Door("host memory", text(host_reading.read_memory), (b"MemTotal: ", b" kB\n", b"9")),
    Door(
        "host mounts",
        text(host_reading.read_mounts),
        (b"/dev/a ", b"/ ", b"ext4 ", b"\\040", b"\\777"),
    ),
    Door(
        "host docker",
        text(_docker),
        (b'{"Size": "', b"GB", b'"}\n'),
        (
            b'{"Type": "Images", "TotalCount": "3", "Active": "1", "Size": "1.2GB"}',
            b'{"Names": "a", "Labels": "a=b,c=d", "Status": "Up (healthy)", "Name": "a", '
            b'"MemUsage": "1MiB / 2GiB", "CPUPerc": "0.5%"}',
        ),
    ),
    Door("host restarts", text(host_reading.read_restarts), (b"/a ", b"3\n")),
    Door(
        "host btrfs",
        text(lambda said: host_reading.read_btrfs("/", said)),
        (b"Device unallocated: ", b"Free (estimated): ", b"7\n"),
    ),
)
