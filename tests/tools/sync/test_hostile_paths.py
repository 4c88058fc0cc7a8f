"""F94, F95, F97 and F98: nothing that lies elsewhere, or is somebody else's, is followed."""

import json
import os
from pathlib import Path

import pytest

from custodian_core.findings import Severity

from .conftest import T1, T2, Clone, Trap, World, codes, git, plan_text


def commit_tree(clone: Clone, rows: dict[str, str]) -> None:
    """A commit whose folder `workplans` holds these entries, however wrong: mode and blob by name.

    Git itself would not make it.
    """
    below = "".join(f"{rows[name]}\t{name}\0" for name in rows)
    tree = git(clone.top, "mktree", "-z", "--missing", input=below)
    root = git(clone.top, "mktree", "-z", input=f"040000 tree {tree}\tworkplans\0")
    commit = clone.git("commit-tree", "-p", "HEAD", "-m", "x", root)
    clone.git("update-ref", "HEAD", commit)


def blob(clone: Clone, text: str) -> str:
    made = git(clone.top, "hash-object", "-w", "--stdin", input=text)
    return f"100644 blob {made}"


@pytest.mark.parametrize("name", ["..", ".git", ".GIT"])
def test_f95_a_path_that_leaves_the_repo_is_left_alone(
    behind_hub: Clone, world: World, name: str
) -> None:
    text = plan_text({"EVIL-WP-0001-T01": "todo"}).replace("MRKD-WP-0001", "EVIL-WP-0001")
    inner = git(behind_hub.top, "mktree", "-z", input=f"{blob(behind_hub, text)}\tevil.md\0")
    good = f"100644 blob {behind_hub.git('rev-parse', 'HEAD:workplans/MRKD-WP-0001.md')}"
    commit_tree(behind_hub, {name: f"040000 tree {inner}", "MRKD-WP-0001.md": good})
    report = behind_hub.fix()

    assert ("C-21", f"workplans/{name}/evil.md") in [(f.code, f.path) for f in report.findings]
    assert not any(stream.key == "EVIL-WP-0001" for stream in world.hub.workstreams().items)
    assert not list(world.folder.rglob("evil.md"))


def test_f95_a_workplan_that_is_a_link_is_left_alone_and_the_others_are_synced(
    behind_hub: Clone, world: World
) -> None:
    outside = world.folder / "outside.md"
    outside.write_text(plan_text({"EVIL-WP-0001-T01": "todo"}).replace("MRKD-WP", "EVIL-WP"))
    before = outside.read_text()
    (behind_hub.top / "workplans/link.md").symlink_to(outside)
    behind_hub.commit("link")
    report = behind_hub.fix()

    assert [(f.path, f.severity) for f in report.findings if f.code == "C-21"] == [
        ("workplans/link.md", Severity.FAIL)
    ]
    assert outside.read_text() == before
    assert behind_hub.says(T1) == "done"


def test_f95_a_folder_of_workplans_that_is_a_link_is_left_alone(
    behind_hub: Clone, world: World
) -> None:
    elsewhere = world.folder / "elsewhere"
    (behind_hub.top / "workplans").rename(elsewhere)
    (behind_hub.top / "workplans").symlink_to(elsewhere)
    before = (elsewhere / "MRKD-WP-0001.md").read_text()
    behind_hub.commit("link", "-A")
    report = behind_hub.fix()

    assert ("C-21", "workplans") in [(f.code, f.path) for f in report.findings]
    assert (elsewhere / "MRKD-WP-0001.md").read_text() == before
    assert world.status(T2) == "todo"


def test_f95_a_link_on_disk_in_a_workplans_place_is_not_written_through(
    behind_hub: Clone, world: World
) -> None:
    outside = world.folder / "outside.md"
    behind_hub.plan.rename(outside)
    behind_hub.plan.symlink_to(outside)
    before = outside.read_bytes()
    report = behind_hub.fix()

    assert "C-14" in codes(report)
    assert outside.read_bytes() == before
    assert behind_hub.plan.is_symlink()


def test_f95_a_link_on_disk_in_the_folders_place_is_not_written_through(
    behind_hub: Clone, world: World
) -> None:
    elsewhere = world.folder / "elsewhere"
    (behind_hub.top / "workplans").rename(elsewhere)
    (behind_hub.top / "workplans").symlink_to(elsewhere)
    before = (elsewhere / "MRKD-WP-0001.md").read_bytes()
    report = behind_hub.fix()

    assert report.findings
    assert (elsewhere / "MRKD-WP-0001.md").read_bytes() == before


def test_f95_another_folder_for_the_files_is_not_written_to(
    behind_hub: Clone, world: World
) -> None:
    victim = world.folder / "victim"
    (victim / "workplans").mkdir(parents=True)
    (victim / "workplans/MRKD-WP-0001.md").write_bytes(behind_hub.plan.read_bytes())
    before = (victim / "workplans/MRKD-WP-0001.md").read_bytes()
    behind_hub.git("config", "core.worktree", str(victim))
    behind_hub.fix()

    assert (victim / "workplans/MRKD-WP-0001.md").read_bytes() == before
    assert behind_hub.says(T1) == "done"


@pytest.mark.parametrize(
    "said",
    [
        {"old": "HEAD", "new": "--output={0}"},
        {"old": "{1}", "new": "--output={0}"},
        {"old": "{1}"},
        ["{1}"],
        "no",
        {"old": 1, "new": None},
    ],
)
def test_f94_a_journal_that_is_none_of_ours_is_not_followed(
    behind_hub: Clone, tmp_path: Path, said: object
) -> None:
    text = json.dumps(said).replace("{0}", str(tmp_path / "out")).replace("{1}", behind_hub.head)
    (behind_hub.top / ".git/custodian-move").write_text(text)

    assert behind_hub.fix().sealed
    assert not (tmp_path / "out").exists()


def test_f95_what_is_put_back_is_not_put_through_a_link(behind_hub: Clone, world: World) -> None:
    elsewhere = world.folder / "elsewhere"
    elsewhere.mkdir()
    old = behind_hub.head
    behind_hub.git("rm", "-q", "workplans/MRKD-WP-0001.md")
    new = behind_hub.git("commit-tree", "-p", old, "-m", "x", behind_hub.git("write-tree"))
    (behind_hub.top / "workplans").symlink_to(elsewhere)
    (behind_hub.top / ".git/custodian-move").write_text(json.dumps({"old": old, "new": new}))
    behind_hub.fix()

    assert list(elsewhere.iterdir()) == []


def test_f97_a_bare_repo_within_a_checkout_is_not_a_checkout(
    behind_hub: Clone, world: World, trap: Trap
) -> None:
    inner = behind_hub.top / "inner"
    git(behind_hub.top, "init", "-q", "--bare", str(inner))
    git(inner, "config", "core.fsmonitor", trap.script("fsmonitor"))
    git(inner, "config", "core.bare", "false")
    git(inner, "config", "core.worktree", ".")
    report = Clone(world, inner, "a").fix()

    assert (report.outcome, trap.ran) == ("bare", set())
    assert behind_hub.fix().sealed
    assert trap.ran == set()


def test_f98_a_repo_of_another_user_is_left_alone(
    behind_hub: Clone, trap: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind_hub.git("config", "core.fsmonitor", trap.script("fsmonitor"))
    if os.geteuid() == 0:
        os.chown(behind_hub.top / ".git", 12345, 12345)
    else:  # nobody else can give files away
        monkeypatch.setattr("os.geteuid", lambda: 12345)
    reports = [behind_hub.check(), behind_hub.fix()]

    assert [report.outcome for report in reports] == ["owner", "owner"]
    assert trap.ran == set()
