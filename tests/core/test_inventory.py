"""What stands in which section, from plain facts."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.commands import ForgeLink
from custodian_core.forge.records import ForgeRepo
from custodian_core.inventory import (
    Flag,
    Match,
    Row,
    Section,
    Stock,
    Why,
    compare,
    forge_name,
    links,
    unsettled,
)
from custodian_core.records import Inventory, LeftOut, Repo, RepoStatus

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
URL = "http://git.example:3000"
TAKEN = Inventory("git.example", URL, NOON, "ada", False, ("what ada may see",), partial=False)


def on_forge(full_name: str, number: int = 1, **more: Any) -> ForgeRepo:
    owner, _, name = full_name.partition("/")
    return ForgeRepo(
        id=number,
        owner=owner,
        name=name,
        full_name=full_name,
        clone_url=f"{URL}/{full_name}.git",
        ssh_url=f"git@git.example:{full_name}.git",
        html_url=f"{URL}/{full_name}",
        **more,
    )


def in_hub(slug: str, remote_url: str | None = None, **more: Any) -> Repo:
    kept: dict[str, Any] = {"status": RepoStatus.ACTIVE, "domain": "d", **more}
    return Repo(
        f"id-{slug}",
        slug,
        created_at=NOON,
        updated_at=NOON,
        version=1,
        remote_url=remote_url,
        **kept,
    )


def stock(
    found: list[ForgeRepo],
    repos: list[Repo],
    left_out: tuple[LeftOut, ...] = (),
    taken: Inventory = TAKEN,
) -> Stock:
    return compare(taken, found, repos, left_out)


def only(stock: Stock) -> Row:
    (row,) = stock.rows
    return row


@pytest.mark.parametrize(
    "remote_url",
    ["git@git.example:coulomb/docs.git", "https://git.example/Coulomb/Docs", f"{URL}/coulomb/docs"],
)
def test_a_repo_with_the_same_remote_is_registered_however_that_is_spelled(
    remote_url: str,
) -> None:
    row = only(stock([on_forge("coulomb/docs")], [in_hub("docs", remote_url)]))

    assert (row.section, row.match, row.flags) == (Section.REGISTERED, Match.REMOTE, ())


def test_the_forges_number_beats_the_remote() -> None:
    found = [on_forge("coulomb/papers", 1), on_forge("coulomb/docs", 2)]
    told = stock(found, [in_hub("docs", f"{URL}/coulomb/docs.git", forge_id=1)])
    unregistered, registered = told.rows

    assert (registered.match, registered.forge) == (Match.ID, found[0])
    assert registered.flags == (Flag.RENAMED,)
    assert (unregistered.section, unregistered.forge) == (Section.UNREGISTERED, found[1])


def test_another_forges_number_says_nothing() -> None:
    told = stock(
        [on_forge("coulomb/docs", 1)],
        [in_hub("else", "https://github.example/ada/else.git", forge_id=1)],
    )

    assert [(row.section, row.why) for row in told.rows] == [
        (Section.UNREGISTERED, None),
        (Section.HUB_ONLY, Why.ELSEWHERE),
    ]


def test_a_name_alone_matches_with_a_warning_and_teaches_the_hub_nothing() -> None:
    told = stock([on_forge("coulomb/Docs")], [in_hub("docs")])

    assert only(told).match is Match.NAME
    assert only(told).flags == (Flag.BY_NAME,)
    assert links(told) == ()


def test_the_same_full_name_at_an_address_that_the_forge_does_not_tell_is_the_same_repo() -> None:
    row = only(stock([on_forge("coulomb/docs")], [in_hub("docs", "git@10.0.0.7:coulomb/docs.git")]))

    assert (row.section, row.flags) == (Section.REGISTERED, (Flag.BY_NAME,))


def test_the_same_full_name_below_another_folder_of_the_forge_is_matched_with_a_warning() -> None:
    row = only(stock([on_forge("coulomb/docs")], [in_hub("docs", f"{URL}/old/coulomb/docs")]))

    assert (row.section, row.flags) == (Section.REGISTERED, (Flag.BY_NAME,))


def test_between_two_owners_repos_of_one_name_nobody_guesses() -> None:
    found = [on_forge("ada/docs", 1), on_forge("coulomb/docs", 2)]
    told = stock(found, [in_hub("docs")])

    assert [row.name for row in told.of(Section.UNREGISTERED)] == ["ada/docs", "coulomb/docs"]
    assert [row.why for row in told.of(Section.HUB_ONLY)] == [Why.LOCAL]


def test_two_owners_repos_of_one_name_are_told_apart_by_their_remotes() -> None:
    found = [on_forge("ada/docs", 1), on_forge("coulomb/docs", 2)]
    told = stock(
        found, [in_hub("docs", f"{URL}/coulomb/docs"), in_hub("docs-2", f"{URL}/ada/docs")]
    )

    assert [(row.name, row.forge and row.forge.id) for row in told.of(Section.REGISTERED)] == [
        ("docs", 2),
        ("docs-2", 1),
    ]


@pytest.mark.parametrize(
    ("more", "flag"),
    [
        ({"archived": True}, Flag.ARCHIVED),
        ({"can_push": False}, Flag.READ_ONLY),
        ({"mirror": True}, Flag.MIRROR),
        ({"default_branch": "main"}, Flag.BRANCH),
    ],
)
def test_what_keeps_a_registered_repo_from_being_synced_is_flagged(
    more: dict[str, Any], flag: Flag
) -> None:
    repo = in_hub("docs", f"{URL}/coulomb/docs", default_branch="trunk")

    assert only(stock([on_forge("coulomb/docs", **more)], [repo])).flags == (flag,)


def test_what_nobody_knows_is_no_flag() -> None:
    row = only(stock([on_forge("a/docs", can_push=None)], [in_hub("docs", f"{URL}/a/docs")]))

    assert row.flags == ()


def test_an_empty_repos_branch_and_an_archived_repos_archive_are_as_they_should_be() -> None:
    found = [on_forge("a/docs", empty=True, default_branch="main", archived=True)]
    repo = in_hub("docs", f"{URL}/a/docs", default_branch="trunk", status=RepoStatus.ARCHIVED)

    assert only(stock(found, [repo])).flags == ()


def test_a_renamed_repo_is_followed_by_number_and_its_address_spelled_as_before() -> None:
    told = stock(
        [on_forge("new/papers", 7)], [in_hub("docs", "git@git.example:old/docs.git", forge_id=7)]
    )

    assert only(told).flags == (Flag.RENAMED,)
    assert links(told) == (
        ForgeLink("docs", 7, "git@git.example:old/docs.git", "git@git.example:new/papers.git"),
    )


def test_a_renamed_repo_without_a_number_is_found_by_the_name_that_it_had() -> None:
    found = [on_forge("new/papers", 7, renamed_from="old/docs")]
    told = stock(found, [in_hub("docs", f"{URL}/old/docs.git")])

    assert (only(told).match, only(told).flags) == (Match.REMOTE, (Flag.RENAMED,))
    assert links(told)[0].remote_url == f"{URL}/new/papers.git"


def test_a_repo_that_was_matched_learns_its_number_once() -> None:
    repo = in_hub("docs", f"{URL}/coulomb/docs")
    told = stock([on_forge("coulomb/docs", 7)], [repo])

    assert links(told) == (ForgeLink("docs", 7, f"{URL}/coulomb/docs"),)
    assert links(stock([on_forge("coulomb/docs", 7)], [replace(repo, forge_id=7)])) == ()


def test_two_repos_of_the_hub_may_be_one_on_the_forge_and_both_are_told() -> None:
    told = stock(
        [on_forge("coulomb/docs")],
        [in_hub("docs", f"{URL}/coulomb/docs"), in_hub("twin", f"{URL}/coulomb/docs.git")],
    )

    assert [row.flags for row in told.of(Section.REGISTERED)] == [(Flag.SHARED,), (Flag.SHARED,)]


def test_why_a_repo_is_only_in_the_hub_is_told_apart() -> None:
    taken = replace(TAKEN, hidden=("ada/gone", "coulomb/secret"))
    found = [on_forge("ada/private", 1, private=True)]
    repos = [
        in_hub("gone", f"{URL}/ada/gone"),
        in_hub("secret", f"{URL}/coulomb/secret"),
        in_hub("local"),
        in_hub("folder", "/srv/git/folder.git"),
        in_hub("other", "https://github.example/ada/other"),
    ]

    told = stock(found, repos, taken=taken)
    assert {row.name: row.why for row in told.of(Section.HUB_ONLY)} == {
        "gone": Why.STALE,
        "secret": Why.NOT_VISIBLE,
        "local": Why.LOCAL,
        "folder": Why.LOCAL,
        "other": Why.ELSEWHERE,
    }


def test_a_token_that_was_shown_nothing_private_proves_nothing_stale() -> None:
    taken = replace(TAKEN, hidden=("ada/gone",), is_admin=True)
    told = stock([on_forge("ada/public", 1)], [in_hub("gone", f"{URL}/ada/gone")], taken=taken)

    assert [row.why for row in told.of(Section.HUB_ONLY)] == [Why.NOT_VISIBLE]


def test_a_repo_that_the_forge_was_not_asked_for_is_not_said_to_be_missing() -> None:
    row = only(stock([], [in_hub("new", f"{URL}/coulomb/new")]))

    assert (row.section, row.why) == (Section.UNKNOWN, Why.NOT_ASKED)


def test_what_has_to_be_asked_for_one_by_one_is_what_the_listing_lacks() -> None:
    repos = [
        in_hub("there", f"{URL}/coulomb/there"),
        in_hub("else", f"{URL}/Other/Else"),
        in_hub("numbered", forge_id=9),
        in_hub("local"),
        in_hub("far", "https://github.example/ada/far"),
    ]

    asked = unsettled([on_forge("coulomb/there")], repos, URL)
    assert {name: repo.slug for name, repo in asked.items()} == {
        "other/else": "else",
        "#9": "numbered",
    }


def test_out_of_scope_is_a_section_of_its_own_with_the_reason() -> None:
    decided = LeftOut("git.example", 2, "ada/toys", "toys", "ada", NOON)
    repo = in_hub("fork", f"{URL}/ada/fork", status=RepoStatus.OUT_OF_SCOPE, status_reason="a fork")
    found = [on_forge("ada/fork", 1), on_forge("ada/toys", 2), on_forge("ada/new", 3)]

    told = stock(found, [repo], (decided,))
    assert [(row.name, row.reason) for row in told.of(Section.OUT_OF_SCOPE)] == [
        ("ada/toys", "toys"),
        ("fork", "a fork"),
    ]
    assert [row.name for row in told.of(Section.UNREGISTERED)] == ["ada/new"]


def test_another_forges_decision_says_nothing_of_this_ones_number() -> None:
    decided = LeftOut("other.example", 2, "ada/toys", "toys", "ada", NOON)

    assert only(stock([on_forge("ada/new", 2)], [], (decided,))).section is Section.UNREGISTERED


def test_the_forge_is_called_as_its_repos_say_whatever_address_it_is_asked_at() -> None:
    assert forge_name("http://10.0.0.7:3000", [on_forge("ada/docs")]) == "git.example"
    assert forge_name("http://10.0.0.7:3000", []) == "10.0.0.7"


NAMES = st.sampled_from(["a/x", "a/y", "b/x", "b/z", "c/Ünï"])
REMOTES = st.one_of(
    st.none(),
    NAMES.map(lambda name: f"{URL}/{name}.git"),
    NAMES.map(lambda name: f"ssh://git@git.example:22/{name}"),
    NAMES.map(lambda name: f"https://elsewhere.example/{name}"),
    NAMES.map(lambda name: f"/srv/{name}"),
)
FORGE = st.lists(
    st.builds(
        on_forge,
        NAMES,
        st.integers(1, 6),
        private=st.booleans(),
        archived=st.booleans(),
        can_push=st.sampled_from([True, False, None]),
        renamed_from=st.one_of(st.none(), NAMES),
    ),
    max_size=6,
    unique_by=lambda repo: repo.id,
)
HUB = st.lists(
    st.builds(
        in_hub,
        st.sampled_from("vwxyz"),
        REMOTES,
        forge_id=st.one_of(st.none(), st.integers(1, 7)),
        status=st.sampled_from(RepoStatus),
    ),
    max_size=5,
    unique_by=lambda repo: repo.slug,
)
LEFT_OUT = st.lists(
    st.builds(
        LeftOut,
        st.just("git.example"),
        st.integers(1, 7),
        NAMES,
        st.just("no"),
        st.just("ada"),
        st.just(NOON),
    ),
    max_size=3,
)


def taken(partial: bool, is_admin: bool, hidden: list[str]) -> Inventory:
    return replace(TAKEN, partial=partial, is_admin=is_admin, hidden=tuple(hidden))


TAKEN_ANYHOW = st.builds(
    taken,
    st.booleans(),
    st.booleans(),
    st.lists(NAMES.map(str.casefold)),
)


@given(TAKEN_ANYHOW, FORGE, HUB, LEFT_OUT)
def test_each_repo_stands_in_exactly_one_section(
    taken: Inventory, found: list[ForgeRepo], repos: list[Repo], left_out: list[LeftOut]
) -> None:
    told = compare(taken, found, repos, left_out)

    hub = Counter(row.repo.slug for row in told.rows if row.repo)
    assert hub == Counter(repo.slug for repo in repos)
    sections = {(row.forge.id, row.section) for row in told.rows if row.forge}
    assert Counter(number for number, _ in sections) == Counter(repo.id for repo in found)
    assert sum(told.counts.values()) == len(told.rows)


@given(TAKEN_ANYHOW, FORGE, HUB, LEFT_OUT)
def test_a_partial_listing_makes_no_repo_hub_only(
    taken: Inventory, found: list[ForgeRepo], repos: list[Repo], left_out: list[LeftOut]
) -> None:
    told = compare(replace(taken, partial=True), found, repos, left_out)

    assert told.of(Section.HUB_ONLY) == ()


@given(TAKEN_ANYHOW, FORGE, HUB)
def test_once_the_hub_has_learned_there_is_nothing_more_to_learn(
    taken: Inventory, found: list[ForgeRepo], repos: list[Repo]
) -> None:
    told = links(compare(taken, found, repos, ()))
    learned = {link.slug: link for link in told}
    after = [
        replace(
            repo,
            forge_id=learned[repo.slug].forge_id,
            remote_url=learned[repo.slug].remote_url or repo.remote_url,
        )
        if repo.slug in learned
        else repo
        for repo in repos
    ]

    assert links(compare(taken, found, after, ())) == ()


@given(TAKEN_ANYHOW, FORGE, HUB, LEFT_OUT)
def test_the_order_in_which_repos_are_told_changes_no_section(
    taken: Inventory, found: list[ForgeRepo], repos: list[Repo], left_out: list[LeftOut]
) -> None:
    told = compare(taken, found, repos, left_out)
    again = compare(taken, found, repos[::-1], left_out)

    assert [(row.name, row.section) for row in told.rows] == [
        (row.name, row.section) for row in again.rows
    ]
