"""`custodian run`, with agents that are real programs: what they leave counts, not how they end."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from custodian_core.commands import Caller
from custodian_core.errors import BadValue, Conflict
from custodian_core.git.author import Author
from custodian_core.hub import open_hub
from custodian_core.settings import load
from custodian_prompts import load as prompts
from custodian_tools.running import Run, Wish
from custodian_tools.running import run as act
from custodian_tools.sync import Bench, Options, fix
from tests.gits import as_ada
from tests.waiting import PATIENCE_S, until

from .desk import T1, data, refusal, run, run_program, say
from .test_sync import planned

PROGRAM = Path(sys.executable).with_name("custodian")
#: an agent that reads its prompt to the end, and takes its fence from there
READS = """\
prompt=$(cat)
fence=$(printf %s "$prompt" | sed -n 's/.*under fence \\([0-9]*\\),.*/\\1/p')
"""
DOES = f"""{READS}
custodian task note {T1} "all headings are found" --fence $fence
custodian task status {T1} done --fence $fence
"""


@pytest.fixture
def repo(home: Path) -> Path:
    """A checkout in step with its remote, with one task."""
    folder, settings = planned(home, "docs"), load(os.environ, home)
    hub = open_hub(settings)
    bench = Bench(hub, Caller("ada"), settings.host, Author("Ada", "ada@example.org"))
    assert fix(bench, hub.repo("docs"), folder, Options(settle_s=0)).sealed
    hub.close()
    return folder


def agent(home: Path, script: str) -> str:
    """A command that runs the script in a shell."""
    path = home / "agent.sh"
    path.write_text(script)
    return f"sh {shlex.quote(str(path))}"


def ran(home: Path, script: str, *more: str, code: int) -> Any:
    """The data of the run of such an agent."""
    words = ("run", "docs", "--agent-command", agent(home, script), *more, "--json")
    result = run(*words)
    assert result.exit_code == code, result.output or result.exception
    return json.loads(result.stdout)["data"]


def lives(home: Path, name: str) -> bool:
    """Whether the process that wrote its number into the file runs, or waits to be buried."""
    stat = Path(f"/proc/{(home / name).read_text().strip()}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_an_agent_that_does_its_task_is_told_by_what_it_left(repo: Path, home: Path) -> None:
    told = ran(home, DOES, code=0)

    assert (told["ok"], told["task"], told["status"]) == (True, T1, "done")
    assert told["evidence"] == ["note written", "status done"]
    assert (told["ended"], told["exit_code"], told["sync"]["sealed"]) == ("exited", 0, True)
    assert "status: done" in as_ada(repo, "show", "origin/main:workplans/a.md")
    assert data("task", "show", T1)["claim"] is None
    kept = json.loads((Path(told["transcript"]).parent / "report.json").read_text())
    assert kept == told


def test_a_log_is_told_that_the_agent_began_and_no_step_of_the_sync(repo: Path, home: Path) -> None:
    told = run("run", "docs", "--agent-command", agent(home, DOES))

    assert told.exit_code == 0
    assert told.stderr == f"{T1} is claimed; sh works in {repo}\n"


def test_what_it_did_counts_though_it_ends_with_1(repo: Path, home: Path) -> None:
    told = ran(home, f"{DOES}exit 1", code=0)

    assert (told["ok"], told["exit_code"]) == (True, 1)


def test_an_agent_that_edits_and_commits_the_workplan_did_its_task(repo: Path, home: Path) -> None:
    script = f"""
custodian workplan set-status workplans/a.md done --task {T1}
git -c user.name=Ada -c user.email=ada@example.org commit -q -m done workplans/a.md
"""
    told = ran(home, script, code=0)

    assert (told["evidence"], told["status"]) == (["status done"], "done")
    assert as_ada(repo, "rev-parse", "HEAD") == as_ada(repo, "rev-parse", "origin/main")


def test_an_agent_that_does_nothing_has_failed_though_it_ends_with_0(
    repo: Path, home: Path
) -> None:
    told = ran(home, "exit 0", code=1)

    assert (told["ok"], told["evidence"], told["exit_code"]) == (False, [], 0)
    assert (told["status"], data("task", "show", T1)["claim"]) == ("in_progress", None)
    assert data("dispatch", "docs")["directive"] == "resume"


def test_an_agent_that_never_ends_is_ended_at_its_limit(repo: Path, home: Path) -> None:
    script = f"echo $$ >{home}/pid; echo begun; while :; do sleep 1000; done"
    told = ran(home, script, "--timeout", "1s", code=1)

    assert (told["ended"], told["exit_code"], told["ok"]) == ("timeout", None, False)
    assert not lives(home, "pid")
    assert Path(told["transcript"]).read_text() == "begun\n"
    assert data("task", "show", T1)["claim"] is None


def test_an_agent_that_does_not_let_itself_be_asked_is_killed(repo: Path, home: Path) -> None:
    script = f"trap '' TERM; echo $$ >{home}/pid; while :; do sleep 1; done"
    ran(home, script, "--timeout", "1s", code=1)

    assert not lives(home, "pid")


def test_what_an_agent_leaves_running_is_ended(repo: Path, home: Path) -> None:
    told = ran(home, f"{DOES}\nsleep 1000 & echo $! >{home}/pid\nexit 0", code=0)

    assert told["ended"] == "exited"
    assert not lives(home, "pid")


def test_what_escapes_the_group_does_not_hold_up_the_run(repo: Path, home: Path) -> None:
    escaped = f"setsid sh -c 'echo $$ >{home}/pid; exec sleep 1000' &"
    told = ran(home, f"{DOES}\n{escaped}\nuntil [ -s {home}/pid ]; do sleep 0.05; done", code=0)

    assert told["ok"]
    os.kill(int((home / "pid").read_text()), signal.SIGKILL)  # (it is there still)


def test_an_agent_that_asks_a_person_has_done_what_it_could(repo: Path, home: Path) -> None:
    told = ran(home, f'custodian human ask "Which fonts?" --task {T1}', code=0)
    again = ran(home, DOES, code=5)

    assert (told["ok"], told["evidence"]) == (True, ["question asked"])
    assert (again["directive"], again["ok"]) == ("human_needed", None)


def test_where_there_is_no_work_no_agent_is_started(repo: Path, home: Path) -> None:
    ran(home, DOES, code=0)
    told = ran(home, f"touch {home}/started", code=3)

    assert told["directive"] == "none"
    assert not (home / "started").exists()


def test_a_checkout_that_is_behind_is_not_worked_in(repo: Path, home: Path) -> None:
    as_ada(home, "clone", "-q", "docs.git", "other")
    as_ada(home / "other", "commit", "-q", "--allow-empty", "-m", "from elsewhere")
    as_ada(home / "other", "push", "-q")
    as_ada(repo, "fetch", "-q")

    assert ran(home, DOES, code=4)["directive"] == "sync_first"
    assert data("task", "show", T1)["status"] == "todo"


def test_the_prompt_is_all_that_an_agent_can_read(repo: Path, home: Path) -> None:
    told = ran(home, "cat; echo; echo that was all", code=1)
    text = Path(told["transcript"]).read_text()

    assert text.startswith("You are the agent of the repo docs.")
    assert f"It is claimed for {told['holder']} under fence {told['fence']}," in text
    assert text.endswith("that was all\n")


def test_the_agent_runs_in_the_checkout_under_the_name_of_the_holder(
    repo: Path, home: Path
) -> None:
    told = ran(home, 'pwd -P; echo "$CUSTODIAN_AGENT"', "--agent", "ada", code=1)

    assert told["holder"].startswith("ada/")
    assert Path(told["transcript"]).read_text() == f"{repo}\n{told['holder']}\n"


def test_a_transcript_is_its_owners_and_holds_no_secret_of_the_settings(
    repo: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITEA_TOKEN", "gitea-secret-1234")
    monkeypatch.setenv("GITEA_URL", "https://ada:hunter22@git.example")
    told = ran(home, 'echo "$GITEA_TOKEN at $GITEA_URL"', code=1)
    path = Path(told["transcript"])

    assert path.read_text() == "[REDACTED] at https://ada:[REDACTED]@git.example\n"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_transcript_holds_nothing_that_looks_like_a_secret(repo: Path, home: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    told = ran(home, f"echo API_KEY=a-key-of-the-agents-own at {commit}", code=1)

    assert Path(told["transcript"]).read_text() == f"API_KEY=[REDACTED] at {commit}\n"


def test_a_transcript_holds_no_token_that_lies_in_a_file(
    repo: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "token").write_text("filed-secret-1234\n")
    monkeypatch.setenv("GITEA_TOKEN_FILE", str(home / "token"))

    told = ran(home, f"cat {home / 'token'}", code=1)

    assert Path(told["transcript"]).read_text() == "[REDACTED]\n"


def test_of_much_that_is_printed_beginning_and_end_are_kept(repo: Path, home: Path) -> None:
    told = ran(home, "echo first; yes | head -c 3000000; echo last", code=1)
    text = Path(told["transcript"]).read_text()

    assert text.startswith("first\n")
    assert text.endswith("last\n")
    assert "bytes left out" in text
    assert len(text) < 1_100_000


def test_a_worktree_that_holds_work_is_kept_with_its_branch(repo: Path, home: Path) -> None:
    commit = "git -c user.name=A -c user.email=a@example.org commit -q -m parsed parsed"
    told = ran(home, f"touch parsed; git add parsed; {commit}\n{DOES}", "--worktree", code=0)

    assert told["folder"].startswith(str(home / "data/worktrees/docs/"))
    assert told["branch"].startswith("custodian/docs-wp-0001-t01-")
    assert as_ada(repo, "log", "-1", "--format=%s", told["branch"]) == "parsed"
    assert not (repo / "parsed").exists()


def test_a_worktree_in_which_nothing_was_done_is_gone(repo: Path, home: Path) -> None:
    told = ran(home, "exit 0", "--worktree", code=1)

    assert (told["branch"], Path(told["folder"]).exists()) == (None, False)
    assert as_ada(repo, "branch", "--list", "custodian/*") == ""


def test_a_second_run_in_the_same_checkout_is_refused_and_one_in_a_worktree_is_not(
    repo: Path, home: Path
) -> None:
    inner = f"custodian run {repo} --agent-command true --json"
    outer = home / "outer.sh"
    outer.write_text(f"{inner}; echo ended $?; {inner} --worktree; echo ended $?\n")
    plan = repo / "workplans/a.md"
    plan.write_text(
        plan.read_text() + "\n### T02\n```task\nid: DOCS-WP-0001-T02\nstatus: todo\n```\n"
    )
    as_ada(repo, "commit", "-q", "-am", "more")
    say("fix", "docs")
    result = run("run", "docs", "--agent-command", f"sh {outer}", "--json")
    text = Path(json.loads(result.stdout)["data"]["transcript"]).read_text()

    first, second, _ = text.split("ended 1\n")
    assert "use a worktree of your own" in first
    assert '"task": "DOCS-WP-0001-T02"' in second


def test_a_person_reads_how_it_went(repo: Path, home: Path) -> None:
    told = say("run", "docs", "--agent-command", agent(home, DOES))

    assert told.startswith(f"docs: ok: {T1} is done\n  left: note written, status done\n")
    assert "  the agent ended with 0\n  transcript " in told
    assert "  sync: ok, local is remote\n" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--agent-command", "no-such-agent"), "there is no such program"),
        (("--agent-command", ""), "there is no such program"),
        (("--agent-command", "sh 'x"), "the shell would not read it"),
        (("--timeout", "30"), "it must be like 90s, 30m or 2h"),
        (("--timeout", "48h"), "up to 24h"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_claimed(
    repo: Path, words: tuple[str, ...], told: str
) -> None:
    assert told in refusal(BadValue, "run", "docs", *words)
    assert data("task", "show", T1)["status"] == "todo"


def test_a_repo_without_a_checkout_here_cannot_be_worked_in(
    repo: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODIAN_HOST", "desktop")

    told = refusal(Conflict, "run", "docs", "--agent-command", agent(home, DOES))
    assert "it has no checkout on desktop" in told


@pytest.mark.parametrize(
    ("begin", "told"),
    [
        ("git checkout -q --detach", "no branch is checked out"),
        ("touch .git/MERGE_HEAD", "a merge is in progress"),
    ],
)
def test_no_agent_is_started_in_a_checkout_in_which_something_is_half_done(
    repo: Path, home: Path, begin: str, told: str
) -> None:
    subprocess.run(shlex.split(begin), cwd=repo, check=True)

    assert told in refusal(Conflict, "run", "docs", "--agent-command", agent(home, DOES))
    assert data("dispatch", "docs")["sync_why"] == told
    assert data("task", "show", T1)["status"] == "todo"


def test_a_hub_that_is_down_ends_with_2(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTODIAN_HUB_URL", "http://127.0.0.1:9")

    assert run_program("run", "docs", "--agent-command", "true").returncode == 2


def test_a_run_that_is_ended_ends_its_agent_and_gives_the_claim_back(
    repo: Path, home: Path
) -> None:
    script = f"echo $$ >{home}/pid; while :; do sleep 1000; done"
    command = [str(PROGRAM), "run", "docs", "--agent-command", agent(home, script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        until(lambda: (home / "pid").exists() and (home / "pid").read_text().strip())
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=PATIENCE_S)

    assert running.returncode == 1
    assert not lives(home, "pid")
    assert data("task", "show", T1)["claim"] is None


def in_process(home: Path, script: str, ttl_s: int) -> Run:
    """A run whose claim lives so short that it must be renewed."""
    settings = load(os.environ, home)
    hub = open_hub(settings)
    try:
        wish = Wish(tuple(shlex.split(agent(home, script))), "ada", 30, ttl_s=ttl_s)
        return act(hub, settings, "docs", wish, prompts)
    finally:
        hub.close()


def test_a_claim_is_renewed_while_its_agent_lives(repo: Path, home: Path) -> None:
    rival = f"custodian task claim {T1} --agent bob; echo ended $?"
    done = in_process(home, f"sleep 3.5; {rival}\n{DOES}", ttl_s=1)

    assert done.ok
    assert done.transcript
    assert "ended 1\n" in Path(done.transcript).read_text()


def test_an_agent_whose_claim_is_lost_is_ended(repo: Path, home: Path) -> None:
    script = f'custodian task reopen {T1} --reason "start over"; sleep 1000'
    done = in_process(home, script, ttl_s=3)

    assert done.ended
    assert (done.ended.how, done.ok, done.code) == ("lost", False, 1)


def test_what_a_person_does_meanwhile_is_no_evidence(repo: Path, home: Path) -> None:
    script = f"CUSTODIAN_AGENT=bob custodian task note {T1} 'looks hard'"

    assert ran(home, script, code=1)["evidence"] == []
