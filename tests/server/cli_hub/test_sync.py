"""`custodian fix` and `custodian check`: what they print, how they end, and what `--json` holds."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from custodian_core.errors import BadValue, UnknownThing
from tests.gits import as_ada

from .desk import checkout, data, refusal, run, say

PLAN = """\
---
id: DOCS-WP-0001
type: workplan
title: "Level 1"
domain: docs
repo: {slug}
status: active
---
# Level 1

### T01
```task
id: DOCS-WP-0001-T01
status: todo
```
"""


def planned(home: Path, slug: str) -> Path:
    """A registered checkout of a bare remote, with one plan of one task."""
    as_ada(home, "init", "-q", "--bare", "-b", "main", f"{slug}.git")
    folder = checkout(home / slug, str(home / f"{slug}.git"))
    (folder / "workplans").mkdir()
    (folder / "workplans/a.md").write_text(PLAN.format(slug=slug).replace("DOCS", slug.upper()))
    as_ada(folder, "checkout", "-q", "-B", "main")
    as_ada(folder, "add", ".")
    as_ada(folder, "commit", "-q", "-m", "plan")
    as_ada(folder, "push", "-q", "-u", "origin", "main")
    say("register", str(folder))
    return folder


@pytest.fixture
def repo(home: Path) -> Path:
    return planned(home, "docs")


def test_check_fails_where_something_is_amiss_and_says_what_to_do(repo: Path) -> None:
    result = run("check", "docs")

    assert result.exit_code == 1
    assert result.output.startswith("docs: fail, local is remote\n")
    assert "workplans/a.md:12: FAIL C-03 task DOCS-WP-0001-T01 has no" in result.output
    assert "C-03: Run `custodian fix`" in result.output


def test_fix_tells_what_it_did_and_the_next_check_is_fine(repo: Path) -> None:
    told = say("fix", "docs")

    assert "docs: ok, local is remote, 1 commit\n" in told
    assert "  made in the hub: DOCS-WP-0001, DOCS-WP-0001-T01\n" in told
    assert "FIXED T04 sealed" in told
    assert say("check", "docs") == "docs: ok, local is remote, nothing has changed\n"


def test_a_check_in_which_nothing_moved_loads_nothing_that_reads_a_plan(repo: Path) -> None:
    say("fix", "docs")
    code = (
        "import atexit, sys; atexit.register(lambda: print(*sys.modules))\n"
        "from custodian_server.cli import cli; cli(['check', 'docs', '--no-fetch'])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(told.stdout.split())

    assert "nothing has changed" in told.stdout
    assert "custodian_tools.sync.looking" in loaded
    assert loaded.isdisjoint({"custodian_core.workplan.read", "custodian_core.workplan.model"})
    assert loaded.isdisjoint({"custodian_tools.sync.fixing", "concurrent.futures", "tomllib"})


@pytest.mark.parametrize("name", ["fix-consistency", "check-consistency"])
def test_the_long_names_are_accepted(repo: Path, name: str) -> None:
    run("fix", "docs")
    assert "docs: ok" in say(name, "docs")


def test_without_a_name_the_repo_in_this_folder_is_meant(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo / "workplans")
    assert say("fix").startswith("docs: ok")


def test_a_dry_run_says_what_would_be_done_and_does_nothing(repo: Path) -> None:
    head = as_ada(repo, "rev-parse", "HEAD")
    result = run("fix", "docs", "--dry-run")

    assert "  would make in the hub: DOCS-WP-0001, DOCS-WP-0001-T01\n" in result.output
    assert "  would write workplans/a.md: link DOCS-WP-0001-T01\n" in result.output
    assert as_ada(repo, "rev-parse", "HEAD") == head
    assert say("task", "list").startswith("no tasks")


def test_the_report_of_json_is_whole(repo: Path) -> None:
    answer = json.loads(say("fix", "docs", "--json"))
    told = answer["data"]
    (report,) = told["repos"]

    assert (answer["schema_version"], answer["kind"]) == (1, "sync")
    assert (told["host"], told["dry_run"]) == ("laptop", False)
    assert answer["findings"] == report["findings"]
    assert sorted(report) == [
        "actions",
        "after",
        "before",
        "commits",
        "duration_ms",
        "findings",
        "mode",
        "outcome",
        "path",
        "run_id",
        "sealed",
        "slug",
        "unchanged",
    ]
    assert report["sealed"] is True
    assert report["after"] == {
        "branch": "main",
        "head": as_ada(repo, "rev-parse", "HEAD"),
        "ahead": 0,
        "behind": 0,
        "remote": "fresh",
    }
    assert report["commits"] == [report["after"]["head"]]


def test_all_means_every_repo_of_this_host_in_the_order_of_their_names(home: Path) -> None:
    for slug in ("zeta", "alpha"):
        planned(home, slug)
    told = say("fix", "--all")

    assert told.index("alpha: ok") < told.index("zeta: ok")
    assert "2 repos, 2 with local being remote\n" in told


def test_all_of_none_is_said_aloud(home: Path) -> None:
    assert "no repo has a checkout on this host" in say("fix", "--all")


def test_one_repos_trouble_is_its_own(home: Path) -> None:
    good, bad = planned(home, "good"), planned(home, "bad")
    as_ada(bad, "checkout", "-q", "--detach")
    told = run("fix", "--all")

    assert told.exit_code == 0
    assert "bad: detached" in told.output
    assert "WARN C-15 Repo 'bad' cannot be synced on this host: no branch" in told.output
    assert "good: ok, local is remote" in told.output
    assert good.exists()


def test_names_and_all_at_once_are_refused(repo: Path) -> None:
    assert "name repos or say --all, not both" in refusal(BadValue, "fix", "docs", "--all")


def test_an_unknown_repo_is_told_with_near_names(repo: Path) -> None:
    assert "docs" in refusal(UnknownThing, "check", "dosc")


def test_the_hub_tells_how_the_last_sync_went(repo: Path) -> None:
    say("fix", "docs")
    shown = data("repo", "show", "docs")

    assert shown["last_state_synced_at"]
    (host,) = shown["hosts"]
    assert (host["outcome"], host["sealed"], host["ahead"]) == ("ok", True, 0)


def test_a_run_in_the_background_says_nothing_and_logs_a_line(repo: Path, home: Path) -> None:
    assert say("fix", "--background", str(repo)) == ""
    assert data("task", "list")["total"] == 1
    (line,) = (home / "data/sync.log").read_text().splitlines()
    assert "docs: ok, sealed: made in the hub" in line


def test_a_background_run_without_a_hub_ends_well_and_says_why_in_the_log(
    repo: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODIAN_HUB_URL", "http://127.0.0.1:9")
    assert say("fix", "--background", str(repo)) == ""
    assert "nothing was done: the hub at" in (home / "data/sync.log").read_text()


def test_a_hub_that_does_not_answer_is_told_and_ends_with_2(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODIAN_HUB_URL", "http://127.0.0.1:9")
    done = subprocess.run(
        [Path(sys.executable).parent / "custodian", "fix", "docs"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.startswith("custodian: the hub at http://127.0.0.1:9 does not answer")


def test_somebody_at_a_terminal_sees_what_is_in_work_and_pipes_stay_plain(home: Path) -> None:
    for slug in ("one", "two"):
        planned(home, slug)
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [Path(sys.executable).parent / "custodian", "fix", "--all"],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
        check=True,
        text=True,
    )
    os.close(theirs)
    seen = os.read(ours, 100_000).decode()
    os.close(ours)

    assert "2/2" in seen
    assert "\x1b" not in done.stdout
    assert done.stdout.startswith("one: ok, local is remote, 1 commit\n")


def test_a_brief_that_a_repo_carries_is_kept_up(repo: Path) -> None:
    (repo / ".custodian-brief.md").touch()
    as_ada(repo, "add", ".custodian-brief.md")
    as_ada(repo, "commit", "-q", "-m", "brief")
    told = say("fix", "docs")
    brief = (repo / ".custodian-brief.md").read_text()

    assert "updated .custodian-brief.md" in told
    assert "DOCS-WP-0001-T01" in brief
    assert "(unknown)" not in brief
    assert say("fix", "docs") == "docs: ok, local is remote, nothing has changed\n"
    say("goal", "set", "docs", "Level 1 by Friday")
    say("fix", "docs")
    assert "Level 1 by Friday" in (repo / ".custodian-brief.md").read_text()
