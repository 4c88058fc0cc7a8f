"""The client at a real Gitea or Forgejo (`make forge`).

CUSTODIAN_TEST_GITEA_URL names it, CUSTODIAN_TEST_GITEA_TOKEN is an administrator's. All is done in
an organization that is made for it and removed again.
"""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

import httpx
import pytest

from custodian_core.errors import (
    ArchivedOnForge,
    ForgeTrouble,
    NotAnOrg,
    NotOnForge,
    TokenRefused,
    TokenTooWeak,
)
from custodian_core.forge.client import HttpForge

from .contract import Contract

URL = os.environ.get("CUSTODIAN_TEST_GITEA_URL", "")
TOKEN = os.environ.get("CUSTODIAN_TEST_GITEA_TOKEN", "")
pytestmark = pytest.mark.forge
REPOS = 53


@dataclass
class Place:
    """An organization on a real forge, and the means to fill it."""

    org: str
    person: str
    http: httpx.Client

    def make(self, path: str, **said: object) -> None:
        self.http.post(path, json=said).raise_for_status()

    def token(self, *scopes: str) -> str:
        """A token of the person."""
        told = {"name": secrets.token_hex(4), "scopes": list(scopes)}
        path = f"/users/{self.person}/tokens"
        answer = self.http.post(path, json=told, auth=(self.person, f"pw-{self.person}"))
        secret: str = answer.raise_for_status().json()["sha1"]
        return secret


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    assert URL and TOKEN, "set CUSTODIAN_TEST_GITEA_URL and CUSTODIAN_TEST_GITEA_TOKEN"  # noqa: PT018
    headers = {"Authorization": f"token {TOKEN}"}
    with httpx.Client(base_url=f"{URL}/api/v1", headers=headers, timeout=60) as http:
        name = secrets.token_hex(4)
        place = Place(f"org-{name}", f"who-{name}", http)
        mail = f"{name}@example.org"
        person = {"username": place.person, "email": mail, "password": f"pw-{place.person}"}
        place.make("/admin/users", **person, must_change_password=False)
        place.make("/orgs", username=place.org)
        for number in range(REPOS):
            place.make(f"/orgs/{place.org}/repos", name=f"r{number}", description="Größe ✓")
        files = f"/repos/{place.org}/full/contents"
        place.make(f"/orgs/{place.org}/repos", name="full", auto_init=True, default_branch="main")
        place.make(f"{files}/workplans/A.md", content="YQ==", message="a plan", branch="main")
        place.make(f"/orgs/{place.org}/repos", name="hidden", private=True)
        yield place
        while repos := http.get(f"/orgs/{place.org}/repos").json():
            for repo in repos:
                http.delete(f"/repos/{place.org}/{repo['name']}")
        http.delete(f"/orgs/{place.org}")
        http.delete(f"/admin/users/{place.person}?purge=true")


@pytest.fixture(scope="module")
def forge(place: Place) -> Iterator[HttpForge]:
    with HttpForge(URL, TOKEN) as forge:
        assert place.org
        yield forge


def test_what_it_answers_fits_its_description(place: Place, forge: HttpForge) -> None:
    contract, wrong = Contract(forge.server().kind.value), list[str]()
    for path in (
        "/user",
        "/settings/api",
        f"/orgs/{place.org}/repos",
        f"/repos/{place.org}/full/contents/workplans",
        f"/repos/{place.org}/full/branches/main",
    ):
        response = place.http.get(path)
        scope = {"method": "GET", "path": f"/api/v1{path}"}
        wrong += contract.of_response(scope, response.status_code, response.content)

    # (what a newer one adds is nothing we read)
    assert [each for each in wrong if not each.endswith("is not described")] == []


def test_it_is_listed_whole(place: Place, forge: HttpForge) -> None:
    listing = forge.org_repos(place.org)

    assert len(listing.repos) == REPOS + 2
    assert (listing.partial, listing.total) == (False, REPOS + 2)
    assert {repo.description for repo in listing.repos} == {"Größe ✓", ""}
    assert {repo.id for repo in listing.repos} <= {r.id for r in forge.accessible_repos().repos}


def test_somebody_else_sees_less(place: Place) -> None:
    token = place.token("read:user", "read:organization", "read:repository")
    with HttpForge(URL, token) as forge:
        listing = forge.org_repos(place.org)
        assert f"{place.org}/hidden" not in {repo.full_name for repo in listing.repos}
        assert not any(repo.can_push for repo in listing.repos)
        with pytest.raises(NotOnForge):
            forge.has_folder(f"{place.org}/hidden", "workplans")
        with pytest.raises(TokenTooWeak, match="it lacks write:issue"):
            forge.create_issue(f"{place.org}/full", "x")


def test_tokens_are_told_apart(place: Place) -> None:
    with HttpForge(URL, "0" * 40) as forge, pytest.raises(TokenRefused):
        forge.whoami()
    with HttpForge(URL, place.token("read:repository")) as forge:
        with pytest.raises(TokenTooWeak, match="it lacks read:user"):
            forge.whoami()
        with pytest.raises(TokenTooWeak, match="it lacks read:organization"):
            forge.org_repos(place.org)


def test_names_and_folders(place: Place, forge: HttpForge) -> None:
    full = f"{place.org}/full"
    assert forge.has_folder(full, "workplans")
    assert not forge.has_folder(full, "README.md")
    assert not forge.has_folder(f"{place.org}/r1", "workplans")
    assert forge.contents(f"{place.org}/r1") == ()
    assert {entry.name for entry in forge.contents(full)} == {"README.md", "workplans"}
    with pytest.raises(NotAnOrg):
        forge.org_repos(place.person)
    with pytest.raises(NotOnForge):
        forge.org_repos(f"no-{place.org}")
    with pytest.raises(NotOnForge):
        forge.repo(f"{place.org}/nothing")


def test_a_rename_is_followed(place: Place, forge: HttpForge) -> None:
    old, new = f"{place.org}/r0", f"{place.org}/renamed"
    before = forge.repo(old)
    place.http.patch(f"/repos/{old}", json={"name": "renamed"}).raise_for_status()
    repo = forge.repo(old)

    assert (repo.full_name, repo.renamed_from, repo.id) == (new, old, before.id)
    assert forge.repo_by_id(before.id).full_name == new
    with pytest.raises(ForgeTrouble, match=f"/repos/{new}/issues now"):
        forge.create_issue(old, "x")


def test_issues_labels_and_an_archive(place: Place, forge: HttpForge) -> None:
    full = f"{place.org}/full"
    forge.create_label(full, "bug", "ee0701")
    issue = forge.create_issue(full, "Größe", "✓", ["bug"])
    assert forge.issues(full, labels=["bug"]) == (issue,)
    assert [label.name for label in forge.labels(full)] == ["bug"]

    place.http.patch(f"/repos/{place.org}/r2", json={"archived": True}).raise_for_status()
    assert forge.repo(f"{place.org}/r2").archived
    with pytest.raises(ArchivedOnForge):
        forge.create_issue(f"{place.org}/r2", "x")


def test_a_pull_request_is_known_by_its_branch_though_that_is_gone(
    place: Place, forge: HttpForge
) -> None:
    full = f"{place.org}/full"
    file = f"/repos/{full}/contents/vault/actions/a.toml"
    place.make(file, content="YQ==", message="ask", branch="main", new_branch="vault/a")
    place.make(f"/repos/{full}/pulls", title="vault: a", head="vault/a", base="main")

    (pull,) = forge.pulls(full, state="open")
    assert (pull.head, pull.base, pull.from_here, pull.merged) == ("vault/a", "main", True, False)
    path = f"/repos/{full}/pulls/{pull.number}"
    place.http.patch(path, json={"state": "closed"}).raise_for_status()
    place.http.delete(f"/repos/{full}/branches/vault%2Fa").raise_for_status()
    (closed,) = forge.pulls(full)
    assert (closed.head, closed.state, closed.merged) == ("vault/a", "closed", False)


def test_webhooks(place: Place, forge: HttpForge) -> None:
    for where in (place.org, f"{place.org}/full"):
        made = forge.create_webhook(where, "https://hub.example/in", "geheim")
        changed = forge.update_webhook(where, replace(made, events=("create", "push")))
        assert set(changed.events) == {"create", "push"}
        assert [hook.id for hook in forge.webhooks(where)] == [made.id]
        forge.delete_webhook(where, made.id)
        assert forge.webhooks(where) == ()


def test_the_rules_of_branches(place: Place, forge: HttpForge) -> None:
    full = f"{place.org}/full"
    rule = {"rule_name": "main", "enable_push": False, "unprotected_file_patterns": "workplans/**"}
    place.make(f"/repos/{full}/branch_protections", **rule)

    (told,) = forge.branch_protections(full)
    assert (told.rule_name, told.enable_push) == ("main", False)
    assert told.unprotected_file_patterns == "workplans/**"
    branch = forge.branch(full, "main")
    assert (branch.protected, branch.user_can_push) == (True, False)
