"""Every write in an ops repo is one sealed commit, or nothing at all."""

from pathlib import Path

import pytest

from custodian_core.errors import Conflict, CustodianError, GitTrouble
from custodian_core.git.runner import Git
from custodian_core.hub.store import Store
from custodian_core.ops.prereq.tree import Word
from custodian_tools.checkouts import Target
from custodian_tools.ops import prerequisites
from custodian_tools.ops.ground import Committed, Ground, OnDisk
from custodian_tools.ops.layout import doctor, migrate
from custodian_tools.ops.sealing import Draft, seal

from .conftest import NOW, Ops, cloned


def test_a_migrated_repo_is_complete_committed_pushed_and_nothing_else_is_swept_along(
    empty: Ops,
) -> None:
    empty.write("stray.txt", "mine\n")
    empty.write("notes.txt", "changed, not committed\n")
    written = migrate(empty.bench, empty.target)

    assert (written.status, written.pushed, written.ahead, written.behind) == ("ok", True, 0, 0)
    assert doctor(empty.bench.hub, empty.target, NOW.date()).missing == ()
    assert empty.counts() == (0, 0)
    assert empty.git("status", "--porcelain") == "M notes.txt\n?? stray.txt"
    assert "stray.txt" not in empty.files()
    assert "Last updated: 2026-05-09" in empty.there("prerequisites.md")


def test_migrating_again_changes_nothing(empty: Ops) -> None:
    migrate(empty.bench, empty.target)
    head = empty.git("rev-parse", "HEAD")

    assert migrate(empty.bench, empty.target).status == "noop"
    assert empty.git("rev-parse", "HEAD") == head


def test_a_dry_run_says_what_would_be_written_and_writes_nothing(empty: Ops) -> None:
    written = migrate(empty.bench, empty.target, dry_run=True)

    assert written.status == "planned"
    assert "vault/policy.toml" in written.changed
    assert empty.files() == ["notes.txt"]
    assert not (empty.top / "vault").exists()


def test_what_is_there_is_never_overwritten(empty: Ops) -> None:
    empty.commit({"README.md": "# Mine\n", "sprints/a.md": "x\n"})
    migrate(empty.bench, empty.target)

    assert empty.text("README.md") == "# Mine\n"
    assert "sprints/.gitkeep" not in empty.files()


@pytest.mark.parametrize(
    ("link", "to"),
    [("README.md", "/nowhere"), ("RESOURCES.md", "notes.txt"), ("vault", "knowledge")],
)
def test_a_link_in_place_of_a_part_is_told_and_stays_while_the_rest_is_completed(
    empty: Ops, link: str, to: str
) -> None:
    (empty.top / link).symlink_to(to)
    empty.git("add", link)
    empty.git("commit", "-q", "-m", "link")
    empty.git("push", "-q")

    migrate(empty.bench, empty.target)
    told = doctor(empty.bench.hub, empty.target, NOW.date())
    assert [(each.code, each.path) for each in told.findings] == [("OL04", link)]
    assert told.missing == ()
    assert (empty.top / link).readlink() == Path(to)
    assert "sprints/.gitkeep" in empty.files()


def test_nothing_is_written_through_a_link_and_a_dry_run_says_so_too(empty: Ops) -> None:
    (empty.top / "vault").symlink_to("elsewhere")
    empty.git("add", "vault")
    empty.git("commit", "-q", "-m", "link")
    empty.git("push", "-q")

    for dry_run in (True, False):
        with pytest.raises(Conflict, match="vault: it is a link"):
            seal(
                empty.bench,
                empty.target,
                lambda _ground: Draft({"vault/actions/x.toml": b""}, "x"),
                dry_run=dry_run,
            )
    (empty.top / "new.md").symlink_to("/nowhere")
    with pytest.raises(Conflict, match="not committed"):
        seal(empty.bench, empty.target, lambda _ground: Draft({"new.md": b"x"}, "x"))


def test_a_remote_that_refuses_leaves_nothing_behind_and_the_next_call_arrives(ops: Ops) -> None:
    hook, head = ops.refuse_pushes(), ops.git("rev-parse", "HEAD")

    with pytest.raises(Conflict, match="branch is protected"):
        prerequisites.tick(ops.bench, ops.target, "#15")
    assert ops.git("rev-parse", "HEAD") == head
    assert "[ ] Streaming" in ops.text("prerequisites.md")

    hook.unlink()
    assert prerequisites.tick(ops.bench, ops.target, "#15").pushed
    assert "[x] Streaming" in ops.there("prerequisites.md")


def test_commits_that_could_not_be_pushed_go_first_although_nothing_is_to_be_written(
    ops: Ops,
) -> None:
    migrate(ops.bench, ops.target)
    ops.commit({"knowledge/git.md": "x\n"}, push=False)
    written = migrate(ops.bench, ops.target)

    assert (written.status, written.pushed_earlier, ops.counts()) == ("ok", 1, (0, 0))


def test_a_checkout_that_is_behind_is_refused_and_not_changed(ops: Ops) -> None:
    assert isinstance(ops.bench.hub, Store)
    other = cloned(ops.folder, "other", ops.bench.hub)
    other.commit({"knowledge/git.md": "x\n"})

    with pytest.raises(Conflict, match="1 commit behind its remote; pull first"):
        migrate(ops.bench, ops.target)
    assert ops.git("status", "--porcelain") == ""
    assert not (ops.top / "sprints").exists()


def test_of_two_that_write_at_once_one_wins_and_the_other_leaves_nothing(ops: Ops) -> None:
    assert isinstance(ops.bench.hub, Store)
    other = cloned(ops.folder, "other", ops.bench.hub)

    def slow(ground: Ground) -> Draft:
        other.commit({"a.txt": "theirs\n"})  # between the look at the remote and the push
        return Draft({"b.txt": b"ours\n"}, "ours")

    with pytest.raises(Conflict, match="somebody else was faster"):
        seal(ops.bench, ops.target, slow)
    assert "b.txt" not in ops.files()
    assert ops.git("status", "--porcelain") == ""


def test_a_file_with_uncommitted_changes_is_not_written_over(ops: Ops) -> None:
    ops.write("prerequisites.md", ops.text("prerequisites.md") + "\nmine\n")

    with pytest.raises(Conflict, match="commit them first"):
        prerequisites.tick(ops.bench, ops.target, "#15")
    assert ops.counts() == (0, 0)


@pytest.mark.parametrize(
    ("begin", "why"),
    [
        (["checkout", "-q", "--detach"], "no branch is checked out"),
        (["checkout", "-q", "-b", "side"], "branch side is checked out, main is synced"),
        (["remote", "remove", "origin"], "follows no remote's branch"),
        (["remote", "set-url", "origin", "/nowhere"], "remote was not reached"),
    ],
)
def test_where_a_commit_could_not_be_sealed_nothing_is_written(
    ops: Ops, begin: list[str], why: str
) -> None:
    ops.git(*begin)

    with pytest.raises(Conflict, match=why):
        migrate(ops.bench, ops.target)
    assert not (ops.top / "sprints").exists()


@pytest.mark.parametrize("repo", ["acme-ops", None])
def test_a_branch_beside_the_main_one_is_not_written_though_it_follows_one(
    ops: Ops, repo: str | None
) -> None:
    ops.git("checkout", "-q", "-b", "side")
    ops.git("push", "-q", "-u", "origin", "side")
    target = Target(ops.top, repo)

    why = doctor(ops.bench.hub, target, NOW.date()).why_not
    assert why == "branch side is checked out, main is synced"
    for dry_run in (True, False):
        with pytest.raises(Conflict, match="branch side"):
            migrate(ops.bench, target, dry_run=dry_run)


def test_a_folder_that_is_no_repo_is_told_so(ops: Ops) -> None:
    (ops.folder / "plain").mkdir()
    target = type(ops.target)(ops.folder / "plain", None)

    assert doctor(ops.bench.hub, target, NOW.date()).why_not == "it is no checkout of a git repo"
    with pytest.raises(Conflict, match="no checkout of a git repo"):
        migrate(ops.bench, target)


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", ".git/config", "a//b", ""])
def test_no_path_leads_out_of_the_repo(ops: Ops, path: str) -> None:
    with pytest.raises(GitTrouble, match="leads out"):
        seal(ops.bench, ops.target, lambda _ground: Draft({path: b"x"}, "x"))


def test_files_are_added_changed_and_taken_out_in_one_commit(ops: Ops) -> None:
    files = {"a/b/c.txt": b"new\r\n", "notes.txt": None, "vault/pending/acme-signing-key.md": None}
    seal(ops.bench, ops.target, lambda _ground: Draft(files, "x"))

    assert ops.files() == ["a/b/c.txt", "prerequisites.md"]
    assert (ops.top / "a/b/c.txt").read_bytes() == b"new\r\n"
    assert not (ops.top / "vault").exists()
    assert ops.git("status", "--porcelain") == ""
    with pytest.raises(CustodianError, match="a is a folder"):
        seal(ops.bench, ops.target, lambda _ground: Draft({"a": b"x"}, "x"))
    with pytest.raises(CustodianError, match="no folder"):
        seal(ops.bench, ops.target, lambda _ground: Draft({"prerequisites.md/x": b"x"}, "x"))


def test_disk_and_commit_answer_alike_and_links_are_not_followed(ops: Ops) -> None:
    (ops.top / "link.md").symlink_to("/etc/passwd")
    disk, commit = OnDisk(ops.top), Committed(Git(ops.top), ops.git("rev-parse", "HEAD"))

    assert disk.paths() == commit.paths()
    assert all(disk.data(path) == commit.data(path) for path in disk.paths())
    assert (disk.data("nowhere"), commit.data("nowhere")) == (None, None)


def test_ticking_writes_one_line_and_the_date_and_says_who(ops: Ops) -> None:
    written = prerequisites.tick(ops.bench, ops.target, "#15")

    assert written.changed == ("prerequisites.md",)
    changed = ops.git("diff", "HEAD~1", "--numstat").split()
    assert changed[:2] == ["2", "2"]
    assert "By ada." in ops.git("log", "-1", "--format=%B")
    assert prerequisites.tick(ops.bench, ops.target, "#15").status == "noop"


def test_unticking_and_statuses_keep_their_reason_in_the_history(ops: Ops) -> None:
    prerequisites.tick(ops.bench, ops.target, "#12", ticked=False, reason="a column is missing")
    assert "Because: a column is missing" in ops.git("log", "-1", "--format=%B")

    prerequisites.status(ops.bench, ops.target, "#31", Word.IN_PROGRESS, reason="half of it")
    assert "Status: IN PROGRESS — half of it" in ops.there("prerequisites.md")


def test_only_a_vault_item_that_is_there_can_be_waited_for(ops: Ops) -> None:
    with pytest.raises(CustodianError, match=r"near it: vault/pending/acme-signing-key\.md"):
        prerequisites.block(ops.bench, ops.target, "#15", "vault/pending/key.md")

    path = "vault/pending/acme-signing-key.md"
    assert prerequisites.block(ops.bench, ops.target, "#15", path).pushed


def test_looking_tells_what_is_amiss_and_what_nobody_asked(ops: Ops) -> None:
    looked = prerequisites.look(ops.target, NOW.date())

    # (the test's commits are younger than the tree's date)
    assert {finding.code for finding in looked.findings} == {"PT12"}
    assert looked.unknown == ("PT17: the issues were not asked for",)
    assert looked.constraints[0].ref == 14
    assert {node["kind"] for node in prerequisites.graph(ops.target)["nodes"]} == {
        "objective",
        "prerequisite",
        "milestone",
    }


def test_a_repo_without_a_tree_is_not_an_empty_tree(empty: Ops) -> None:
    with pytest.raises(CustodianError, match="ops migrate"):
        prerequisites.look(empty.target, NOW.date())
