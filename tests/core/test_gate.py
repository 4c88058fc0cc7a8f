from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.findings import Mode, Severity
from custodian_core.gate import Decision, Facts, Next, Relation, decide

CHECK, FIX = Mode.CHECK, Mode.FIX


def facts(
    ahead: int | None = 0,
    behind: int | None = 0,
    *,
    people: tuple[str, ...] = (),
) -> Facts:
    return Facts("marki-docx", ahead, behind, people)


def codes(decision: Decision) -> list[str]:
    return [finding.code for finding in decision.findings]


@pytest.mark.parametrize(
    ("known", "relation"),
    [
        (facts(0, 0), Relation.EVEN),
        (facts(2, 0), Relation.AHEAD),
        (facts(2, 0, people=("Ann",)), Relation.AHEAD),
        (facts(0, 3), Relation.BEHIND),
        (facts(1, 1), Relation.OWN_ONLY),
        (facts(2, 1, people=("Ann",)), Relation.DIVERGED),
        (facts(None, None), Relation.UNKNOWN),
        (facts(None, 0), Relation.UNKNOWN),
        (facts(0, None), Relation.UNKNOWN),
    ],
)
def test_how_a_branch_stands_to_what_it_follows(known: Facts, relation: Relation) -> None:
    assert known.relation is relation


# what is known -> what a fix does, and what it tells: as it is, with pull, without push
FIXES: dict[str, tuple[Facts, Next, Next, Next, list[str]]] = {
    "even": (facts(), Next.RECONCILE, Next.RECONCILE, Next.RECONCILE, []),
    "unknown": (facts(None, None), Next.RECONCILE, Next.RECONCILE, Next.RECONCILE, []),
    "ahead": (facts(1, 0), Next.PUSH, Next.PUSH, Next.RECONCILE, []),
    "behind": (facts(0, 1), Next.STOP, Next.PULL, Next.STOP, ["C-16", "T02"]),
    "own": (facts(1, 1), Next.REBUILD, Next.REBUILD, Next.STOP, []),
    "diverged": (
        facts(1, 1, people=("Ann",)),
        Next.STOP,
        Next.STOP,
        Next.STOP,
        ["C-16", "C-17", "C-18"],
    ),
}


@pytest.mark.parametrize("row", FIXES.values(), ids=FIXES.keys())
def test_a_fix_goes_on_as_the_table_says(
    row: tuple[Facts, Next, Next, Next, list[str]],
) -> None:
    known, plain, pulling, silent, told = row
    decision = decide(known, FIX, pull=False, push=True)

    assert (decision.next, codes(decision)) == (plain, told)
    assert decide(known, FIX, pull=True, push=True).next is pulling
    assert decide(known, FIX, pull=False, push=False).next is silent


@pytest.mark.parametrize("row", FIXES.values(), ids=FIXES.keys())
def test_looking_on_is_always_allowed(row: tuple[Facts, Next, Next, Next, list[str]]) -> None:
    for pull, push in product((False, True), repeat=2):
        decision = decide(row[0], CHECK, pull=pull, push=push)

        assert decision.next is Next.RECONCILE
        assert all(finding.severity is not Severity.FAIL for finding in decision.findings)


def test_whose_commits_diverged_is_told_once_each() -> None:
    decision = decide(facts(3, 1, people=("Ann", "Bob", "Ann")), FIX, pull=True, push=True)

    assert decision.findings[-1].message == (
        "Repo 'marki-docx' has diverged: 3 local and 1 remote commits; "
        "the local ones are by Ann, Bob"
    )
    assert decision.findings[1].reason == "rejected"


counts = st.none() | st.integers(0, 3)


@given(
    st.builds(facts, counts, counts, people=st.sampled_from([(), ("Ann",)])),
    st.booleans(),
    st.booleans(),
)
def test_a_checkout_that_lacks_what_the_remote_has_is_never_written_from(
    known: Facts, pull: bool, push: bool
) -> None:
    decision = decide(known, FIX, pull=pull, push=push)

    if known.behind:
        assert decision.next in (Next.PULL, Next.REBUILD, Next.STOP) or known.ahead is None
    if known.people and known.behind and known.ahead:
        assert decision.next is Next.STOP
    if decision.next is Next.STOP:
        assert decision.findings
