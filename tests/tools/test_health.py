"""How well repos are kept in step: told from what their syncs left, and of nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.records import HostSync, Repo, RepoStatus
from custodian_core.status import Status
from custodian_tools.health import (
    FRESH,
    ORDERS,
    SHOWN,
    STALE,
    Freshness,
    Row,
    freshness,
    picked,
    row,
    rows_of,
    summary,
)
from custodian_tools.hub import RepoState

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NO_TASKS = dict.fromkeys(Status, 0)


def amiss(code: str, severity: str = "FAIL", path: str | None = None) -> dict[str, Any]:
    return {"code": code, "severity": severity, "message": "kept", "path": path, "line": None}


def host(
    outcome: str | None = "ok", sealed: bool | None = True, *found: dict[str, Any]
) -> HostSync:
    return HostSync("laptop", "/src", NOW, NOW, outcome, sealed, 0, 0, found)


def state(slug: str = "docs", age: timedelta | None = SECOND, *hosts: HostSync) -> RepoState:
    at = None if age is None else NOW - age
    repo = Repo(slug, slug, "papers", RepoStatus.ACTIVE, NOW, NOW, 1, last_state_synced_at=at)
    return RepoState(replace(repo, hosts=hosts), NO_TASKS, 0, 0)


def slugs(rows: list[Row]) -> list[str]:
    return [each.slug for each in rows]


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (-SECOND, Freshness.FRESH),
        (FRESH - SECOND, Freshness.FRESH),
        (FRESH, Freshness.AGEING),
        (STALE, Freshness.AGEING),
        (STALE + SECOND, Freshness.STALE),
    ],
)
def test_a_sync_ages_at_one_hour_and_is_stale_after_24(age: timedelta, expected: Freshness) -> None:
    assert freshness(NOW - age, NOW) is expected


def test_what_was_never_synced_is_not_merely_stale() -> None:
    assert freshness(None, NOW) is Freshness.NEVER


@pytest.mark.parametrize(
    ("seals", "expected"),
    [
        ((), None),
        ((True,), True),
        ((True, None), None),
        ((True, False), False),
        ((None, False), False),
    ],
)
def test_a_repo_is_sealed_where_every_host_says_so_and_unknown_is_not_sealed(
    seals: tuple[bool | None, ...], expected: bool | None
) -> None:
    found = row(state("docs", SECOND, *(host("ok", each) for each in seals)), NOW)

    assert found.sealed is expected


def test_a_host_on_which_nothing_ran_says_nothing_of_the_seal() -> None:
    found = row(state("docs", SECOND, host("ok", True), host(None, None)), NOW)

    assert (found.sealed, len(found.run)) == (True, 1)


def test_what_fails_and_explains_stands_before_what_warns() -> None:
    told = (amiss("W03", "WARN"), amiss("C-13"), amiss("C-17"), amiss("C-17"), amiss("no-such"))
    found = row(state("docs", SECOND, host("unpushed", False, *told)), NOW)

    assert found.codes[0] == ("C-17", 1)
    assert [code for code, _ in found.codes][:2] == ["C-17", "C-13"]
    assert "no-such" not in dict(found.codes)


def test_the_worst_stands_first() -> None:
    states = [
        state("calm", SECOND, host()),
        state("old", STALE * 2, host()),
        state("never", None),
        state("found", SECOND, host("findings", True, amiss("C-13"))),
        state("kept", SECOND, host("ok", False)),
        state("halted", SECOND, host("diverged", False)),
    ]
    found = picked(rows_of(states, NOW))

    assert slugs(found) == ["halted", "kept", "never", "old", "found", "calm"]


def test_every_word_that_is_searched_for_must_be_there() -> None:
    states = [state("docs", SECOND, host("diverged", False, amiss("C-18"))), state("site")]
    rows = rows_of(states, NOW)

    assert slugs(picked(rows, search="PAPERS c-18 diverged")) == ["docs"]
    assert slugs(picked(rows, search="docs site")) == []
    assert slugs(picked(rows, domain="code")) == []
    assert slugs(picked(rows, host="laptop")) == ["docs"]


def test_what_is_archived_is_counted_and_not_shown() -> None:
    archived = state("past")
    archived = replace(archived, repo=replace(archived.repo, status=RepoStatus.ARCHIVED))
    rows = rows_of([archived, state("docs", SECOND, host("ok", None))], NOW)
    told = summary(rows, left_out=1)

    assert slugs(list(rows)) == ["docs"]
    assert (told.repos, told.left_out, told.sealed, told.unsealed) == (1, 1, 0, 0)


OUTCOMES = st.sampled_from([None, "ok", "findings", "diverged", "offline"])
CODES = st.sampled_from(["C-13", "C-17", "C-18"]).map(amiss)
HOSTS = st.builds(host, OUTCOMES, st.none() | st.booleans(), CODES)
AGES = st.none() | st.timedeltas(timedelta(0), timedelta(days=3))
NAMED = st.builds(state, st.from_regex(r"[a-z]{1,3}", fullmatch=True), AGES, HOSTS)
STATES = st.lists(NAMED, unique_by=lambda each: each.repo.slug, max_size=8)


@given(STATES)
def test_every_repo_has_one_freshness_and_the_numbers_add_up(states: list[RepoState]) -> None:
    rows = rows_of(states, NOW)
    told = summary(rows, 0)

    assert sum(told.by_age.values()) == told.repos == len(states)
    for each in Freshness:
        assert len(picked(rows, show=each.value)) == told.by_age[each]
    assert len(picked(rows, show="unsealed")) == told.unsealed
    assert len(picked(rows, show="trouble")) == told.troubled


@given(STATES, st.randoms())
def test_no_order_hangs_on_how_the_rows_came(states: list[RepoState], rng: Random) -> None:
    shuffled = rng.sample(states, len(states))
    for order in ORDERS:
        found = picked(rows_of(states, NOW), order=order)

        assert slugs(found) == slugs(picked(rows_of(shuffled, NOW), order=order))


@given(STATES)
def test_whatever_is_shown_is_some_of_all_and_in_one_piece(states: list[RepoState]) -> None:
    rows = rows_of(states, NOW)
    for show in SHOWN:
        found = slugs(picked(rows, show=show))

        assert len(set(found)) == len(found)
        assert set(found) <= {each.slug for each in rows}
