"""A repo of the forge is taken in: registered, cloned, hooked, looked at; or left out."""

import json
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from custodian_core.codec import now
from custodian_core.commands import ChangeRepo, RegisterRepo
from custodian_core.errors import BadValue, Conflict, GitTrouble, NotOnForge
from custodian_core.forge.client import HttpForge
from custodian_core.hub.store import Store
from custodian_core.records import LeftOut, Repo
from custodian_core.settings import Settings
from custodian_server.demo.forge_shapes import repo_json
from custodian_tools.inventory import Wish as Asked
from custodian_tools.inventory import keep, take
from custodian_tools.onboarding import TakenIn, Wish, put_out_of_scope, take_in
from custodian_tools.sync import Bench
from tests.forges import Standing
from tests.gits import as_ada

from .conftest import ME

#: what git asks for first
GIT = "/coulomb/docs.git/info/refs"


@pytest.fixture
def repos(tmp_path: Path) -> Path:
    """Where checkouts live."""
    return tmp_path / "repos"


def no_forge() -> AbstractContextManager[HttpForge]:
    raise AssertionError


def test_a_repo_is_registered_with_what_the_forge_knows(
    forge: Standing, ada: HttpForge, bench: Bench, settings: Settings
) -> None:
    there = forge.add("coulomb/Docs", default_branch="trunk")

    done = take_in(ada, bench, settings, "coulomb/Docs", Wish())
    repo = done.repo
    assert (repo.slug, repo.domain, repo.forge_id) == ("docs", "coulomb", there.id)
    assert (repo.remote_url, repo.default_branch) == (there.clone_url, "trunk")
    assert (done.new, done.path, done.report) == (True, None, None)


def test_taking_a_repo_in_again_changes_nothing(
    forge: Standing, ada: HttpForge, bench: Bench, settings: Settings, repos: Path
) -> None:
    forge.add("coulomb/docs")
    wish = Wish(clone_into=repos, fix=True)
    first = take_in(ada, bench, settings, "coulomb/docs", wish)
    head = as_ada(repos / "docs", "rev-parse", "HEAD")
    again = take_in(ada, bench, settings, "coulomb/docs", wish)

    assert (first.new, first.cloned, again.new, again.cloned) == (True, True, False, False)
    assert first.report
    assert again.report
    assert (first.report.sealed, again.report.sealed, again.report.commits) == (True, True, ())
    assert again.hooks
    assert not any(hook.changed for hook in again.hooks.hooks)
    assert as_ada(repos / "docs", "rev-parse", "HEAD") == head
    assert bench.hub.repos().total == 1


def test_a_clone_is_hooked_and_looked_at_and_its_plans_say_the_domain(
    forge: Standing, ada: HttpForge, bench: Bench, settings: Settings, repos: Path
) -> None:
    forge.add("coulomb/docs")
    done = take_in(ada, bench, settings, "coulomb/docs", Wish(clone_into=repos, program="/x/cust"))

    assert (done.path, done.repo.domain) == (repos / "docs", "papers")
    assert done.report
    assert done.report.mode == "check"
    assert "/x/cust" in (repos / "docs/.git/hooks/post-commit").read_text()
    assert bench.hub.tasks(repo="docs").total == 0


def test_a_repo_that_was_registered_first_gets_its_domain_when_it_is_cloned(
    forge: Standing, ada: HttpForge, bench: Bench, settings: Settings, repos: Path
) -> None:
    forge.add("coulomb/docs")
    take_in(ada, bench, settings, "coulomb/docs", Wish())
    cloned = take_in(ada, bench, settings, "coulomb/docs", Wish(clone_into=repos, fix=True))
    assert cloned.repo.domain == "papers"

    bench.hub.do(ChangeRepo("docs", {"domain": "science"}), ME)
    again = take_in(ada, bench, settings, "coulomb/docs", Wish(clone_into=repos))
    assert again.repo.domain == "science"


def test_a_repo_of_another_owner_gets_a_slug_of_its_own(
    forge: Standing, ada: HttpForge, bench: Bench, settings: Settings
) -> None:
    for name in ("coulomb/docs", "newton/docs"):
        forge.add(name)
        take_in(ada, bench, settings, name, Wish())

    assert [repo.slug for repo in bench.hub.repos().items] == ["docs", "newton-docs"]


def test_a_bare_name_is_looked_up_in_the_inventory_and_never_guessed(
    forge: Standing, ada: HttpForge, bench: Bench, settings: Settings, hub: Store
) -> None:
    for name in ("coulomb/docs", "newton/docs", "coulomb/papers"):
        forge.knows.add_repo(name)
    with pytest.raises(BadValue, match="no inventory has it; name it as owner/name"):
        take_in(ada, bench, settings, "papers", Wish())

    keep(hub, ME, take(ada, hub, Asked(("coulomb", "newton")), now()))
    assert take_in(ada, bench, settings, "Papers", Wish()).full_name == "coulomb/papers"
    with pytest.raises(Conflict, match="say which: coulomb/docs, newton/docs"):
        take_in(ada, bench, settings, "docs", Wish())


def test_a_repo_that_is_not_to_be_seen_is_not_registered(
    forge: Standing, ada: HttpForge, bench: Bench, settings: Settings
) -> None:
    forge.knows.add_repo("newton/secret", private=True)

    with pytest.raises(NotOnForge):
        take_in(ada, bench, settings, "newton/secret", Wish())
    assert bench.hub.repos().total == 0


def test_a_checkout_that_lies_there_already_is_taken_as_it_is(
    forge: Standing, ada: HttpForge, bench: Bench, settings: Settings, repos: Path
) -> None:
    there = forge.add("coulomb/docs")
    as_ada(repos, "clone", "-q", str(there.clone_url), "docs")
    (repos / "docs/mine.txt").write_text("mine")

    done = take_in(ada, bench, settings, "coulomb/docs", Wish(clone_into=repos))
    assert (done.path, done.cloned) == (repos / "docs", False)
    assert (repos / "docs/mine.txt").read_text() == "mine"


def test_something_else_that_lies_there_is_left_alone(
    forge: Standing, ada: HttpForge, bench: Bench, settings: Settings, repos: Path
) -> None:
    forge.add("coulomb/docs")
    as_ada(repos, "init", "-q", "docs")

    with pytest.raises(Conflict, match=r"something else lies there \(it has no remote\)"):
        take_in(ada, bench, settings, "coulomb/docs", Wish(clone_into=repos))
    assert bench.hub.repos().total == 0


def test_nothing_is_cloned_outside_the_roots(
    forge: Standing, ada: HttpForge, bench: Bench, settings: Settings
) -> None:
    forge.add("coulomb/docs")

    with pytest.raises(BadValue, match="CUSTODIAN_ROOTS"):
        take_in(ada, bench, settings, "coulomb/docs", Wish(clone_into=Path("/usr")))


def test_a_clone_that_fails_says_how_to_get_in_and_registers_nothing(
    forge: Standing, ada: HttpForge, bench: Bench, settings: Settings, repos: Path
) -> None:
    forge.add("coulomb/docs")
    forge.git.answers["git-upload-pack"] = 401
    forge.git.answers["/coulomb/docs.git/info/refs"] = 401

    with pytest.raises(GitTrouble, match="set up git's credentials for the forge, or clone by ssh"):
        take_in(ada, bench, settings, "coulomb/docs", Wish(clone_into=repos))
    assert list(repos.iterdir()) == []
    assert bench.hub.repos().total == 0


@pytest.mark.parametrize("said", ["http://10.0.0.1/x/y.git", "file:///etc", "ext::sh -c id", "-x"])
def test_f104_a_clone_comes_from_the_forge_whatever_it_says_of_its_address(
    forge: Standing,
    ada: HttpForge,
    bench: Bench,
    settings: Settings,
    repos: Path,
    said: str,
) -> None:
    forge.knows.add_repo("coulomb/docs", clone_url=said)

    with pytest.raises(GitTrouble) as trouble:
        take_in(ada, bench, settings, "coulomb/docs", Wish(clone_into=repos))
    assert f"{forge.url}/coulomb/docs.git" in str(trouble.value)
    assert [each for each in forge.fake.paths() if "git" in each] == [GIT]
    forge.fake.wrong.clear()  # the fake is no git, and says so


@pytest.mark.parametrize("name", ["..", "-upload-pack=x", "a/b", "new\nline"])
def test_a_name_that_leads_elsewhere_is_refused(
    forge: Standing, ada: HttpForge, bench: Bench, settings: Settings, repos: Path, name: str
) -> None:
    there = forge.knows.add_repo("coulomb/docs")
    told = repo_json(forge.knows, there, "ada") | {"name": name}
    forge.fake.instead(
        "/repos/coulomb/docs", body=json.dumps(told), content_type="application/json"
    )

    with pytest.raises(BadValue, match="its name is none for a folder"):
        take_in(ada, bench, settings, "coulomb/docs", Wish(clone_into=repos))
    assert list(repos.iterdir()) == []


def test_what_keeps_a_repo_from_being_in_step_is_told(
    forge: Standing, ada: HttpForge, bench: Bench, settings: Settings
) -> None:
    forge.knows.add_repo("coulomb/old", archived=True)
    forge.knows.add_repo("newton/theirs", mirror=True)
    forge.knows.add_repo("coulomb/new", files=())
    forge.knows.rename("coulomb/new", "coulomb/empty")

    def notes(name: str) -> str:
        return "; ".join(take_in(ada, bench, settings, name, Wish()).notes)

    assert "archived on the forge" in notes("coulomb/old")
    assert notes("newton/theirs").startswith("this token may not push to it; it is a mirror")
    assert notes("coulomb/new") == (
        "coulomb/new is called coulomb/empty now; it is empty; push a first commit"
    )


def test_an_empty_repo_is_cloned_and_says_what_it_lacks(
    forge: Standing, ada: HttpForge, bench: Bench, settings: Settings, repos: Path
) -> None:
    there = forge.add("coulomb/docs")
    bare = forge.bare("coulomb/docs")
    as_ada(bare, "update-ref", "-d", "refs/heads/main")
    there.files = ()

    done: TakenIn = take_in(ada, bench, settings, "coulomb/docs", Wish(clone_into=repos))
    assert done.report
    assert [finding.code for finding in done.report.findings] == ["C-15"]
    assert done.notes == ("it is empty; push a first commit",)


def test_a_repo_that_is_not_registered_is_left_out_once(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    there = forge.knows.add_repo("ada/toys")
    keep(hub, ME, take(ada, hub, Asked(), now()))
    first = put_out_of_scope(no_forge, hub, ME, "toys", "only toys")
    again = put_out_of_scope(no_forge, hub, ME, "ada/toys", "only toys")

    assert isinstance(first, LeftOut)
    assert again == first
    assert (first.forge, first.forge_id, first.full_name) == ("127.0.0.1", there.id, "ada/toys")
    assert hub.events(type="forge.left_out").total == 1


def test_a_repo_that_no_inventory_has_is_asked_for_before_it_is_left_out(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    forge.knows.add_repo("ada/toys")

    left_out = put_out_of_scope(lambda: nullcontext(ada), hub, ME, "ada/toys", "only toys")
    assert isinstance(left_out, LeftOut)
    with pytest.raises(NotOnForge):
        put_out_of_scope(lambda: nullcontext(ada), hub, ME, "ada/nothing", "nothing")
    with pytest.raises(BadValue, match="neither the hub nor an inventory has it"):
        put_out_of_scope(no_forge, hub, ME, "nothing", "nothing")


def test_a_registered_repo_is_put_out_of_scope_by_either_name(
    forge: Standing, ada: HttpForge, hub: Store
) -> None:
    forge.knows.add_repo("coulomb/docs")
    hub.do(RegisterRepo("papers", "d", remote_url="git@127.0.0.1:coulomb/docs.git"), ME)

    for name in ("papers", "coulomb/docs"):
        repo = put_out_of_scope(lambda: nullcontext(ada), hub, ME, name, "a fork")
        assert isinstance(repo, Repo)
        assert (repo.slug, repo.status, repo.status_reason) == ("papers", "out_of_scope", "a fork")
    assert hub.left_out() == ()
    assert hub.events(type="repo.changed").total == 1


def test_taking_a_repo_in_takes_back_that_it_was_left_out(
    forge: Standing, ada: HttpForge, bench: Bench, settings: Settings, hub: Store
) -> None:
    forge.knows.add_repo("coulomb/docs", clone_url=f"{forge.url}/coulomb/docs.git")
    put_out_of_scope(lambda: nullcontext(ada), hub, ME, "coulomb/docs", "not yet")
    take_in(ada, bench, settings, "coulomb/docs", Wish())

    assert hub.left_out() == ()
