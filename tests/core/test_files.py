import stat
from pathlib import Path

import pytest

from custodian_core.errors import FileTrouble
from custodian_core.files import create_file, read_file, remove_file, replace_file, shown


def test_a_file_that_somebody_changed_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"theirs")

    with pytest.raises(FileTrouble, match="changed by somebody else"):
        replace_file(path, b"as I read it", b"mine")
    assert path.read_bytes() == b"theirs"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.md"]


def test_a_file_that_is_there_is_not_created_over(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    create_file(path, b"first")

    with pytest.raises(FileTrouble, match="is not overwritten"):
        create_file(path, b"second")
    assert path.read_bytes() == b"first"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.md"]
    assert not stat.S_IMODE(path.stat().st_mode) & 0o111


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileTrouble, match="no such file or directory"):
        create_file(tmp_path / "nowhere/a.md", b"x")
    with pytest.raises(FileTrouble, match="it is not a regular file"):
        read_file(tmp_path, 10)


def test_a_larger_file_is_read_one_byte_over_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"x" * 100)

    assert len(read_file(path, 10)) == 11


def test_a_path_is_shown_short_and_on_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert shown(tmp_path / "a/b.md") == "a/b.md"
    assert shown(Path("/else/a\n\x1b[31m.md")) == "/else/a \ufffd[31m.md"


def test_a_file_is_removed_if_it_holds_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"mine")

    with pytest.raises(FileTrouble, match="changed by somebody else"):
        remove_file(path, b"min")
    assert path.read_bytes() == b"mine"
    remove_file(path, b"mine")
    assert not path.exists()
    with pytest.raises(FileTrouble, match="no such file"):
        remove_file(path, b"mine")
