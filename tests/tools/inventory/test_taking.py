"""An inventory of a real client against a forge: what is asked, what is told, what is kept."""

from dataclasses import replace
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from custodian_core.codec import now
from custodian_core.commands import ChangeRepo, LeaveOut, RegisterRepo
from custodian_core.errors import (
    BadValue,
    ForgeTrouble,
    NoForge,
    NotAnOrg,
    TokenRefused,
    TokenTooWeak,
)
from custodian_core.forge.client import HttpForge
from custodian_core.hub.store import Store
from custodian_core.inventory import Flag, Section, Stock, Why
from custodian_server.demo.forge_shapes import repo_json
from custodian_tools import inventory
from custodian_tools.inventory import Wish, keep, kept, take
from tests.forges import Standing

from .conftest import ME, client

HERE = "git@127.0.0.1:"


def taken(forge: HttpForge, hub: Store, *orgs: str, **more: Any) -> Stock:
    return take(forge, hub, Wish(orgs, **more), now())


def register(hub: Store, slug: str, remote_url: str | None = None, **more: Any) -> None:
    hub.do(RegisterRepo(slug, "d", remote_url=remote_url, **more), ME)


def names(stock: Stock, section: Section) -> list[str]:
    return [row.name for row in stock.of(section)]


def test_every_repo_stands_in_its_section(forge: Standing, ada: HttpForge, hub: Store) -> None:
    for name in ("coulomb/docs", "coulomb/new", "coulomb/toys"):
        forge.knows.add_repo(name)
    toys = forge.knows.find("coulomb/toys")
    assert toys
    register(hub, "docs", f"{HERE}coulomb/docs.git")
    register(hub, "local")
    hub.do(LeaveOut("127.0.0.1", toys.id, "coulomb/toys", "toys"), ME)

    stock = taken(ada, hub)
    assert {section: names(stock, section) for section in Section} == {
        Section.REGISTERED: ["docs"],
        Section.UNREGISTERED: ["coulomb/new"],
        Section.HUB_ONLY: ["local"],
        Section.UNKNOWN: [],
        Section.OUT_OF_SCOPE: ["coulomb/toys"],
    }
    assert (stock.inventory.login, stock.inventory.partial) == ("ada", False)
    assert stock.inventory.asked == ("what ada may see",)


def test_organizations_are_asked_alone_or_with_all_that_the_token_may_see(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    for name in ("coulomb/docs", "ada/own", "newton/docs"):
        forge.knows.add_repo(name)

    assert names(taken(ada, hub, "coulomb"), Section.UNREGISTERED) == ["coulomb/docs"]
    both = taken(ada, hub, "newton", user=True)
    assert names(both, Section.UNREGISTERED) == ["ada/own", "coulomb/docs", "newton/docs"]
    assert both.inventory.asked == ("the organization newton", "what ada may see")


def test_two_organizations_with_a_repo_of_one_name_are_told_apart(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    forge.knows.add_repo("coulomb/docs")
    forge.knows.add_repo("newton/docs")
    register(hub, "docs", f"{HERE}newton/docs.git")

    stock = taken(ada, hub, "coulomb", "newton")
    assert names(stock, Section.UNREGISTERED) == ["coulomb/docs"]
    assert names(stock, Section.REGISTERED) == ["docs"]


def test_names_and_descriptions_of_any_script_are_told_and_kept(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    forge.knows.add_repo("ada/Größe-文書", description="Ünï ✓ \x1b[31m" + "x" * 500)

    stock = taken(ada, hub)
    keep(hub, ME, stock)
    (repo,) = hub.forge_repos("127.0.0.1").items
    assert repo.full_name == "ada/Größe-文書"
    assert "\x1b" not in repo.description
    assert len(repo.description) == 300


def test_a_renamed_repo_is_followed_and_recorded(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    forge.knows.add_repo("coulomb/docs")
    register(hub, "docs", f"{HERE}coulomb/docs.git")
    keep(hub, ME, taken(ada, hub))
    forge.knows.rename("coulomb/docs", "coulomb/papers")

    stock = taken(ada, hub)
    assert [row.flags for row in stock.of(Section.REGISTERED)] == [(Flag.RENAMED,)]
    keep(hub, ME, stock)
    assert hub.repo("docs").remote_url == f"{HERE}coulomb/papers.git"
    assert [row.flags for row in taken(ada, hub).of(Section.REGISTERED)] == [()]


def test_a_repo_that_was_renamed_before_anybody_knew_its_number_is_found_by_its_old_name(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    forge.knows.add_repo("coulomb/docs")
    forge.knows.rename("coulomb/docs", "coulomb/papers")
    register(hub, "docs", f"{HERE}coulomb/docs.git")

    stock = taken(ada, hub)
    assert [(row.name, row.flags) for row in stock.rows] == [("docs", (Flag.RENAMED,))]


def test_a_repo_of_an_organization_that_was_not_asked_is_asked_for_by_name(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    forge.knows.add_repo("newton/docs")
    register(hub, "docs", f"{HERE}newton/docs.git")

    stock = taken(ada, hub, "coulomb")
    assert names(stock, Section.REGISTERED) == ["docs"]
    assert [row.flags for row in stock.rows] == [(Flag.READ_ONLY,)]


def test_what_a_token_does_not_see_is_not_called_stale(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    forge.knows.add_repo("newton/secret", private=True)
    forge.knows.add_repo("ada/own", private=True)
    register(hub, "secret", f"{HERE}newton/secret.git")
    register(hub, "gone", f"{HERE}ada/gone.git")

    whys = {row.name: row.why for row in taken(ada, hub).of(Section.HUB_ONLY)}
    assert whys == {"secret": Why.NOT_VISIBLE, "gone": Why.STALE}


def test_a_repo_without_a_remote_is_asked_for_by_its_number(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    there = forge.knows.add_repo("newton/docs")
    register(hub, "docs", forge_id=there.id)
    register(hub, "gone", forge_id=999)

    stock = taken(ada, hub, "coulomb")
    assert names(stock, Section.REGISTERED) == ["docs"]
    assert [row.why for row in stock.of(Section.HUB_ONLY)] == [Why.NOT_VISIBLE]


def test_pages_that_fail_make_the_inventory_partial_and_nothing_hub_only(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    for number in range(120):
        forge.knows.add_repo(f"coulomb/repo-{number:03d}")
    register(hub, "last", f"{HERE}coulomb/never.git")
    register(hub, "local")
    forge.fake.instead("/orgs/coulomb/repos", 500, "{}", page=2)

    stock = taken(ada, hub, "coulomb")
    assert stock.inventory.partial
    assert "page 2" in stock.inventory.notes[0]
    assert stock.counts[Section.UNREGISTERED] == 70
    assert names(stock, Section.UNKNOWN) == ["last", "local"]
    assert names(stock, Section.HUB_ONLY) == []


def test_a_repo_that_is_deleted_while_pages_are_read_hides_no_other(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    for number in range(60):
        forge.knows.add_repo(f"coulomb/repo-{number:03d}")

    async def delete(_request: Request) -> Response | None:
        forge.knows.repos.pop(next(iter(forge.knows.repos)), None)
        return None

    forge.fake.meanwhile("/orgs/coulomb/repos", delete, page=2)
    stock = taken(ada, hub, "coulomb")

    assert not stock.inventory.partial
    assert stock.counts[Section.UNREGISTERED] == 59


def test_one_organization_that_cannot_be_read_does_not_hide_the_others(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    forge.knows.add_repo("coulomb/docs")

    stock = taken(ada, hub, "coulomb", "bob", "nowhere")
    assert names(stock, Section.UNREGISTERED) == ["coulomb/docs"]
    assert stock.inventory.partial
    assert stock.inventory.asked == ("the organization coulomb",)
    person, nobody = stock.inventory.notes
    assert "'bob' is a person" in person
    assert "nowhere" in nobody


def test_where_nothing_could_be_learned_there_is_an_error_that_says_why(
    forge: Standing, hub: Store
) -> None:
    def told(kind: type[ForgeTrouble], token: str, *orgs: str) -> str:
        with client(forge, token) as asked, pytest.raises(kind) as trouble:
            taken(asked, hub, *orgs)
        return str(trouble.value)

    assert "does not know the token" in told(TokenRefused, "0" * 40)
    assert "read:user" in told(TokenTooWeak, forge.token("ada", "read:issue"))
    assert "read:organization" in told(TokenTooWeak, forge.token("ada", "read:user"), "coulomb")
    assert "'bob' is a person" in told(NotAnOrg, forge.token(), "bob")
    forge.fake.instead("/user", 200, "<html>", content_type="text/html")
    assert "no Gitea and no Forgejo" in told(NoForge, forge.token())


def test_an_empty_name_of_an_organization_is_refused(ada: HttpForge, hub: Store) -> None:
    with pytest.raises(BadValue, match="leave it out for all"):
        taken(ada, hub, "")


def test_a_token_that_may_not_say_whose_it_is_still_lists(forge: Standing, hub: Store) -> None:
    forge.knows.add_repo("coulomb/docs")
    token = forge.token("ada", "read:organization", "read:repository")
    with client(forge, token) as asked:
        stock = taken(asked, hub, "coulomb")

    assert names(stock, Section.UNREGISTERED) == ["coulomb/docs"]
    assert stock.inventory.login is None
    assert "it may not ask" in stock.inventory.notes[0]


def test_unregistered_repos_say_whether_they_have_workplans(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    forge.knows.add_repo("ada/with", files=("workplans/a.md",))
    forge.knows.add_repo("ada/without")
    forge.knows.add_repo("ada/empty", files=())

    stock = taken(ada, hub)
    assert {row.name: row.forge and row.forge.has_workplans for row in stock.rows} == {
        "ada/with": True,
        "ada/without": False,
        "ada/empty": False,
    }


def test_a_repo_that_nobody_touched_is_not_looked_into_again(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    touched = forge.knows.add_repo("ada/touched")
    forge.knows.add_repo("ada/quiet", files=("workplans/a.md",))
    keep(hub, ME, taken(ada, hub))
    forge.fake.asked.clear()
    touched.updated_at = now()
    touched.files = ("workplans/a.md",)

    stock = taken(ada, hub)
    looked = [path for path in forge.fake.paths() if path.endswith("/contents/workplans")]
    assert looked == ["/repos/ada/touched/contents/workplans"]
    assert all(row.forge and row.forge.has_workplans for row in stock.rows)


def test_more_repos_than_are_asked_for_one_by_one_are_said_to_be_unknown(
    forge: Standing, ada: HttpForge, hub: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "MOST_ASKED", 1)
    register(hub, "a", f"{HERE}newton/a.git")
    register(hub, "b", f"{HERE}newton/b.git")

    stock = taken(ada, hub)
    assert [(row.name, row.why) for row in stock.rows] == [
        ("a", Why.NOT_VISIBLE),
        ("b", Why.NOT_ASKED),
    ]
    assert "1 of 2 were not asked for" in stock.inventory.notes[0]


def test_what_could_not_be_asked_is_noted_once_and_stays_unknown(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    for name in ("a", "b"):
        forge.knows.add_repo(f"ada/{name}")
        forge.fake.instead(f"/repos/ada/{name}/contents/workplans", 500, "{}")
        register(hub, f"far-{name}", f"{HERE}newton/{name}.git")
        forge.fake.instead(f"/repos/newton/{name}", 500, "{}")

    stock = taken(ada, hub)
    hidden, workplans = stock.inventory.notes
    assert hidden.startswith("repos that no list has: of 2 nothing was learned, as: ")
    assert workplans.startswith("workplans: of 2 nothing was learned")
    assert [row.why for row in stock.of(Section.UNKNOWN)] == [Why.NOT_ASKED, Why.NOT_ASKED]
    assert [r.forge.has_workplans for r in stock.of(Section.UNREGISTERED) if r.forge] == [None] * 2


def test_f112_a_forge_that_never_stops_paging_is_left_when_the_time_is_over(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    numbers = iter(range(1, 10**9))
    one = replace(forge.knows.add_repo("coulomb/docs"))

    async def another(_request: Request) -> Response:
        one.id = next(numbers)
        one.name = f"docs-{one.id}"
        return JSONResponse([repo_json(forge.knows, one, "ada")])

    forge.fake.meanwhile("/user/repos", another, times=10**9)
    stock = taken(ada, hub, within_s=1)

    assert stock.inventory.partial
    assert stock.inventory.total > 1
    assert names(stock, Section.HUB_ONLY) == []


def test_f112_whoever_no_longer_wants_to_know_has_what_was_read(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    for number in range(200):
        forge.knows.add_repo(f"coulomb/repo-{number:03d}")
    told: list[int] = []

    def tell(_what: str, done: int, _total: int | None) -> None:
        told.append(done)

    stock = taken(ada, hub, "coulomb", tell=tell, cancelled=lambda: bool(told))
    assert stock.inventory.partial
    assert stock.inventory.total >= 50


def test_f104_nothing_is_asked_of_where_a_forge_says_that_it_is(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    forge.knows.root_url = "http://169.254.169.254"
    for number in range(60):
        forge.knows.add_repo(f"coulomb/repo-{number:03d}", clone_url="http://10.0.0.1/x/y.git")

    stock = taken(ada, hub, "coulomb")
    assert stock.counts[Section.UNREGISTERED] == 60
    assert not stock.inventory.partial


def test_what_was_kept_is_told_again_beside_the_hub_as_it_is_now(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    docs = forge.knows.add_repo("coulomb/docs", files=("workplans/a.md",))
    forge.knows.add_repo("coulomb/new")
    stock = taken(ada, hub)
    keep(hub, ME, stock)
    assert kept(hub) == (replace(stock, inventory=replace(stock.inventory, total=2)),)

    register(hub, "docs", f"{HERE}coulomb/docs.git", forge_id=docs.id)
    (again,) = kept(hub)
    assert names(again, Section.REGISTERED) == ["docs"]
    assert names(again, Section.UNREGISTERED) == ["coulomb/new"]


def test_an_inventory_larger_than_one_part_is_kept_whole(
    forge: Standing, ada: HttpForge, hub: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "TOGETHER", 2)
    for number in range(5):
        forge.knows.add_repo(f"coulomb/repo-{number}")
    register(hub, "zero", f"{HERE}coulomb/repo-0")
    keep(hub, ME, taken(ada, hub))

    assert hub.forge_repos("127.0.0.1").total == 5
    assert hub.repo("zero").forge_id is not None


def test_an_empty_forge_is_kept_as_empty(ada: HttpForge, hub: Store) -> None:
    keep(hub, ME, taken(ada, hub))

    (inventory_,) = hub.inventories()
    assert (inventory_.total, inventory_.partial) == (0, False)


def test_flags_are_of_the_forge_as_it_is_now(forge: Standing, ada: HttpForge, hub: Store) -> None:
    forge.knows.add_repo("coulomb/docs", archived=True, default_branch="trunk")
    register(hub, "docs", f"{HERE}coulomb/docs.git", default_branch="main")
    assert [row.flags for row in taken(ada, hub).rows] == [(Flag.ARCHIVED, Flag.BRANCH)]

    hub.do(ChangeRepo("docs", {"status": "archived", "default_branch": "trunk"}), ME)
    assert [row.flags for row in taken(ada, hub).rows] == [()]
