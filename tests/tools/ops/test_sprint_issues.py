"""Filing as issues of a real client's forge: every page is looked at, and silence is no answer."""

from collections.abc import Iterator

import pytest

from custodian_core.errors import Conflict, CustodianError
from custodian_core.forge.client import HttpForge
from custodian_core.ops.deps import dependencies
from custodian_core.ops.sprints import Sprint, read_sprint
from custodian_tools.ops import sprints
from custodian_tools.ops.sprints import ForgeBoard
from tests.core.forge.conftest import no_pause
from tests.core.forge.fake import Fake
from tests.core.ops.test_sprints import ENTRIES, PITCH

REPO = "coulomb/marki-docx"


@pytest.fixture
def forge(fake: Fake) -> Iterator[HttpForge]:
    with HttpForge(fake.url, fake.forge.add_token("ada"), pause=no_pause) as forge:
        for label in ("backlog", "priority"):
            forge.create_label(REPO, label)
        yield forge


@pytest.fixture
def sprint() -> Sprint:
    text = f"{PITCH}<!-- filer:begin -->\n{ENTRIES}<!-- filer:end -->\n"
    return read_sprint(text.encode(), "sprints/csv-export.md")


def test_a_sprint_is_filed_as_issues_in_order_with_labels_and_real_numbers(
    forge: HttpForge, sprint: Sprint
) -> None:
    done = sprints.file(sprint, ForgeBoard(forge, REPO))
    flag, writer = forge.issues(REPO)

    assert done.filed == {"csv-writer": f"#{writer.number}", "cli-flag": f"#{flag.number}"}
    assert (flag.title, flag.labels) == ("vision(#31): --csv flag", ("backlog", "priority"))
    assert dependencies(flag.body).numbers == (writer.number,)


def test_what_was_filed_is_found_behind_many_pages_of_others(
    forge: HttpForge, sprint: Sprint
) -> None:
    board = ForgeBoard(forge, REPO)
    sprints.file(sprint, board)
    for number in range(120):
        forge.create_issue(REPO, f"another {number}")

    assert sprints.file(sprint, board).filed == {}


def test_a_label_that_is_not_there_is_told_before_anything_is_filed(
    forge: HttpForge, sprint: Sprint
) -> None:
    board = ForgeBoard(forge, "coulomb/empty")

    assert {finding.code for finding in sprints.plan(sprint, board).filing.findings} == {"SP16"}
    with pytest.raises(Conflict, match="label 'backlog'"):
        sprints.file(sprint, board)
    assert forge.issues("coulomb/empty") == ()


def test_a_forge_that_does_not_answer_gets_nothing(
    forge: HttpForge, fake: Fake, sprint: Sprint
) -> None:
    fake.instead(f"/repos/{REPO}/issues", 502)

    with pytest.raises(CustodianError):
        sprints.file(sprint, ForgeBoard(forge, REPO))
    assert not any(each.method == "POST" and "issues" in each.path for each in fake.asked)
