"""Nothing outside a folder is read, whatever its paths and links say."""

import os
from pathlib import Path

import pytest

from custodian_core.errors import FileTrouble
from custodian_core.within import MOST_FILES, files_within, read_within


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A repo's folder, beside which lies a secret."""
    (tmp_path / "secret").write_text("hidden")
    folder = tmp_path / "repo"
    (folder / "docs").mkdir(parents=True)
    (folder / "docs/a.md").write_text("A")
    (folder / "docs/b.md").write_text("B")
    (folder / "docs/deeper").mkdir()
    (folder / ".git").mkdir()
    (folder / ".git/config").write_text("token")
    return folder


def refused(top: Path, path: str) -> str:
    with pytest.raises(FileTrouble) as trouble:
        read_within(top, path)
    return trouble.value.reason


def test_a_file_and_the_files_of_a_folder_are_read(top: Path) -> None:
    assert read_within(top, "docs/a.md") == b"A"
    assert list(files_within(top, "docs/a.md")) == [("docs/a.md", b"A")]
    assert list(files_within(top, "docs")) == [("docs/a.md", b"A"), ("docs/b.md", b"B")]


def test_a_link_that_stays_is_followed(top: Path) -> None:
    (top / "CLAUDE.md").symlink_to("docs/a.md")
    (top / "papers").symlink_to("docs")

    assert read_within(top, "CLAUDE.md") == b"A"
    assert [path for path, _ in files_within(top, "papers")] == ["papers/a.md", "papers/b.md"]


@pytest.mark.parametrize("target", ["../secret", "/etc/passwd"])
def test_a_link_that_leads_out_is_refused(top: Path, target: str) -> None:
    (top / "out").symlink_to(target)
    (top / "up").symlink_to("..")
    (top / "docs/c.md").symlink_to(top.parent / "secret")

    assert refused(top, "out") == "it leads out of the repo"
    assert refused(top, "up/secret") == "it leads out of the repo"
    with pytest.raises(FileTrouble, match="it leads out of the repo"):
        list(files_within(top, "docs"))


def test_git_s_own_files_are_refused_by_any_way(top: Path) -> None:
    (top / "innocent").symlink_to(".git/config")

    assert refused(top, ".git/config") == "it leads into .git"
    assert refused(top, "innocent") == "it leads into .git"


def test_what_is_no_plain_file_is_refused_and_never_waited_for(top: Path) -> None:
    os.mkfifo(top / "pipe")

    assert refused(top, "pipe") == "it is not a regular file"
    assert refused(top, "docs") == "it is not a regular file"
    assert refused(top, "nothing") == "no such file or directory"
    assert refused(top, ".") == "it leads out of the repo"


def test_what_is_too_large_is_refused(top: Path) -> None:
    with pytest.raises(FileTrouble, match="it is larger than"):
        read_within(top, "docs/a.md", limit=0)
    for number in range(MOST_FILES + 1):
        (top / f"docs/{number}.md").touch()
    with pytest.raises(FileTrouble, match=f"it holds more than {MOST_FILES} files"):
        list(files_within(top, "docs"))
