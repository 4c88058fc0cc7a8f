"""`custodian task`."""

import re
import shlex
from pathlib import Path

import pytest

from custodian_core.errors import BadValue, Claimed, Conflict, Regression, StaleFence, UnknownThing

from .desk import RED, SAFE_RED, T1, T2, T3, Do, data, refusal, run, run_program, say


def test_tasks_are_listed_and_filtered(tasks: Do) -> None:
    assert say("task", "list", "--repo", "docs") == (
        f"{T1}  todo  high    Parse {SAFE_RED}\n"
        f"{T2}  todo  medium  Render\n"
        f"{T3}  todo  medium  Decide  (needs a human)\n"
    )

    def keys(*filters: str) -> list[str]:
        return [task["key"] for task in data("task", "list", *filters)["items"]]

    assert keys("--priority", "high") == [T1]
    assert keys("--needs-human") == [T3]
    assert keys("--status", "done") == []
    assert keys("--workstream", "DOCS-WP-0001", "--limit", "2") == [T1, T2]


def test_a_long_list_of_tasks_goes_on_where_it_says(tasks: Do) -> None:
    cursor = data("task", "list", "--limit", "2")["cursor"]
    told = say("task", "list", "--limit", "2").splitlines()[-1]

    assert told == f"2 of 3 tasks; go on with --after {shlex.quote(cursor)}"
    assert say("task", "list", "--after", cursor).startswith(T3)


def test_a_task_is_shown_with_who_works_on_it(tasks: Do) -> None:
    claim = data("task", "claim", T1, "--agent", "ada")
    say("task", "note", T1, f"half way {RED}")

    assert say("task", "show", T1) == (
        f"{T1}  Parse {SAFE_RED}\n"
        "  in_progress, high, docs\n"
        f"  claimed by ada until {claim['expires_at']}, fence 1\n"
        f"  note: half way {SAFE_RED}\n"
        "  | Read headings.\n"
        "  | Then tables.\n"
        "  - all of them\n"
    )
    shown = data("task", "show", T1)
    assert (shown["key"], shown["claim"]["holder"]) == (T1, "ada")
    assert data("task", "show", T2)["claim"] is None
    assert f"  after {T1}\n" in say("task", "show", T2)


def test_a_task_that_is_not_there_is_told_with_near_ones(tasks: Do) -> None:
    assert f"near it: {T1}" in refusal(UnknownThing, "task", "show", f"{T1}0")


def test_a_claimed_task_is_nobody_elses_until_it_is_released(tasks: Do) -> None:
    claimed = say("task", "claim", T1, "--agent", "ada")
    assert re.fullmatch(rf"{T1} is yours until 20\S+Z; write with --fence 1\n", claimed)

    assert "claimed by ada" in refusal(Claimed, "task", "claim", T1, "--agent", "bob")
    assert "claimed by ada" in refusal(Claimed, "task", "release", T1, "--agent", "bob")
    assert (
        say("task", "release", T1, "--agent", "ada", "--note", "over to you") == f"{T1} is free\n"
    )
    assert refusal(Conflict, "task", "release", T1, "--agent", "ada") == (
        f"task {T1}: nobody has a claim on it"
    )
    assert data("task", "claim", T1, "--agent", "bob")["fence"] == 3
    assert data("task", "show", T1)["note"] == "over to you"


def test_an_agent_may_be_named_by_the_environment(
    tasks: Do, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODIAN_AGENT", "ada")

    assert data("task", "claim", T1)["holder"] == "ada"
    assert data("task", "history", T1)[-1]["actor"] == "ada"


def test_an_agent_without_a_name_is_refused(tasks: Do) -> None:
    assert run("task", "claim", T1).exit_code == 2
    assert refusal(BadValue, "dispatch", "docs", "--claim") == (
        "claim: say who works, as --agent NAME"
    )


def test_the_next_task_of_a_repo_can_be_claimed(tasks: Do) -> None:
    claim = data(
        *("task", "claim", "--next", "--repo", "docs", "--agent", "ada"),
        *("--kind", "runner", "--ttl", "60", "--workdir", "docs"),
    )

    assert (claim["task_key"], claim["kind"], claim["ttl_s"]) == (T1, "runner", 60)
    assert (claim["workdir"], claim["host"]) == (str(Path("docs").resolve()), "laptop")


@pytest.mark.parametrize(
    "words", [(), (T1, "--next"), ("--next",), (T1, "--repo", "docs"), ("--repo", "docs")]
)
def test_a_claim_names_a_task_or_asks_for_the_next(tasks: Do, words: tuple[str, ...]) -> None:
    told = refusal(BadValue, "task", "claim", *words, "--agent", "ada")

    assert told == "claim: name a task, or say --next --repo REPO"


def test_a_status_moves_forward_and_not_back_without_a_reason(tasks: Do) -> None:
    assert say("task", "status", T1, "done") == f"{T1}: todo → done\n"
    assert say("task", "status", T1, "done") == f"{T1} is done already\n"
    back = run_program("task", "status", T1, "todo")
    assert (back.returncode, back.stderr) == (
        1,
        f"custodian: task {T1} is done and does not go back to todo; reopen it with a reason: "
        f"custodian task reopen {T1} --reason WHY\n",
    )
    assert say("task", "reopen", T1, "--reason", "a bug", "--to", "in_progress") == (
        f"{T1}: done → in_progress\n"
    )
    assert isinstance(run("task", "status", T1, "todo").exception, Regression)
    assert run("task", "reopen", T1).exit_code == 2
    assert run("task", "reopen", T1, "--reason", "x", "--to", "done").exit_code == 2


def test_writing_under_a_claim_that_changed_hands_is_refused(tasks: Do) -> None:
    say("task", "claim", T1, "--agent", "ada")
    say("task", "release", T1, "--agent", "ada")

    assert "nobody holds it now" in refusal(
        StaleFence, "task", "status", T1, "done", "--fence", "1"
    )
    assert "fence 1" in refusal(StaleFence, "task", "note", T1, "x", "--fence", "1")


def test_the_history_of_a_task_tells_all_that_happened(tasks: Do) -> None:
    say("task", "claim", T1, "--agent", "ada")
    say("task", "note", T1, f"look {RED}")
    say("human", "ask", "Which?", "--task", T1)
    say("task", "status", T1, "done")
    say("task", "reopen", T1, "--reason", "a bug")

    rows = [row.split(maxsplit=3) for row in say("task", "history", T1).splitlines()]
    assert [row[2] for row in rows] == [event["type"] for event in data("task", "history", T1)]
    told = {row[2]: (row[1], row[3]) for row in rows}
    assert told["task.added"] == ("me", f"title Parse {SAFE_RED}; status todo")
    assert told["claim.granted"][0] == "ada"
    assert told["task.note"] == ("ada@laptop", f"note look {SAFE_RED}")
    assert told["human.asked"] == ("ada@laptop", "question Which?")
    assert told["task.reopened"][1] == "status done → todo; because a bug"
