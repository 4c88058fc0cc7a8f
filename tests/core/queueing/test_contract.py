"""What every queue keeps to, whichever database it is in."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from custodian_core.errors import BadValue
from custodian_core.jobs import Job, JobState, Requested, Wish
from custodian_core.ports import Queue
from custodian_core.queueing.team import key_of, queue_of
from custodian_core.secrets import HIDDEN
from tests.waiting import PATIENCE_S

from .conftest import Place

HERE = "here"


def wish(repo: str = "one", host: str = HERE, reason: str = "a push") -> Wish:
    return Wish(repo, host, reason)


def fine(_job: Job) -> bool:
    return True


def told(queue: Queue) -> list[tuple[str, str, str]]:
    return [(job.repo, job.host, job.reason) for job in queue.jobs()]


def test_what_is_asked_for_waits_with_its_reason(queue: Queue) -> None:
    assert queue.request_syncs([wish()]) == Requested(1, 0)

    (job,) = queue.jobs()
    assert (job.repo, job.host, job.reason) == ("one", HERE, "a push")
    assert (job.state, job.tries, job.began_at) == (JobState.WAITING, 0, None)
    assert job.asked_at.tzinfo is not None
    assert job.due_at == job.asked_at


def test_no_secret_in_a_reason_is_kept(queue: Queue) -> None:
    token = "gh" + "p_" + "a1B2c3D4" * 5
    queue.request_syncs([wish(reason=f"pushed with {token}")])

    (job,) = queue.jobs()
    assert job.reason == f"pushed with {HIDDEN}"


def test_whoever_asks_for_what_waits_joins_it(queue: Queue) -> None:
    queue.request_syncs([wish()])

    assert queue.request_syncs([wish(reason="another push")]) == Requested(0, 1)
    assert told(queue) == [("one", HERE, "another push")]


def test_one_batch_may_hold_the_same_wish_twice(queue: Queue) -> None:
    asked = queue.request_syncs([wish(), wish("two"), wish()])

    assert asked == Requested(2, 1)
    assert queue.request_syncs([]) == Requested(0, 0)


def test_a_repo_waits_on_each_host_by_itself(queue: Queue) -> None:
    asked = queue.request_syncs([wish(), wish(host="there")])

    assert asked == Requested(2, 0)
    assert [job.host for job in queue.jobs("there")] == ["there"]
    assert queue.jobs("nowhere") == ()


def test_a_host_runs_its_own_jobs_in_the_order_they_were_asked_for(queue: Queue) -> None:
    for repo in ("b", "a", "c"):
        queue.request_syncs([wish(repo)])
    queue.request_syncs([wish("d", host="there")])
    ran: list[str] = []

    def work(job: Job) -> bool:
        ran.append(job.repo)
        return True

    assert queue.run_due(HERE, work) == 3
    assert ran == ["b", "a", "c"]
    assert told(queue) == [("d", "there", "a push")]


def test_there_is_nothing_to_run_where_nothing_waits(queue: Queue) -> None:
    assert queue.run_due(HERE, fine) == 0


def test_what_is_asked_for_while_it_runs_is_run_once_more(queue: Queue) -> None:
    queue.request_syncs([wish()])
    seen: list[tuple[str, list[JobState]]] = []

    def work(job: Job) -> bool:
        if not seen:
            for _ in range(5):
                queue.request_syncs([wish(reason="meanwhile")])
        seen.append((job.reason, [each.state for each in queue.jobs()]))
        return True

    assert queue.run_due(HERE, work, concurrency=3) == 2
    assert [reason for reason, _ in seen] == ["a push", "meanwhile"]
    assert sorted(seen[0][1]) == [JobState.RUNNING, JobState.WAITING]
    assert queue.jobs() == ()


def test_nobody_else_takes_what_waits_for_a_run_to_end(queue: Queue, place: Place) -> None:
    queue.request_syncs([wish()])
    taken: list[int] = []

    def work(_job: Job) -> bool:
        if not taken:
            queue.request_syncs([wish(reason="meanwhile")])
            other = place.open()
            taken.append(other.run_due(HERE, fine))
            other.close()
        return True

    assert queue.run_due(HERE, work) == 2
    assert taken == [0]


def test_what_could_not_be_made_waits_for_another_try(queue: Queue) -> None:
    queue.request_syncs([wish()])

    assert queue.run_due(HERE, lambda _job: False) == 1
    (job,) = queue.jobs()
    assert (job.state, job.tries) == (JobState.WAITING, 1)
    assert job.due_at > job.asked_at


def test_what_waits_for_another_try_is_due_at_once_when_it_is_asked_for(queue: Queue) -> None:
    queue.request_syncs([wish()])
    queue.run_due(HERE, lambda _job: False)

    assert queue.request_syncs([wish(reason="a push meanwhile")]) == Requested(0, 1)
    assert queue.run_due(HERE, fine) == 1
    assert queue.jobs() == ()


def test_a_try_does_not_wait_where_another_was_asked_for_meanwhile(queue: Queue) -> None:
    queue.request_syncs([wish()])
    tries: list[int] = []

    def work(job: Job) -> bool:
        tries.append(job.tries)
        if len(tries) == 1:
            queue.request_syncs([wish(reason="meanwhile")])
        return len(tries) > 1

    assert queue.run_due(HERE, work) == 2
    assert tries == [0, 0]
    assert queue.jobs() == ()


def test_one_repo_is_never_run_twice_at_once_by_any_number_of_threads(queue: Queue) -> None:
    queue.request_syncs([wish(f"repo-{number}") for number in range(6)])
    running, most, ran, lock = Counter[str](), Counter[str](), Counter[str](), threading.Lock()

    def work(job: Job) -> bool:
        with lock:
            running[job.repo] += 1
            ran[job.repo] += 1
            most[job.repo] = max(most[job.repo], running[job.repo])
        if ran.total() < 20:
            queue.request_syncs([wish(job.repo, reason="again")])
        with lock:
            running[job.repo] -= 1
        return True

    def serve(_number: int) -> int:
        return queue.run_due(HERE, work, concurrency=2)

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(serve, range(2))) == ran.total()
    assert ran.total() >= 20
    assert set(most.values()) == {1}


def test_a_burst_of_requests_runs_each_repo_a_few_times_at_most(queue: Queue, place: Place) -> None:
    ran = Counter[str]()
    stop = threading.Event()
    asked = threading.Event()

    def work(job: Job) -> bool:
        ran[job.repo] += 1
        asked.wait(PATIENCE_S)
        return True

    other = place.open()
    serving = threading.Thread(
        target=lambda: other.run_due(HERE, work, concurrency=4, stop=stop), daemon=True
    )
    serving.start()
    for number in range(200):
        queue.request_syncs([wish(f"repo-{number % 20}")])
    asked.set()
    while queue.jobs():
        threading.Event().wait(0.05)
    stop.set()
    serving.join(10)
    other.close()

    assert set(ran) == {f"repo-{number}" for number in range(20)}
    assert max(ran.values()) <= 3


def test_a_worker_that_is_told_to_stop_ends_what_it_is_at_and_takes_nothing_more(
    queue: Queue,
) -> None:
    queue.request_syncs([wish("one"), wish("two")])
    stop = threading.Event()
    ran: list[str] = []

    def work(job: Job) -> bool:
        stop.set()
        ran.append(job.repo)
        return True

    queue.run_due(HERE, work, stop=stop)

    assert ran == ["one"]
    assert [job.repo for job in queue.jobs()] == ["two"]


def test_a_worker_hears_at_once_of_what_is_asked_for(queue: Queue, place: Place) -> None:
    stop, done = threading.Event(), threading.Event()
    other = place.open()

    def work(_job: Job) -> bool:
        done.set()
        return True

    serving = threading.Thread(target=lambda: other.run_due(HERE, work, stop=stop), daemon=True)
    serving.start()
    queue.request_syncs([wish()])

    assert done.wait(10)
    stop.set()
    serving.join(10)
    other.close()


@pytest.mark.parametrize("reason", ["", " ", "two\nlines", "x" * 201])
def test_a_reason_that_no_line_could_show_is_refused(queue: Queue, reason: str) -> None:
    with pytest.raises(BadValue, match="reason"):
        queue.request_syncs([wish(reason=reason)])
    assert queue.jobs() == ()


def test_hosts_and_repos_of_any_name_are_told_apart(queue: Queue) -> None:
    hosts = ["x" * 200 + "a", "x" * 200 + "b", "rechner ü☃", "a.b-c_d"]
    queue.request_syncs([wish(host=host) for host in hosts])

    assert [queue.run_due(host, fine) for host in hosts] == [1, 1, 1, 1]
    assert queue.jobs() == ()


def test_a_queue_is_called_what_postgresql_can_tell_of() -> None:
    assert queue_of("laptop") == "laptop"
    assert all(len(queue_of(letter * 120).encode()) <= 40 for letter in ("x", "ü", "☃"))
    assert queue_of("x" * 120) != queue_of("x" * 121)
    assert key_of("one", HERE) != key_of("one", "there")


def test_the_queue_is_told_in_pages_with_what_runs_first(queue: Queue) -> None:
    queue.request_syncs([wish(f"repo-{number}") for number in range(5)])
    queue.request_syncs([wish("elsewhere", host="there")])
    seen: list[str] = []

    def work(_job: Job) -> bool:
        after = None
        while not seen or after is not None:
            page = queue.page(HERE, after=after, limit=2)
            assert page.total == 5
            assert len(page.items) <= 2
            seen.extend(f"{job.repo} {job.state}" for job in page.items)
            after = page.cursor
        return False

    def once(job: Job) -> bool:
        return work(job) if not seen else True

    queue.run_due(HERE, once)
    first, *others = seen
    assert first.endswith(" running")
    assert [each.endswith(" waiting") for each in others] == 4 * [True]
    assert {each.partition(" ")[0] for each in seen} == {f"repo-{n}" for n in range(5)}


def test_a_page_ends_where_the_list_does(queue: Queue) -> None:
    queue.request_syncs([wish("one"), wish("two")])

    assert queue.page(limit=2).cursor is None
    after = queue.page(limit=1).cursor
    assert [job.repo for job in queue.page(after=after, limit=1).items] == ["two"]
    assert queue.page("nowhere").total == 0


@pytest.mark.parametrize("after", ["", "x", "1", "2~1", "1~", "1~-1", "1~" + "9" * 30, "1~²"])
def test_what_is_no_cursor_of_the_queue_is_refused(queue: Queue, after: str) -> None:
    with pytest.raises(BadValue, match="not a cursor"):
        queue.page(after=after)


@pytest.mark.parametrize("limit", [0, 1001])
def test_a_page_of_the_queue_has_bounds(queue: Queue, limit: int) -> None:
    with pytest.raises(BadValue, match="between 1 and 1000"):
        queue.page(limit=limit)
