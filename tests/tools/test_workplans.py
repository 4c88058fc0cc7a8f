import os
import stat
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from custodian_core.blob import MAX_FILE
from custodian_core.errors import BadValue, FileTrouble, NotEditable
from custodian_core.findings import Severity
from custodian_tools.workplans import (
    create_workplan,
    lint_workplans,
    set_status,
    show_workplan,
)

TODAY = date(2026, 11, 21)

PLAN = """\
---
id: {id}
type: workplan
title: "A plan"
domain: custodian
repo: the-repo
owner: somebody
status: active
state_hub_workstream_id: "{id}-stream"
---
### T01 — First
```task
id: {id}-T01
status: todo
priority: high
state_hub_task_id: "{id}-task"
```
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A folder with one good plan."""
    root = tmp_path / "the-repo"
    (root / "workplans").mkdir(parents=True)
    put(root, "a.md", PLAN.format(id="CUST-WP-0003"))
    return root


def put(root: Path, name: str, text: str | bytes) -> Path:
    path = root / "workplans" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_repo_of_good_plans_is_clean(repo: Path) -> None:
    put(repo, "deeper/b.md", PLAN.format(id="CUST-WP-0004"))
    lint = lint_workplans([repo])

    assert (len(lint.plans), lint.tasks, lint.findings, lint.skipped) == (2, 2, (), ())


@pytest.mark.parametrize("below", [".", "workplans", "workplans/deeper"])
def test_any_folder_of_the_repo_that_holds_plans_can_be_named(repo: Path, below: str) -> None:
    put(repo, "deeper/b.md", PLAN.format(id="CUST-WP-0004"))

    assert len(lint_workplans([repo / below]).plans) == (1 if below.endswith("deeper") else 2)


def test_the_current_folder_can_be_inside_workplans(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo / "workplans")

    assert [plan.path for plan in lint_workplans([Path()]).plans] == ["a.md"]


def test_prose_beside_plans_is_left_out_by_name(repo: Path) -> None:
    put(repo, "README.md", "# Plans\n")
    lint = lint_workplans([repo])

    assert [(Path(path).name, why) for path, why in lint.skipped] == [
        ("README.md", "it has no front matter")
    ]
    assert lint.findings == ()


def test_a_file_that_was_named_must_be_a_plan(repo: Path) -> None:
    prose = put(repo, "README.md", "# Plans\n")

    (finding,) = lint_workplans([prose]).findings
    assert (finding.code, finding.severity) == ("C-01", Severity.FAIL)


def test_an_id_in_two_files_is_told_once_for_each_id(repo: Path) -> None:
    put(repo, "b.md", PLAN.format(id="CUST-WP-0003"))
    findings = lint_workplans([repo]).findings

    assert [(f.code, Path(f.path or "").name, f.line) for f in findings] == [
        ("C-04", "b.md", 2),
        ("C-04", "b.md", 9),
        ("C-04", "b.md", 13),
        ("C-04", "b.md", 16),
    ]


def test_the_same_plan_in_two_repos_is_no_duplicate(repo: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    put(other, "a.md", PLAN.format(id="CUST-WP-0003"))

    assert lint_workplans([repo, other]).findings == ()


def test_a_path_named_twice_is_read_once(repo: Path) -> None:
    assert len(lint_workplans([repo, repo, repo / "workplans/a.md"]).plans) == 1


def test_links_are_not_followed(repo: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text(PLAN.format(id="CUST-WP-0066"))
    (repo / "workplans/link.md").symlink_to(secret)
    (repo / "workplans/folder").symlink_to(tmp_path)
    (repo / "workplans/nowhere.md").symlink_to("/nonexistent")
    lint = lint_workplans([repo])

    assert [plan.id for plan in lint.plans] == ["CUST-WP-0003"]
    assert [(f.code, f.severity) for f in lint.findings] == [("C-21", Severity.FAIL)] * 3
    assert [f.code for f in lint_workplans([repo / "workplans/link.md"]).findings] == ["C-21"]


def test_a_workplans_folder_that_is_a_link_is_not_followed(tmp_path: Path, repo: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "workplans").symlink_to(repo / "workplans")

    assert [f.code for f in lint_workplans([other]).findings] == ["C-21"]


def test_a_pipe_is_never_waited_for(repo: Path) -> None:
    os.mkfifo(repo / "workplans/pipe.md")
    (finding,) = lint_workplans([repo]).findings

    assert finding.code == "C-01"
    assert "not a regular file" in finding.message


def test_a_folder_named_like_a_plan_is_a_folder(repo: Path) -> None:
    put(repo, "folder.md/b.md", PLAN.format(id="CUST-WP-0004"))

    assert len(lint_workplans([repo]).plans) == 2


def test_a_huge_file_is_told_and_the_others_work(repo: Path) -> None:
    with (repo / "workplans/huge.md").open("wb") as file:
        file.truncate(20 * 1024 * 1024)
    lint = lint_workplans([repo])

    assert len(lint.plans) == 1
    assert "larger than 1024 KiB" in lint.findings[0].message
    assert (repo / "workplans/huge.md").stat().st_size > MAX_FILE


def test_a_name_that_is_not_utf_8_can_be_told(repo: Path) -> None:
    name = os.fsencode(repo / "workplans") + b"/caf\xe9.md"
    with open(name, "wb") as file:  # noqa: PTH123 - a name in bytes
        file.write(b"---\ntype: workplan\n---\n")

    assert [f.path for f in lint_workplans([repo]).findings if "caf" in (f.path or "")]


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileTrouble, match="there is no such file or folder"):
        lint_workplans([tmp_path / "nowhere"])
    with pytest.raises(FileTrouble, match="there is no such file"):
        show_workplan(tmp_path / "nowhere.md")


def test_a_new_plan_takes_the_next_id_and_the_newest_plans_ways(repo: Path) -> None:
    put(repo, "old.md", PLAN.format(id="CUST-WP-0001").replace("domain: custodian", "domain: old"))
    put(repo, "broken.md", "---\nid: CUST-WP-0008\n<<<<<<<\n")
    plan = create_workplan("Do it all", ["First", "Second"], root=repo, today=TODAY)

    path = repo / "workplans/CUST-WP-0009-do-it-all.md"
    assert (plan.id, Path(plan.path)) == ("CUST-WP-0009", path)
    shown = show_workplan(path).workplan
    assert shown
    assert (shown.text("domain"), shown.text("repo"), shown.text("owner")) == (
        "custodian",
        "the-repo",
        "somebody",
    )
    assert [task.title for task in shown.tasks] == ["First", "Second"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600


def test_the_first_plan_of_a_repo_makes_folder_and_prefix(tmp_path: Path) -> None:
    root = tmp_path / "marki-docx"
    root.mkdir()

    assert create_workplan("Begin", root=root, today=TODAY).id == "MRKD-WP-0001"
    assert create_workplan("Go on", root=root, today=TODAY).id == "MRKD-WP-0002"


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    plan = create_workplan("Begin", root=tmp_path, today=TODAY, write=False)

    assert plan.text
    assert list(tmp_path.iterdir()) == []


BEGIN = """
import sys
from datetime import date
from pathlib import Path
from custodian_tools.workplans import create_workplan

print(create_workplan("Begin", root=Path(sys.argv[1]), today=date(2026, 11, 21)).id)
"""


def test_plans_begun_at_once_get_different_ids(tmp_path: Path) -> None:
    command = [sys.executable, "-c", BEGIN, str(tmp_path)]
    begun = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(12)]
    ids = {process.communicate(timeout=60)[0].strip() for process in begun}

    assert "" not in ids
    assert len(ids) == 12


def test_a_status_is_set_in_the_file_and_its_mode_kept(repo: Path) -> None:
    path = repo / "workplans/a.md"
    before = path.read_bytes()
    path.chmod(0o640)
    result = set_status(path, "done", "CUST-WP-0003-T01")

    assert (result.old, result.new, result.changed) == ("todo", "done", True)
    assert path.read_bytes() == before.replace(b"status: todo", b"status: done")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [entry.name for entry in path.parent.iterdir()] == ["a.md"]


def test_the_plans_own_status_is_set_where_no_task_is_named(repo: Path) -> None:
    path = repo / "workplans/a.md"

    assert not set_status(path, "in_progress").changed
    assert set_status(path, "blocked").old == "active"
    assert b"\nstatus: blocked\n" in path.read_bytes()


def test_nothing_is_written_where_nothing_changes(repo: Path) -> None:
    path = repo / "workplans/a.md"
    before = path.stat()

    assert not set_status(path, "todo", "CUST-WP-0003-T01").changed
    assert set_status(path, "done", "CUST-WP-0003-T01", write=False).changed
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_status_that_is_none_names_the_ones_there_are(repo: Path) -> None:
    with pytest.raises(BadValue, match="todo, in_progress, blocked, done, cancelled"):
        set_status(repo / "workplans/a.md", "Done")


def test_what_is_no_plan_and_an_empty_task_are_refused(repo: Path) -> None:
    note = put(repo, "note.md", "---\ntype: note\nstatus: draft\n---\n")

    with pytest.raises(NotEditable, match="its type is 'note', so it is no workplan"):
        set_status(note, "done")
    with pytest.raises(BadValue, match="its id is empty"):
        set_status(repo / "workplans/a.md", "done", "")


def test_an_odd_file_does_not_keep_a_plan_from_being_begun(repo: Path) -> None:
    (repo / "workplans/CUST-WP-0007-link.md").symlink_to("/nonexistent")
    os.mkfifo(repo / "workplans/pipe.md")

    assert create_workplan("Next", root=repo, today=TODAY).id == "CUST-WP-0008"


@pytest.mark.parametrize("plan_id", ["20", "9X-55"])
def test_whatever_the_newest_plan_is_called_a_plan_can_be_begun(repo: Path, plan_id: str) -> None:
    put(repo, "a.md", PLAN.format(id=plan_id))

    assert create_workplan("Next", root=repo, today=TODAY).id in (
        "RP-WP-0001",
        "REPO-WP-0001",
        "9X-0056",
    )


def test_a_name_that_is_too_long_is_told(repo: Path) -> None:
    with pytest.raises(FileTrouble):
        lint_workplans([repo / ("x" * 300)])
    with pytest.raises(FileTrouble):
        show_workplan(repo / ("x" * 300))


def test_a_link_is_never_written_through(repo: Path, tmp_path: Path) -> None:
    target = tmp_path / "target.md"
    target.write_text(PLAN.format(id="X"))
    (repo / "workplans/link.md").symlink_to(target)

    with pytest.raises(FileTrouble, match="symbolic link"):
        set_status(repo / "workplans/link.md", "done")
    with pytest.raises(NotEditable, match="no task block"):
        set_status(repo / "workplans/a.md", "done", "T99")
