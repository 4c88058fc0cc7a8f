"""What waits is worrying from its limit on, and where anything of it is not known, never."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from custodian_core.forge.records import CommitCheck, PullRequest
from custodian_core.ops.host import Alarm, Probe
from custodian_core.ops.host_limits import Limits
from custodian_core.ops.waiting import (
    Backlog,
    Dependencies,
    IdlePull,
    Offered,
    OpenDependency,
    Pulls,
    Waiting,
    idle_since,
    judge_waiting,
    last_heard,
    waited_for,
)
from custodian_core.ops.workplace import Process, Processes
from custodian_core.records import Claim, ClaimKind, Task
from custodian_core.status import Priority, Status

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOBODY = Processes(Probe.OK)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def offered(*minutes: int) -> tuple[Offered, ...]:
    return tuple(Offered(f"r{n}", f"R{n}-T01", ago(each)) for n, each in enumerate(minutes))


def judged(
    backlog: Backlog | None = None,
    agents: Processes = NOBODY,
    *,
    pulls: tuple[IdlePull, ...] = (),
    dependencies: tuple[OpenDependency, ...] = (),
    limits: Limits | None = None,
) -> list[Alarm]:
    waiting = Waiting(
        backlog or Backlog(Probe.OK),
        Pulls(Probe.OK, None, pulls),
        Dependencies(Probe.OK, None, dependencies),
    )
    return list(judge_waiting(waiting, agents, limits or Limits(), NOW))


# --- agents


def test_work_that_nobody_begins_for_longer_than_the_limit_is_told_with_where_it_is() -> None:
    (alarm,) = judged(Backlog(Probe.OK, None, offered(50, 40, 30, 1), ago(21)))

    assert (alarm.p, alarm.code) == ("P2", "agents_idle")
    assert alarm.evidence == (
        "no agent for 21 min > 20 min, and work in r0 (R0-T01), r1 (R1-T01), r2 (R2-T01) and 1 more"
    )
    assert judged(Backlog(Probe.OK, None, offered(50), ago(20))) == []


def test_an_agent_that_was_never_heard_of_is_missed_from_when_there_is_work() -> None:
    assert judged(Backlog(Probe.OK, None, offered(21)))
    assert judged(Backlog(Probe.OK, None, offered(19))) == []
    assert judged(Backlog(Probe.OK, None, offered(19), ago(3000))) == []


def test_no_agent_is_missed_while_one_runs_or_where_there_is_nothing_to_do() -> None:
    alone = Backlog(Probe.OK, None, offered(500), ago(500))

    assert judged(alone, Processes(Probe.OK, None, (Process(7, "claude", 9),))) == []
    assert judged(replace(alone, offered=())) == []


def test_no_agent_is_missed_where_processes_or_some_of_the_repos_were_not_looked_at() -> None:
    alone = Backlog(Probe.OK, None, offered(500), ago(500))

    assert judged(alone, Processes(Probe.FAILED, "x")) == []
    assert judged(replace(alone, not_told=("api",))) == []
    assert judged(Backlog(Probe.FAILED, "x")) == []


CLAIM = Claim(
    id="c", task_id="t", task_key="R-T01", repo_slug="r", holder="ada", kind=ClaimKind.RUNNER,
    fence=1, granted_at=ago(90), renewed_at=ago(60), expires_at=ago(45), ttl_s=900,
)  # fmt: skip


def test_a_holder_is_heard_of_by_renewing_and_by_ending_and_not_when_a_claim_expires() -> None:
    done = replace(CLAIM, ended_at=ago(30), end_reason="done")
    expired = replace(CLAIM, ended_at=ago(5), end_reason="expired")

    assert last_heard([CLAIM, expired]) == ago(60)
    assert last_heard([CLAIM, done, expired]) == ago(30)
    assert last_heard([]) is None


# --- pull requests


def test_an_idle_pull_request_is_told_after_its_limit_and_the_first_looks_at_it() -> None:
    pulls = tuple(IdlePull("api", n, ago(n)) for n in (21, 80, 81))
    (alarm,) = judged(pulls=pulls)

    assert (alarm.p, alarm.code, alarm.where) == ("P3", "pull_idle", "api: #81")
    assert alarm.evidence == "idle for 81 min > 80 min, and green"
    assert len(judged(pulls=pulls, limits=Limits(pull_looks=1))) == 2


PULL = PullRequest(
    9, 3, "x", "open", False, "fix/issue-3", True, "main", "ada", "",
    created_at=ago(300), updated_at=ago(100), commit="a" * 40,
)  # fmt: skip


def check(state: str, minutes: float | None) -> CommitCheck:
    return CommitCheck("ci", state, "", None if minutes is None else ago(minutes))


def test_a_pull_request_is_idle_since_its_last_build_or_word_whichever_was_later() -> None:
    assert idle_since(PULL, [check("success", 50), check("skipped", 60)]) == ago(50)
    assert idle_since(PULL, [check("success", 200)]) == ago(100)
    assert idle_since(replace(PULL, updated_at=None), [check("success", 400)]) == ago(300)


def test_a_pull_request_is_not_green_without_builds_or_while_one_goes_on_or_has_failed() -> None:
    assert idle_since(PULL, []) is None
    for state in ("pending", "failure", "error", "warning", ""):
        assert idle_since(PULL, [check("success", 50), check(state, 50)]) is None
    assert idle_since(PULL, [check("success", 50), check("success", None)]) is None
    untold = replace(PULL, updated_at=None, created_at=None)
    assert idle_since(untold, [check("success", 50)]) is None


# --- dependencies


def test_a_task_that_others_wait_for_is_told_once_it_is_open_for_longer_than_the_limit() -> None:
    day = 24 * 60
    (alarm,) = judged(
        dependencies=(
            OpenDependency("api", "API-T01", ago(31 * day), 2),
            OpenDependency("api", "API-T02", ago(30 * day), 1),
        )
    )

    assert (alarm.p, alarm.code, alarm.where) == ("P3", "dependency_old", "api: API-T01")
    assert alarm.evidence == "31 days > 30 days, and 2 tasks wait"


def task(key: str, status: Status = Status.TODO, waits: tuple[str, ...] = ()) -> Task:
    return Task(
        id=key, repo_slug="r", workstream_id="w", key=key, title=key, description="",
        acceptance=(), status=status, priority=Priority.MEDIUM, position=1, depends_on=waits,
        needs_human=False, epoch=0, fence=0, created_at=NOW, updated_at=NOW, version=1,
    )  # fmt: skip


def test_only_open_tasks_wait_and_not_for_what_has_ended_or_for_themselves() -> None:
    tasks = [
        task("A"),
        task("B", Status.DONE, ("A",)),
        task("C", Status.BLOCKED, ("A", "B", "C", "ELSEWHERE")),
        task("D", Status.IN_PROGRESS, ("A", "A")),
    ]

    assert waited_for(tasks) == {"A": 2, "ELSEWHERE": 1}


KEYS = st.sampled_from("ABCDE")


@given(st.dictionaries(KEYS, st.tuples(st.sampled_from(Status), st.lists(KEYS, max_size=4))))
def test_what_is_waited_for_has_not_ended_and_somebody_open_names_it(
    told: dict[str, tuple[Status, list[str]]],
) -> None:
    tasks = [task(key, status, tuple(waits)) for key, (status, waits) in told.items()]
    over = {key for key, (status, _) in told.items() if status in (Status.DONE, Status.CANCELLED)}

    for key, count in waited_for(tasks).items():
        assert key not in over
        naming = [k for k, (_, waits) in told.items() if key in waits and k not in {*over, key}]
        assert len(naming) == count
