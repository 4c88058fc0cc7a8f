"""What we write and tell beside the hub says no secret: commits, logs, errors, new plans."""

import io
import json
import logging
from datetime import UTC, date, datetime
from pathlib import Path

from custodian_core.errors import BadValue, GitTrouble
from custodian_core.git.aside import NewFile, build
from custodian_core.git.author import Author
from custodian_core.git.runner import Git, Ran
from custodian_core.secrets import HIDDEN, scan
from custodian_core.wire import details_of
from custodian_server.hub_api.guard import OneLine
from custodian_server.logs import WithoutSecrets
from custodian_tools.workplans import create_workplan
from tests.core.test_secrets import SECRETS, SHA

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEXTS = [text for text, _ in SECRETS.values()]
ALL = "\n".join(TEXTS)
TOKEN = SECRETS["GitHub"][0]


def test_no_error_says_a_secret_in_its_words_or_in_its_facts() -> None:
    errors = [BadValue("it", f"refused: {text}") for text in TEXTS]

    assert [str(error) for error in errors if scan(str(error))] == []
    assert [error for error in errors if scan(json.dumps(details_of(error)))] == []


def test_what_git_complains_of_is_told_without_a_secret() -> None:
    ran = Ran(1, b"", f"remote: hook says {TOKEN}\nfatal: no\n")

    assert ran.told == f"hook says use {HIDDEN} now; fatal: no"
    assert TOKEN not in str(GitTrouble("/repo", "push", TOKEN))


def test_a_commits_message_holds_no_secret_and_its_files_what_they_held(tmp_path: Path) -> None:
    git = Git(tmp_path)
    git.run("init", "--quiet", "--initial-branch=main")
    tree = git.word("mktree", data=b"") or ""
    who = {
        f"GIT_{role}_{fact}": "x@y"
        for role in ("AUTHOR", "COMMITTER")
        for fact in ("NAME", "EMAIL")
    }
    first = git.run("commit-tree", tree, data=b"first", env=who).text
    files = {"theirs.md": NewFile("100644", ALL.encode())}
    made = build(git, first, files, f"sync: {ALL}\n\nof {SHA}", Author("Me", "me@x"), AT)

    message = git.run("log", "-1", "--format=%B", made).text
    assert scan(message) == ()
    assert message.endswith(f"of {SHA}")
    assert git.run("show", f"{made}:theirs.md").out == ALL.encode()


def logged(handler: logging.Handler) -> None:
    """Records as libraries write them: in words, in arguments, and of an error."""
    log = logging.getLogger("tests.secrets")
    log.propagate = False
    log.addHandler(handler)
    try:
        log.warning("it says %s", ALL)
        log.warning(ALL, extra={"told": {"why": ALL, "password": "hunter2hunter2"}})
        try:
            int(ALL)
        except ValueError:
            log.exception("it failed")
        log.warning("commit %s is fine", SHA)
    finally:
        log.removeHandler(handler)


def test_the_servers_log_says_no_secret_and_stays_json_a_line() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLine())
    logged(handler)

    lines = stream.getvalue().splitlines()
    assert [len(scan(line)) for line in lines] == [0] * 4
    assert "ValueError" in json.loads(lines[2])["trace"]
    assert json.loads(lines[3])["event"] == f"commit {SHA} is fine"


def test_what_libraries_log_where_an_agent_is_served_says_no_secret() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(WithoutSecrets())
    logged(handler)

    assert scan(stream.getvalue()) == ()
    assert "ValueError" in stream.getvalue()
    assert f"commit {SHA} is fine" in stream.getvalue()


def test_a_plan_that_is_begun_holds_no_secret_in_its_text_or_its_name(tmp_path: Path) -> None:
    begun = create_workplan(
        f"Use {TOKEN}", [f"Call with {TOKEN}"], root=tmp_path, today=date(2026, 11, 21)
    )

    assert scan(Path(begun.path).read_text()) == ()
    assert "a1b2c3" not in Path(begun.path).name
    assert begun.text.count(HIDDEN) == 3
