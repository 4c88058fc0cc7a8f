"""F26 to F39: whoever else is at work, nothing is lost, swept along or torn."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from custodian_core.commands import TakeLease
from custodian_core.git.aside import is_quiet
from custodian_core.git.lock import RepoLock
from custodian_core.git.state import Checkout, Folders, find, probe
from custodian_tools.sync import Report
from tests.waiting import PATIENCE_S, until

from .conftest import ME, SLUG, T1, T2, T3, Clone, World, codes, git, put


def test_f26_what_an_agent_stages_meanwhile_is_not_swept_along(
    behind_hub: Clone, shim: Path
) -> None:
    (behind_hub.top / "late.py").write_text("x\n")
    put(shim, 'case "$1" in merge) "$REAL_GIT" add late.py;; esac')
    report = behind_hub.fix()
    shim.unlink()

    assert report.sealed
    assert behind_hub.git("show", "--name-only", "--format=") == "workplans/MRKD-WP-0001.md"
    assert behind_hub.git("diff", "--cached", "--name-only") == "late.py"


def test_f27_a_lock_that_a_git_command_holds_is_waited_for(behind_hub: Clone) -> None:
    lock = behind_hub.top / ".git/index.lock"
    lock.touch()
    threading.Timer(0.3, lock.unlink).start()

    assert behind_hub.fix().sealed


def test_f28_a_lock_that_nobody_takes_away_is_told_and_stays(
    behind_hub: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custodian_tools.sync.fixing.LOCK_S", 0.2)
    lock = behind_hub.top / ".git/index.lock"
    lock.touch()
    report = behind_hub.fix()

    assert report.outcome == "locked"
    assert str(lock) in report.findings[0].message
    assert lock.exists()


def test_f29_a_commit_made_between_reading_and_moving_is_built_upon(
    behind_hub: Clone, shim: Path, world: World
) -> None:
    once = shim.with_name("once")
    script = (
        f'if [ "$1" = commit-tree ] && [ ! -e {once} ]; then touch {once};'
        f" sed -i s/Prose/Better/ {behind_hub.plan};"
        ' "$REAL_GIT" commit -q -m agent -- workplans; fi'
    )
    put(shim, script)
    report = behind_hub.fix()
    shim.unlink()

    assert report.sealed
    assert behind_hub.says(T1) == "done"
    assert "Better of" in behind_hub.plan.read_text()
    assert behind_hub.git("log", "-2", "--format=%s").splitlines()[1] == "agent"


def test_f30_a_move_that_fails_at_the_branch_leaves_no_trace(behind_hub: Clone, shim: Path) -> None:
    before = behind_hub.plan.read_text(), behind_hub.head
    ref = behind_hub.top / ".git/refs/heads/main.lock"
    put(shim, f'case "$1" in merge) touch {ref};; esac')
    report = behind_hub.fix()
    shim.unlink()
    ref.unlink()

    assert report.outcome == "in-the-way"
    assert (behind_hub.plan.read_text(), behind_hub.head) == before
    assert behind_hub.git("status", "--porcelain") == ""
    assert behind_hub.fix().sealed


def test_f31_while_somebody_writes_a_commits_message_the_head_stays(
    behind_hub: Clone, tmp_path: Path
) -> None:
    (behind_hub.top / "mine.py").write_text("x\n")
    behind_hub.git("add", "mine.py")
    opened, close = tmp_path / "opened", tmp_path / "close"
    editor = tmp_path / "editor"
    editor.write_text(
        f"#!/bin/sh\ntouch {opened}\nwhile [ ! -e {close} ]; do sleep 0.05; done\n"
        'echo mine > "$1"\n'
    )
    editor.chmod(0o755)
    env = {**os.environ, "GIT_EDITOR": str(editor)}
    with subprocess.Popen(["git", "commit", "-q"], cwd=behind_hub.top, env=env) as committing:
        until(opened.exists)
        report = behind_hub.fix(patience_s=0.3)
        close.touch()
        committed = committing.wait(PATIENCE_S)

    assert report.outcome == "busy"
    assert committed == 0
    assert behind_hub.git("log", "-1", "--format=%s") == "mine"
    assert behind_hub.fix().sealed


def test_a_commit_that_was_given_up_long_ago_keeps_nobody_waiting(behind_hub: Clone) -> None:
    behind_hub.git("commit", "--allow-empty", "-q", "-m", "", check=False)
    (behind_hub.top / ".git/COMMIT_EDITMSG").write_text("given up\n")

    assert behind_hub.fix().sealed


def test_f32_a_file_edited_between_reading_and_moving_keeps_the_edit(
    behind_hub: Clone, shim: Path
) -> None:
    put(shim, f'case "$1" in merge) echo "more prose" >> {behind_hub.plan};; esac')
    report = behind_hub.fix()
    shim.unlink()

    assert report.outcome == "in-the-way"
    assert behind_hub.plan.read_text().endswith("more prose\n")
    assert behind_hub.says(T1) == "todo"
    assert "C-14" in codes(behind_hub.fix())


def test_f33_a_remote_that_moves_before_each_push_ends_in_step_or_in_c17(
    b: Clone, behind_hub: Clone, shim: Path
) -> None:
    other = b.top
    script = (
        f'case "$1" in push) (cd {other} && "$REAL_GIT" pull -q --ff-only;'
        ' "$REAL_GIT" commit -q --allow-empty -m race && "$REAL_GIT" push -q);; esac'
    )
    put(shim, script)
    report = behind_hub.fix()
    shim.unlink()

    assert [f.reason for f in report.findings if f.code == "C-17"] == ["rejected"]
    assert report.sealed is False
    assert int(behind_hub.git("rev-list", "--count", "@{u}..HEAD")) <= 1
    after = behind_hub.fix()
    assert after.sealed
    assert behind_hub.says(T1) == "done"


def test_f33_a_remote_that_moves_once_is_met_by_building_anew(
    b: Clone, behind_hub: Clone, shim: Path
) -> None:
    once = shim.with_name("once")
    script = (
        f'if [ "$1" = push ] && [ ! -e {once} ]; then touch {once};'
        f' (cd {b.top} && "$REAL_GIT" commit -q --allow-empty -m race && "$REAL_GIT" push -q); fi'
    )
    put(shim, script)
    report = behind_hub.fix()
    shim.unlink()

    assert report.sealed
    assert len(report.commits) == 1
    assert behind_hub.git("log", "-2", "--format=%s").splitlines()[1] == "race"
    assert codes(report).count("T03") == 1


def test_f34_two_hosts_that_fix_one_repo_make_one_commit_between_them(
    a: Clone, b: Clone, world: World
) -> None:
    before = int(git(world.remote, "rev-list", "--count", "main"))
    world.move(T1, "done")
    reports: list[Report] = []

    def pull_and_fix(clone: Clone) -> None:
        reports.append(clone.fix(pull=True))

    runs = [threading.Thread(target=pull_and_fix, args=[clone]) for clone in (a, b)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    for clone in (a, b):
        clone.fix(pull=True)

    assert int(git(world.remote, "rev-list", "--count", "main")) == before + 1
    assert a.head == b.head == git(world.remote, "rev-parse", "main")
    assert (a.says(T1), b.says(T1)) == ("done", "done")


def test_f35_one_run_at_a_time_writes_in_a_repo(behind_hub: Clone) -> None:
    folders = find(behind_hub.top)
    assert isinstance(folders, Folders)
    lock = RepoLock(folders)
    assert lock.take(0)
    with lock:
        report = behind_hub.fix(lock_s=0.1)

    assert report.outcome == "busy"
    assert behind_hub.fix().sealed


def test_f35_a_run_on_another_host_is_left_to_finish(behind_hub: Clone, world: World) -> None:
    world.hub.do(TakeLease(SLUG, "elsewhere", "r1"), ME)
    report = behind_hub.fix()

    assert report.outcome == "busy"
    assert "it is being synced on elsewhere" in report.findings[0].message
    assert behind_hub.says(T1) == "todo"


def test_f38_times_in_the_future_keep_nobody_waiting(behind_hub: Clone) -> None:
    later = time.time() + 3600
    for name in ("index", "HEAD", "logs/HEAD", "COMMIT_EDITMSG"):
        os.utime(behind_hub.top / ".git" / name, (later, later))
    checkout = probe(behind_hub.top)

    assert isinstance(checkout, Checkout)
    assert is_quiet(checkout, 5)


def test_a_checkout_that_was_just_committed_to_is_not_quiet(behind_hub: Clone) -> None:
    behind_hub.git("commit", "-q", "--allow-empty", "-m", "now")
    checkout = probe(behind_hub.top)

    assert isinstance(checkout, Checkout)
    assert not is_quiet(checkout, 5)


RUN = """
import sys
from pathlib import Path
from custodian_core.commands import Caller
from custodian_core.git.author import Author
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_tools.sync import Bench, Options, fix

hub = Store(SQLite(Path(sys.argv[1])))
bench = Bench(hub, Caller("x"), "a", Author("Custodian", "custodian@localhost"))
options = Options(settle_s=0, patience_s=2, lock_s=5)
print(fix(bench, hub.repo("marki-docx"), Path(sys.argv[2]), options).outcome)
"""

#: more git calls than any run here makes
CALLS = 40


def crashed(clone: Clone, shim: Path, number: int, when: str) -> bool:
    """Whether a run in a process of its own died at its git call of that number."""
    count = shim.with_name("count")
    count.write_text("0")
    script = f"n=$(($(cat {count}) + 1)); echo $n > {count}\nif [ $n -eq {number} ]; then "
    if when == "before":
        script += "kill -9 $PPID; exit 1; fi"
    elif when == "after":
        script += '"$REAL_GIT" "$@"; kill -9 $PPID; exit 1; fi'
    else:
        script += "echo 'fatal: no' >&2; exit 128; fi"
    put(shim, script)
    command = [sys.executable, "-c", RUN, str(clone.world.folder / "hub.db"), str(clone.top)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    shim.unlink()
    assert done.returncode in (0, -9, 1), done.stderr
    return int(count.read_text()) >= number


@pytest.mark.parametrize("when", ["before", "after", "failing"])
def test_f36_a_run_that_dies_at_any_step_is_made_good_by_the_next(
    a: Clone, world: World, shim: Path, when: str
) -> None:
    a.fix()
    rounds = 0
    for number in range(1, CALLS, 1 if when == "before" else 2):
        key = (T1, T2, T3)[number % 3]
        status = {"todo": "in_progress", "in_progress": "blocked"}.get(
            world.status(key), "in_progress"
        )
        world.move(key, status)
        other = (T1, T2, T3)[(number + 1) % 3]
        a.work(other, "blocked" if a.says(other) == "in_progress" else "in_progress", push=False)
        if not crashed(a, shim, number, when):
            break
        rounds += 1
        report = a.fix()

        assert report.sealed, (number, report)
        assert a.head == git(world.remote, "rev-parse", "main")
        assert a.git("status", "--porcelain") == "", number
        for each in (T1, T2, T3):
            assert a.says(each) == world.status(each), (number, each)
        assert a.fix().unchanged, number
    assert rounds >= 8


def test_f37_a_run_that_dies_leaves_no_file_of_its_own_in_the_checkout(
    behind_hub: Clone, shim: Path
) -> None:
    for number in range(1, 12):
        crashed(behind_hub, shim, number, "after")
    behind_hub.fix()

    assert behind_hub.git("status", "--porcelain", "--ignored") == ""


def test_f37_a_half_moved_checkout_is_put_back(behind_hub: Clone) -> None:
    import json

    behind_hub.fix(push=False)
    new = behind_hub.head
    behind_hub.git("update-ref", "refs/heads/main", "HEAD~1")
    old = behind_hub.head
    (behind_hub.top / ".git/custodian-move").write_text(json.dumps({"old": old, "new": new}))
    report = behind_hub.fix()

    assert report.actions[0].startswith("put back")
    assert report.sealed
    assert behind_hub.git("status", "--porcelain") == ""
