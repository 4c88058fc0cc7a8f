"""Nothing that looks like a secret gets into an ops repo, a question or a task; it is said so."""

import json

from custodian_core.ops.actions import Action
from custodian_core.secrets import HIDDEN
from custodian_tools.ops import evidence, prerequisites, sprints, vault
from tests.core.ops.trees import TREE

from .conftest import SLUG, Ops
from .test_sprint_tools import TEXT

TOKEN = "gh" + "p_" + "a1B2c3D4e5F6" * 3


def test_evidence_is_written_without_a_token_and_stays_json(ops: Ops) -> None:
    told = {"note": f"called with {TOKEN}", "sha": "0123456789" * 4, "password": 12345}
    written = evidence.write(ops.bench, ops.target, "protocol", told)

    (path,) = written.changed
    read = json.loads(ops.there(path))
    assert read == {**told, "note": f"called with {HIDDEN}"}
    assert [each.partition(":")[0] for each in written.redacted] == [path]
    assert written.redacted[0].endswith(": marked-token")


def test_a_request_and_its_question_hold_no_token_and_asking_again_asks_once(empty: Ops) -> None:
    action = Action("act-20260509", "release", f"Push with {TOKEN}", ("DEPLOY_KEY",))
    first = vault.request_action(empty.bench, empty.target, action)
    again = vault.request_action(empty.bench, empty.target, action)

    assert f"Push with {HIDDEN}" in empty.there(first.path)
    (question,) = empty.bench.hub.interventions().items
    assert TOKEN not in question.context
    assert (again.written.status, again.question) == ("noop", first.question)


def test_a_reason_is_in_the_history_without_its_token(ops: Ops) -> None:
    prerequisites.tick(ops.bench, ops.target, "#12", ticked=False, reason=f"{TOKEN} is out")

    message = ops.git("log", "-1", "--format=%B")
    assert f"{HIDDEN} is out" in message
    assert TOKEN not in message


def test_what_somebody_committed_before_stays_byte_by_byte(empty: Ops) -> None:
    theirs = f"{TREE}\n- Note: password: hunter2\n"
    empty.commit({"prerequisites.md": theirs})
    written = prerequisites.tick(empty.bench, empty.target, "#15")

    assert "- Note: password: hunter2\n" in empty.text("prerequisites.md")
    assert written.redacted == ()


def test_a_sprint_is_filed_without_a_token_once_and_does_not_seem_to_drift(empty: Ops) -> None:
    text = TEXT.replace("CSV writer", f"CSV {TOKEN}").replace("Write rows.", f"Write {TOKEN}.")
    empty.commit({"sprints/csv-export.md": text})
    sprint, board = sprints.show(empty.target, "csv-export"), sprints.HubBoard(empty.bench, SLUG)
    done = sprints.file(sprint, board)

    assert [each.code for each in done.findings].count("SE01") == 2
    tasks = empty.bench.hub.tasks().items
    assert len(tasks) == 2
    assert TOKEN not in "".join(task.title + task.description for task in tasks)
    assert f"Write {HIDDEN}." in "".join(task.description for task in tasks)
    again = sprints.file(sprint, board)
    assert again.filed == {}
    assert not any(step.drifted for step in again.filing.steps)
