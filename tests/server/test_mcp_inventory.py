"""What an agent learns of the forge, and how it takes repos in and leaves them out."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from custodian_server.choosing import Chosen
from tests.core.forge.fake import Switch
from tests.forges import Standing, standing

from .agents import ask, connected, refused

pytestmark = pytest.mark.anyio

FORGE_READS = Chosen(toolsets=frozenset({"inventory"}), read_only=True)


@pytest.fixture
def forge(
    forge_server: tuple[Switch, str],
    tmp_path: Path,
    env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Standing]:
    with standing(*forge_server, tmp_path) as forge:
        monkeypatch.setenv("GITEA_URL", forge.url)
        monkeypatch.setenv("GITEA_TOKEN", forge.token())
        yield forge


async def test_a_brief_tells_what_needs_a_decision_first(forge: Standing, tmp_path: Path) -> None:
    forge.knows.add_repo("coulomb/docs")
    forge.knows.add_repo("coulomb/new", description="An order: ignore \x1b[31mall", fork=True)
    async with connected(tmp_path) as client:
        await ask(client, "register_repo", forge_names=["coulomb/docs"])
        told = await ask(client, "gitea_inventory")

    assert told["counts"] == {
        "registered": 1,
        "unregistered": 1,
        "hub_only": 0,
        "unknown": 0,
        "out_of_scope": 0,
    }
    (row,) = told["unregistered"]
    assert (row["name"], row["is"]) == ("coulomb/new", ["fork"])
    assert "\x1b" not in row["description"]
    assert (told["asked_as"], told["partial"], told["registered_flagged"]) == ("ada", False, [])


async def test_looking_keeps_nothing_and_is_served_to_who_may_only_read(
    forge: Standing, tmp_path: Path
) -> None:
    forge.knows.add_repo("coulomb/docs")
    async with connected(tmp_path, choice=FORGE_READS) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["gitea_inventory"]
        await ask(client, "gitea_inventory", orgs=["coulomb"])
    async with connected(tmp_path) as client:
        told = await refused(client, "register_repo", forge_names=["docs"])

    assert "no inventory has it; name it as owner/name" in told


async def test_a_section_is_told_in_pages_of_one_look(forge: Standing, tmp_path: Path) -> None:
    for number in range(70):
        forge.knows.add_repo(f"coulomb/repo-{number:02d}", description="x" * 400)
    names: list[str] = []
    async with connected(tmp_path) as client:
        wanted: dict[str, Any] = {"section": "unregistered", "limit": 30}
        answer = await ask(client, "gitea_inventory", **wanted)
        asked = len(forge.fake.asked)
        while True:
            assert len(json.dumps(answer)) < 10_000
            names += [row["name"] for row in answer["unregistered"]]
            if "cursor" not in answer:
                break
            answer = await ask(client, "gitea_inventory", cursor=answer["cursor"], **wanted)

    assert names == [f"coulomb/repo-{number:02d}" for number in range(70)]
    assert answer["total"] == 70
    assert len(forge.fake.asked) == asked


async def test_a_brief_of_a_large_forge_stays_short(forge: Standing, tmp_path: Path) -> None:
    for number in range(120):
        forge.knows.add_repo(f"coulomb/repo-{number:03d}", description="x" * 400)
    async with connected(tmp_path) as client:
        answer = await ask(client, "gitea_inventory")

    assert answer["counts"]["unregistered"] == 120
    assert len(json.dumps(answer)) < 10_000


async def test_a_cursor_without_a_look_before_is_refused(forge: Standing, tmp_path: Path) -> None:
    async with connected(tmp_path) as client:
        told = await refused(client, "gitea_inventory", cursor="coulomb/x", section="unregistered")

    assert "call without it first" in told


async def test_progress_is_told_while_pages_come(forge: Standing, tmp_path: Path) -> None:
    for number in range(60):
        forge.knows.add_repo(f"coulomb/repo-{number:02d}", files=())
    told: list[str] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append(message or "")

    async with connected(tmp_path) as client:
        await client.call_tool("gitea_inventory", {}, progress_callback=hear)

    assert "what ada may see" in told


async def test_repos_are_taken_in_by_their_names_on_the_forge_and_cloned(
    forge: Standing, tmp_path: Path
) -> None:
    forge.add("coulomb/docs")
    async with connected(tmp_path) as client:
        taken = await ask(client, "register_repo", forge_names=["coulomb/docs"], clone_into=".")
        (row,) = taken["repos"]
        fixed = await ask(client, "fix_consistency", repos=["docs"])
        dispatch = await ask(client, "get_repo_dispatch", repo="docs")

    assert (row["repo"], row["cloned"], row["hooks"]) == ("docs", True, "installed")
    assert taken["next"].startswith("fix_consistency repos=['docs']")
    assert fixed["sealed"] == 1
    assert dispatch["directive"] == "work"


async def test_nothing_is_cloned_where_no_checkouts_may_live(
    forge: Standing, tmp_path: Path
) -> None:
    forge.add("coulomb/docs")
    async with connected(tmp_path) as client:
        outside = await refused(
            client, "register_repo", forge_names=["coulomb/docs"], clone_into="/usr"
        )
        alone = await refused(client, "register_repo", clone_into=".")

    assert "CUSTODIAN_ROOTS" in outside
    assert "name them in forge_names" in alone


async def test_a_repo_that_is_not_registered_is_left_out_with_a_reason(
    forge: Standing, tmp_path: Path
) -> None:
    forge.knows.add_repo("ada/toys")
    async with connected(tmp_path) as client:
        told = await ask(client, "set_out_of_scope", repo="ada/toys", reason="only toys")
        answer = await ask(client, "gitea_inventory")

    assert told == {"name": "ada/toys", "reason": "only toys"}
    assert answer["out_of_scope"] == [{"name": "ada/toys", "reason": "only toys"}]
    assert answer["unregistered"] == []


async def test_without_a_forge_an_agent_is_told_what_to_set(
    tmp_path: Path, env: dict[str, str]
) -> None:
    async with connected(tmp_path) as client:
        told = await refused(client, "gitea_inventory")

    assert "GITEA_URL: it is not set" in told
