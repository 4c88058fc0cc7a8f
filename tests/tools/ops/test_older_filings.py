"""Sprints that a pull request's text says were filed, as a forge tells it or is silent."""

import pytest

from custodian_core.errors import BadValue, CustodianError
from custodian_core.forge.client import HttpForge
from custodian_core.ops.marks import FiledLine
from custodian_core.ops.sprints import Sprint
from custodian_core.settings import load
from custodian_server.demo.forge_shapes import ended, pull_json
from custodian_tools.ops import sprints
from custodian_tools.ops.hearing import heard_filed
from custodian_tools.ops.sprints import ForgeBoard, HubBoard
from tests.core.forge.conftest import no_pause
from tests.core.forge.fake import Fake

from .conftest import SLUG, Ops
from .test_sprint_tools import TEXT

NAME, CODE = "coulomb/acme-ops", "coulomb/marki-docx"
AT = "2026-05-01T08:00:00Z"


@pytest.fixture
def pitched(empty: Ops, fake: Fake) -> Ops:
    """An ops repo on the forge, with a sprint whose pull request says that it was filed."""
    empty.commit({"sprints/csv-export.md": TEXT})
    repo = fake.forge.find(NAME)
    assert repo
    said = {"body": "A pitch.\n\n## Filed: #1 #2\n"}
    branch = "architect/sprint-vision-31"
    repo.pulls.append(pull_json(fake.forge, repo, branch, "bob", AT) | said)
    ended(repo.pulls[0], AT, merged="b" * 40)
    empty.git("remote", "set-url", "origin", f"{fake.url}/{NAME}.git")
    return empty


def heard(ops: Ops, fake: Fake, sprint: Sprint) -> FiledLine | None:
    env = {"CUSTODIAN_HOME": str(ops.folder), "CUSTODIAN_HOST": "ops", "GITEA_URL": fake.url}
    settings = load(env | {"GITEA_TOKEN": fake.forge.add_token("ada")}, ops.folder)
    return heard_filed(settings, ops.bench.hub, ops.target, sprint)


def test_a_sprint_whose_pull_request_says_that_it_was_filed_is_not_filed_again(
    pitched: Ops, fake: Fake
) -> None:
    sprint = sprints.show(pitched.target, "csv-export")
    with HttpForge(fake.url, fake.forge.add_token("ada"), pause=no_pause) as forge:
        for label in ("backlog", "priority"):
            forge.create_label(CODE, label)
        for entry in sprint.entries:
            forge.create_issue(CODE, entry.title)
        filed = sprints.file(
            sprint, ForgeBoard(forge, CODE), lambda told: heard(pitched, fake, told)
        )
        issues = forge.issues(CODE)

    assert (filed.filed, len(issues)) == ({}, 2)
    assert [step.ref for step in filed.filing.steps] == ["#1", "#2"]
    assert [each.code for each in filed.filing.findings] == ["SP17", "SP17"]


def test_a_forge_that_does_not_say_is_not_one_that_says_no(pitched: Ops, fake: Fake) -> None:
    sprint, board = sprints.show(pitched.target, "csv-export"), HubBoard(pitched.bench, SLUG)
    fake.instead(f"/repos/{NAME}/pulls", 502)

    with pytest.raises(CustodianError):
        sprints.file(sprint, board, lambda told: heard(pitched, fake, told))
    assert board.there() == []


def test_no_forge_is_asked_where_the_ops_repo_is_on_none_or_nothing_would_be_filed(
    pitched: Ops, fake: Fake
) -> None:
    sprint, board = sprints.show(pitched.target, "csv-export"), HubBoard(pitched.bench, SLUG)
    pitched.git("remote", "set-url", "origin", str(pitched.folder / "remote.git"))
    first = sprints.file(sprint, board, lambda told: heard(pitched, fake, told))
    pitched.git("remote", "set-url", "origin", f"{fake.url}/{NAME}.git")
    again = sprints.file(sprint, board, lambda told: heard(pitched, fake, told))

    assert (len(first.filed), again.filed, again.filing.findings) == (2, {}, ())
    assert fake.asked == []


def test_a_forge_whose_token_is_not_set_keeps_nobody_from_filing_who_is_not_on_it(
    pitched: Ops, fake: Fake
) -> None:
    sprint = sprints.show(pitched.target, "csv-export")
    settings = load({"CUSTODIAN_HOME": str(pitched.folder), "GITEA_URL": fake.url}, pitched.folder)

    with pytest.raises(BadValue, match="GITEA_TOKEN"):
        heard_filed(settings, pitched.bench.hub, pitched.target, sprint)
    pitched.git("remote", "set-url", "origin", "ssh://git@elsewhere.example/acme-ops.git")
    assert heard_filed(settings, pitched.bench.hub, pitched.target, sprint) is None
