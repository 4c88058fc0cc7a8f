"""An ops repo as people and agents use it: ten promises that hold across all of its tools.

The files are of the shapes that ops repos of old have, written by hand: what they had lost on the
way to us was their indentation.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from custodian_server.choosing import Chosen, Toolset
from tests.core.ops.test_sprints import ENTRIES, PITCH
from tests.core.ops.trees import TREE
from tests.server.agents import connected
from tests.server.cli_hub.desk import run, say
from tests.tools.sync.conftest import git

#: where nobody listens
NOBODY = "http://127.0.0.1:9"
SPRINT = f"{PITCH}<!-- filer:begin -->\n{ENTRIES}<!-- filer:end -->\n"
#: an action as one stood in an ops repo for weeks: neither id nor formula, and keys of its own
ODD_ACTION = """\
context = "Branch protection keeps every bot from merging; an admin has to change it"
unblocks = ["#758"]

[action_required]
who = "admin"
what = "allow the merge bot on main"
"""
THING = """\
# Request: Signing key for release artefacts

## What
A code-signing key usable by CI.

## Why
Blocks #14 (signed builds), which blocks objective CSV export. Waiting since 2026-04-28.

## Human action
1. Create the key in the vendor's console, 2. store it as RELEASE_SIGN_KEY.

## Factory will then
- Re-run the release job

## Unblocks
- #14 — signed builds
"""
FILES = {
    "prerequisites.md": TREE,
    "vault/actions/fix-ops-branch-protection.toml": ODD_ACTION,
    "vault/pending/acme-signing-key.md": THING,
    "sprints/csv-export.md": SPRINT,
    "sprints/old-pitch.md": PITCH,
}


@dataclass
class Clone:
    """A checkout of the ops repo on a host of its own."""

    top: Path

    @property
    def remote(self) -> Path:
        return self.top.parent / "remote.git"

    def git(self, *arguments: str) -> str:
        return git(self.top, *arguments)

    def stand(self) -> tuple[str, str, str]:
        """All that a refused write must leave as it was: here, there, and on disk."""
        there = git(self.remote, "rev-parse", "main")
        return self.git("rev-parse", "HEAD"), there, self.git("status", "--porcelain")

    def commit(self, files: dict[str, str | bytes], *, push: bool = True) -> None:
        for path, text in files.items():
            (self.top / path).parent.mkdir(parents=True, exist_ok=True)
            data = text if isinstance(text, bytes) else text.encode()
            (self.top / path).write_bytes(data)
        self.git("add", *files)
        self.git("commit", "-q", "-m", "work")
        if push:
            self.git("push", "-q", "-u", "origin", "main")

    def refuse_pushes(self) -> Path:
        hook = self.remote / "hooks/pre-receive"
        hook.write_text("#!/bin/sh\necho 'branch is protected' >&2\nexit 1\n")
        hook.chmod(0o755)
        return hook


def cloned(folder: Path, name: str) -> Clone:
    git(folder, "clone", "-q", "remote.git", name)
    clone = Clone((folder / name).resolve())
    for key, value in (("user.name", "Ada"), ("user.email", "ada@example.org")):
        clone.git("config", key, value)
    clone.git("config", "core.autocrlf", "false")
    clone.git("checkout", "-q", "-B", "main")
    return clone


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """A checkout with the files above, pushed, and registered with a hub of this test's own."""
    for name, value in (
        ("CUSTODIAN_HOME", tmp_path / "data"),
        ("CUSTODIAN_ROOTS", tmp_path),
        ("CUSTODIAN_HOST", "laptop"),
        ("XDG_CONFIG_HOME", tmp_path / "config"),
    ):
        monkeypatch.setenv(name, str(value))
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "remote.git")
    clone = cloned(tmp_path, "acme-ops")
    monkeypatch.chdir(clone.top)
    clone.commit(dict(FILES))
    say("register", ".")
    return clone


def told(*arguments: str) -> Any:
    """The envelope that the command prints, however it ends."""
    result = run(*arguments, "--json")
    return json.loads(result.stdout)


Write = Callable[[], Any]
#: every command that writes into an ops repo
WRITES: dict[str, tuple[str, ...]] = {
    "migrate": ("ops", "migrate"),
    "block": ("prereq", "block", "#15", "vault/pending/acme-signing-key.md"),
    "tick": ("prereq", "tick", "#12", "--untick", "--reason", "it has no types"),
    "status": ("prereq", "status", "#31", "in progress", "--reason", "half of it"),
    "action": ("vault", "request", "action", "a-1", "--formula", "release", "--context", "go"),
    "thing": (
        *("vault", "request", "thing", "k", "--title", "Key", "--what", "x", "--why", "y"),
        *("--step", "Create it", "--then", "z", "--unblocks", "#15"),
    ),
    "resolve": ("vault", "resolve", "acme-signing-key", "fired", "--note", "it is there"),
    "evidence": ("evidence", "write", "holdout"),
}


def write(name: str) -> Any:
    """What came of the write, as an envelope."""
    given = '{"rate": 0.9}' if name == "evidence" else ""
    return json.loads(run(*WRITES[name], "--json", input=given).stdout)


def test_1_the_files_of_old_ops_repos_are_read_and_what_is_invalid_is_listed_with_reasons(
    here: Clone,
) -> None:
    objectives = told("prereq", "show")["data"]["objectives"]
    items = {each["name"]: each for each in told("vault", "list")["data"]}
    sprints = {each["slug"]: each for each in told("sprint", "list")["data"]}

    assert [each["name"] for each in objectives] == ["CSV export"]
    odd = told("vault", "show", "fix-ops-branch-protection")
    assert items["fix-ops-branch-protection"]["state"] == "invalid"
    assert {"VA02", "VA03"} <= {each["code"] for each in odd["findings"]}
    assert items["acme-signing-key"]["state"] == "pending"
    assert sprints.keys() == {"csv-export", "old-pitch"}
    assert "PT06" not in {each["code"] for each in told("prereq", "lint")["findings"]}


def test_2_what_the_remote_does_not_take_is_an_error_that_leaves_nothing_and_arrives_later(
    here: Clone,
) -> None:
    before, hook = here.stand(), here.refuse_pushes()
    for name in WRITES:
        answer = write(name)
        assert answer["kind"] == "error", name
        assert "branch is protected" in answer["data"]["message"], name
        assert here.stand() == before, name
    here.commit({"mine.md": "of a person's\n"}, push=False)
    assert "from before could not be pushed" in write("tick")["data"]["message"]
    hook.unlink()

    for name in WRITES:
        done = write(name)["data"]
        assert "git" in done, (name, done)
        assert done["git"] == {**done["git"], "pushed": True, "ahead": 0, "behind": 0}, name
    assert here.stand()[0] == here.stand()[1]


def test_3_a_checkout_that_is_behind_is_refused_and_no_file_is_changed(
    here: Clone, tmp_path: Path
) -> None:
    other = cloned(tmp_path, "other")
    other.commit({"more.md": "more\n"})
    before = here.stand()

    for name in WRITES:
        answer = write(name)
        assert "behind its remote; pull first" in answer["data"]["message"], name
        assert here.stand() == before, name


def test_4_a_hub_or_forge_that_is_down_is_unknown_and_never_absent_or_nothing(
    here: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.git("push", "-q", "origin", "main:vault/rel-1")
    monkeypatch.setenv("GITEA_URL", NOBODY)
    monkeypatch.setenv("GITEA_TOKEN", "a-token")
    filed = told("sprint", "plan", "csv-export", "--issues", "acme/api")
    builds = told("host", "telemetry")["data"]["builds"]
    monkeypatch.setenv("CUSTODIAN_HUB_URL", NOBODY)
    flow, checkouts = told("ops", "metrics"), told("host", "telemetry")["data"]["checkouts"]

    assert (filed["kind"], "does not answer" in filed["data"]["message"]) == ("error", True)
    assert (builds["status"], "so it was not asked" in builds["why"]) == ("absent", True)
    assert flow["data"]["error"] == "HubUnreachable"
    assert (checkouts["status"], checkouts["places"]) == ("failed", [])


@pytest.mark.anyio
async def test_5_what_is_filed_or_asked_for_twice_is_there_once(here: Clone) -> None:
    choice = Chosen(frozenset((Toolset.OPS, Toolset.SYNC, Toolset.WORK)))
    filing = ("sprint", "file", "csv-export", "--tasks", "acme-ops")
    first = [told(*filing), write("action"), write("thing")]
    stood = here.stand()
    again = [told(*filing), write("action"), write("thing")]
    async with connected(here.top, choice=choice) as client:
        tool = await client.call_tool(
            "file_sprint", {"name": "csv-export", "tasks_of": "acme-ops", "dry_run": False}
        )

    steps = [[each["action"] for each in answer[0]["data"]["steps"]] for answer in (first, again)]
    assert steps == [["file", "file"], ["keep", "keep"]]
    assert [each["data"]["status"] for each in again[1:]] == ["noop", "noop"]
    assert not tool.is_error
    again_by_tool: dict[str, Any] = tool.structured_content or {}
    assert {each["action"] for each in again_by_tool["steps"]} == {"keep"}
    assert told("task", "list", "--repo", "acme-ops")["data"]["total"] == 2
    assert here.stand() == stood


def test_6_of_two_that_write_at_once_one_wins_and_the_other_leaves_nothing(
    here: Clone, tmp_path: Path
) -> None:
    other = cloned(tmp_path, "other")
    program = Path(sys.executable).with_name("custodian")
    env = {**os.environ, "CUSTODIAN_HOME": str(tmp_path / "other-data")}
    words = [str(program), "prereq", "tick", "#15", "--json"]
    pipe = subprocess.PIPE
    racers = [
        subprocess.Popen(words, cwd=clone.top, env=each, stdout=pipe, stderr=pipe)
        for clone, each in ((here, dict(os.environ)), (other, env))
    ]
    for racer in racers:
        racer.communicate()
    won = [racer.returncode == 0 for racer in racers]

    assert any(won)
    log = git(here.remote, "log", "--format=%s", "main").splitlines()
    assert len(log) == 2
    for clone, first in zip((here, other), won, strict=True):
        head, there, dirty = clone.stand()
        assert (dirty, clone.git("rev-list", "--count", "origin/main..HEAD")) == ("", "0")
        assert head == there or not first


def test_7_a_write_that_changes_nothing_changes_no_byte(here: Clone) -> None:
    odd = TREE.replace("- Note", "-   Note").replace("\n## ---", "\n\n\n## ---") + "\n \n"
    here.commit({"prerequisites.md": odd})
    stood = here.stand()

    assert write("migrate")["data"]["git"]["pushed"]
    stood = here.stand()
    assert told("prereq", "tick", "#12")["data"]["status"] == "noop"
    assert told("ops", "migrate")["data"]["status"] == "noop"
    assert here.stand() == stood
    assert (here.top / "prerequisites.md").read_text() == odd


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("shape", ["CRLF", "BOM", "no end", "dashes"])
def test_8_an_edit_keeps_line_ends_marks_and_dashes_as_they_were(here: Clone, shape: str) -> None:
    text = TREE.replace("—", "–") if shape == "dashes" else TREE  # noqa: RUF001 - of another hand
    data = text.encode()
    data = data.replace(b"\n", b"\r\n") if shape == "CRLF" else data
    data = b"\xef\xbb\xbf" + data if shape == "BOM" else data
    data = data.rstrip(b"\n") if shape == "no end" else data
    here.commit({"prerequisites.md": data})
    assert told("prereq", "tick", "#15")["data"]["git"]["pushed"]

    new = (here.top / "prerequisites.md").read_bytes()
    pairs = list(zip(data.split(b"\n"), new.split(b"\n"), strict=True))
    changed = [(old, now) for old, now in pairs if old != now]
    assert [old.strip(b"\r")[:14] for old, _ in changed] == [b"<!-- Last upda", b"- [ ] Streamin"]
    ticked = changed[1][0].replace(b"[ ]", b"[x]").replace(b"backlog", b"closed")
    assert changed[1][1] == ticked


BAD = ("../x", "a/b", "a b", "..", "")


@pytest.mark.anyio
async def test_9_an_id_that_leads_elsewhere_is_refused_at_every_door(here: Clone) -> None:
    stood = here.stand()
    tail = WRITES["thing"][4:]
    choice = Chosen(frozenset((Toolset.OPS, Toolset.SYNC)))
    async with connected(here.top, choice=choice) as client:
        for bad in BAD:
            doors: tuple[tuple[str, ...], ...] = (
                ("vault", "request", "action", bad, "--formula", "release", "--context", "x"),
                ("vault", "request", "action", "x", "--formula", bad, "--context", "x"),
                ("vault", "request", "thing", bad, *tail),
                ("vault", "show", bad),
                ("vault", "resolve", bad, "approved"),
                ("sprint", "show", bad),
                ("evidence", "write", bad),
                ("evidence", "latest", bad),
            )
            for door in doors:
                assert run(*door, input="{}").exit_code != 0, door
            calls: tuple[tuple[str, dict[str, Any]], ...] = (
                ("request_action", {"id": bad, "formula": "release", "context": "x"}),
                ("get_vault_item", {"name": bad}),
                ("validate_sprint", {"name": bad}),
                ("write_evidence", {"domain": bad, "told": {}}),
            )
            for tool, given in calls:
                assert (await client.call_tool(tool, given)).is_error, (tool, bad)

    assert here.stand() == stood


@pytest.mark.anyio
async def test_10_a_client_lists_the_tools_and_each_says_that_bad_words_are_an_error(
    here: Clone,
) -> None:
    async with connected(here.top, choice=Chosen(frozenset(Toolset))) as client:
        tools = (await client.list_tools()).tools
        answers = {
            tool.name: await client.call_tool(tool.name, {"no_such_word": 1}) for tool in tools
        }

    assert {"file_sprint", "request_action", "read_host", "scan_secrets"} <= answers.keys()
    assert [name for name, answer in answers.items() if not answer.is_error] == []
