"""By what filed work is known again: a marker in its own body, or the line of an older filing."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from custodian_core.forge.records import PullRequest

from .markdown import Page, page
from .references import numbers

#: what a sprint may be called
SLUG = re.compile(r"[^\s,]{1,200}")
MARKER = re.compile(
    rf"<!--[ \t]*decomposed-from:[ \t]*#(\d{{1,9}}),[ \t]*sprint:[ \t]*({SLUG.pattern}),[ \t]*"
    r"id:[ \t]*([^\s,]{1,100})[ \t]*-->"
)
OLD_MARKER = re.compile(r"^[ \t]*Decomposed from #(\d{1,9})(?!\w)", re.MULTILINE)
#: the branch of the pull request by which a vision's sprint was pitched
PITCH_BRANCH = "architect/sprint-vision-"
_FILED = re.compile(r"Filed:((?:[ \t,]*#\d{1,9})*)[ \t]*")


@dataclass(frozen=True, slots=True)
class FiledLine:
    """`## Filed: #41 #42`: that a sprint was filed as these issues, and who says so."""

    #: none where the line names none
    issues: tuple[int, ...]
    #: the sprint's own file, or the pull request of its pitch
    where: str
    line: int


def filed_line(told: Page, where: str) -> FiledLine | None:
    """The line that says so; where there are several they say it together."""
    marks = [
        (heading.line, said)
        for heading in told.headings
        if heading.level == 2 and (said := _FILED.fullmatch(heading.text))
    ]
    if not marks:
        return None
    issues = dict.fromkeys(number for _, said in marks for number in numbers(said[1]))
    return FiledLine(tuple(issues), where, marks[0][0])


def pitched(pulls: Iterable[PullRequest], vision: int) -> FiledLine | None:
    """The line in the pull request by which the vision's sprint was pitched, the newest first.

    What a fork proposes is no pitch: anybody may call a branch of theirs so.
    """
    ours = (each for each in pulls if each.from_here and each.head == f"{PITCH_BRANCH}{vision}")
    for pull in sorted(ours, key=lambda each: -each.number):
        told = page(pull.body.encode("utf-8", "surrogatepass"))
        if line := filed_line(told, f"pull request {pull.number}"):
            return line
    return None
