"""A sprint that was filed before there were markers says so in one line, and is not filed again."""

import pytest

from custodian_core.forge.records import PullRequest
from custodian_core.ops.filing import Filed, Filing, body, plan_filing
from custodian_core.ops.markdown import page
from custodian_core.ops.marks import FiledLine, filed_line, pitched

from .test_sprints import PATH, PITCH, sprint

WRITER = Filed("#41", "", title="vision(#31): CSV writer")
FLAG = Filed("#42", "", title="vision(#31): --csv flag")
PULL = FiledLine((41, 42), "pull request 7", 3)


def told(filing: Filing) -> list[tuple[str, str | None, bool]]:
    return [(step.entry.id, step.ref, step.older) for step in filing.steps]


@pytest.mark.parametrize(
    ("text", "issues"),
    [
        ("## Filed: #41 #42\n", (41, 42)),
        ("text\n\n## Filed: #41, #42\r\n", (41, 42)),
        ("## Filed: #41\n\n## Filed: #42 #41\n", (41, 42)),
        ("## Filed:\n", ()),
    ],
)
def test_the_line_names_the_issues_that_a_sprint_was_filed_as(
    text: str, issues: tuple[int, ...]
) -> None:
    line = filed_line(page(text.encode()), PATH)

    assert line
    assert line.issues == issues


@pytest.mark.parametrize(
    "text",
    [
        "Filed: #41\n",
        "### Filed: #41\n",
        "## Filed: on Monday #41\n",
        "## Filed\n",
        "```\n## Filed: #41\n```\n",
        "<!--\n## Filed: #41\n-->\n",
    ],
)
def test_what_only_looks_like_the_line_says_nothing(text: str) -> None:
    assert filed_line(page(text.encode()), PATH) is None


def test_nothing_of_a_sprint_with_the_line_is_filed_and_titles_say_what_was_filed_as_what() -> None:
    filing = plan_filing(sprint(pitch=f"{PITCH}## Filed: #41 #42\n\n"), [FLAG, WRITER], frozenset())

    assert filing.new == ()
    assert told(filing) == [("csv-writer", "#41", True), ("cli-flag", "#42", True)]
    assert [each.code for each in filing.findings] == ["SP17", "SP17"]


def test_an_entry_that_none_of_the_named_issues_is_called_like_is_told_and_not_filed() -> None:
    namesake = Filed("#9", "", title=FLAG.title)
    filing = plan_filing(sprint(), [WRITER, namesake], None, PULL)

    assert filing.new == ()
    assert told(filing) == [("csv-writer", "#41", True), ("cli-flag", None, True)]
    assert [each.code for each in filing.findings] == ["SP17", "SP18"]
    assert "pull request 7 names #41 #42" in filing.findings[1].message


def test_a_marker_says_more_than_the_line() -> None:
    both = sprint()
    marked = Filed("#50", body(both, both.entries[0], {}), title="another by now")
    filing = plan_filing(both, [marked, WRITER, FLAG], None, PULL)

    assert told(filing) == [("csv-writer", "#50", False), ("cli-flag", "#42", True)]


def pull(number: int, head: str, text: str, *, from_here: bool = True) -> PullRequest:
    return PullRequest(
        number, number, "architect: x", "closed", True, head, from_here, "main", "bob", "",
        body=text,
    )  # fmt: skip


OURS = "architect/sprint-vision-31"


def test_a_pitch_is_known_by_the_branch_of_its_vision_exactly() -> None:
    pulls = [
        pull(5, OURS, "a pitch\n"),
        pull(4, OURS, "a pitch\n\n## Filed: #41\n"),
        pull(6, "architect/sprint-vision-3", "## Filed: #43\n"),
        pull(7, OURS, "## Filed: #44\n", from_here=False),
    ]

    assert pitched(pulls, 31) == FiledLine((41,), "pull request 4", 3)
    assert pitched(pulls, 1) is None
