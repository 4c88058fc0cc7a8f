"""Filing: everything once, in order, and never on a guess."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from custodian_core.commands import Caller, ChangeTask
from custodian_core.errors import BadValue, Conflict, HubUnreachable
from custodian_core.ops.filer import Entry
from custodian_core.ops.filing import Filed
from custodian_core.ops.sprints import Sprint
from custodian_tools.ops import sprints
from custodian_tools.ops.sprints import HubBoard
from tests.core.ops.test_sprints import ENTRIES, PITCH

from .conftest import SLUG, Ops

TEXT = f"{PITCH}<!-- filer:begin -->\n{ENTRIES}<!-- filer:end -->\n"


@pytest.fixture
def pitched(empty: Ops) -> Ops:
    empty.commit({"sprints/csv-export.md": TEXT, "sprints/idea.md": "# Sprint: idea\n"})
    return empty


@dataclass
class Wall:
    """A board of a test's own, which may fall down after so many filings."""

    name: str = "a wall"
    issues: list[Filed] = field(default_factory=list[Filed])
    falls_after: int = 99
    answers: bool = True

    def there(self) -> Sequence[Filed]:
        if not self.answers:
            raise HubUnreachable("the wall", "nobody answers")
        return self.issues

    def labels(self) -> frozenset[str] | None:
        return None

    def file(self, sprint: Sprint, entry: Entry, text: str, refs: dict[str, str]) -> str:
        if len(self.issues) >= self.falls_after:
            raise HubUnreachable("the wall", "nobody answers")
        ref = f"#{41 + len(self.issues)}"
        self.issues.append(Filed(ref, text))
        return ref


def test_sprints_are_listed_and_shown_by_name(pitched: Ops) -> None:
    told = sprints.list_sprints(pitched.target)

    assert [(each.slug, each.fileable) for each in told] == [("csv-export", True), ("idea", False)]
    assert sprints.show(pitched.target, "sprints/csv-export.md").vision == 31


def test_a_sprint_is_filed_as_tasks_once(pitched: Ops) -> None:
    board = HubBoard(pitched.bench, SLUG)
    sprint = sprints.show(pitched.target, "csv-export")
    planned = sprints.file(sprint, board)

    assert planned.filed == {
        "csv-writer": "acme-ops.csv-export.csv-writer",
        "cli-flag": "acme-ops.csv-export.cli-flag",
    }
    flag = pitched.bench.hub.task("acme-ops.csv-export.cli-flag")
    assert flag.depends_on == ("acme-ops.csv-export.csv-writer",)
    assert flag.title == "vision(#31): --csv flag"
    assert sprints.file(sprint, board).filed == {}


def test_a_task_that_was_done_is_not_filed_again(pitched: Ops) -> None:
    board = HubBoard(pitched.bench, SLUG)
    sprint = sprints.show(pitched.target, "csv-export")
    sprints.file(sprint, board)
    change = ChangeTask("acme-ops.csv-export.csv-writer", {"status": "done"})
    pitched.bench.hub.do(change, Caller("ada"))

    assert [step.ref is not None for step in sprints.plan(sprint, board).filing.steps] == [
        True,
        True,
    ]
    assert {filed.closed for filed in board.there()} == {True, False}


def test_a_run_that_was_cut_short_is_finished_by_the_next(pitched: Ops) -> None:
    wall, sprint = Wall(falls_after=1), sprints.show(pitched.target, "csv-export")
    first = sprints.file(sprint, wall)

    assert (first.filed, first.stopped and "cli-flag" in first.stopped) == (
        {"csv-writer": "#41"},
        True,
    )
    wall.falls_after = 99
    assert sprints.file(sprint, wall).filed == {"cli-flag": "#42"}
    assert "- #41" in wall.issues[1].body


def test_no_answer_is_never_absent(pitched: Ops) -> None:
    wall, sprint = Wall(answers=False), sprints.show(pitched.target, "csv-export")

    for act in (sprints.plan, sprints.file):
        with pytest.raises(HubUnreachable):
            act(sprint, wall)
    assert wall.issues == []


def test_a_sprint_that_is_not_well_is_not_filed_in_part(pitched: Ops) -> None:
    wall = Wall()

    with pytest.raises(BadValue, match="sprint idea"):
        sprints.file(sprints.show(pitched.target, "idea"), wall)
    sprint = sprints.show(pitched.target, "csv-export")
    sprints.file(sprint, wall)
    with pytest.raises(Conflict, match="#41 and #43"):
        sprints.file(sprint, Wall(issues=[*wall.issues, Filed("#43", wall.issues[0].body)]))
