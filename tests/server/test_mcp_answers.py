"""What agents are told: never more than they can read, nothing that steers, always how to go on."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp.client import Client
from mcp.types import TextContent, TextResourceContents

from custodian_core.advisory import advise
from custodian_core.commands import (
    AddTask,
    AddWorkstream,
    AskHuman,
    Caller,
    ClaimTask,
    NoteTask,
    RegisterRepo,
    SetGoal,
)
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_core.workplan.read import read
from custodian_server.choosing import Chosen, Toolset
from custodian_server.declaring import Declared, tool_of
from custodian_server.mcp_app import build
from custodian_tools.agent.answers import bounded, safe, size
from custodian_tools.agent.desk import Desk
from tests.gits import as_ada

from .agents import PLAN, ask, connected, refused

pytestmark = pytest.mark.anyio
ME = Caller("me")
#: what a result has by default at most, and what any has
USUAL, MOST = 10_000, 45_000


@pytest.fixture
def hub(tmp_path: Path, env: dict[str, str]) -> Iterator[Store]:
    """The hub that the tools will open."""
    (tmp_path / "home").mkdir()
    store = Store(SQLite(tmp_path / "home" / "hub.db"))
    yield store
    store.close()


@pytest.fixture
def fleet(hub: Store, tmp_path: Path) -> Path:
    """Very many repos, tasks and questions, all of them as wordy as they may be."""
    slugs = [f"a-repo-with-rather-a-long-name-{number:03d}" for number in range(150)]
    for slug in slugs:
        path = str(tmp_path / "where" / "checkouts" / "live" / slug)
        hub.do(RegisterRepo(slug, "docs", host="laptop", path=path), ME)
    hub.do(AddWorkstream(slugs[0], "DOCS-WP-0001", "wordy " * 40), ME)
    for number in range(120):
        key = f"DOCS-WP-0001-T{number:03d}"
        said: dict[str, Any] = {
            "acceptance": ("it holds " * 100,) * 40,
            "depends_on": ("DOCS-WP-0009-T01",) * 40,
        }
        hub.do(AddTask("DOCS-WP-0001", key, "title " * 90, description="prose " * 2000, **said), ME)
    for _ in range(60):
        options = tuple(f"{option} " * 50 for option in range(30))
        asked = AskHuman("why " * 300, repo=slugs[0], context="because " * 500, options=options)
        hub.do(asked, ME)
    return tmp_path


LISTS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("list_tasks", {}, "tasks"),
    ("list_tasks", {"response_format": "detailed"}, "tasks"),
    ("list_tasks", {"limit": 100}, "tasks"),
    ("list_interventions", {}, "questions"),
    ("list_interventions", {"limit": 100}, "questions"),
    ("list_repos", {}, "repos"),
    ("list_repos", {"limit": 100}, "repos"),
)


async def test_every_list_of_a_big_fleet_is_short_and_can_be_read_to_its_end(fleet: Path) -> None:
    async with connected(fleet) as client:
        for tool, arguments, rows in LISTS:
            first = await ask(client, tool, **arguments)
            told, answer = list(first[rows]), first
            while "cursor" in answer:
                answer = await ask(client, tool, **arguments, cursor=answer["cursor"])
                told += answer[rows]
                assert size(answer) <= (MOST if arguments else USUAL), (tool, arguments)

            assert size(first) <= (MOST if arguments else USUAL), (tool, arguments)
            assert f"call {tool} with cursor" in first["hint"]
            assert len(told) == first["total"], (tool, arguments)
            assert len({json.dumps(row) for row in told}) == len(told), (tool, arguments)


@pytest.mark.parametrize("tool", ["check_consistency", "fix_consistency"])
async def test_a_sweep_over_a_big_fleet_is_told_in_short(tool: str, fleet: Path) -> None:
    async with connected(fleet) as client:
        told = await ask(client, tool, all=True)

    assert size(told) <= USUAL
    assert (told["total"], told["truncated"]) == (150, True)
    assert 10 < len(told["not_done"]) < told["not_done_total"] == 150
    assert "name some in repos" in told["hint"]
    assert told["left_out"]


async def test_one_task_is_told_in_short_however_much_there_is_of_it(fleet: Path) -> None:
    async with connected(fleet) as client:
        formats: list[dict[str, Any]] = [{}, {"response_format": "detailed"}]
        for arguments in formats:
            told = await ask(client, "get_task", task="DOCS-WP-0001-T001", **arguments)
            assert size(told) <= USUAL
            assert told["truncated"] is True
        claimed = await ask(client, "claim_task", task="DOCS-WP-0001-T001", agent="ada")

    assert size(claimed) <= USUAL


async def test_many_findings_are_told_in_part_with_how_to_see_the_rest(docs: Path) -> None:
    task = "### A\n```task\nid: DOCS-WP-0001-T{}\nstatus: {}\n```\n"
    (docs / "workplans/a.md").write_text(
        PLAN + "\n".join(task.format(n, "wrong " * 20) for n in range(10, 90))
    )
    as_ada(docs, "commit", "-qam", "wrong")
    async with connected(docs) as client:
        await ask(client, "register_repo")
        linted = await ask(client, "lint_workplans")
        (checked,) = (await ask(client, "check_consistency"))["repos"]
        whole = await ask(client, "check_consistency", response_format="detailed")

    assert size(linted) <= USUAL
    assert len(linted["findings"]) < linted["findings_total"]
    assert "lint one file at a time" in linted["hint"]
    assert checked["findings_left_out"] > 0
    assert len(whole["repos"][0]["findings"]) > 2 * len(checked["findings"])
    assert size(whole) <= MOST


async def test_results_say_which_repo_branch_and_checkout_they_are_of(docs: Path) -> None:
    async with connected(docs) as client:
        registered = await ask(client, "register_repo")
        (fixed,) = (await ask(client, "fix_consistency"))["repos"]
        dispatch = await ask(client, "get_repo_dispatch")
        begun = await ask(client, "create_workplan", title="Next", tasks=["Begin"])
        hooked = await ask(client, "install_hooks")
        listed = await ask(client, "list_repos")

    assert (fixed["repo"], fixed["branch"], fixed["checkout"]) == ("docs", "main", str(docs))
    assert (registered["repo"], registered["here"]["path"]) == ("docs", str(docs))
    assert (dispatch["sync"]["branch"], dispatch["sync"]["path"]) == ("main", str(docs))
    assert (begun["repo"], begun["branch"], begun["checkout"]) == ("docs", "main", str(docs))
    assert hooked["repos"][0]["repo"] == "docs"
    assert listed["repos"][0]["here"]["sealed"] is True


NASTY = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from(
            "\x00\x1b\x07\x7f\x85\u061c\u200b\u200e\u202a\u202e\u2066\u2069\u2028\ufeff"
        ),
    ),
    min_size=1,
    max_size=60,
)


def words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from words([*cast("dict[str, Any]", value).items()])
    elif isinstance(value, list | tuple):
        for each in cast("Sequence[Any]", value):
            yield from words(each)


def steers(value: Any) -> list[str]:
    """The characters in the value that could steer a terminal or a reader's eye."""
    return [
        char for text in words(value) for char in text.replace("\n", "") if not char.isprintable()
    ]


@given(text=NASTY)
@settings(
    max_examples=10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_f106_nothing_that_people_wrote_steers_whoever_reads_an_answer(
    text: str, tmp_path: Path, env: dict[str, str]
) -> None:
    (tmp_path / "home").mkdir(exist_ok=True)
    store = Store(SQLite(tmp_path / "home" / "hub.db"))
    key, prose = "NOTE-WP-0001-T01", f"a{text}z\n{text}"
    if not store.repos(slug="notes").items:
        store.do(RegisterRepo("notes", "notes"), ME)
        store.do(AddWorkstream("notes", "NOTE-WP-0001", prose), ME)
        said: dict[str, Any] = {
            "description": prose,
            "acceptance": (prose,),
            "depends_on": (prose,),
        }
        store.do(AddTask("NOTE-WP-0001", key, prose, **said), ME)
        store.do(AddTask("NOTE-WP-0001", "NOTE-WP-0001-T02", "plain"), ME)
    store.do(NoteTask(key, prose), ME)
    store.do(SetGoal("notes", prose, prose), ME)
    store.do(AskHuman(prose, task="NOTE-WP-0001-T02", context=prose, options=(prose,)), ME)
    store.close()

    answers = anyio.run(everything, tmp_path, key)

    assert all(size(answer) > 20 for answer in answers)
    assert not steers(answers)


async def everything(folder: Path, key: str) -> list[Any]:
    """What is answered by whatever shows what people wrote."""
    async with connected(folder) as client:
        asked: list[Any] = [
            await ask(client, "list_tasks"),
            await ask(client, "list_tasks", response_format="detailed"),
            await ask(client, "get_task", task=key, response_format="detailed"),
            await ask(client, "list_interventions"),
            await ask(client, "get_repo_dispatch", repo="notes"),
            await refused(client, "get_task", task=f"{key}\u202e\x1b[31m"),
        ]
        for uri in ("dispatch://notes", f"task://{key}", "brief://notes"):
            (read,) = (await client.read_resource(uri)).contents
            assert isinstance(read, TextResourceContents)
            asked.append(json.loads(read.text) if read.text.startswith("{") else read.text)
        asked += await prompts(client)
    return asked


async def prompts(client: Client) -> list[str]:
    found = (await client.get_prompt("dispatch", {"repo": "notes"})).messages[0].content
    assert isinstance(found, TextContent)
    return [found.text]


@given(
    st.dictionaries(
        st.text(max_size=5),
        st.one_of(st.integers(), st.lists(st.text(max_size=200), max_size=40)),
        max_size=4,
    )
)
def test_an_answer_that_is_too_long_is_cut_and_says_so(answer: dict[str, Any]) -> None:
    told = bounded(answer, 2_000)

    assert size(told) <= 2_000
    if size(answer) <= 2_000:
        assert told == answer
    else:
        assert told["truncated"] is True
        assert "smaller limit" in told["hint"]


@given(NASTY)
def test_what_is_made_safe_keeps_its_lines_and_is_safe_already(text: str) -> None:
    assert safe(text).count("\n") == text.count("\n")
    assert safe(safe(text)) == safe(text)
    assert not steers(safe({text: [text]}))


async def test_a_call_that_is_given_up_leaves_every_repo_whole_and_the_next_one_goes_on(
    docs: Path, tmp_path: Path
) -> None:
    names = [f"repo-{number:02d}" for number in range(10)]
    for name in names:
        plan = PLAN.replace("docs", name).replace("DOCS", f"R{name[-2:]}X")
        as_ada(tmp_path, "clone", "-q", str(tmp_path / "docs.git"), name)
        as_ada(tmp_path, "init", "-q", "--bare", "-b", "main", f"{name}.git")
        as_ada(tmp_path / name, "remote", "set-url", "origin", str(tmp_path / f"{name}.git"))
        (tmp_path / name / "workplans/a.md").write_text(plan)
        as_ada(tmp_path / name, "commit", "-qam", "plan")
        as_ada(tmp_path / name, "push", "-q", "-u", "origin", "main")
    async with connected(docs) as client:
        for name in names:
            await ask(client, "register_repo", path=str(tmp_path / name))

        with anyio.CancelScope() as given_up:

            async def give_up(progress: float, total: float | None, message: str | None) -> None:
                given_up.cancel()

            await client.call_tool("fix_consistency", {"all": True}, progress_callback=give_up)
        again = await ask(client, "fix_consistency", all=True)
        checked = await ask(client, "check_consistency", all=True)

    assert given_up.cancelled_caught
    assert (again["sealed"], again["not_done"]) == (10, [])
    assert checked["failed"] == 0
    for name in names:
        folder = tmp_path / name
        assert as_ada(folder, "status", "--porcelain") == ""
        assert as_ada(folder, "rev-parse", "HEAD") == as_ada(folder, "rev-parse", "origin/main")
        assert as_ada(folder, "rev-list", "--count", "HEAD") == "3"  # linked once


async def test_a_plan_is_refused_once_what_it_was_made_of_has_changed(
    docs: Path, tmp_path: Path
) -> None:
    async with connected(docs) as client:
        await ask(client, "register_repo")
        planned = (await ask(client, "fix_consistency", dry_run=True))["plan"]
        same = (await ask(client, "fix_consistency", dry_run=True))["plan"]
        otherwise = await refused(client, "fix_consistency", plan=planned, writeback=False)
        (docs / "notes.txt").write_text("a commit that touches no workplan")
        as_ada(docs, "add", "notes.txt")
        as_ada(docs, "commit", "-q", "-m", "notes")
        moved = await refused(client, "fix_consistency", plan=planned)
        anew = await ask(client, "fix_consistency", dry_run=True)
        done = await ask(client, "fix_consistency", plan=anew["plan"])

    assert planned == same
    assert "look at a new dry run" in otherwise
    assert "look at a new dry run" in moved
    assert done["sealed"] == 1


async def test_what_is_reported_under_a_stale_fence_is_not_written(hub: Store) -> None:
    hub.do(RegisterRepo("notes", "notes"), ME)
    hub.do(AddWorkstream("notes", "NOTE-WP-0001", "Notes"), ME)
    hub.do(AddTask("NOTE-WP-0001", "NOTE-WP-0001-T01", "Write"), ME)
    hub.do(ClaimTask("bob", task="NOTE-WP-0001-T01"), Caller("bob"))
    async with connected(Path("/")) as client:
        reports: list[dict[str, Any]] = [{"note": "x"}, {"status": "done"}, {"evidence": "x"}]
        for said in reports:
            told = await refused(client, "update_task", task="NOTE-WP-0001-T01", fence=7, **said)
            assert "bob holds it now" in told
        await ask(client, "update_task", task="NOTE-WP-0001-T01", status="in_progress", fence=1)
        told = await refused(
            client,
            "update_task",
            task="NOTE-WP-0001-T01",
            status="todo",
            note="half done",
            fence=1,
        )

    assert "reopen_reason" in told
    assert hub.task("NOTE-WP-0001-T01").note is None
    assert hub.task("NOTE-WP-0001-T01").status == "in_progress"


async def test_a_fault_of_our_own_is_told_without_what_it_was(tmp_path: Path) -> None:
    def break_things(desk: Desk) -> dict[str, Any]:
        """Break."""
        raise RuntimeError(f"a secret of {desk.folder}")

    desk = Desk(tmp_path)
    broken = tool_of(Declared(break_things, Toolset.WORK, "Break"), desk)
    async with Client(build(desk, Chosen(), tools=[broken])) as client:
        told = await refused(client, "break_things")

    assert "break_things failed by a fault of Custodian's own" in told
    assert "secret" not in told


def test_files_alone_never_send_anybody_to_what_somebody_began() -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    block = "### {0}\n```task\nid: DOCS-WP-0001-{0}\nstatus: {1}\npriority: {2}\n{3}```\n"
    front = PLAN[: PLAN.index("### T01")]
    written = [
        ("T01", "in_progress", "critical", ""),
        ("T02", "todo", "critical", "needs_human: true\n"),
        ("T03", "todo", "critical", "depends_on: [DOCS-WP-0001-T01]\n"),
        ("T04", "todo", "low", ""),
        ("T05", "todo", "high", "depends_on: [DOCS-WP-0001-T06]\n"),
        ("T06", "done", "low", ""),
    ]
    plan = read((front + "\n".join(block.format(*each) for each in written)).encode()).workplan
    assert plan

    told = advise("docs", [plan], at)

    assert told.task
    assert (told.directive, told.task.key) == ("work", "DOCS-WP-0001-T05")
    assert (told.claim, told.hub_id) == (None, "")
    assert advise("docs", [], at).directive == "none"
