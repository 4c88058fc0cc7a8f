"""F39 and F85 to F93: hubs that lose time, are two, go back, move meanwhile or go away."""

import shutil
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from custodian_core.errors import HubTrouble
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_tools.sync import fix
from tests.waiting import PATIENCE_S

from .conftest import SLUG, T1, T2, T3, Clone, World, codes, git, plan_text, put, quick


def even(clone: Clone) -> bool:
    return clone.head == git(clone.world.remote, "rev-parse", "main")


def test_f39_a_run_that_lost_its_lease_does_not_push(a: Clone, world: World) -> None:
    a.fix()
    world.move(T1, "done")
    remote = git(world.remote, "rev-parse", "main")

    def lose(stage: str) -> None:
        if stage == "pushing":
            taken = "update repo_leases set host = 'elsewhere', run_id = 'r9'"
            world.hub.database.connection().execute(taken)

    bench = replace(world.bench("a"), tell=lose)
    report = fix(bench, a.repo(), a.top, quick())

    assert report.outcome == "busy"
    assert git(world.remote, "rev-parse", "main") == remote
    world.hub.database.connection().execute("delete from repo_leases")
    assert a.fix().sealed
    assert a.says(T1) == "done"


def test_f86_a_hub_from_a_backup_is_brought_forward_by_the_files(a: Clone, world: World) -> None:
    a.fix()
    world.hub.close()
    shutil.copy(world.folder / "hub.db", world.folder / "backup.db")
    world.hub = Store(SQLite(world.folder / "hub.db"))
    a.work(T1, "done")
    world.move(T2, "in_progress")
    a.fix()
    world.hub.close()
    for name in ("hub.db-wal", "hub.db-shm"):
        (world.folder / name).unlink(missing_ok=True)
    shutil.copy(world.folder / "backup.db", world.folder / "hub.db")
    world.hub = Store(SQLite(world.folder / "hub.db"))
    before = (world.status(T1), world.status(T2))
    report = a.fix()

    assert before == ("todo", "todo")
    assert (world.status(T1), world.status(T2)) == ("done", "in_progress")
    assert codes(report) == ["C-11", "C-11"]
    assert a.fix().unchanged


def test_f87_a_workplan_that_is_renamed_keeps_its_tasks(a: Clone, world: World) -> None:
    a.fix()
    a.work(T1, "done")
    a.git("mv", "workplans/MRKD-WP-0001.md", "workplans/renamed.md")
    a.git("commit", "-q", "-m", "renamed")
    report = a.fix()

    assert world.status(T1) == "done"
    assert world.hub.workstream("MRKD-WP-0001").workplan_file == "workplans/renamed.md"
    assert world.hub.tasks(repo=SLUG).total == 3
    assert "C-07" not in codes(report)


def test_f87_a_task_that_moves_to_another_plan_keeps_its_history(a: Clone, world: World) -> None:
    a.fix()
    a.work(T2, "in_progress")
    a.fix()
    text = a.plan.read_text()
    start, end = text.index(f"\n### {T2}"), text.index(f"\n### {T3}")
    moved, rest = text[start:end], text[:start] + text[end:]
    a.plan.write_text(rest)
    second = plan_text({}).replace("MRKD-WP-0001", "MRKD-WP-0002") + moved
    a.plan.with_name("MRKD-WP-0002.md").write_text(second)
    a.commit("split")
    before = world.task(T2)
    report = a.fix()

    after = world.task(T2)
    assert after.id == before.id
    assert after.workstream_id == world.hub.workstream("MRKD-WP-0002").id
    assert after.status == before.status
    assert report.sealed


def test_f87_a_block_that_is_deleted_is_told_and_kept_in_the_hub(a: Clone, world: World) -> None:
    a.fix()
    text = a.plan.read_text()
    a.plan.write_text(text[: text.index(f"\n### {T3}")])
    a.commit("deleted")
    report = a.fix()

    assert codes(report) == ["C-07"]
    assert world.status(T3) == "todo"
    again = a.fix()
    assert (again.unchanged, codes(again)) == (True, ["C-07"])


def test_f87_a_reverted_commit_takes_no_status_back(a: Clone, world: World) -> None:
    a.fix()
    a.work(T1, "done")
    a.fix()
    a.git("revert", "--no-edit", "HEAD")
    report = a.fix()

    assert (world.status(T1), a.says(T1)) == ("done", "done")
    assert "C-13" in codes(report)
    assert even(a)


MOVE = """
import sys
from pathlib import Path
from custodian_core.commands import Caller, ChangeTask
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store

hub = Store(SQLite(Path(sys.argv[1])))
hub.do(ChangeTask(sys.argv[2], {"status": "done"}), Caller("somebody"))
"""


def test_f88_a_hub_that_moved_between_reading_and_writing_is_read_again(
    a: Clone, world: World, shim: Path
) -> None:
    a.fix()
    a.work(T1, "in_progress")
    program, once = shim.with_name("move.py"), shim.with_name("once")
    program.write_text(MOVE)
    # History is asked about after the hub was read and before it is written.
    move = f"{sys.executable} {program} {world.folder / 'hub.db'} {T1}"
    put(shim, f'if [ "$1" = merge-base ] && [ ! -e {once} ]; then touch {once}; {move}; fi')
    report = a.fix()
    shim.unlink()

    assert once.exists()
    assert report.sealed
    assert (world.status(T1), a.says(T1)) == ("done", "done")


def test_f90_a_hub_file_that_another_process_holds_is_waited_for(a: Clone, world: World) -> None:
    a.fix()
    world.move(T1, "done")
    holding = threading.Event()

    def hold() -> None:
        other = SQLite(world.folder / "hub.db")
        connection = other.connection()
        connection.execute("begin immediate")
        holding.set()
        time.sleep(0.3)
        connection.execute("rollback")
        other.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert holding.wait(PATIENCE_S)
    report = a.fix()
    holder.join()

    assert report.sealed
    assert a.says(T1) == "done"


def test_f92_a_hub_that_goes_away_stops_the_run_and_the_next_one_converges(
    a: Clone, world: World
) -> None:
    a.fix()
    world.move(T1, "done")

    def vanish(stage: str) -> None:
        if stage == "pushing":
            world.hub.database.connection().execute("drop table repo_leases")

    with pytest.raises(HubTrouble):
        fix(replace(world.bench("a"), tell=vanish), a.repo(), a.top, quick())
    table = (
        "create table repo_leases (repo_id text primary key, host text not null,"
        " run_id text not null, until text not null)"
    )
    world.hub.database.connection().execute(table)

    report = a.fix()
    assert report.sealed
    assert a.says(T1) == "done"
    assert even(a)
