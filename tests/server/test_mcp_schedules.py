"""Schedules as agents and orchestrators ask for them: a toolset of its own, off unless chosen."""

from pathlib import Path

import pytest

from custodian_server.choosing import Chosen, Toolset

from .agents import ask, connected, refused

pytestmark = pytest.mark.anyio

SCHEDULE = Chosen(frozenset((Toolset.SCHEDULE, Toolset.SYNC)))
GOOD = """\
version: 1
entries:
  - agent: coach
    cadence: "0 9 * * *"
"""


def scheduled(docs: Path, text: str = GOOD) -> None:
    (docs / ".kaizen/agents/coach").mkdir(parents=True, exist_ok=True)
    (docs / ".kaizen/schedule.yml").write_text(text)
    (docs / ".kaizen/agents/coach/prompt.md").write_text("Be kind.\n" * 1000)


async def test_nobody_sees_the_tools_who_did_not_choose_them(tmp_path: Path) -> None:
    async with connected(tmp_path) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}

    assert not {"list_schedules", "prepare_run", "discover_kaizen_scheduled_repos"} & names


async def test_an_orchestrator_discovers_prepares_and_sees_what_it_prepared(docs: Path) -> None:
    scheduled(docs)
    async with connected(docs, choice=SCHEDULE) as client:
        await ask(client, "register_repo")
        put = await ask(client, "register_schedule")
        found = await ask(client, "discover_kaizen_scheduled_repos")
        same = await ask(client, "discover_schedules")
        run = await ask(client, "prepare_run", agent="coach")
        listed = await ask(client, "list_schedules", due_within_hours=25)
        gone = await ask(client, "register_schedule", enabled=False)
        after = await ask(client, "list_schedules")

    assert put["kaizen_schedule_enabled"]
    assert found == same
    assert [(row["repo"], row["agent"]) for row in found["due"]] == [("docs", "coach")]
    assert run["event"]
    assert (run["parts"][0]["bytes"], len(run["parts"][0]["text"])) == (9000, 4000)
    assert [each["part"] for each in run["missing"]] == ["memory", "metrics"]
    assert found["due"][0]["last_prepared_at"] is None
    assert listed["due"][0]["last_prepared_at"]
    assert not gone["kaizen_schedule_enabled"]
    assert after["left_out"][0]["reason"] == "not-registered"


async def test_what_is_wrong_is_told_with_its_line_and_what_to_do(docs: Path) -> None:
    scheduled(docs, GOOD.replace("0 9 * * *", "weakly"))
    async with connected(docs, choice=SCHEDULE) as client:
        await ask(client, "register_repo")
        judged = await ask(client, "validate_schedule")
        named = await ask(client, "validate_schedule", repo="docs")
        no = await refused(client, "prepare_run", agent="coach")
        outside = await refused(client, "validate_schedule", repo="/etc")

    assert (judged["valid"], named["valid"]) == (False, False)
    (finding,) = judged["findings"]
    assert (finding["code"], finding["line"]) == ("K-03", 4)
    assert "did you mean weekly?" in finding["message"]
    assert "line 4: cadence of entry coach is 'weakly'" in no
    assert "CUSTODIAN_ROOTS" in outside
