"""A worker's own checkouts: cloned, synced, mended; the token is shown to the forge alone."""

import fcntl
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from custodian_core.codec import now
from custodian_core.commands import ChangeRepo, ChangeTask, RegisterRepo
from custodian_core.errors import BadValue, Conflict, GitTrouble
from custodian_core.jobs import Job, JobState
from custodian_core.settings import Settings
from custodian_core.status import Status
from tests.tools.sync.conftest import git

from .conftest import ME, TOKEN, Forge, House


def job(repo: str = "docs") -> Job:
    at = now()
    return Job(repo, "here", "a push", JobState.RUNNING, 0, at, at, at)


def head(folder: Path, ref: str = "HEAD") -> str:
    return git(folder, "rev-parse", ref)


def push(dev: Path, name: str = "x") -> str:
    """Somebody pushes a commit."""
    (dev / name).write_text("x\n")
    git(dev, "add", ".")
    git(dev, "commit", "-qm", name)
    git(dev, "pull", "-q", "--rebase", "origin", "main")
    git(dev, "push", "-q", "origin", "HEAD:main")
    return head(dev)


def test_a_repo_is_synced_with_no_checkout_but_the_workers_own(
    house: House, remote: Path, tmp_path: Path
) -> None:
    repo = house.adopt(str(remote))

    assert repo.host_paths == {"here": str(house.checkout)}
    assert (repo.domain, repo.default_branch) == ("custodian", "main")
    assert house.worker.work(job())
    assert house.hub.tasks(repo="docs").total == 2
    (run,) = house.hub.sync_runs("docs")
    assert house.told[-1].endswith(f"(run {run.id})")
    tip = push(tmp_path / "dev")
    assert house.worker.work(job())
    assert head(house.checkout) == tip == head(remote, "main")
    assert house.hub.repo("docs").hosts[0].sealed


def test_a_sync_of_which_the_hub_could_not_be_told_is_worth_another_try(
    house: House, remote: Path
) -> None:
    house.adopt(str(remote))
    database = house.hub.database

    def vanish(stage: str) -> None:
        if stage == "pushing":
            database.connection().execute("alter table sync_runs rename to gone")

    bench = replace(house.worker.bench, tell=vanish)
    made = replace(house.worker, bench=bench).work(job())
    database.connection().execute("alter table gone rename to sync_runs")

    assert not made
    assert git(remote, "log", "-1", "--format=%an", "main") == "Custodian"
    assert house.hub.repo("docs").last_state_synced_at is None
    assert house.worker.work(job())
    assert house.hub.repo("docs").last_state_synced_at is not None


def test_a_clone_leaves_old_contents_on_a_server_that_can_keep_them(
    house: House, remote: Path
) -> None:
    house.adopt(f"file://{remote}")

    assert git(house.checkout, "config", "remote.origin.partialclonefilter") == "blob:none"
    assert house.worker.work(job())
    assert house.hub.tasks(repo="docs").total == 2


def test_a_clone_of_a_server_that_cannot_is_whole(house: House, remote: Path) -> None:
    git(remote, "config", "uploadpack.allowFilter", "false")
    house.adopt(f"file://{remote}")

    assert house.worker.work(job())
    assert git(house.checkout, "fsck", "--connectivity-only", "--no-dangling") == ""


def test_a_second_registration_keeps_the_clone(house: House, remote: Path) -> None:
    house.adopt(str(remote))
    made = house.checkout.stat().st_ino
    house.adopt(None)

    assert house.checkout.stat().st_ino == made
    assert house.told == ["cloning docs"]


def _gone(top: Path) -> None:
    top.rename(top.with_name("elsewhere"))


def _no_head(top: Path) -> None:
    (top / ".git/HEAD").write_text("ref: refs/heads/none\n")


def _no_git(top: Path) -> None:
    (top / ".git").rename(top / "git")


def _torn_index(top: Path) -> None:
    (top / ".git/index").write_bytes(b"DIRC torn")


def _half_done(top: Path) -> None:
    (top / ".git/rebase-merge").mkdir()


def _old_lock(top: Path, name: str = "index.lock") -> None:
    lock = top / ".git" / name
    lock.touch()
    os.utime(lock, (time.time() - 7200, time.time() - 7200))


def _old_lock_of_a_ref(top: Path) -> None:
    _old_lock(top, "refs/remotes/origin/main.lock")


def _torn_ref_of_the_remote(top: Path) -> None:
    (top / ".git/refs/remotes/origin/main").write_bytes(b"")


@pytest.mark.parametrize(
    "damage",
    [
        *(_gone, _no_head, _no_git, _torn_index, _half_done, _old_lock, _old_lock_of_a_ref),
        _torn_ref_of_the_remote,
    ],
)
def test_a_damaged_checkout_is_cloned_anew_and_the_sync_is_made(
    house: House, remote: Path, damage: Callable[[Path], None]
) -> None:
    house.adopt(str(remote))
    assert house.worker.work(job())
    house.told.clear()
    damage(house.checkout)

    assert house.worker.work(job())
    assert house.told[0].startswith("docs: cloned it anew: ")
    assert head(house.checkout) == head(remote, "main")
    assert git(house.checkout, "status", "--porcelain") == ""


def _torn_plan(top: Path) -> None:
    (top / "workplans/MRKD-WP-0001.md").write_bytes(b"---\n")


def _torn_blob(top: Path) -> None:
    blob = git(top, "rev-parse", "HEAD:workplans/MRKD-WP-0001.md")
    git(top, "config", "--unset", "remote.origin.promisor", check=False)
    file = top / f".git/objects/{blob[:2]}/{blob[2:]}"
    file.chmod(0o600)
    file.write_bytes(b"")


def _detached(top: Path) -> None:
    git(top, "checkout", "-q", "--detach")


@pytest.mark.parametrize("damage", [_torn_plan, _torn_blob, _detached])
def test_damage_that_a_sync_comes_upon_is_mended_and_the_sync_is_made(
    house: House, remote: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    house.adopt(str(remote))
    assert house.worker.work(job())
    push(tmp_path / "dev")
    assert house.worker.work(job())
    house.hub.do(ChangeTask("MRKD-WP-0001-T01", {"status": Status.DONE}), ME)
    house.told.clear()
    damage(house.checkout)

    assert house.worker.work(job())
    assert house.told[0].startswith("docs: cloned it anew: ")
    assert head(house.checkout) == head(remote, "main")
    assert git(house.checkout, "status", "--porcelain") == ""
    assert "status: done" in git(remote, "show", "main:workplans/MRKD-WP-0001.md")


def test_a_clone_that_did_not_help_is_not_made_again_at_once(house: House, remote: Path) -> None:
    house.adopt(str(remote))
    assert house.worker.work(job())
    house.told.clear()
    for _ in range(2):
        _torn_plan(house.checkout)
        house.worker.work(job())

    assert ["cloned it anew" in told for told in house.told] == [True, False]
    assert "C-14" in house.told[1]
    mark = house.checkout / ".git/custodian-renewed"
    os.utime(mark, (time.time() - 86_400, time.time() - 86_400))
    assert house.worker.work(job())
    assert git(house.checkout, "status", "--porcelain") == ""


def test_a_clone_that_was_killed_half_way_is_swept_away_and_one_in_the_making_is_not(
    house: House, remote: Path
) -> None:
    cut_short, in_the_making = (
        house.settings.managed / f".docs.{number * 12}" for number in ("0", "1")
    )
    for each in (cut_short, in_the_making):
        (each / "objects").mkdir(parents=True)
    handle = os.open(in_the_making, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    house.adopt(str(remote))
    os.close(handle)

    names = {each.name for each in house.settings.managed.iterdir()}
    assert names == {"docs", in_the_making.name}


def test_contents_that_are_lost_come_from_the_remote_again(house: House, remote: Path) -> None:
    house.adopt(str(remote))
    for file in (house.checkout / ".git/objects").rglob("*"):
        if file.is_file():
            file.unlink()

    assert house.worker.work(job())
    assert house.hub.tasks(repo="docs").total == 2
    assert head(house.checkout) == head(remote, "main")


def test_what_was_damaged_is_kept_beside_until_the_next_time(house: House, remote: Path) -> None:
    house.adopt(str(remote))
    for mark in ("first", "second"):
        (house.checkout / mark).touch()
        _half_done(house.checkout)
        assert house.worker.work(job())

    kept = house.settings.managed / ".docs.damaged"
    assert (kept / "second").exists()
    assert sorted(each.name for each in house.settings.managed.iterdir()) == [kept.name, "docs"]


def test_a_lock_that_is_young_may_be_anothers_and_is_waited_for(
    house: House, remote: Path, tmp_path: Path
) -> None:
    house.adopt(str(remote))
    house.worker.work(job())
    push(tmp_path / "dev")
    lock = house.checkout / ".git/index.lock"
    lock.touch()

    def sleep(_seconds: float) -> None:
        lock.unlink(missing_ok=True)

    bench = replace(house.worker.bench, sleep=sleep)

    assert replace(house.worker, bench=bench).work(job())
    assert head(house.checkout) == head(remote, "main")


def test_a_repo_that_moved_to_another_remote_is_cloned_from_there(
    house: House, remote: Path
) -> None:
    house.adopt(str(remote))
    moved = remote.with_name("renamed.git")
    remote.rename(moved)
    house.hub.do(ChangeRepo("docs", {"remote_url": str(moved)}), ME)

    assert house.worker.work(job())
    assert "its remote is another now" in house.told[-2] + house.told[-1]
    assert git(house.checkout, "remote", "get-url", "origin") == str(moved)


def test_a_persons_checkout_is_never_replaced(house: House, remote: Path, tmp_path: Path) -> None:
    theirs = house.settings.roots[0] / "mine"
    git(tmp_path, "clone", "-q", str(remote), str(theirs))
    house.hub.do(
        RegisterRepo("docs", "d", host="here", path=str(theirs), remote_url=str(remote)), ME
    )

    with pytest.raises(Conflict, match=r"lies in .*mine on this host already"):
        house.adopt(str(remote))
    _half_done(theirs)
    assert not house.worker.work(job())
    assert (theirs / ".git/rebase-merge").exists()


@pytest.mark.parametrize(
    ("slug", "url"),
    [
        ("../out", "https://git.example/a/b"),
        (".hidden", "https://git.example/a/b"),
        ("docs", ""),
        ("docs", "--upload-pack=touch pwned"),
        ("docs", "/etc"),
        ("docs", "file:///etc"),
        ("docs", "../../etc"),
    ],
)
def test_what_leads_elsewhere_is_no_name_and_no_remote(house: House, slug: str, url: str) -> None:
    with pytest.raises(BadValue):
        house.adopt(url, slug)
    assert not house.settings.managed.exists()


def test_a_program_as_a_remote_is_not_run(house: House, tmp_path: Path) -> None:
    with pytest.raises((BadValue, GitTrouble)):
        house.adopt(f"ext::sh -c touch% {tmp_path}/pwned")

    assert not (tmp_path / "pwned").exists()


def _with_forge(house: House, forge: Forge, **more: str) -> House:
    said = {"GITEA_URL": forge.url, "GITEA_TOKEN": TOKEN} | more
    return replace(house, settings=Settings({**house.settings.values, **said}, {}))


def test_the_forge_is_shown_the_token_which_stands_in_no_file(
    house: House, forge: Forge, tmp_path: Path
) -> None:
    house = _with_forge(house, forge)
    house.adopt(f"{forge.url}/docs.git")

    assert house.worker.work(job())
    push(tmp_path / "dev")
    assert house.worker.work(job())
    assert house.hub.repo("docs").hosts[0].sealed
    secret = [TOKEN.encode(), str(forge.shown[-1]).split()[-1].encode()]
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert len(files) > 20
    assert [path for path in files if any(each in path.read_bytes() for each in secret)] == []
    assert TOKEN not in "".join(house.told)


def test_without_the_token_the_forge_says_no_and_what_to_do(house: House, forge: Forge) -> None:
    with pytest.raises(GitTrouble, match="set up git's credentials for it, or GITEA_URL"):
        house.adopt(f"{forge.url}/docs.git")
    assert not house.checkout.exists()
    assert list(house.settings.managed.iterdir()) == []


def test_no_other_place_is_shown_the_token(house: House, forge: Forge, remote: Path) -> None:
    house = _with_forge(house, forge, GITEA_URL="http://127.0.0.1:9")

    with pytest.raises(GitTrouble):
        house.adopt(f"{forge.url}/docs.git")
    assert set(forge.shown) == {None}


def test_a_forge_that_leads_elsewhere_leads_the_token_nowhere(
    house: House, forge: Forge, remote: Path
) -> None:
    other = Forge(remote.parent)
    forge.elsewhere = other.url
    house = _with_forge(house, forge)

    with pytest.raises(GitTrouble):
        house.adopt(f"{forge.url}/docs.git")
    assert other.shown == []
    other.server_close()
