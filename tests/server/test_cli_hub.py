import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from custodian_core.codec import now
from custodian_core.commands import (
    AddTask,
    AddWorkstream,
    AskHuman,
    Caller,
    ChangeRepo,
    ClaimTask,
    Command,
    NoteTask,
)
from custodian_core.errors import (
    BadValue,
    Claimed,
    Conflict,
    FileTrouble,
    HubTrouble,
    HubUnreachable,
    Regression,
    StaleFence,
    UnknownThing,
)
from custodian_core.hub import open_hub
from custodian_core.settings import NAMES, load
from custodian_core.status import Priority, Status
from custodian_server.cli import cli

RED = "\x1b[31mred"
SAFE_RED = "\N{REPLACEMENT CHARACTER}[31mred"

ME = Caller("me")
T1, T2, T3 = (f"DOCS-WP-0001-T0{number}" for number in (1, 2, 3))

Do = Callable[[Command], Any]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of this test's own: a hub in a file, and a folder where checkouts may live."""
    for name in (*NAMES, "CUSTODIAN_AGENT", "XDG_DATA_HOME", "GIT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CUSTODIAN_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("CUSTODIAN_ROOTS", str(tmp_path))
    monkeypatch.setenv("CUSTODIAN_HOST", "laptop")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("USER", "ada")
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.chdir(tmp_path)
    return tmp_path.resolve()


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)


def checkout(folder: Path, remote: str | None = None) -> Path:
    """A git repo on a branch called trunk."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "trunk")
    if remote:
        git(folder, "remote", "add", "origin", remote)
    return folder


@pytest.fixture
def docs(home: Path) -> Path:
    """A checkout that is registered as `docs`."""
    folder = checkout(home / "docs", "https://git.example/ada/docs.git")
    say("register", str(folder))
    return folder


@pytest.fixture
def do(docs: Path) -> Do:
    """A way to the same hub past the command line."""

    def do(command: Command) -> Any:
        hub = open_hub(load(os.environ, Path.cwd()))
        try:
            return hub.do(command, ME)
        finally:
            hub.close()

    return do


@pytest.fixture
def tasks(do: Do) -> Do:
    """Three tasks of one workplan: an urgent one, one that waits for it, one for a person."""
    do(AddWorkstream("docs", "DOCS-WP-0001", "Level 1", "workplans/a.md"))
    do(
        AddTask(
            "DOCS-WP-0001",
            T1,
            f"Parse {RED}",
            description="Read headings.\nThen tables.",
            acceptance=("all of them",),
            priority=Priority.HIGH,
        )
    )
    do(AddTask("DOCS-WP-0001", T2, "Render", depends_on=(T1,)))
    do(AddTask("DOCS-WP-0001", T3, "Decide", needs_human=True))
    return do


def run(*arguments: str, **kwargs: Any) -> Result:
    return CliRunner().invoke(cli, list(arguments), **kwargs)


def say(*arguments: str, code: int = 0, **kwargs: Any) -> str:
    """What the command prints on standard output when it ends as it should."""
    result = run(*arguments, **kwargs)
    assert result.exit_code == code, result.output or result.exception
    return result.stdout


def data(*arguments: str, code: int = 0) -> Any:
    """The data of the command's envelope."""
    answer = json.loads(say(*arguments, "--json", code=code))
    assert (answer["schema_version"], answer["findings"]) == (1, [])
    return answer["data"]


def refusal(kind: type[Exception], *arguments: str) -> str:
    """What the command says when it is refused in that way."""
    result = run(*arguments)
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def run_program(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("custodian")
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


# --- a stranger


def test_a_stranger_gets_from_a_folder_to_an_answered_question(home: Path) -> None:
    folder = checkout(home / "marki-docx", "git@git.example:ada/marki-docx.git")

    def steps(*arguments: str) -> tuple[int, str]:
        done = run_program(*arguments)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout

    assert steps("status") == (
        0,
        "no repos, no open tasks, no claims, no open questions\n",
    )
    assert steps("register", str(folder)) == (
        0,
        "registered marki-docx\n"
        "  domain  marki-docx\n"
        "  status  active\n"
        "  remote  git@git.example:ada/marki-docx.git\n"
        "  branch  trunk\n"
        "  synced  never\n"
        f"  path    {folder} on laptop\n",
    )
    assert steps("goal", "set", "marki-docx", "Level 1 core") == (
        0,
        "marki-docx works towards: Level 1 core\n",
    )
    assert steps("dispatch", "marki-docx") == (
        3,
        "marki-docx: none: it has no open tasks; its workplans were never synced, custodian fix "
        "does that\ngoal    Level 1 core\nsynced  never\n",
    )
    code, asked = steps("human", "ask", "Which parser?", "--repo", str(folder), "--option", "lark")
    (_, hint) = asked.splitlines()
    assert (code, hint.split()[:3]) == (0, ["custodian", "human", "answer"])
    question = hint.split()[3]

    code, brief = steps("dispatch", "marki-docx")
    assert code == 5
    assert brief.startswith("marki-docx: human_needed: what is left waits for an answer\n")
    assert f"  {question}  0m ago: Which parser?\n" in brief
    assert steps("human", "answer", question, "lark") == (0, "answered: Which parser? → lark\n")
    assert steps("human", "list") == (0, "no open questions\n")
    assert steps("dispatch", "marki-docx")[0] == 3
    assert steps("status") == (
        0,
        "REPO        DOMAIN      SYNCED  OPEN  DONE  CLAIMS  QUESTIONS\n"
        "marki-docx  marki-docx  never   0     0     0       0\n"
        "1 repo, no open tasks, no claims, no open questions\n",
    )


# --- registering


def test_registering_takes_the_slug_from_the_folder_and_the_domain_from_the_newest_plan(
    home: Path,
) -> None:
    folder = checkout(home / "Marki Docx!")
    (folder / "workplans").mkdir()
    for number, domain in ((2, "custodian"), (10, "Coulomb Docs"), (1, "old")):
        front = f"id: X-WP-{number}\ntype: workplan\ntitle: x\nstatus: todo\ndomain: {domain}\n"
        plan = f"---\n{front}---\n"
        (folder / f"workplans/{number}.md").write_text(plan)
    repo = data("register", str(folder))

    assert (repo["slug"], repo["domain"], repo["remote_url"]) == (
        "marki-docx",
        "coulomb-docs",
        None,
    )
    assert repo["default_branch"] == "trunk"
    assert [(host["host"], host["path"]) for host in repo["hosts"]] == [("laptop", str(folder))]


def test_registering_knows_the_remotes_default_branch_whatever_is_checked_out(docs: Path) -> None:
    git(docs, "symbolic-ref", "HEAD", "refs/heads/feature")
    assert data("register", str(docs))["default_branch"] == "trunk"

    git(docs, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    assert data("register", str(docs))["default_branch"] == "main"


def test_no_credentials_of_a_remote_reach_the_hub(home: Path) -> None:
    folder = checkout(home / "docs", "https://ada:s3cret@git.example/ada/docs.git")
    url = data("register", str(folder))["remote_url"]
    set_ = data("repo", "set", "docs", "remote_url=https://s3cret@git.example/x?token=s3cret")

    assert url == "https://git.example/ada/docs.git"
    assert set_["remote_url"] == "https://git.example/x"
    assert "s3cret" not in say("db", "export")


def test_registering_again_changes_nothing_that_is_known(docs: Path) -> None:
    say("repo", "set", "docs", "domain=papers")
    before = data("repo", "show", "docs")

    assert data("register", str(docs)) == before


def test_a_checkout_keeps_the_name_it_was_registered_under(home: Path) -> None:
    folder = checkout(home / "docs")
    say("repo", "register", str(folder), "--slug", "papers", "--domain", "d")

    assert data("register", str(folder))["slug"] == "papers"


def test_a_repo_is_known_by_its_remote_on_another_host(
    docs: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODIAN_HOST", "server")
    folder = checkout(home / "srv/checkout", "https://git.example/ada/docs.git")
    repo = data("register", str(folder))

    assert repo["slug"] == "docs"
    assert {host["host"]: host["path"] for host in repo["hosts"]} == {
        "laptop": str(docs),
        "server": str(folder),
    }


def test_another_repo_in_a_folder_of_the_same_name_is_refused(docs: Path, home: Path) -> None:
    other = checkout(home / "other/docs", "https://git.example/bob/docs.git")
    told = refusal(Conflict, "register", str(other))

    assert told == (
        f"repo docs: it lies in {docs} on this host; give it a name: "
        "custodian repo register PATH --slug SLUG --domain DOMAIN"
    )
    assert data("repo", "show", "docs")["remote_url"] == "https://git.example/ada/docs.git"


def test_another_hosts_repo_of_the_same_name_is_refused(
    docs: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODIAN_HOST", "server")
    other = checkout(home / "other/docs", "https://git.example/bob/docs.git")

    told = refusal(Conflict, "register", str(other))
    assert told.startswith("repo docs: its remote is https://git.example/ada/docs.git; give it")


def test_a_checkout_that_was_moved_is_registered_where_it_is(docs: Path, home: Path) -> None:
    docs.rename(home / "moved")

    (host,) = data("register", str(home / "moved"))["hosts"]
    assert host["path"] == str(home / "moved")


def test_what_is_no_checkout_is_refused_with_what_to_do(home: Path, docs: Path) -> None:
    (home / "plain").mkdir()
    (docs / "src").mkdir()

    for path, reason in (
        ("plain", "plain: it is no checkout of a git repo; begin one with `git init`"),
        ("nowhere", "nowhere: there is no such folder"),
        ("docs/src", "docs/src: it lies within a repo; name its top, docs"),
    ):
        assert refusal(FileTrouble, "register", path) == reason


def test_without_git_one_is_told_to_install_it(
    docs: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(home))

    assert refusal(FileTrouble, "register", str(docs)) == (
        "git: it is not on PATH; install it to register checkouts"
    )


def test_a_hooks_environment_does_not_name_the_repo(
    docs: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = checkout(home / "other")
    monkeypatch.setenv("GIT_DIR", str(docs / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(docs))

    assert data("register", str(other))["remote_url"] is None


def test_a_folder_outside_the_roots_is_refused_though_a_link_leads_there(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout(home / "outside")
    (home / "inside").mkdir()
    (home / "inside/link").symlink_to(home / "outside")
    monkeypatch.setenv("CUSTODIAN_ROOTS", str(home / "inside"))

    told = "path outside: it is not below inside; set CUSTODIAN_ROOTS to where your checkouts live"
    assert refusal(BadValue, "register", "inside/link") == told
    named = ("--slug", "x", "--domain", "d")
    assert refusal(BadValue, "repo", "register", "outside", *named) == told
    say("repo", "list")


def test_a_repo_is_registered_under_the_name_and_facts_that_are_given(home: Path) -> None:
    folder = checkout(home / "docs", "https://git.example/ada/docs.git")
    repo = data(
        *("repo", "register", str(folder), "--slug", "papers", "--domain", "science"),
        *("--remote-url", "https://me:pw@forge.example/papers.git", "--default-branch", "main"),
    )

    assert (repo["slug"], repo["domain"]) == ("papers", "science")
    assert repo["remote_url"] == "https://forge.example/papers.git"
    assert repo["default_branch"] == "main"


def test_a_slug_or_topic_that_cannot_be_is_refused(home: Path) -> None:
    folder = str(checkout(home / "docs"))

    assert "a slug is" in refusal(
        BadValue, "repo", "register", folder, "--slug", "No Slug", "--domain", "d"
    )
    assert "there is no topic 'x'" in refusal(
        UnknownThing, *("repo", "register", folder, "--slug", "s", "--domain", "d", "--topic", "x")
    )


# --- repos


def test_a_path_of_a_checkout_names_its_repo(
    docs: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (docs / "src").mkdir()
    (home / "elsewhere").mkdir()
    (home / "link").symlink_to(docs)
    monkeypatch.chdir(docs / "src")

    for name in ("docs", ".", str(docs), "../", str(home / "link")):
        assert data("repo", "show", name)["slug"] == "docs"
    assert "no repo is registered there on this host" in refusal(
        BadValue, "repo", "show", str(home / "elsewhere")
    )


def test_repos_are_listed_and_filtered(home: Path, do: Do) -> None:
    for name in ("alpha", "beta"):
        say("repo", "register", str(checkout(home / name)), "--slug", name, "--domain", "greek")
    say("repo", "out-of-scope", "beta", "--reason", "not ours")
    hour_ago = now() - timedelta(hours=1)
    do(ChangeRepo("docs", {"last_state_synced_at": hour_ago}))

    assert say("repo", "list") == (
        "alpha  greek  active        synced never      no remote\n"
        "beta   greek  out_of_scope  synced never      no remote\n"
        "docs   docs   active        synced 1h 0m ago  https://git.example/ada/docs.git\n"
    )

    def slugs(*filters: str) -> list[str]:
        return [repo["slug"] for repo in data("repo", "list", *filters)["items"]]

    assert slugs("--domain", "greek") == ["alpha", "beta"]
    assert slugs("--status", "out_of_scope") == ["beta"]
    assert slugs("--host", "laptop") == ["alpha", "beta", "docs"]
    assert slugs("--host", "server") == []
    assert slugs("--stale", "0.5") == ["alpha", "beta", "docs"]
    assert slugs("--stale", "2") == ["alpha", "beta"]


def test_a_long_list_says_how_to_go_on(home: Path, docs: Path) -> None:
    say("register", str(checkout(home / "alpha")))
    first = say("repo", "list", "--limit", "1")
    page = data("repo", "list", "--limit", "1")

    assert first.splitlines()[-1] == "1 of 2 repos; go on with --after alpha"
    assert (page["total"], page["cursor"]) == (2, "alpha")
    assert data("repo", "list", "--after", "alpha")["cursor"] is None


def test_empty_lists_are_said_aloud(docs: Path) -> None:
    assert say("repo", "list", "--domain", "none") == "no repos\n"
    assert say("task", "list") == "no tasks\n"
    assert say("human", "list") == "no open questions\n"
    assert say("human", "list", "--all") == "no questions\n"
    assert say("goal", "list", "docs") == "no goals\n"
    assert say("goal", "show", "docs") == "no active goal\n"
    assert say("token", "list") == "no tokens\n"
    assert data("goal", "show", "docs") is None


def test_fields_of_a_repo_are_set_by_their_types(docs: Path) -> None:
    repo = data(
        *("repo", "set", "docs", "domain=papers", "forge_id=7", "kaizen_schedule_enabled=yes"),
        *("default_branch=", "status=archived", "last_state_synced_at=2026-11-21T12:00:00Z"),
    )

    assert (repo["domain"], repo["forge_id"], repo["default_branch"]) == ("papers", 7, None)
    assert (repo["kaizen_schedule_enabled"], repo["status"]) == (True, "archived")
    assert repo["last_state_synced_at"] == "2026-11-21T12:00:00Z"
    assert "changed docs\n  domain  papers\n" in say("repo", "set", "docs", "forge_id=8")


def test_paths_of_a_repo_are_set_whole_and_only_below_the_roots(docs: Path, home: Path) -> None:
    paths = {"laptop": str(docs), "server": "/srv/docs"}
    repo = data("repo", "set", "docs", f"host_paths={json.dumps(paths)}")

    assert {host["host"]: host["path"] for host in repo["hosts"]} == paths
    outside = f"host_paths={json.dumps({'laptop': '/'})}"
    assert "set CUSTODIAN_ROOTS" in refusal(BadValue, "repo", "set", "docs", outside)


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("colour=red", "field colour: it cannot be changed; these can: domain, topic,"),
        ("domain", "'domain': it must be field=value"),
        ("forge_id=many", "forge_id: it must be a number"),
        ("kaizen_schedule_enabled=maybe", "kaizen_schedule_enabled: it must be true or false"),
        ("status=gone", "status: it must be one of active, archived, out_of_scope"),
        ("last_state_synced_at=now", "last_state_synced_at: 'now' is not a time"),
        ("host_paths=/x", 'host_paths: it must be JSON, as {"laptop": "/home/me/x"}'),
        ("status=out_of_scope", "status_reason: a repo is put out of scope with a reason"),
    ],
)
def test_what_cannot_be_set_is_refused_by_name(docs: Path, word: str, why: str) -> None:
    assert refusal(BadValue, "repo", "set", "docs", word).startswith(why)


def test_a_field_is_given_once(docs: Path) -> None:
    told = refusal(BadValue, "repo", "set", "docs", "domain=a", "domain=b")

    assert told == "field domain: it is given twice"


def test_a_repo_out_of_scope_says_why(docs: Path) -> None:
    told = say("repo", "out-of-scope", "docs", "--reason", f"not ours {RED}")

    assert f"  status  out_of_scope, not ours {SAFE_RED}\n" in told
    assert say("status") == (
        "no repos, no open tasks, no claims, no open questions; 1 repo archived or out of scope\n"
    )


def test_a_repo_is_not_forgotten_unasked(tasks: Do) -> None:
    refused = run_program("repo", "unregister", "docs")

    assert (refused.returncode, refused.stderr) == (
        2,
        "custodian: unregister: say --yes where there is no terminal to ask on\n",
    )
    assert say("repo", "unregister", "docs", "--yes") == (
        "unregistered docs; its files stay as they are\n"
    )
    assert say("task", "list") == "no tasks\n"


# --- goals


def test_a_goal_is_set_followed_by_another_and_ended(docs: Path) -> None:
    say("goal", "set", "docs", "First")
    say("goal", "set", str(docs), f"Second {RED}", "--description", "in\ntwo lines")

    shown = say("goal", "show", "docs").splitlines()
    assert shown[0] == f"Second {SAFE_RED}"
    assert shown[1].startswith("docs, active, set 20")
    assert shown[2:] == ["  | in", "  | two lines"]
    assert [goal["status"] for goal in data("goal", "list", "docs")] == ["active", "dropped"]
    assert say("goal", "end", "docs") == f"docs: achieved: Second {SAFE_RED}\n"
    assert "it has no active goal" in refusal(Conflict, "goal", "end", "docs")


def test_a_goal_can_be_dropped(docs: Path) -> None:
    say("goal", "set", "docs", "First")

    assert data("goal", "end", "docs", "--dropped")["status"] == "dropped"
    assert re.fullmatch(r"20\S+Z  dropped  First\n", say("goal", "list", "docs"))


# --- tasks


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
        f"custodian: task {T1} is done and does not go back to todo; reopen it with a reason\n",
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


# --- questions


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


# --- dispatch


def test_a_dispatch_tells_the_task_and_how_to_claim_it(tasks: Do) -> None:
    say("goal", "set", "docs", "Level 1", "--description", "all of it")

    assert say("dispatch", "docs") == (
        "docs: work: it is the most urgent that can be begun\n"
        "goal    Level 1\n"
        "  | all of it\n"
        "synced  never\n"
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
    assert again["claim"]["id"] == first["claim"]["id"]
    assert (other["directive"], other["claim"], other["task"]) == ("none", None, None)
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


# --- the fleet


def test_the_status_of_the_fleet_counts_tasks_claims_and_questions(home: Path, tasks: Do) -> None:
    say("register", str(checkout(home / "alpha")))
    tasks(ChangeRepo("docs", {"last_state_synced_at": now() - timedelta(hours=30, minutes=5)}))
    tasks(ClaimTask("ada", T1))
    say("task", "status", T3, "done")
    tasks(AskHuman("Which?", "docs"))

    assert say("status") == (
        "REPO   DOMAIN  SYNCED  OPEN  DONE  CLAIMS  QUESTIONS\n"
        "alpha  alpha   never   0     0     0       0\n"
        "docs   docs    30h 5m  2     1     1       1\n"
        "2 repos, 2 open tasks, 1 claim, 1 open question\n"
    )
    (_, row) = data("status")
    assert row["tasks"] == dict.fromkeys(Status, 0) | {"todo": 1, "in_progress": 1, "done": 1}
    assert (row["open_tasks"], row["live_claims"], row["open_questions"]) == (2, 1, 1)


def test_colours_tell_how_old_a_sync_is_where_they_are_wanted(do: Do) -> None:
    def synced(**ago: float) -> str:
        do(ChangeRepo("docs", {"last_state_synced_at": now() - timedelta(**ago)}))
        return say("status", color=True)

    assert "\x1b[32m" in synced(minutes=5)
    assert "\x1b[33m" in synced(hours=5)
    assert "\x1b[31m" in synced(hours=25)
    assert "\x1b" not in say("status", color=True, env={"NO_COLOR": "1"})
    assert "\x1b" not in say("status")


# --- tokens and settings


def test_the_secret_of_a_token_is_shown_once_and_alone(home: Path) -> None:
    made = run_program("token", "create", "ci", "--scope", "work")

    assert re.fullmatch(r"cust_\S{43}\n", made.stdout)
    assert "token ci (work); keep its secret now:" in made.stderr
    assert "cannot be shown again" in made.stderr
    assert re.fullmatch(r"ci  work  made \S+Z\n", say("token", "list"))
    assert made.stdout.strip() not in say("token", "list", "--json")


def test_a_revoked_token_is_listed_as_such(home: Path) -> None:
    secret = data("token", "create", "ci", "--scope", "read")["secret"]

    assert secret.startswith("cust_")
    assert say("token", "revoke", "ci") == "token ci opens nothing any more\n"
    assert re.fullmatch(r"ci  read  made \S+Z, revoked \S+Z\n", say("token", "list"))
    assert "choose another" in refusal(Conflict, "token", "create", "ci", "--scope", "read")
    assert "near it: ci" in refusal(UnknownThing, "token", "revoke", "c1")


def test_settings_show_each_value_its_source_and_no_secret(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".env").write_text("GITEA_TOKEN=s3cret\nGITEA_URL=https://ada:s3cret@forge.example\n")
    monkeypatch.setenv("CUSTODIAN_DATABASE_URL", "postgresql://ada:s3cret@db/hub")
    told = say("settings")
    rows = {row["name"]: row for row in data("settings")}

    assert "s3cret" not in told + json.dumps(rows)
    assert list(rows) == list(NAMES)
    assert rows["GITEA_TOKEN"]["value"] == "********"
    assert rows["GITEA_URL"]["value"] == "https://forge.example"
    assert rows["GITEA_TOKEN"]["source"] == str(Path.cwd() / ".env")
    assert (rows["CUSTODIAN_HUB_URL"]["value"], rows["CUSTODIAN_HUB_URL"]["source"]) == (None, None)
    assert re.search(r"^CUSTODIAN_HOST +laptop +from environment$", told, re.MULTILINE)
    assert re.search(r"^CUSTODIAN_HUB_URL +not set +\(a remote hub", told, re.MULTILINE)


def test_a_setting_that_nobody_knows_stops_every_command_by_name(home: Path) -> None:
    (home / ".env").write_text("CUSTODIAN_HOEM=/x\n")
    refused = run_program("status")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "unknown setting CUSTODIAN_HOEM" in refused.stderr


def test_a_hub_that_cannot_be_opened_is_told_and_not_taken_for_an_empty_one(home: Path) -> None:
    (home / "data").write_text("in the way")
    refused = run_program("status", "--json")

    assert refused.returncode == 2
    assert json.loads(refused.stdout)["data"]["error"] == "HubTrouble"
    assert "it cannot be opened" in refused.stderr


# --- the database


def test_a_hub_moves_whole_through_an_export(
    tasks: Do, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = data("task", "list"), say("db", "export")
    told = say("db", "export", "hub.jsonl")
    monkeypatch.setenv("CUSTODIAN_HOME", str(home / "second"))
    rows = len(before[1].splitlines()) - 1

    assert told.startswith(f"hub.jsonl: {rows} rows of ")
    assert say("db", "import", "hub.jsonl").startswith(f"{rows} rows are in ")
    assert (data("task", "list"), say("db", "export")) == before
    assert "this hub is not empty" in refusal(Conflict, "db", "import", "hub.jsonl")


def test_a_hub_is_imported_from_standard_input_too(
    docs: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = say("db", "export")
    monkeypatch.setenv("CUSTODIAN_HOME", str(home / "second"))

    say("db", "import", "-", input=lines)
    assert data("repo", "show", "docs")["slug"] == "docs"


def test_an_export_is_not_written_over_what_is_there(docs: Path, home: Path) -> None:
    (home / "hub.jsonl").write_text("precious")

    refusal(FileTrouble, "db", "export", "hub.jsonl")
    assert (home / "hub.jsonl").read_text() == "precious"


@pytest.mark.parametrize("content", [None, b"\xff\n"])
def test_what_cannot_be_read_is_not_imported(home: Path, content: bytes | None) -> None:
    if content:
        (home / "hub.jsonl").write_bytes(content)

    assert "it cannot be read" in refusal(FileTrouble, "db", "import", "hub.jsonl")


def test_a_backup_is_a_hub(docs: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "copy").mkdir()
    told = say("db", "backup", "copy/hub.db")
    monkeypatch.setenv("CUSTODIAN_HOME", str(home / "copy"))

    assert told == f"copy/hub.db: a copy of {home}/data/hub.db\n"
    assert data("repo", "show", "docs")["slug"] == "docs"


def test_an_upgrade_says_what_the_database_is_now(home: Path) -> None:
    told = say("db", "upgrade")

    assert re.fullmatch(rf"{home}/data/hub\.db: schema \d+, hub [0-9a-f-]{{36}}\n", told)
    assert say("db", "upgrade") == told


def test_a_database_that_cannot_be_upgraded_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "data").write_text("in the way")
    assert "it cannot be opened" in refusal(HubTrouble, "db", "upgrade")

    monkeypatch.setenv("CUSTODIAN_DATABASE_URL", "postgresql://me:geheim@127.0.0.1:1/hub")
    told = refusal(HubUnreachable, "db", "upgrade")
    assert told.startswith("the hub at PostgreSQL at 127.0.0.1:1/hub does not answer")
    assert "geheim" not in told


def test_the_database_of_a_remote_hub_is_not_touched_from_here(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODIAN_HUB_URL", "http://hub.example:8000")

    assert "its database is elsewhere" in refusal(HubTrouble, "db", "upgrade")
    assert not (home / "data").exists()
