"""How texts name issues: `#14`, `owner/repo#14`, `PR #14`, and runs of them, `#73-#77`.

Tasks of workplans are named by id, `CUST-WP-0014-T01`, or among their siblings by its end, `T01`.
"""

import re
from typing import NamedTuple

#: the longest run that is taken for one; beyond it only its two ends are meant
LONGEST_RUN = 100
#: issues have smaller numbers, whatever a text says
_DIGITS = 9

# Neither `a#1`, `&#39;`, `##2` nor a fragment of an address names an issue.
_REFERENCE = re.compile(
    rf"""(?<![\w&#/.-])
    (?P<repo>[A-Za-z0-9][\w.-]{{0,99}}/[A-Za-z0-9][\w.-]{{0,99}})?
    \#(?P<number>[0-9]{{1,{_DIGITS}}})(?![\w#])
    (?:[ ]?[-\u2010-\u2015][ ]?\#(?P<last>[0-9]{{1,{_DIGITS}}})(?![\w#]))?""",
    re.VERBOSE,
)


# Neither a part of a path or an address names a task, nor a word that goes on.
_TASK = re.compile(
    r"(?<![\w./:@-])(?:[A-Za-z0-9][A-Za-z0-9.]{0,39}-){0,6}T[0-9]{1,4}(?![\w/@-]|\.[A-Za-z0-9])"
)
#: most texts that name any issue, and how they begin: only one, of this repo
_ONE = re.compile(rf"[ (]*#([0-9]{{1,{_DIGITS}}})(?![\w#])[^#]*")


class Reference(NamedTuple):
    """An issue, of this repo or of the one that is named."""

    number: int
    repo: str | None = None

    def __str__(self) -> str:
        return f"{self.repo or ''}#{self.number}"


def references(text: str) -> list[Reference]:
    """The issues that the text names, in its order, each once."""
    if "#" not in text:
        return []
    found: dict[Reference, None] = {}
    for mark in _REFERENCE.finditer(text):
        repo, number, end = mark.groups()
        if end is None:
            found[Reference(int(number), repo)] = None
            continue
        first, last = int(number), int(end)
        run = range(first, last + 1) if first <= last <= first + LONGEST_RUN else (first, last)
        found |= dict.fromkeys(Reference(each, repo) for each in run)
    return list(found)


def numbers(text: str) -> tuple[int, ...]:
    """The numbers of the issues of this repo that the text names."""
    if found := _ONE.fullmatch(text):
        return (int(found[1]),)
    return tuple(each.number for each in references(text) if each.repo is None)


def task_names(text: str) -> list[str]:
    """The tasks that the text names, in its order, each once."""
    return list(dict.fromkeys(mark[0] for mark in _TASK.finditer(text)))
