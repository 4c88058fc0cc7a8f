"""Workers that are killed, taken for dead, cut off, many at once: nothing is lost or doubled."""

import threading
from collections import Counter
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import psycopg
import pytest

from custodian_core.errors import HubTrouble
from custodian_core.jobs import Job, JobState, Pace, Requested, Wish
from custodian_core.ports import Queue
from custodian_core.queueing.team import TeamQueue, prepare_queue
from tests.waiting import until

from .conftest import QUICK, Place
from .test_contract import HERE, fine, wish

SPAWN = get_context("spawn")
#: a worker that nobody hears of any more
SILENT = Pace(beat_s=3600, lost_s=0.2, reap_s=3600, look_s=0.1)


def _serve(place: Place, folder: str, number: int) -> None:
    """A worker that leaves a mark for each job, and one more where another was at the same repo."""
    marks = Path(folder)

    def work(job: Job) -> bool:
        busy = marks / f"busy-{job.repo}"
        try:
            busy.touch(exist_ok=False)
        except FileExistsError:
            (marks / f"overlap-{job.repo}").touch()
            return True
        with (marks / "ran").open("a") as file:
            file.write(f"{job.repo} {number}\n")
        threading.Event().wait(0.01)
        busy.unlink()
        return True

    place.open().run_due(HERE, work, concurrency=2)


def test_four_workers_share_a_queue_and_no_repo_is_run_by_two_at_once(
    queue: Queue, place: Place, tmp_path: Path
) -> None:
    queue.request_syncs([wish(f"repo-{number}") for number in range(40)])
    workers = [
        SPAWN.Process(target=_serve, args=(place, str(tmp_path), number)) for number in range(4)
    ]
    for worker in workers:
        worker.start()
    for _ in range(4):
        queue.request_syncs([wish(f"repo-{number}", reason="again") for number in range(40)])
    for worker in workers:
        worker.join(60)

    assert [worker.exitcode for worker in workers] == [0] * 4
    ran = Counter(line.split()[0] for line in (tmp_path / "ran").read_text().splitlines())
    assert set(ran) == {f"repo-{number}" for number in range(40)}
    assert max(ran.values()) <= 5
    assert not list(tmp_path.glob("overlap-*"))
    assert queue.jobs() == ()


def _hang(place: Place, begun: str) -> None:
    def work(_job: Job) -> bool:
        Path(begun).touch()
        threading.Event().wait(600)
        return True

    place.open().run_due(HERE, work)


def test_what_a_killed_worker_was_at_is_run_by_another_before_long(
    queue: Queue, place: Place, tmp_path: Path
) -> None:
    queue.request_syncs([wish()])
    begun = tmp_path / "begun"
    worker = SPAWN.Process(target=_hang, args=(place, str(begun)))
    worker.start()
    while not begun.exists():
        assert worker.is_alive()
        threading.Event().wait(0.02)
    worker.kill()
    worker.join()
    (job,) = queue.jobs()
    stop = threading.Event()
    done: list[str] = []

    def work(job: Job) -> bool:
        done.append(job.repo)
        stop.set()
        return True

    # (it hangs for ever unless somebody notices)
    queue.run_due(HERE, work, stop=stop)

    assert job.state is JobState.RUNNING
    assert done == ["one"]
    assert queue.jobs() == ()


def test_the_usual_pace_frees_a_repo_within_a_minute() -> None:
    usual = Pace()

    assert usual.lost_s + usual.reap_s + usual.look_s < 60
    assert usual.beat_s * 3 < usual.lost_s


def test_a_worker_that_was_taken_for_dead_ends_nothing_but_its_own(place: Place) -> None:
    queue, late = place.open(), place.open(SILENT)
    queue.request_syncs([wish()])
    states: list[JobState] = []

    def work(_job: Job) -> bool:
        silent = place.open(Pace(lost_s=0.2))
        until(silent.reap)
        # Who asks now must have a run that begins after this.
        assert silent.request_syncs([wish(reason="late")]) == Requested(0, 1)
        states.extend(job.state for job in silent.jobs())
        silent.close()
        stop.set()
        return True

    stop = threading.Event()
    late.run_due(HERE, work, stop=stop)

    assert states == [JobState.WAITING]
    assert [(job.reason, job.state) for job in queue.jobs()] == [("late", JobState.WAITING)]
    assert queue.run_due(HERE, fine) == 1
    queue.close()
    late.close()


def test_what_was_taken_for_lost_joins_what_waits_already(queue: Queue, place: Place) -> None:
    queue.request_syncs([wish()])
    other = place.open(SILENT)
    stop = threading.Event()

    def work(_job: Job) -> bool:
        stop.set()
        queue.request_syncs([wish(reason="meanwhile")])
        reaper = place.open(Pace(lost_s=0.2))
        until(reaper.reap)
        reaper.close()
        return True

    other.run_due(HERE, work, stop=stop)
    other.close()

    assert [(job.reason, job.state) for job in queue.jobs()] == [("meanwhile", JobState.WAITING)]


def test_what_nobody_came_to_for_two_weeks_is_forgotten(place: Place) -> None:
    queue = place.open()
    queue.request_syncs([wish(), wish("two")])
    if isinstance(queue, TeamQueue):
        with queue.open() as connection:
            connection.execute(
                "update procrastinate_events set at = at - interval '15 days' where job_id ="
                " (select min(id) from procrastinate_jobs)"
            )
    else:
        old = "update jobs set asked_at = asked_at - 15 * 86400 where repo = 'one'"
        queue._database.connection().execute(old)  # type: ignore[attr-defined]
    queue.reap()

    assert [job.repo for job in queue.jobs()] == ["two"]
    queue.close()


def _cut_off(url: str) -> None:
    """Every connection to the database is ended, as when its server restarts."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


def test_a_database_that_is_gone_for_a_moment_loses_nothing(emptied_team_url: str) -> None:
    queue = TeamQueue(emptied_team_url, QUICK)
    queue.request_syncs([wish(f"repo-{number}") for number in range(5)])
    stop = threading.Event()
    ran = Counter[str]()

    def work(job: Job) -> bool:
        ran[job.repo] += 1
        if ran.total() == 2:
            _cut_off(emptied_team_url)
        return True

    def serve() -> None:
        while not stop.is_set():
            with suppress(HubTrouble):
                queue.run_due(HERE, work, concurrency=1, stop=stop)

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    asking = TeamQueue(emptied_team_url, QUICK)
    left: tuple[Job, ...] = asking.jobs()
    while left:
        threading.Event().wait(0.1)
        with suppress(HubTrouble):
            left = asking.jobs()
    stop.set()
    serving.join(30)
    asking.close()
    queue.close()

    assert set(ran) == {f"repo-{number}" for number in range(5)}
    assert ran.total() <= 7


def test_a_database_without_a_queue_says_how_to_make_one(postgres_url: str) -> None:
    queue = TeamQueue(postgres_url)

    with pytest.raises(HubTrouble, match="custodian db upgrade"):
        queue.jobs()
    with pytest.raises(HubTrouble, match="custodian db upgrade"):
        queue.run_due(HERE, fine)
    queue.close()


def test_a_queue_of_another_edition_is_made_anew_and_what_waited_waits(postgres_url: str) -> None:
    assert prepare_queue(postgres_url)
    assert not prepare_queue(postgres_url)
    queue = TeamQueue(postgres_url)
    queue.request_syncs([Wish("one", HERE, "before"), Wish("two", "there", "before")])
    with queue.open() as connection:
        connection.execute("comment on schema custodian_queue is 'another'")

    with pytest.raises(HubTrouble, match="another procrastinate's"):
        queue.run_due(HERE, fine)
    assert prepare_queue(postgres_url)
    assert [(job.repo, job.host) for job in queue.jobs()] == [("one", HERE), ("two", "there")]
    assert queue.run_due(HERE, fine) == 1
    queue.close()


def test_a_url_with_options_of_its_own_keeps_them(postgres_url: str) -> None:
    prepare_queue(postgres_url)
    queue = TeamQueue(f"{postgres_url}&options=-c%20statement_timeout%3D4321")

    with queue.open() as connection:
        said = connection.execute("show statement_timeout").fetchone()
    assert said == {"statement_timeout": "4321ms"}
    assert queue.request_syncs([wish()]) == Requested(1, 0)
    queue.close()


def test_a_file_of_another_edition_is_begun_anew(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "queue.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table jobs (id integer)")
        connection.execute("pragma user_version = 99")
    connection.close()
    queue = Place(str(path)).open()

    assert queue.request_syncs([wish()]) == Requested(1, 0)
    queue.close()
