"""What is answered beforehand is what the server answers."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from custodian_server.choosing import chosen
from custodian_server.front import snapshot
from custodian_server.front.flags import Flags, read
from custodian_server.front.recording import conversation, recorded
from custodian_server.mcp_app import TOOL_NAMES, build
from custodian_tools.agent.desk import Desk
from tests.server.front.clients import (
    BARE,
    FRONT,
    asked,
    envelope,
    handshake,
    lines,
    new_era,
    old_era,
    running,
)
from tests.waiting import PATIENCE_S


def test_the_snapshot_is_what_the_server_says(request: pytest.FixtureRequest) -> None:
    file, text = Path(snapshot.FILE), recorded()
    if request.config.getoption("--update-snapshots"):
        file.write_text(text)

    assert file.read_text() == text, "run this test with --update-snapshots"


@pytest.mark.parametrize(
    ("era", "env", "flags"),
    [
        ("old", {}, []),
        ("new", {}, ["--read-only"]),
        ("new", {"CUSTODIAN_EXCLUDE_TOOLS": "list_tasks"}, ["--toolsets", "work"]),
        ("old", {"CUSTODIAN_READ_ONLY": "1"}, ["--tools=fix_consistency,get_task"]),
        ("old", {"CUSTODIAN_TOOLSETS": "ops,schedule,inventory,sync,work"}, []),
    ],
)
def test_each_choice_of_tools_has_the_servers_own_answers(
    era: str, env: dict[str, str], flags: list[str], tmp_path: Path
) -> None:
    said = old_era() if era == "old" else new_era()
    choice = read(flags)
    assert choice
    known = snapshot.load(choice, env)
    assert known
    tools = chosen(
        env,
        TOOL_NAMES,
        choice.toolsets,
        choice.tools,
        choice.exclude_tools,
        read_only=choice.read_only,
    )

    expected = [message for message in said if "id" in message]

    def are_heard(heard: list[dict[str, Any]]) -> bool:
        return len(heard) == len(expected)

    heard = anyio.run(conversation, build(Desk(tmp_path), tools), lines(said), are_heard)
    answers = known.handshake if era == "old" else known.modern
    by_id = {answer["id"]: answer["result"] for answer in heard}
    if era == "old":
        by_id[0]["protocolVersion"] = ""
    assert {each["method"]: by_id[each["id"]] for each in expected} == answers


@pytest.mark.parametrize(
    ("said", "env"),
    [
        (old_era("2025-06-18"), {"CUSTODIAN_READ_ONLY": "yes"}),
        (old_era("1999-01-01"), {}),
        ([*new_era(), handshake(), asked(7, "tools/list")], {"CUSTODIAN_TOOLSETS": "sync"}),
        ([asked(1, "server/discover", **envelope("2099-01-01"))], {}),
    ],
    ids=["old", "unknown version", "new, then a handshake", "a version that is not served"],
)
def test_no_client_can_tell_the_front_from_the_server(
    said: list[dict[str, object]], env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "here").mkdir()
    here = {"CUSTODIAN_HOME": str(tmp_path / "home"), **env}
    with (
        running([sys.executable, "-c", BARE], tmp_path / "here", os.environ | here) as bare,
        running([FRONT], tmp_path / "here", os.environ | here) as front,
    ):
        assert front.answers(said) == bare.answers(said)


@pytest.mark.parametrize("key", ["custodian", "mcp", "pydantic"])
def test_a_snapshot_of_other_versions_is_not_believed(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = json.loads(Path(snapshot.FILE).read_text())
    if key in said:
        said[key] = "0.0.0"
    else:
        said["makers"][key] = "0.0.0"
    (tmp_path / "snapshot.json").write_text(json.dumps(said))
    monkeypatch.setattr(snapshot, "FILE", str(tmp_path / "snapshot.json"))

    assert snapshot.load(Flags(), {}) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"custodian": "0.1.0"}'])
def test_a_snapshot_that_cannot_be_read_is_not_believed(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "snapshot.json").write_text(text)
    monkeypatch.setattr(snapshot, "FILE", str(tmp_path / "snapshot.json"))

    assert snapshot.load(Flags(), {}) is None


def test_what_cannot_be_chosen_is_told_at_once(empty: Path, env: dict[str, str]) -> None:
    with running([FRONT, "--toolsets", "wrok"], empty, env) as spoken:
        assert spoken.process.wait(PATIENCE_S) == 2
        assert spoken.output.read() == b""
        assert spoken.process.stderr
        told = spoken.process.stderr.read().decode()
    assert told == ("custodian: toolset wrok: there are inventory, ops, schedule, sync, work\n")
