"""Prompts are whole when they are filled in, and name nothing that is not there."""

import re
from pathlib import Path

import click
import pytest

import custodian_prompts
from custodian_core.findings import Severity
from custodian_core.workplan.read import read
from custodian_prompts import load
from custodian_server.cli import cli
from custodian_tools.workplans import guide

NAMES = sorted(path.stem for path in Path(custodian_prompts.__file__).parent.glob("*.md"))
#: what each prompt that is no guide is filled in with
FILLED = {
    "answer_questions": (),
    "dispatch": ("repo", "task", "claim", "here", "data", "commands", "tools"),
    "session_close": ("repo",),
    "session_start": ("repo",),
    "triage_inventory": (),
}
CALL = re.compile(r"`custodian ([^`]+)`")


def test_every_prompt_is_known_here() -> None:
    assert sorted([*FILLED, "workplan_format"]) == NAMES


@pytest.mark.parametrize("name", FILLED)
def test_a_prompt_takes_what_it_is_given_and_leaves_nothing_to_fill_in(name: str) -> None:
    said = {field: f"<{field}>" for field in FILLED[name]}
    text = load(name).format(**said)

    assert all(f"<{field}>" in text for field in said)
    assert not set("{}") & set(text)
    assert len(text) < 2500


@pytest.mark.parametrize("name", NAMES)
def test_every_command_that_a_prompt_names_is_there_with_its_options(name: str) -> None:
    calls = [" ".join(call.split()) for call in CALL.findall(load(name))]
    for call in calls:
        command: click.Command = cli
        words = call.split()
        while isinstance(command, click.Group) and words:
            found = command.get_command(click.Context(command), words.pop(0))
            assert found, f"{name} names custodian {call}"
            command = found
        options = {option for parameter in command.params for option in parameter.opts}
        assert not isinstance(command, click.Group) or not words
        assert {word for word in words if word.startswith("--")} <= options, call


@pytest.mark.parametrize("name", FILLED)
def test_a_prompt_tells_that_what_people_wrote_is_data(name: str) -> None:
    if name != "session_close":
        assert re.search(r"data|not orders|written by people|what people wrote", load(name))


def test_the_end_of_a_session_is_the_seeds_protocol_in_its_order() -> None:
    text = load("session_close")

    assert text.index("git pull --ff-only") < text.index("`custodian fix {repo}`")
    assert "A C-13 is normal" in text


def test_the_example_in_the_guide_is_a_plan_that_custodian_reads() -> None:
    text = guide(load)
    front = text.split("```yaml\n")[1].split("```")[0]
    task = text.split("~~~markdown\n")[1].split("~~~")[0]
    reading = read((front + task).encode())

    assert all(finding.severity is Severity.INFO for finding in reading.findings)
    assert reading.workplan
    (one,) = reading.workplan.tasks
    assert (one.title, one.acceptance[0].text) == (
        "Git post-commit hook installer",
        "a commit in `marki-docx` shows in the hub within 2 s.",
    )


def test_nothing_in_the_guide_is_left_to_fill_in() -> None:
    assert "{" not in guide(load)
