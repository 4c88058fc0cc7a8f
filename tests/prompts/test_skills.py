"""Skills are short, whole, and made of what the prompts say."""

import hashlib
import re
from typing import cast

import click
import pytest
import yaml

from custodian_prompts import load
from custodian_server.cli import cli
from custodian_server.mcp_app import TOOL_NAMES
from custodian_tools.skills import Skill, skills

SKILLS = skills(load)
VERB = re.compile("(?:get|claim|update|release|list|ask|answer|create|lint|check|fix)_")
each_skill = pytest.mark.parametrize("skill", SKILLS, ids=lambda skill: skill.name)


@each_skill
def test_a_skill_is_a_file_that_hosts_of_agents_read(skill: Skill) -> None:
    _, front, body = skill.text.split("---\n", 2)

    assert yaml.safe_load(front) == {"name": skill.name, "description": skill.description}
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", skill.name)
    assert len(skill.name) <= 64
    assert len(skill.description) <= 300
    assert body.strip()
    assert skill.size == len(skill.text.encode()) < 4000
    assert skill.digest == "sha256:" + hashlib.sha256(skill.text.encode()).hexdigest()


@each_skill
def test_nothing_in_a_skill_is_left_to_fill_in(skill: Skill) -> None:
    assert not set("{}") & set(skill.text)


@each_skill
def test_every_tool_and_command_that_a_skill_names_is_there(skill: Skill) -> None:
    tools = {name for name in re.findall(r"`([a-z_]+)`", skill.text) if VERB.match(name)}
    commands = [" ".join(call.split()) for call in re.findall(r"`custodian ([^`]+)`", skill.text)]

    assert tools <= set(TOOL_NAMES)
    for call in commands:
        words, command = call.split(), cast("click.Command", cli)
        while isinstance(command, click.Group) and words:
            found = command.get_command(click.Context(command), words.pop(0))
            assert found, f"{skill.name} names custodian {call}"
            command = found


def test_the_prompts_and_the_guide_stand_in_the_skills_word_for_word() -> None:
    by_name = {skill.name: skill.text for skill in SKILLS}

    assert load("answer_questions").strip() in by_name["custodian-questions"]
    assert load("triage_inventory").strip() in by_name["custodian-triage"]
    assert load("session_close").format(repo="REPO").strip() in by_name["custodian-close"]
    assert "# How a workplan is written" in by_name["custodian-workplan"]


def test_the_first_skill_tells_the_way_from_dispatch_to_seal_in_its_order() -> None:
    text = SKILLS[0].text
    way = ["get_repo_dispatch", "claim_task", "update_task", "Commit", "fix_consistency", "sealed"]

    places = [text.index(word) for word in way]
    assert places == sorted(places)
