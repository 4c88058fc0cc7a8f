"""No secret that somebody writes into the hub is in any of its rows; all else stays as written."""

import json

from custodian_core.codec import to_json
from custodian_core.commands import (
    AddTask,
    AnswerHuman,
    ApplyPlan,
    AskHuman,
    Caller,
    ChangeTask,
    ClaimTask,
    Command,
    LeaveOut,
    NoteTask,
    RecordSync,
    ReleaseClaim,
    ReopenTask,
    RequestSync,
    SetGoal,
    TaskWrite,
    WorkstreamWrite,
)
from custodian_core.hub.databases import Database
from custodian_core.hub.portable import export
from custodian_core.ports import Hub
from custodian_core.records import HostSync, Intervention
from custodian_core.secrets import HIDDEN, scan
from custodian_core.status import Priority, Status
from tests.core.test_secrets import SECRETS, SHA

from .made import ME, claim, tasks

#: every secret of the table, each on its line
ALL = "\n".join(text for text, _ in SECRETS.values())
TOKEN = SECRETS["GitHub"][0]


def commands(task: str) -> list[Command]:
    """One of each kind by which a text gets into the hub, with every secret in it."""
    return [
        AddTask("MARK-WP-0001", "T2", ALL, description=ALL, acceptance=(ALL,)),
        ChangeTask(task, {"title": ALL, "description": ALL, "acceptance": [ALL]}),
        NoteTask(task, ALL),
        ChangeTask(task, {"status": "done"}),
        ReopenTask(task, ALL),
        AskHuman(ALL, task=task, context=ALL, options=(ALL,)),
        SetGoal("marki-docx", ALL, ALL),
        RequestSync("marki-docx", TOKEN),
        LeaveOut("git.example", 7, "acme/old", ALL),
        RecordSync(
            "marki-docx",
            HostSync("here", "/repos/marki-docx", findings=({"message": ALL},)),
            stamp=False,
            run_id="1",
            report={"why": ALL, "env": {"password": "hunter2hunter2"}},
        ),
    ]


def test_no_secret_of_the_table_is_in_any_row_whichever_way_it_came(
    hub: Hub, database: Database
) -> None:
    tasks(hub, "T1")
    for number, command in enumerate(commands("T1")):
        hub.do(command, Caller("me", idempotency_key=str(number), request_id=None))
    (asked,) = hub.interventions().items
    hub.do(AnswerHuman(asked.id, ALL), ME)
    held = claim(hub, "T1")
    hub.do(ReleaseClaim(held.id, held.fence, ALL), ME)
    hub.do(ClaimTask(TOKEN, task="T1"), ME)

    rows = [json.loads(row) for row in export(database)]
    texts = [value for row in rows for value in row.get("row", {}).values()]
    assert [text for text in texts if isinstance(text, str) and scan(text)] == []
    assert HIDDEN in hub.task("T1").title


def test_what_a_sync_writes_is_without_secrets_too_and_writing_it_again_changes_nothing(
    hub: Hub,
) -> None:
    tasks(hub, "T1")
    view = hub.reconcile_view("marki-docx")
    (stream,), (known,) = view.workstreams, view.tasks
    write = WorkstreamWrite(stream.key, f"Plan {TOKEN}", "a.md", Status.TODO, 0, stream.version)
    task = TaskWrite(
        *("T1", stream.key, f"Use {TOKEN}", ALL, (ALL,), Status.TODO, Priority.MEDIUM, 1, ()),
        needs_human=False,
        version=known.version,
    )
    after = hub.do(ApplyPlan("marki-docx", view.hub_id, (write,), (task,)), ME)

    assert scan(json.dumps(to_json(after))) == ()


def test_the_same_command_with_its_secret_is_known_again_by_its_key(hub: Hub) -> None:
    tasks(hub, "T1")
    once = Caller("me", idempotency_key="k1")
    first: Intervention = hub.do(AskHuman(f"Is {TOKEN} right?", repo="marki-docx"), once)
    again: Intervention = hub.do(AskHuman(f"Is {TOKEN} right?", repo="marki-docx"), once)

    assert again == first
    assert len(hub.interventions().items) == 1


def test_commits_ids_and_prose_about_secrets_stay_as_they_were_written(hub: Hub) -> None:
    said = f"commit {SHA} moves the token: it is read from $GITEA_TOKEN now"
    tasks(hub, "T1")

    assert hub.do(NoteTask("T1", said), ME).note == said
