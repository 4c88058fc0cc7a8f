"""What a forge is asked and tells, thing by thing."""

from dataclasses import replace

import pytest

from custodian_core.forge.client import HttpForge
from custodian_core.forge.records import EntryKind, ForgeKind
from custodian_server.demo.forge_shapes import ended, pull_json

from .conftest import VERSIONS
from .fake import Fake

AT = "2026-05-01T08:00:00Z"

pytestmark = pytest.mark.parametrize("kind", VERSIONS)


def test_the_forge_tells_what_it_is_and_whom_the_token_belongs_to(
    forge: HttpForge, kind: str
) -> None:
    assert forge.server().kind is ForgeKind(kind)
    assert forge.whoami().login == "ada"
    assert not forge.whoami().is_admin
    assert (forge.settings().max_response_items, forge.settings().default_paging_num) == (50, 30)


def test_a_repo_is_told_as_this_token_sees_it(forge: HttpForge, fake: Fake) -> None:
    own, theirs = forge.repo("ada/own"), forge.repo("newton/marki-docx")

    assert (own.full_name, own.owner, own.name) == ("ada/own", "ada", "own")
    assert (own.fork, own.language, own.default_branch) == (True, "Python", "main")
    assert (own.can_pull, own.can_push, own.can_admin) == (True, True, True)
    assert (theirs.can_pull, theirs.can_push, theirs.can_admin) == (True, False, False)
    assert own.has_workplans is None
    assert own.updated_at is not None
    assert own.updated_at.isoformat() == "2026-03-01T09:00:00+00:00"
    assert forge.repo_by_id(own.id) == own
    assert forge.repo("coulomb/empty").empty
    assert forge.repo("coulomb/old").archived
    assert fake.paths().count("/repos/ada/own") == 1


def test_folders_are_looked_for(forge: HttpForge) -> None:
    assert forge.has_folder("coulomb/marki-docx", "workplans")
    assert forge.has_folder("coulomb/marki-docx", "a/b")
    assert not forge.has_folder("coulomb/marki-docx", "a/b/c")
    assert not forge.has_folder("newton/marki-docx", "workplans")
    assert not forge.has_folder("coulomb/empty", "workplans")


def test_a_folder_tells_what_it_holds(forge: HttpForge) -> None:
    assert forge.contents("coulomb/empty") == ()
    (a, workplans) = forge.contents("coulomb/marki-docx")
    assert (a.path, a.kind, workplans.name) == ("a", EntryKind.FOLDER, "workplans")
    (plan,) = forge.contents("coulomb/marki-docx", "workplans", "main")
    assert (plan.path, plan.kind) == ("workplans/A.md", EntryKind.FILE)


def test_issues_are_made_with_labels_by_name_and_found_by_them(
    forge: HttpForge, fake: Fake
) -> None:
    forge.create_label("coulomb/marki-docx", "bug", "#ee0701", "it is broken")
    first = forge.create_issue("coulomb/marki-docx", "Größe falsch", "siehe ✓", ["bug"])
    second = forge.create_issue("coulomb/marki-docx", "another")

    assert (first.labels, first.state, first.author) == (("bug",), "open", "ada")
    assert forge.issues("coulomb/marki-docx") == (second, first)
    assert forge.issues("coulomb/marki-docx", labels=["bug"]) == (first,)
    assert forge.issues("coulomb/marki-docx", state="closed") == ()
    assert forge.issues("coulomb/marki-docx", since=first.created_at, limit=1) == (second,)
    assert fake.asked[-1].query["type"] == "issues"


def test_pull_requests_are_told_with_their_branches_and_how_they_ended(
    forge: HttpForge, fake: Fake
) -> None:
    repo = fake.forge.find("coulomb/marki-docx")
    assert repo
    forge.create_issue("coulomb/marki-docx", "an issue is none")
    for number in range(1, 122):
        repo.pulls.append(pull_json(fake.forge, repo, f"vault/a-{number}", "ada", AT))
    repo.pulls[0] |= {"draft": True, "body": "## Filed: #1\n"}
    ended(repo.pulls[0], AT)
    ended(repo.pulls[1], AT, merged="b" * 40)
    repo.pulls[2]["head"] |= {"repo_id": repo.id + 1}
    repo.pulls[3]["head"] |= {"repo_id": -1, "repo": None}

    *_, strange, fork, merged, rejected = forge.pulls("coulomb/marki-docx")

    assert (rejected.number, rejected.head, rejected.base) == (2, "vault/a-1", "main")
    assert (rejected.state, rejected.merged, rejected.from_here) == ("closed", False, True)
    assert rejected.html_url == "http://forge.example/coulomb/marki-docx/pulls/2"
    assert (rejected.draft, rejected.body, merged.draft) == (True, "## Filed: #1\n", False)
    assert (rejected.commit, rejected.updated_at) == (f"{2:040x}", rejected.closed_at)
    assert rejected.closed_at
    assert (merged.merged, merged.merge_commit) == (True, "b" * 40)
    assert (fork.from_here, strange.from_here, strange.head) == (False, None, "vault/a-4")
    assert len(forge.pulls("coulomb/marki-docx")) == 121
    assert len(forge.pulls("coulomb/marki-docx", state="closed")) == 2
    assert forge.pulls("coulomb/empty") == ()


def test_labels_are_those_of_the_repo_and_of_its_organization(forge: HttpForge, fake: Fake) -> None:
    fake.forge.orgs["coulomb"].labels.append({"id": 77, "name": "team", "color": "ededed"})
    forge.create_label("ada/own", "mine")

    assert [label.name for label in forge.labels("coulomb/empty")] == ["team"]
    assert [label.name for label in forge.labels("ada/own")] == ["mine"]
    assert forge.create_issue("coulomb/empty", "x").number == 1


def test_webhooks_are_made_changed_and_removed(forge: HttpForge, fake: Fake) -> None:
    for where in ("coulomb/empty", "coulomb"):
        made = forge.create_webhook(where, "https://hub.example/in", "geheim", branch_filter="main")
        changed = forge.update_webhook(where, replace(made, events=("push", "create")))

        assert made.active
        assert changed == replace(made, events=("push", "create"))
        assert forge.webhooks(where) == (changed,)
        forge.delete_webhook(where, made.id)
        assert forge.webhooks(where) == ()
    assert "geheim" not in str(fake.asked)


def test_the_rules_of_a_branch_are_told(forge: HttpForge, fake: Fake) -> None:
    repo = fake.forge.find("coulomb/empty")
    assert repo
    repo.protections.append(
        {
            "rule_name": "main",
            "branch_name": "main",
            "enable_push": False,
            "unprotected_file_patterns": "workplans/**",
            "push_whitelist_usernames": None,
        }
    )

    (rule,) = forge.branch_protections("coulomb/empty")
    assert (rule.rule_name, rule.enable_push) == ("main", False)
    assert rule.unprotected_file_patterns == "workplans/**"
    assert rule.push_whitelist_usernames == ()
    branch = forge.branch("coulomb/empty", "main")
    assert (branch.protected, branch.user_can_push, branch.rule_name) == (True, False, "main")
