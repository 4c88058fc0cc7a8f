"""`custodian human` and `custodian dispatch`."""

import json
import re
from pathlib import Path

from custodian_core.commands import AddTask, AskHuman, ClaimTask, NoteTask
from custodian_core.errors import BadValue, Conflict, UnknownThing
from custodian_core.status import Priority

from .desk import RED, SAFE_RED, T1, Do, data, refusal, run, run_program, say


def test_a_question_shows_its_options_and_its_answer(tasks: Do) -> None:
    asked = data(
        *("human", "ask", f"Which {RED}?", "--task", T1, "--context", "we need one"),
        *("--option", "lark", "--option", "ply"),
    )
    row = say("human", "list")
    answered = say("human", "answer", asked["id"][:6].upper(), "ply")

    assert row == (
        f"{asked['id'][:8]}  0m ago  ada@laptop  {T1}  "
        f"Which {SAFE_RED}? (lark / ply) | we need one\n"
    )
    assert answered == f"answered: Which {SAFE_RED}? → ply\n"
    assert say("human", "list", "--repo", "docs", "--all").endswith(" → ply\n")
    assert data("human", "list")["total"] == 0
    (told,) = data("human", "list", "--all")["items"]
    assert (told["answer"], told["answered_by"]) == ("ply", "ada@laptop")


def test_a_question_is_answered_once_and_named_by_enough_of_its_id(do: Do) -> None:
    asked = do(AskHuman("Which?", "docs"))
    say("human", "answer", asked.id, "this")

    told = refusal(Conflict, "human", "answer", asked.id[:8], "that")
    assert told == f"question {asked.id}: ada@laptop answered it already: this"
    assert "at least its first 6 characters" in refusal(
        BadValue, "human", "answer", asked.id[:5], "x"
    )
    assert "there is no question" in refusal(UnknownThing, "human", "answer", "00000000", "x")


def test_a_question_is_about_something(docs: Path) -> None:
    assert "say which repo or task it is about" in refusal(BadValue, "human", "ask", "Why?")


def test_what_a_question_says_cannot_steer_the_terminal_through_an_error(do: Do) -> None:
    asked = do(AskHuman("Which?", "docs"))
    say("human", "answer", asked.id, RED)
    refused = run_program("human", "answer", asked.id, "that")

    assert refused.returncode == 1
    assert SAFE_RED in refused.stderr


def test_a_dispatch_tells_the_task_and_how_to_claim_it(tasks: Do) -> None:
    say("goal", "set", "docs", "Level 1", "--description", "all of it")

    assert say("dispatch", "docs") == (
        "docs: work: it is the most urgent that can be begun\n"
        "goal    Level 1\n"
        "  | all of it\n"
        "synced  never\n"
        "here    branch trunk has no commit yet\n"
        "\n"
        f"task    {T1}  Parse {SAFE_RED}\n"
        "status  todo, priority high\n"
        "  | Read headings.\n"
        "  | Then tables.\n"
        "done when\n"
        "  - all of them\n"
        "\n"
        "nobody has claimed it; before you begin\n"
        f"  custodian task claim {T1} --agent NAME\n"
        "\n"
        "open workplans\n"
        "  DOCS-WP-0001  Level 1 (3 pending, workplans/a.md)\n"
    )


def test_a_claiming_dispatch_tells_how_to_report_back(tasks: Do) -> None:
    brief = say("dispatch", "docs", "--claim", "--agent", "ada b")

    assert brief.startswith("docs: work: it is the most urgent that can be begun\n")
    assert "status  in_progress, priority high\n" in brief
    assert re.search(r"^claimed by 'ada b' until \S+Z, fence 1; report with$", brief, re.MULTILINE)
    commands = re.findall(r"^  custodian (.*)$", brief, re.MULTILINE)
    assert commands == [
        f"task status {T1} done --fence 1",
        f"task note {T1} TEXT --fence 1",
        f"human ask QUESTION --task {T1}",
        f"task release {T1} --agent 'ada b' --note TEXT",
    ]


def test_the_same_agent_resumes_its_task_and_another_finds_none(tasks: Do) -> None:
    first = data("dispatch", "docs", "--claim", "--agent", "ada")
    again = data("dispatch", "docs", "--claim", "--agent", "ada")
    other = data("dispatch", "docs", "--claim", "--agent", "bob", code=3)

    assert (first["directive"], first["task"]["key"]) == ("work", T1)
    assert (again["directive"], again["reason"]) == ("resume", "it is yours already")
    assert again["lease"]["claim_id"] == first["lease"]["claim_id"]
    assert (other["directive"], other["lease"], other["task"]) == ("none", None, None)
    assert other["lease_why"] == other["reason"]
    assert "of its open tasks (2 todo, 1 in_progress) none is free" in other["reason"]


def test_a_claiming_dispatch_that_waits_for_a_person_says_so(tasks: Do) -> None:
    tasks(ClaimTask("ada", T1))
    tasks(AskHuman("Which?", task=T1))
    brief = say("dispatch", "docs", "--claim", "--agent", "bob", code=5)

    assert brief.startswith("docs: human_needed: what is left waits for an answer\n")
    assert f"0m ago on {T1}: Which?\n" in brief


def test_a_dispatch_as_json_is_an_envelope_however_it_is_asked_for(tasks: Do) -> None:
    plain, formatted = (
        say("dispatch", "docs", "--json"),
        say("dispatch", "docs", "--format", "json"),
    )

    assert plain == formatted
    assert json.loads(plain)["kind"] == "dispatch"
    refused = run("dispatch", "nope", "--format", "json")
    assert json.loads(refused.stdout)["data"]["error"] == "UnknownThing"


def test_a_brief_shortens_what_is_long_and_shows_what_was_left(tasks: Do) -> None:
    tasks(ClaimTask("me", T1))
    tasks(NoteTask(T1, "n" * 1000))
    tasks(AddTask("DOCS-WP-0001", "DOCS-WP-0001-T04", "x", "d" * 5000, priority=Priority.CRITICAL))
    brief = say("dispatch", "docs")

    assert "  | … 3500 more characters\n" in brief
    assert len(brief) < 4000
