"""F01 to F25: every state a checkout can be in ends in step, or in a finding that names it."""

import os
import subprocess
from pathlib import Path

import pytest

from custodian_core.commands import ChangeRepo
from custodian_tools.sync import Report

from .conftest import ME, SLUG, T1, T2, Clone, World, codes, git


def halted(report: Report, reason: str) -> bool:
    """Whether the run wrote nothing, for that reason."""
    return report.outcome == reason and codes(report) == ["C-15"] and not report.commits


def picture(clone: Clone) -> tuple[str, ...]:
    """All that a run could have changed in a checkout."""
    return (
        clone.git("for-each-ref"),
        clone.git("status", "--porcelain", check=False),
        clone.plan.read_text() if clone.plan.exists() else "",
    )


def test_f01_a_clean_repo_sees_no_commit_and_no_write(a: Clone, world: World) -> None:
    a.fix()
    before = picture(a)
    assert a.fix().unchanged
    assert picture(a) == before


def test_f02_behind_is_told_and_nothing_written_until_it_may_pull(
    a: Clone, b: Clone, world: World
) -> None:
    a.work(T1, "done")
    world.move(T2, "done")
    before = b.git("rev-parse", "HEAD"), b.plan.read_text()
    report = b.fix()

    assert codes(report) == ["C-16", "T02"]
    assert report.findings[0].check.aliases == ("C-14",)
    assert (b.git("rev-parse", "HEAD"), b.plan.read_text()) == before
    assert world.status(T1) == "todo"
    report = b.fix(pull=True)
    assert report.sealed
    assert (b.says(T1), b.says(T2), world.status(T1)) == ("done", "done", "done")


def test_f03_a_commit_that_could_not_be_pushed_is_pushed_first(behind_hub: Clone) -> None:
    behind_hub.fix(push=False)
    report = behind_hub.fix()

    assert report.actions[0].startswith("pushed 1 earlier commit")
    assert report.sealed


def test_f04_run_after_run_against_a_remote_that_refuses_piles_nothing_up(
    behind_hub: Clone, world: World
) -> None:
    hook = world.remote / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'main is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    synced = world.hub.repo(SLUG).last_state_synced_at
    first = behind_hub.fix()
    head = behind_hub.head
    world.move(T2, "done")
    reports = [behind_hub.fix() for _ in range(10)]

    assert [f.reason for f in first.findings if f.code == "C-17"] == ["protected"]
    assert first.sealed is False
    assert [codes(report) for report in reports] == [["C-13", "C-13", "C-17"]] * 10
    assert behind_hub.head == head == git(world.remote, "rev-parse", "main")
    assert behind_hub.git("status", "--porcelain") == ""
    assert world.hub.repo(SLUG).last_state_synced_at == synced
    hook.unlink()
    assert behind_hub.fix().sealed
    assert behind_hub.says(T2) == "done"


def test_f05_a_diverged_repo_is_left_to_its_people(a: Clone, b: Clone, world: World) -> None:
    a.work(T1, "done")
    b.work(T2, "done", push=False)
    before = picture(b)
    report = b.fix()

    assert codes(report) == ["C-16", "C-17", "C-18"]
    assert picture(b)[1:] == before[1:]
    assert world.status(T2) == "todo"


def test_f06_diverged_by_our_own_commits_alone_it_heals(a: Clone, b: Clone, world: World) -> None:
    world.move(T1, "done")
    b.fix(push=False)
    a.work(T2, "blocked")
    report = b.fix()

    assert report.sealed
    assert (b.says(T1), b.says(T2)) == ("done", "blocked")
    assert b.git("rev-list", "--merges", "--count", "HEAD") == "0"


def test_f06_healing_keeps_what_somebody_has_staged_and_edited(
    a: Clone, b: Clone, world: World
) -> None:
    world.move(T1, "done")
    b.fix(push=False)
    a.work(T2, "blocked")
    (b.top / "README.md").write_text("mine\n")
    (b.top / "new.py").write_text("x\n")
    b.git("add", "new.py")
    report = b.fix()

    assert report.sealed
    assert b.git("diff", "--cached", "--name-only") == "new.py"
    assert (b.top / "README.md").read_text() == "mine\n"


def test_f07_a_detached_head_is_told(behind_hub: Clone) -> None:
    behind_hub.git("checkout", "-q", "--detach")
    assert halted(behind_hub.fix(), "detached")


def test_f08_a_branch_that_follows_nothing_is_told(behind_hub: Clone) -> None:
    behind_hub.git("branch", "--unset-upstream")
    report = behind_hub.fix()

    assert halted(report, "no-upstream")
    assert "`git push -u origin main` sets it" in report.findings[0].message


def test_f09_a_repo_without_a_remote_is_told_how_to_add_one(behind_hub: Clone) -> None:
    behind_hub.git("remote", "remove", "origin")
    report = behind_hub.fix()

    assert halted(report, "no-upstream")
    assert "`git remote add origin URL`, then `git push" in report.findings[0].message


def test_f10_a_remote_of_another_name_is_as_good(behind_hub: Clone) -> None:
    behind_hub.git("remote", "rename", "origin", "forge")
    assert behind_hub.fix().sealed


def test_f11_the_remote_that_is_followed_counts_and_not_origin(
    behind_hub: Clone, world: World
) -> None:
    second = world.folder / "second.git"
    git(world.folder, "clone", "-q", "--bare", str(world.remote), str(second))
    behind_hub.git("remote", "add", "second", str(second))
    behind_hub.git("fetch", "-q", "second")
    behind_hub.git("branch", "-q", "--set-upstream-to=second/main")
    origin = git(world.remote, "rev-parse", "main")
    report = behind_hub.fix()

    assert report.sealed
    assert git(second, "rev-parse", "main") == behind_hub.head
    assert git(world.remote, "rev-parse", "main") == origin


def test_f12_a_branch_that_was_deleted_over_there_is_not_made_again(
    behind_hub: Clone, world: World
) -> None:
    git(world.remote, "branch", "-m", "main", "trunk")
    report = behind_hub.fix()

    assert halted(report, "gone")
    assert git(world.remote, "branch", "--format=%(refname:short)") == "trunk"
    assert halted(behind_hub.check(), "gone")


def test_f13_a_branch_that_follows_one_of_another_name_is_not_pushed_into_it(
    behind_hub: Clone, world: World
) -> None:
    behind_hub.git("checkout", "-q", "-b", "feat", "--track", "origin/main")
    world.hub.do(ChangeRepo(SLUG, {"default_branch": None}), ME)
    assert halted(behind_hub.fix(), "wrong-branch")


def test_f13_another_branch_than_the_one_that_is_synced_is_told(behind_hub: Clone) -> None:
    behind_hub.git("checkout", "-q", "-b", "feat")
    behind_hub.git("push", "-q", "-u", "origin", "feat")
    report = behind_hub.fix()

    assert halted(report, "wrong-branch")
    assert "branch feat is checked out, main is synced" in report.findings[0].message


def conflict(clone: Clone) -> None:
    """Branch `other` and main hold different texts."""
    clone.git("checkout", "-q", "-b", "other")
    (clone.top / "README.md").write_text("other\n")
    clone.commit("other", "README.md")
    clone.git("checkout", "-q", "main")
    (clone.top / "README.md").write_text("mine\n")
    clone.commit("mine", "README.md")
    clone.git("push", "-q")


@pytest.mark.parametrize(
    "begin",
    [
        ["merge", "other"],
        ["cherry-pick", "other"],
        ["rebase", "other"],
        ["revert", "--no-edit", "HEAD~1", "--no-commit"],
        ["bisect", "start"],
    ],
    ids=lambda words: words[0],
)
def test_f14_what_is_half_done_is_left_alone(behind_hub: Clone, begin: list[str]) -> None:
    conflict(behind_hub)
    behind_hub.git(*begin, check=False)
    before = picture(behind_hub)
    report = behind_hub.fix()

    assert report.outcome in ("in-progress", "detached")
    assert picture(behind_hub) == before


def test_f15_a_shallow_clone_is_synced(a: Clone, world: World) -> None:
    a.fix()
    a.work(T1, "done")
    a.fix()
    top = world.folder / "shallow"
    git(world.folder, "clone", "-q", "--depth=1", f"file://{world.remote}", str(top))
    world.hub.do(ChangeRepo(SLUG, {"host_paths": {"s": str(top)}}), ME)
    world.move(T2, "in_progress")
    shallow = Clone(world, top, "s")
    report = shallow.fix()

    assert report.sealed
    assert shallow.says(T2) == "in_progress"


def test_f16_a_linked_worktree_is_synced_under_the_repos_one_lock(
    behind_hub: Clone, world: World
) -> None:
    behind_hub.git("checkout", "-q", "-b", "aside")
    top = world.folder / "linked"
    behind_hub.git("worktree", "add", "-q", str(top), "main")
    world.hub.do(ChangeRepo(SLUG, {"host_paths": {"a": str(top)}}), ME)
    linked = Clone(world, top, "a")
    report = linked.fix()

    assert report.sealed
    assert linked.says(T1) == "done"
    assert (behind_hub.top / ".git/custodian/lock").exists()


def test_f17_a_submodule_that_moved_is_neither_entered_nor_committed(
    behind_hub: Clone, world: World
) -> None:
    inner = world.folder / "inner"
    git(world.folder, "init", "-q", str(inner))
    (inner / "x").write_text("1\n")
    git(inner, "add", "x")
    git(inner, "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "-m", "x")
    allow = "protocol.file.allow=always"
    behind_hub.git("-c", allow, "submodule", "--quiet", "add", str(inner), "lib")
    behind_hub.commit("submodule", "lib", ".gitmodules")
    behind_hub.git("push", "-q")
    (behind_hub.top / "lib/x").write_text("2\n")
    report = behind_hub.fix()

    assert report.sealed
    assert (behind_hub.top / "lib/x").read_text() == "2\n"
    assert behind_hub.git("show", "--name-only", "--format=") == "workplans/MRKD-WP-0001.md"


def test_f18_a_bare_repo_is_told(a: Clone, world: World) -> None:
    bare = Clone(world, world.remote, "a")
    assert halted(bare.fix(), "bare")


def test_f19_a_repo_without_a_commit_is_told(world: World) -> None:
    empty = world.clone("empty")
    assert halted(empty.fix(), "unborn")


@pytest.mark.parametrize(
    "config",
    [
        ["feature.manyFiles", "true"],
        ["core.splitIndex", "true"],
        ["index.version", "4"],
        ["core.untrackedCache", "true"],
        ["commit.gpgSign", "true"],
        ["merge.ff", "false"],
        ["merge.autoStash", "true"],
        ["rebase.autoStash", "true"],
        ["core.logAllRefUpdates", "false"],
        ["status.showUntrackedFiles", "no"],
        ["core.quotePath", "true"],
        ["push.default", "nothing"],
    ],
    ids=lambda words: words[0],
)
def test_f20_a_repo_with_a_setting_of_its_own_is_synced(
    behind_hub: Clone, config: list[str]
) -> None:
    behind_hub.git("config", *config)
    behind_hub.git("update-index", "--force-write-index", check=False)
    report = behind_hub.fix()

    assert report.sealed
    assert behind_hub.says(T1) == "done"
    assert behind_hub.git("status", "--porcelain") == ""


def test_f20_a_sparse_checkout_is_synced(behind_hub: Clone) -> None:
    (behind_hub.top / "docs").mkdir()
    (behind_hub.top / "docs/x.md").write_text("x\n")
    behind_hub.commit("docs", "docs")
    behind_hub.git("push", "-q")
    behind_hub.git("sparse-checkout", "set", "--cone", "--sparse-index", "workplans")
    report = behind_hub.fix()

    assert report.sealed
    assert not (behind_hub.top / "docs").exists()
    assert behind_hub.git("show", "--name-only", "--format=") == "workplans/MRKD-WP-0001.md"


def test_f20_a_repo_of_another_hash_is_synced(a: Clone, world: World) -> None:
    remote, top = world.folder / "256.git", world.folder / "256"
    for folder in (remote, top):
        bare = ["--bare"] if folder == remote else []
        git(world.folder, "init", "-q", "--object-format=sha256", *bare, str(folder))
    clone = Clone(world, top, "sha")
    clone.git("config", "user.name", "x")
    clone.git("config", "user.email", "x@y")
    clone.plan.parent.mkdir()
    clone.plan.write_text(a.plan.read_text())
    clone.commit()
    clone.git("remote", "add", "origin", str(remote))
    clone.git("push", "-q", "-u", "origin", "main")
    world.hub.do(ChangeRepo(SLUG, {"host_paths": {"sha": str(top)}}), ME)
    assert clone.fix().sealed
    world.move(T1, "done")

    assert clone.fix().sealed
    assert clone.says(T1) == "done"
    assert clone.fix().unchanged


def test_f21_history_rewritten_over_there_is_told_and_no_task_goes_back(
    a: Clone, b: Clone, world: World
) -> None:
    a.work(T1, "done")
    a.fix()
    b.fix(pull=True)
    a.git("reset", "-q", "--hard", "HEAD~1")
    a.git("commit", "-q", "--amend", "-m", "rewritten")
    a.git("push", "-q", "--force")
    report = b.fix()

    assert report.outcome == "diverged"
    assert world.status(T1) == "done"
    b.git("reset", "-q", "--hard", "origin/main")
    assert b.fix().sealed
    assert (b.says(T1), world.status(T1)) == ("done", "done")


def test_f22_files_of_lfs_are_not_smudged(behind_hub: Clone) -> None:
    (behind_hub.top / ".gitattributes").write_text("*.bin filter=lfs\n")
    behind_hub.git("config", "filter.lfs.smudge", "touch ../smudged; cat")
    behind_hub.git("config", "filter.lfs.clean", "cat")
    behind_hub.commit("lfs", ".gitattributes")
    behind_hub.git("push", "-q")
    report = behind_hub.fix()

    assert report.sealed
    assert not (behind_hub.top.parent / "smudged").exists()


@pytest.mark.parametrize("attribute", ["*.md text eol=crlf\n", "*.md text=auto\n"])
def test_f23_line_ends_that_a_checkout_changes_are_no_edit(
    behind_hub: Clone, attribute: str
) -> None:
    (behind_hub.top / ".gitattributes").write_text(attribute)
    behind_hub.commit("attributes", ".gitattributes")
    behind_hub.plan.unlink()
    behind_hub.git("checkout", "-q", "--", "workplans")
    crlf = b"\r\n" in behind_hub.plan.read_bytes()
    report = behind_hub.fix()

    assert "C-14" not in codes(report)
    assert report.sealed
    assert behind_hub.says(T1) == "done"
    assert (b"\r\n" in behind_hub.plan.read_bytes()) == crlf
    assert behind_hub.git("status", "--porcelain") == ""


def test_f24_names_in_any_script_are_synced(behind_hub: Clone, world: World) -> None:
    odd = behind_hub.plan.with_name("Ünïcode ☃ 'q' \"x\".md")
    behind_hub.plan.rename(odd)
    behind_hub.commit("renamed")
    report = behind_hub.fix()

    assert report.sealed
    assert "status: done" in odd.read_text()
    assert world.hub.workstream("MRKD-WP-0001").workplan_file == f"workplans/{odd.name}"


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_f25_a_folder_that_cannot_be_written_is_told(behind_hub: Clone) -> None:
    (behind_hub.top / "workplans").chmod(0o555)
    try:
        report = behind_hub.fix()
    finally:
        (behind_hub.top / "workplans").chmod(0o755)

    assert codes(report)[-1] == "C-15"
    assert behind_hub.git("status", "--porcelain") == ""


def test_f25_a_full_disk_leaves_no_torn_file(
    behind_hub: Clone, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = picture(behind_hub)
    shim = tmp_path / "bin/git"
    shim.parent.mkdir()
    real = subprocess.run(
        ["which", "git"], capture_output=True, text=True, check=True
    ).stdout.strip()
    shim.write_text(f'#!/bin/sh\ncase "$1" in merge) ulimit -f 0;; esac\nexec {real} "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")
    report = behind_hub.fix()
    monkeypatch.undo()

    assert report.outcome in ("in-the-way", "error", "locked")
    assert picture(behind_hub)[2] == before[2]


def test_a_folder_that_is_gone_is_told(behind_hub: Clone, world: World) -> None:
    missing = Clone(world, world.folder / "nowhere", "a")
    assert halted(missing.fix(), "not-found")
    assert halted(missing.check(), "not-found")


def test_a_folder_that_is_no_checkout_is_told(behind_hub: Clone, world: World) -> None:
    plain = world.folder / "plain"
    plain.mkdir()
    assert halted(Clone(world, plain, "a").fix(), "not-a-repo")


def test_a_repo_out_of_scope_is_left_alone(behind_hub: Clone, world: World) -> None:
    changes = {"status": "out_of_scope", "status_reason": "a fork"}
    world.hub.do(ChangeRepo(SLUG, changes), ME)
    assert halted(behind_hub.fix(), "archived")
