"""A stranger comes from a folder to an answered question by the command line alone."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from custodian_core.commands import MakeToken, RegisterRepo
from custodian_core.errors import Denied, HubUnreachable
from custodian_core.hub import open_store
from custodian_core.records import Scope
from custodian_core.settings import load
from tests.server.serving import served

from .desk import ME, checkout, refusal, run, run_program, say


def test_a_stranger_gets_from_a_folder_to_an_answered_question(home: Path) -> None:
    folder = checkout(home / "marki-docx", "git@git.example:ada/marki-docx.git")

    def steps(*arguments: str) -> tuple[int, str]:
        done = run_program(*arguments)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout

    assert steps("status") == (0, "no repos, no open tasks, no claims, no open questions\n")
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
        "does that\ngoal    Level 1 core\nsynced  never\nhere    branch trunk has no commit yet\n",
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


def test_an_empty_answer_says_what_to_do_next_and_keeps_it_from_programs(docs: Path) -> None:
    for command, hint in (
        (("task", "list"), "custodian fix REPO reads them"),
        (("goal", "show", "docs"), "custodian goal set docs TITLE"),
        (("goal", "list", "docs"), "custodian goal set docs TITLE"),
        (("token", "list"), "custodian token create NAME"),
        (("repo", "list", "--domain", "none"), "custodian register PATH"),
        (("register", str(docs)), "next: custodian fix docs takes in its workplans' tasks"),
    ):
        result = run(*command)

        assert hint in result.stderr, command
        assert hint not in result.stdout, command


def test_a_first_look_at_an_empty_fleet_says_how_to_begin(home: Path) -> None:
    assert "begin with custodian register PATH" in run("status").stderr


def test_a_name_that_is_none_is_told_with_where_those_there_are_stand(docs: Path) -> None:
    for command, lister in (
        (("repo", "show", "zzz"), "repo list"),
        (("task", "show", "zzz"), "task list"),
        (("token", "revoke", "zzz"), "token list"),
        (("human", "answer", "00000000", "yes"), "human list --all"),
    ):
        told = run_program(*command).stderr

        assert told.endswith(f"'{command[2]}'; custodian {lister} lists those there are\n")
    assert "near it: docs\n" in run_program("repo", "show", "doc").stderr


def test_closed_standard_input_is_no_fault(docs: Path, home: Path) -> None:
    for command, told in (
        ("repo unregister docs", "say --yes where there is no terminal to ask on"),
        ("db import -", "standard input is closed; name a file"),
        ("status", ""),
    ):
        program = shlex.quote(str(Path(sys.executable).with_name("custodian")))
        shell = ["sh", "-c", f"{program} {command} <&-"]
        done = subprocess.run(shell, capture_output=True, text=True)

        assert "Traceback" not in done.stderr
        assert told in done.stderr


def test_a_word_that_is_no_status_is_told_with_those_there_are(docs: Path) -> None:
    told = run("task", "status", "KEY", "finished").stderr

    assert "Invalid value for 'STATUS': 'finished' is not one of 'todo', 'in_progress'" in told


def test_a_remote_hub_says_why_it_cannot_be_used(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(load(os.environ, Path.cwd()))
    store.do(RegisterRepo("docs", "custodian"), ME)
    secret = store.do(MakeToken("reader", Scope.READ), ME).secret
    store.close()
    with served(home / "data") as (_, url):
        monkeypatch.setenv("CUSTODIAN_HUB_URL", url)
        monkeypatch.setenv("CUSTODIAN_HUB_TOKEN", secret)
        assert say("repo", "list").startswith("docs")
        assert refusal(Denied, "goal", "set", "docs", "x") == (
            f"the hub at {url} does not allow that: token reader has scope read, this needs work; "
            "ask the hub's keeper for one (custodian token create NAME --scope work)"
        )
        monkeypatch.setenv("CUSTODIAN_HUB_TOKEN", "cust_wrong")
        assert "it goes in CUSTODIAN_HUB_TOKEN" in refusal(Denied, "repo", "list")
    told = refusal(HubUnreachable, "repo", "list")

    assert told.startswith(f"the hub at {url} does not answer: connection refused; is `custodian")
