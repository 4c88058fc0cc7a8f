from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.status import (
    WORKPLAN_WORDS,
    Base,
    Key,
    Merge,
    Side,
    Status,
    rank,
    regresses,
    three_way,
    two_way,
    winner,
)

TODO, IN_PROGRESS, BLOCKED, DONE, CANCELLED = Status
statuses = st.sampled_from(Status)

# rows: the file, columns: the hub, in the order of Status.
# = agree, D the hub is written, F the file is written, t tie: the hub's, so the file is written
SEED_TABLE = """
    = F F F F
    D = t F F
    D t = F F
    D D D = t
    D D D t =
"""


def seed_pairs() -> list[tuple[Status, Status, str]]:
    marks = SEED_TABLE.split()
    return [(f, h, mark) for (f, h), mark in zip(product(Status, Status), marks, strict=True)]


def test_the_rank_is_the_seeds_status_order() -> None:
    assert {s.value: rank(s) for s in Status} == {
        "todo": 0,
        "in_progress": 1,
        "blocked": 1,
        "done": 2,
        "cancelled": 2,
    }


def test_a_workplans_own_words_mean_one_status_each() -> None:
    assert WORKPLAN_WORDS == {
        "todo": TODO,
        "in_progress": IN_PROGRESS,
        "blocked": BLOCKED,
        "done": DONE,
        "cancelled": CANCELLED,
        "draft": TODO,
        "active": IN_PROGRESS,
        "paused": BLOCKED,
        "archived": DONE,
    }


@pytest.mark.parametrize(("file", "hub", "mark"), seed_pairs())
def test_f60_to_f84_without_a_base_each_pair_ends_as_the_seed_says(
    file: Status, hub: Status, mark: str
) -> None:
    merged = two_way(file, hub)

    assert merged.write_hub == (mark == "D")
    assert merged.write_file == (mark in "Ft")
    assert merged.status == (file if mark == "D" else hub)


@given(statuses, statuses)
def test_without_a_base_the_hub_never_regresses(file: Status, hub: Status) -> None:
    assert not regresses(hub, winner(file, hub))


@given(statuses, statuses)
def test_without_a_base_merging_twice_changes_nothing_more(file: Status, hub: Status) -> None:
    once = winner(file, hub)

    assert two_way(once, once) == Merge(once, False, False, Base(once))


# base, file, hub, epoch of the file's evidence, epoch of the hub's -> status, hub written, file
# written. One row for each row of the table of outcomes.
OUTCOMES = {
    "nobody moved": (TODO, TODO, TODO, None, 0, TODO, False, False),
    "file forward": (TODO, IN_PROGRESS, TODO, None, 0, IN_PROGRESS, True, False),
    "file within a rank": (IN_PROGRESS, BLOCKED, IN_PROGRESS, None, 0, BLOCKED, True, False),
    "file back without evidence": (DONE, TODO, DONE, None, 0, DONE, False, True),
    "file reopened": (DONE, TODO, DONE, 1, 0, TODO, True, False),
    "hub forward": (TODO, TODO, DONE, None, 0, DONE, False, True),
    "hub within a rank": (BLOCKED, BLOCKED, IN_PROGRESS, None, 0, IN_PROGRESS, False, True),
    "hub reopened": (DONE, DONE, TODO, None, 1, TODO, False, True),
    "hub back without evidence": (DONE, DONE, TODO, None, 0, DONE, True, False),
    "both alike": (TODO, DONE, DONE, None, 0, DONE, False, False),
    "both, file further": (TODO, DONE, IN_PROGRESS, None, 0, DONE, True, False),
    "both, hub further": (TODO, BLOCKED, DONE, None, 0, DONE, False, True),
    "both ended": (TODO, DONE, CANCELLED, None, 0, CANCELLED, False, True),
    "both back alike without evidence": (DONE, TODO, TODO, None, 0, DONE, True, True),
    "both reopened alike": (DONE, TODO, TODO, 1, 1, TODO, False, False),
    "both within a rank": (TODO, BLOCKED, IN_PROGRESS, None, 0, BLOCKED, True, False),
    "hub reopened, file went on": (DONE, CANCELLED, TODO, None, 1, TODO, False, True),
    "both back without evidence": (DONE, TODO, IN_PROGRESS, None, 0, DONE, True, True),
    "hub from before a reopen": (TODO, TODO, DONE, None, -1, TODO, True, False),
}


@pytest.mark.parametrize("row", OUTCOMES.values(), ids=OUTCOMES.keys())
def test_f60_to_f84_with_a_base_each_row_ends_as_the_table_says(
    row: tuple[Status, Status, Status, int | None, int, Status, bool, bool],
) -> None:
    base, file, hub, file_epoch, hub_epoch, status, write_hub, write_file = row

    merged = three_way(Base(base), Side(file, file_epoch), Side(hub, hub_epoch))

    assert (merged.status, merged.write_hub, merged.write_file) == (status, write_hub, write_file)


def test_an_unmarked_step_back_is_told_apart_from_a_stale_file() -> None:
    stepped_back = three_way(Base(DONE), Side(TODO), Side(DONE, 0))
    stale = three_way(Base(TODO), Side(TODO), Side(DONE, 0))

    assert stepped_back.unmarked_file
    assert not stale.unmarked_file


def test_done_against_cancelled_is_told_only_when_both_sides_set_it() -> None:
    both = three_way(Base(TODO), Side(DONE), Side(CANCELLED, 0))
    one = three_way(Base(DONE), Side(CANCELLED), Side(DONE, 0))

    assert both.ended_twice
    assert not one.ended_twice


bases = st.builds(Base, statuses, st.integers(1, 3), st.integers(0, 3))


@st.composite
def situations(draw: st.DrawFn) -> tuple[Base, Side, Side]:
    base = draw(bases)
    file = Side(draw(statuses), draw(st.sampled_from([None, base.epoch + 1])))
    hub = Side(draw(statuses), draw(st.integers(base.epoch - 1, base.epoch + 2)))
    return base, file, hub


@given(situations())
def test_within_an_epoch_the_hub_never_regresses(situation: tuple[Base, Side, Side]) -> None:
    base, file, hub = situation
    merged = three_way(base, file, hub)

    if not merged.reopened and hub.epoch == base.epoch:
        assert not regresses(hub.status, merged.status)


@given(situations())
def test_after_a_merge_nothing_is_left_to_do(situation: tuple[Base, Side, Side]) -> None:
    base, file, hub = situation
    merged = three_way(base, file, hub)
    again = three_way(merged.base, Side(merged.status), Side(merged.status, merged.base.epoch))

    assert (again.write_hub, again.write_file, again.status) == (False, False, merged.status)
    assert again.base == merged.base


def accepted(base: Base, side: Side) -> Key:
    """The key of the operation that `side` shows; the base's where it shows none."""
    alone = three_way(base, side, Side(base.status, base.epoch))
    return alone.base.key


@given(situations())
def test_no_accepted_operation_is_lost(situation: tuple[Base, Side, Side]) -> None:
    base, file, hub = situation
    if file.status == hub.status:
        return
    merged = three_way(base, file, hub)

    assert merged.base.key >= accepted(base, file)
    assert merged.base.key >= accepted(base, hub)
    assert merged.base.key in (accepted(base, file), accepted(base, hub))


@given(bases, st.lists(statuses, min_size=1, max_size=4), st.data())
def test_the_order_in_which_edits_are_merged_does_not_matter(
    base: Base, edits: list[Status], data: st.DataObject
) -> None:
    """Each clone's edit since the base is merged with what the hub then says."""
    reopened = [data.draw(st.booleans()) for _ in edits]
    sides = [
        Side(status, base.epoch + 1 if again else None)
        for status, again in zip(edits, reopened, strict=True)
    ]

    def outcome(order: tuple[Side, ...]) -> Status:
        hub = Side(base.status, base.epoch)
        for file in order:
            merged = three_way(base, file, hub)
            hub = Side(merged.status, merged.base.epoch)
        return hub.status

    assert len({outcome(order) for order in permutations(sides)}) == 1
