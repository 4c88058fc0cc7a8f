"""What the hub's events tell of how work flows: each number from hand-made days."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from custodian_core.ops.flow import TYPES, Before, Flow, Spread, Step, flow

START = datetime(2026, 5, 1, tzinfo=UTC)
HOUR = 3600


def told(*rows: tuple[float, str, str, str | None], days: int = 7, at: float = 240) -> Flow:
    """The flow out of rows of hour, type, task, and what was said afterwards."""
    steps = [
        Step(START + timedelta(hours=hour), kind, task, said) for hour, kind, task, said in rows
    ]
    until = START + timedelta(hours=at)
    return flow(steps, until - timedelta(days=days), until, Before())


def test_lead_time_is_from_being_known_to_being_done() -> None:
    found = told(
        (80, "task.added", "a", "todo"),
        (81, "task.added", "b", "todo"),
        (90, "task.status", "a", "in_progress"),
        (100, "task.status", "a", "done"),
        (121, "task.status", "b", "done"),
    )

    assert (found.added, found.done) == (2, 2)
    assert found.lead == Spread(2, 20 * HOUR, 40 * HOUR, 40 * HOUR)


def test_a_task_of_unknown_beginning_is_counted_apart_and_not_as_quick() -> None:
    found = told((100, "task.status", "a", "done"))

    assert (found.done, found.lead, found.lead_unknown) == (1, None, 1)


def test_what_came_done_from_a_file_took_no_time_that_anybody_knows() -> None:
    found = told((100, "task.added", "a", "done"))

    assert (found.added, found.done, found.lead) == (1, 0, None)


def test_only_what_ends_in_the_window_is_done_and_its_beginning_may_lie_before() -> None:
    found = told(
        (0, "task.added", "a", "todo"),
        (0, "task.added", "b", "todo"),
        (71, "task.status", "b", "done"),
        (73, "task.status", "a", "done"),
    )

    assert (found.added, found.done) == (0, 1)
    assert found.lead == Spread(1, 73 * HOUR, 73 * HOUR, 73 * HOUR)


def test_blocked_time_is_what_lies_in_the_window_up_to_now() -> None:
    found = told(
        (60, "task.status", "a", "blocked"),
        (74, "task.status", "a", "in_progress"),
        (80, "task.status", "a", "blocked"),
        (81, "task.status", "a", "done"),
        (230, "task.added", "b", "blocked"),
    )

    assert found.blocked == Spread(2, 3 * HOUR, 10 * HOUR, 10 * HOUR)
    assert found.blocked_now == 1


def test_a_task_that_was_reopened_is_not_done() -> None:
    found = told(
        (100, "task.added", "a", "todo"),
        (110, "task.status", "a", "done"),
        (120, "task.reopened", "a", "todo"),
        (130, "task.status", "a", "cancelled"),
    )

    assert (found.reopened, found.done, found.cancelled) == (1, 0, 1)


def test_seal_failures_are_told_apart_from_what_nobody_knows() -> None:
    found = told(
        *((100 + n, "repo.synced", "r", str(n == 0)) for n in range(3)),
        (110, "repo.synced", "r", "None"),
        (110, "repo.synced", "r", None),
        (10, "repo.synced", "r", "False"),
    )

    assert (found.syncs, found.seal_failures, found.seals_unknown) == (5, 2, 2)


def test_every_day_of_the_window_has_its_row() -> None:
    found = told((239, "task.added", "a", "todo"))

    assert [each.added for each in found.days] == [0] * 6 + [1]
    assert found.days[0].day == "2026-05-04"


def test_without_events_nothing_was_measured() -> None:
    found = told()

    assert (found.lead, found.blocked, found.done) == (None, None, 0)


WORDS = st.sampled_from(["todo", "in_progress", "blocked", "done", "cancelled", "odd"])


@given(
    st.lists(
        st.tuples(st.floats(0, 250), st.sampled_from(TYPES), st.sampled_from("abc"), WORDS),
        max_size=20,
    )
)
def test_no_time_is_negative_or_longer_than_the_window(
    rows: list[tuple[float, str, str, str | None]],
) -> None:
    found = told(*sorted(rows, key=lambda row: row[0]))

    assert found.blocked is None or 0 <= found.blocked.longest_s <= 7 * 24 * HOUR
    assert found.lead is None or found.lead.longest_s >= found.lead.median_s >= 0
    assert sum(day.added for day in found.days) == found.added
    assert sum(day.done for day in found.days) == found.done
