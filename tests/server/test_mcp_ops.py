"""The ops repo as agents ask for it: a toolset of its own, off unless chosen."""

from pathlib import Path

import pytest

from custodian_server.choosing import Chosen, Toolset
from tests.core.ops.test_sprints import ENTRIES, PITCH
from tests.core.ops.trees import TREE
from tests.gits import as_ada

from .agents import ask, connected, refused

pytestmark = pytest.mark.anyio

OPS = Chosen(frozenset((Toolset.OPS, Toolset.SYNC, Toolset.WORK)))
SPRINT = f"{PITCH}<!-- filer:begin -->\n{ENTRIES}<!-- filer:end -->\n"


@pytest.fixture
def ops(docs: Path) -> Path:
    """A repo with a tree and a sprint, pushed."""
    (docs / "sprints").mkdir()
    (docs / "sprints/csv-export.md").write_text(SPRINT)
    (docs / "prerequisites.md").write_text(TREE)
    as_ada(docs, "add", ".")
    as_ada(docs, "commit", "-q", "-m", "ops")
    as_ada(docs, "push", "-q")
    return docs


async def test_nobody_sees_the_tools_who_did_not_choose_them(tmp_path: Path) -> None:
    async with connected(tmp_path) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}

    assert not {"read_prerequisites", "request_action", "file_sprint"} & names


async def test_who_only_reads_cannot_write(tmp_path: Path) -> None:
    choice = Chosen(frozenset((Toolset.OPS,)), read_only=True)
    async with connected(tmp_path, choice=choice) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}

    assert "read_prerequisites" in names
    assert not {"tick_prerequisite", "request_action", "file_sprint", "migrate_ops_repo"} & names


async def test_an_agent_completes_reads_and_edits_an_ops_repo(ops: Path) -> None:
    async with connected(ops, choice=OPS) as client:
        await ask(client, "register_repo")
        before = await ask(client, "check_ops_repo")
        planned = await ask(client, "migrate_ops_repo", dry_run=True)
        done = await ask(client, "migrate_ops_repo")
        tree = await ask(client, "read_prerequisites")
        ticked = await ask(client, "tick_prerequisite", item="#15")
        back = await refused(client, "tick_prerequisite", item="#15", ticked=False)
        wrong = await refused(client, "set_objective_status", objective="#31", status="DONE")
        defects = await ask(client, "find_defects")

    assert "vault/policy.toml" in before["missing"]
    assert planned["status"] == "planned"
    assert done["git"]["pushed"]
    assert tree["constraints"][0]["ref"] == 14
    assert "PT06" in {each["code"] for each in tree["findings"]}
    assert ticked["changed"] == ["prerequisites.md"]
    assert "reason" in back
    assert "PT02" in wrong
    assert defects["complete"]


async def test_an_agent_asks_and_a_person_decides(ops: Path) -> None:
    action = {"id": "rel-1", "formula": "release", "context": "ship it"}
    async with connected(ops, choice=OPS) as client:
        await ask(client, "register_repo")
        await ask(client, "migrate_ops_repo")
        tier = await ask(client, "classify_action", formula="release", tier="low")
        done = await ask(client, "request_action", **action)
        again = await ask(client, "request_action", **action)
        questions = await ask(client, "list_interventions")
        item = await ask(client, "get_vault_item", name="rel-1")
        listed = await ask(client, "list_vault")
        away = await refused(client, "request_action", **{**action, "id": "../x"})
        names = {tool.name for tool in (await client.list_tools()).tools}

    assert (tier["tier"], tier["waits"], tier["lowered_from"]) == ("high", True, "low")
    assert (done["path"], done["waits"]) == ("vault/pending/rel-1.toml", True)
    assert again["status"] == "noop"
    assert questions["total"] == 1
    assert (item["state"], item["pull_request"]["standing"]) == ("pending", "unknown")
    assert [each["name"] for each in listed["items"]] == ["rel-1"]
    assert listed["pull_requests"] == "forge not asked: GITEA_URL is not set"
    assert "id must be" in away
    assert not {name for name in names if "resolve" in name or "approve" in name}


async def test_a_sprint_is_planned_before_it_is_filed_and_filed_once(ops: Path) -> None:
    async with connected(ops, choice=OPS) as client:
        await ask(client, "register_repo")
        read = await ask(client, "validate_sprint", name="csv-export")
        planned = await ask(client, "file_sprint", name="csv-export", tasks_of="docs")
        done = await ask(client, "file_sprint", name="csv-export", tasks_of="docs", dry_run=False)
        again = await ask(client, "file_sprint", name="csv-export", tasks_of="docs", dry_run=False)
        nowhere = await refused(client, "file_sprint", name="csv-export")

    assert read["fileable"]
    assert [step["filed_now"] for step in planned["steps"]] == [False, False]
    assert [step["filed_now"] for step in done["steps"]] == [True, True]
    assert [step["action"] for step in again["steps"]] == ["keep", "keep"]
    assert "tasks_of" in nowhere


async def test_evidence_is_written_and_read(ops: Path) -> None:
    async with connected(ops, choice=OPS) as client:
        await ask(client, "register_repo")
        await ask(client, "write_evidence", domain="holdout", told={"rate": 0.9})
        latest = await ask(client, "get_evidence", domain="holdout")
        listed = await ask(client, "list_evidence")
        away = await refused(client, "write_evidence", domain="../x", told={})
        parsed = await ask(client, "parse_dependencies", body="depends on #3 and T02, not on #4")
        log = await refused(client, "collect_engagement", logs=["/etc/hostname"])

    assert (latest["evidence"], latest["age_days"]) == ({"rate": 0.9}, 0)
    assert [each["domain"] for each in listed["files"]] == ["holdout"]
    assert "must be of a-z" in away
    assert (parsed["issues"], parsed["tasks"]) == ([3], ["T02"])
    assert "CUSTODIAN_ROOTS" in log


async def test_an_agent_scans_measures_and_looks_at_the_host(ops: Path) -> None:
    (ops / "notes.txt").write_text("API_KEY=a-made-up-value\n")
    async with connected(ops, choice=OPS) as client:
        found = await ask(client, "scan_secrets", path="notes.txt")
        clean = await ask(client, "scan_secrets", body="commit 0123456789abcdef")
        both = await refused(client, "scan_secrets")
        outside = await refused(client, "scan_secrets", path="/etc/hostname")
        host = await ask(client, "read_host")
        flow = await ask(client, "measure_flow", days=2)
        unset = await refused(client, "next_issue", repo="acme/api")

    assert [each["line"] for each in found["findings"]] == [1]
    assert "a-made-up-value" not in str(found)
    assert clean == {"clean": True, "findings": []}
    assert "one of them" in both
    assert "CUSTODIAN_ROOTS" in outside
    assert host["memory"]["total"] > 0
    assert (host["pulls"]["status"], host["dependencies"]["total"]) == ("absent", 0)
    assert (flow["done"], flow["lead"]) == (0, None)
    assert "GITEA_URL" in unset


async def test_sprints_are_listed_and_a_wrong_name_is_told_what_lists_the_right_ones(
    ops: Path,
) -> None:
    wrong = {
        "tick_prerequisite": ({"item": "nothing"}, "read_prerequisites"),
        "get_vault_item": ({"name": "nothing"}, "list_vault"),
        "validate_sprint": ({"name": "nothing"}, "list_sprints"),
        "get_evidence": ({"domain": "nothing"}, "list_evidence"),
    }
    async with connected(ops, choice=OPS) as client:
        await ask(client, "register_repo")
        listed = await ask(client, "list_sprints")
        told = {tool: await refused(client, tool, **said) for tool, (said, _) in wrong.items()}
        none = await refused(client, "collect_engagement", logs=[])

    assert [(each["slug"], each["fileable"]) for each in listed["sprints"]] == [
        ("csv-export", True)
    ]
    assert all(f"call {lists} to" in told[tool] for tool, (_, lists) in wrong.items())
    assert "name one at least" in none
