"""`custodian agents-md`."""

import os
import subprocess
from pathlib import Path

import pytest

from custodian_core.agents_md import installed
from custodian_core.errors import BadValue

from .desk import checkout, data, refusal, run, say

LINES = installed("docs", None).replace(b" new:", b":")


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.md")}


def test_agents_md_is_made_where_there_is_none_and_gone_afterwards(docs: Path) -> None:
    assert say("agents-md", "status", "docs") == "docs  AGENTS.md  absent\n"
    assert say("agents-md", "install", "docs") == "docs  AGENTS.md  installed\n"
    assert files(docs) == {"AGENTS.md": installed("docs", None)}
    assert say("agents-md", "status", str(docs)) == "docs  AGENTS.md  installed\n"
    assert say("agents-md", "uninstall", "docs") == "docs  AGENTS.md  absent\n"
    assert files(docs) == {}


def test_the_files_that_are_there_get_the_lines_and_nothing_else_changes(docs: Path) -> None:
    before = {"AGENTS.md": b"\xef\xbb\xbf# Ours\r\n\r\nno end", "CLAUDE.md": b"be brief\n"}
    for name, text in before.items():
        (docs / name).write_bytes(text)
    say("agents-md", "install", "docs")
    after = files(docs)
    times = [path.stat().st_mtime_ns for path in sorted(docs.glob("*.md"))]
    again = data("agents-md", "install", "docs")

    assert after["CLAUDE.md"] == b"be brief\n" + LINES
    assert after["AGENTS.md"].startswith(before["AGENTS.md"] + b"\r\n<!-- BEGIN custodian v1 glued")
    assert b"\n" not in after["AGENTS.md"].replace(b"\r\n", b"")
    assert [file["changed"] for file in again[0]["files"]] == [False, False]
    assert [path.stat().st_mtime_ns for path in sorted(docs.glob("*.md"))] == times
    say("agents-md", "uninstall", "docs")
    assert files(docs) == before


def test_only_claude_md_gets_the_lines_where_it_is_alone(docs: Path) -> None:
    (docs / "CLAUDE.md").write_text("be brief\n")
    say("agents-md", "install", "docs")

    assert files(docs) == {"CLAUDE.md": b"be brief\n" + LINES}


def test_nothing_is_committed_or_staged(docs: Path) -> None:
    result = run("agents-md", "install", "docs")
    told = subprocess.run(
        ["git", "status", "--porcelain"], cwd=docs, capture_output=True, text=True, check=True
    )

    assert told.stdout == "?? AGENTS.md\n"
    assert "nothing was committed" in result.stderr


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("how", ["link", "import"])
def test_a_claude_md_that_leads_to_agents_md_is_written_once(
    docs: Path, how: str, there: bool
) -> None:
    if there:
        (docs / "AGENTS.md").write_text("ours\n")
    if how == "link":
        (docs / "CLAUDE.md").symlink_to("AGENTS.md")
    else:
        (docs / "CLAUDE.md").write_text("@AGENTS.md\n")
    told = say("agents-md", "install", "docs")

    assert told == "docs  AGENTS.md  installed  CLAUDE.md leads to it\n"
    assert (docs / "AGENTS.md").read_bytes().count(b"BEGIN custodian") == 1
    assert (docs / "CLAUDE.md").is_symlink() == (how == "link")
    assert how == "link" or (docs / "CLAUDE.md").read_text() == "@AGENTS.md\n"
    say("agents-md", "uninstall", "docs")
    assert (docs / "AGENTS.md").exists() == there


def test_an_agents_md_that_leads_to_claude_md_is_written_once(docs: Path) -> None:
    (docs / "CLAUDE.md").write_text("ours\n")
    (docs / "AGENTS.md").symlink_to("CLAUDE.md")
    told = say("agents-md", "install", "docs")

    assert told == "docs  AGENTS.md  installed  CLAUDE.md leads to it\n"
    assert (docs / "AGENTS.md").is_symlink()
    assert (docs / "CLAUDE.md").read_bytes() == b"ours\n" + LINES


def test_a_link_out_of_the_repo_is_refused_and_the_others_go_on(docs: Path, home: Path) -> None:
    (home / "everywhere.md").write_text("for all repos\n")
    (docs / "CLAUDE.md").symlink_to(home / "everywhere.md")
    (docs / "AGENTS.md").write_text("ours\n")
    told = say("agents-md", "install", "docs", code=1)

    assert "docs  CLAUDE.md  foreign    it is a link out of the repo, to everywhere.md" in told
    assert (home / "everywhere.md").read_text() == "for all repos\n"
    assert (docs / "AGENTS.md").read_bytes() == b"ours\n" + LINES
    assert "foreign" in say("agents-md", "status", "docs", code=1)
    say("agents-md", "uninstall", "docs")
    assert (docs / "AGENTS.md").read_bytes() == b"ours\n"


def test_odd_files_are_refused_by_name(docs: Path) -> None:
    (docs / "AGENTS.md").symlink_to("AGENTS.md")
    (docs / "CLAUDE.md").mkdir()
    (found,) = data("agents-md", "install", "docs", code=1)

    assert [(file["file"], file["why"]) for file in found["files"]] == [
        ("AGENTS.md", "it is a link that leads nowhere"),
        ("CLAUDE.md", "it is not a regular file"),
    ]


def test_a_link_into_gits_own_folder_is_refused(docs: Path) -> None:
    (docs / "AGENTS.md").symlink_to(".git/config")
    (found,) = data("agents-md", "install", "docs", code=1)

    assert "it is a link out of the repo" in found["files"][0]["why"]


def test_damaged_marks_are_refused_with_the_line(docs: Path) -> None:
    (docs / "AGENTS.md").write_text("# Ours\n<!-- BEGIN custodian v1 -->\n")
    before = files(docs)
    for verb in ("install", "uninstall"):
        told = say("agents-md", verb, "docs", code=1)
        assert "a block begins in line 2 and does not end; mend it by hand" in told

    assert files(docs) == before


def test_a_dry_run_shows_what_would_change_and_writes_nothing(docs: Path) -> None:
    (docs / "AGENTS.md").write_text("\x1b[31mours\n")
    told = say("agents-md", "install", "docs", "--dry-run")

    assert told.startswith("docs  AGENTS.md  would be installed\n\n--- a/AGENTS.md\n")
    assert "\n+## Custodian\n" in told
    assert "\x1b" not in told
    assert files(docs) == {"AGENTS.md": b"\x1b[31mours\n"}
    say("agents-md", "install", "docs")
    assert "\n-## Custodian\n" in say("agents-md", "uninstall", "docs", "--dry-run")


def test_lines_that_were_edited_are_told_and_renewed(docs: Path) -> None:
    say("agents-md", "install", "docs")
    file = docs / "AGENTS.md"
    file.write_text(file.read_text().replace("Start", "Begin"))

    assert "outdated" in say("agents-md", "status", "docs", code=1)
    say("agents-md", "install", "docs")
    assert files(docs) == {"AGENTS.md": installed("docs", None)}


def test_all_means_every_checkout_on_this_host(docs: Path, home: Path) -> None:
    say("register", str(checkout(home / "notes")))
    say("agents-md", "install", "--all")

    assert [
        (each["repo"], each["files"][0]["state"]) for each in data("agents-md", "status", "--all")
    ] == [
        ("docs", "installed"),
        ("notes", "installed"),
    ]


def test_a_checkout_that_nobody_registered_is_refused(home: Path) -> None:
    checkout(home / "stranger")

    assert "no repo is registered" in refusal(BadValue, "agents-md", "install", "./stranger")


def test_a_file_that_cannot_be_written_is_told(docs: Path) -> None:
    docs.chmod(0o500)
    if os.access(docs, os.W_OK):
        docs.chmod(0o700)
        pytest.skip("nothing keeps this user from writing")
    (found,) = data("agents-md", "install", "docs", code=1)
    docs.chmod(0o700)

    assert found["files"][0]["why"] == "it cannot be written: permission denied"
