"""Whole listings, from a forge that cuts, hides, forgets, moves, stalls and lies."""

import json
from collections.abc import Callable

import pytest
from starlette.requests import Request
from starlette.responses import Response

from custodian_core.codec import stamp
from custodian_core.errors import ForgeTrouble, ForgeUnreachable, NoForge, NotAnOrg, NotOnForge
from custodian_core.forge.client import HttpForge
from custodian_core.forge.records import Listing
from custodian_server.demo.forge import LONG_AGO
from custodian_server.demo.forge_shapes import issue_json

from .conftest import small
from .fake import Fake, faked, serving

PATH = "/orgs/coulomb/repos"


@pytest.fixture
def many(fake: Fake) -> list[str]:
    """The names of 120 repos of coulomb, in the order in which they were made."""
    for number in range(117):
        fake.forge.add_repo(f"coulomb/r{number}")
    return [repo.full_name for repo in fake.forge.repos.values() if repo.owner == "coulomb"]


def names(listing: Listing) -> set[str]:
    return {repo.full_name for repo in listing.repos}


def test_every_page_is_read_once_and_told_as_it_comes(
    forge: HttpForge, fake: Fake, many: list[str]
) -> None:
    told: list[tuple[int, int | None]] = []
    listing = forge.org_repos("coulomb", progress=lambda done, total: told.append((done, total)))

    assert names(listing) == set(many)
    assert (listing.partial, listing.notes, listing.total) == (False, (), 120)
    assert fake.paths().count(PATH) == 3
    assert [total for _, total in told] == [120] * 3
    assert told[-1] == (120, 120)


def test_a_limit_that_is_cut_is_met(forge: HttpForge, fake: Fake, many: list[str]) -> None:
    fake.forge.max_response_items = 7

    assert names(forge.org_repos("coulomb")) == set(many)


def test_a_limit_that_is_cut_in_secret_is_met(
    forge: HttpForge, fake: Fake, many: list[str]
) -> None:
    fake.forge.max_response_items = 7
    fake.instead("/settings/api", 404, "{}")

    assert names(forge.org_repos("coulomb")) == set(many)


def test_without_a_count_the_pages_are_read_to_their_end(
    forge: HttpForge, fake: Fake, many: list[str]
) -> None:
    fake.without = {"X-Total-Count"}
    listing = forge.org_repos("coulomb")

    assert names(listing) == set(many)
    assert (listing.partial, listing.total) == (False, None)


def test_what_is_hidden_leaves_gaps_in_pages_and_is_counted(
    fake: Fake, forge: HttpForge, many: list[str]
) -> None:
    for repo in list(fake.forge.repos.values())[:60]:
        repo.private = True
    token = fake.forge.add_token("bob")
    with HttpForge(fake.url, token) as as_bob:
        listing = as_bob.org_repos("coulomb")

    hidden = {repo.full_name for repo in fake.forge.repos.values() if repo.private}
    assert names(listing) == set(many) - hidden
    assert (listing.partial, listing.total) == (False, 120)
    assert names(forge.org_repos("coulomb")) == set(many)


def test_a_link_to_another_host_is_never_followed(kind: str) -> None:
    away, application = faked(small("1.26.4"), "", kind)
    with serving(application) as elsewhere:
        here = small("1.26.4")
        here.root_url, here.max_response_items = elsewhere, 1
        fake, application = faked(here, "", kind)
        with serving(application) as url, HttpForge(url, here.add_token("ada")) as forge:
            listing = forge.org_repos("coulomb")

    assert len(listing.repos) == 3
    assert fake.asked
    assert not away.asked


def test_a_page_that_fails_makes_the_listing_partial(
    forge: HttpForge, fake: Fake, many: list[str]
) -> None:
    fake.instead(PATH, 500, '{"message": "", "url": ""}', page=3)
    listing = forge.org_repos("coulomb")

    assert len(names(listing)) == 100
    assert names(listing) < set(many)
    assert listing.partial
    assert listing.notes == ("page 3: it answers 500",)


@pytest.mark.usefixtures("many")
def test_without_a_first_page_nothing_is_known(forge: HttpForge, fake: Fake) -> None:
    fake.instead(PATH, 500, "{}", page=1)
    with pytest.raises(ForgeUnreachable, match="it answers 500"):
        forge.org_repos("coulomb")


def gone(fake: Fake, full_name: str) -> None:
    repo = fake.forge.find(full_name)
    assert repo
    del fake.forge.repos[repo.id]


def test_a_repo_that_is_deleted_between_pages_hides_no_other(
    forge: HttpForge, fake: Fake, many: list[str]
) -> None:
    async def delete(_request: Request) -> None:
        gone(fake, "coulomb/r0")

    fake.meanwhile(PATH, delete, page=2)
    listing = forge.org_repos("coulomb")

    assert names(listing) == set(many) - {"coulomb/r0"}
    assert not listing.partial


def test_a_forge_that_never_stands_still_is_told_in_part(
    forge: HttpForge, fake: Fake, many: list[str]
) -> None:
    left = [name for name in many if "/r" in name]

    async def delete(_request: Request) -> None:
        gone(fake, left.pop(0))

    fake.meanwhile(PATH, delete, page=2, times=9)
    listing = forge.org_repos("coulomb")

    assert listing.partial
    assert listing.notes == ("some came or went while the pages were read",)
    assert fake.paths().count(PATH) == 6


async def until_hung_up(request: Request) -> Response | None:
    """No answer comes before the client has gone."""
    while not await request.is_disconnected():
        await request.receive()
    return Response()


def test_a_listing_ends_when_its_time_is_over(
    forge: HttpForge, fake: Fake, many: list[str]
) -> None:
    fake.meanwhile(PATH, until_hung_up, page=2)
    listing = forge.org_repos("coulomb", within_s=1)

    assert names(listing) < set(many)
    assert listing.partial
    assert listing.notes[-1].startswith("its time was over when ")


def test_where_nothing_came_in_time_nothing_is_known(forge: HttpForge, fake: Fake) -> None:
    fake.meanwhile(PATH, until_hung_up)
    with pytest.raises(ForgeUnreachable, match=r"nothing came within 0\.2 s"):
        forge.org_repos("coulomb", within_s=0.2)


def test_a_listing_that_nobody_wants_any_more_ends(
    forge: HttpForge, fake: Fake, many: list[str]
) -> None:
    told: list[int] = []
    fake.meanwhile(PATH, until_hung_up, page=2)
    listing = forge.org_repos(
        "coulomb",
        progress=lambda done, _total: told.append(done),
        cancelled=lambda: bool(told),
    )

    assert names(listing) < set(many)
    assert listing.notes[-1].startswith("it was cancelled when ")
    assert listing.partial


@pytest.mark.usefixtures("many")
def test_whoever_is_interrupted_takes_the_question_back(forge: HttpForge, fake: Fake) -> None:
    def interrupt(_done: int, _total: int | None) -> None:
        raise KeyboardInterrupt

    fake.meanwhile(PATH, until_hung_up, page=2)
    with pytest.raises(KeyboardInterrupt):
        forge.org_repos("coulomb", progress=interrupt)
    assert forge.whoami().login == "ada"


def test_f112_a_forge_that_gives_one_page_for_ever_is_left(forge: HttpForge, fake: Fake) -> None:
    page: list[bytes] = []

    async def keep(request: Request) -> Response:
        repo = {"id": 1, "name": "a", "owner": {"login": "coulomb"}}
        page.append(json.dumps([repo]).encode())
        return Response(page[0], headers={"Content-Type": "application/json"})

    fake.meanwhile(PATH, keep, times=10**9)
    listing = forge.org_repos("coulomb")

    assert names(listing) == {"coulomb/a"}
    assert listing.partial
    assert "the same page again" in listing.notes[0]
    assert len(page) == 3


def test_a_list_that_comes_whole_on_every_page_is_whole(forge: HttpForge, fake: Fake) -> None:
    fake.instead("/orgs/coulomb/hooks", 200, '[{"id": 3, "config": {"url": "https://hub"}}]')

    assert [hook.url for hook in forge.webhooks("coulomb")] == ["https://hub"]


def test_a_list_of_which_a_page_fails_is_none(forge: HttpForge, fake: Fake) -> None:
    repo = fake.forge.find("ada/own")
    assert repo
    at = stamp(LONG_AGO)
    repo.issues += [issue_json(repo, n, {"title": "x"}, "ada", at) for n in range(1, 61)]
    fake.instead("/repos/ada/own/issues", 404, '{"message": "gone"}', page=2)

    assert len(forge.issues("ada/own", limit=50)) == 50
    with pytest.raises(ForgeTrouble, match=r"a list is not whole: page 2: .*\(gone\)"):
        forge.issues("ada/own")


def test_an_item_that_cannot_be_read_is_not_passed_over_in_silence(
    forge: HttpForge, fake: Fake
) -> None:
    good = {"id": 1, "name": "a", "owner": {"login": "coulomb"}, "archived": "yes", "size": None}
    bad = [None, {}, {"id": True, "name": "a", "owner": {"login": "b"}}, {**good, "id": -1}]
    fake.instead(PATH, 200, json.dumps([good, *bad]), X_Total_Count="5")
    listing = forge.org_repos("coulomb")

    (repo,) = listing.repos
    assert (repo.full_name, repo.archived, repo.size_kib) == ("coulomb/a", False, None)
    assert repo.can_push is None
    assert listing.partial
    assert listing.notes == ("page 1: 4 of its items could not be read",)


def test_what_is_no_list_is_no_listing(forge: HttpForge, fake: Fake) -> None:
    fake.instead(PATH, 200, '{"ok": true}')
    with pytest.raises(NoForge, match="something else than a list"):
        forge.org_repos("coulomb")


def test_one_name_in_two_organizations_is_two_repos(forge: HttpForge) -> None:
    (a,) = [repo for repo in forge.org_repos("coulomb").repos if repo.name == "marki-docx"]
    (b,) = [repo for repo in forge.org_repos("newton").repos if repo.name == "marki-docx"]

    assert (a.full_name, b.full_name) == ("coulomb/marki-docx", "newton/marki-docx")
    assert a.id != b.id
    assert (a.can_push, b.can_push) == (True, False)


def test_an_organization_that_is_a_person_is_told(forge: HttpForge) -> None:
    with pytest.raises(NotAnOrg, match="'ada' is a person; ask for a person's repos"):
        forge.org_repos("ada")
    with pytest.raises(NotOnForge, match="no organization 'nobody', or this token may not see it"):
        forge.org_repos("nobody")
    with pytest.raises(NotOnForge, match="no user 'nobody', or this token may not see it"):
        forge.user_repos("nobody")


def test_the_repos_of_a_person_and_those_the_token_has_a_right_to(
    forge: HttpForge, fake: Fake
) -> None:
    fake.forge.add_repo("bob/shared", private=True, writers={"ada"})

    assert names(forge.user_repos("ada")) == {"ada/own"}
    accessible: Callable[[], Listing] = forge.accessible_repos
    assert names(accessible()) == {
        "ada/own",
        "bob/shared",
        "coulomb/empty",
        "coulomb/marki-docx",
        "coulomb/old",
    }
