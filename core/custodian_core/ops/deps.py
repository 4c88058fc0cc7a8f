"""What the body of an issue or task says it depends on: the one parser of that grammar.

Two things say so: a section headed `Depends on`, `Blocked by` or `Dependencies`, and a clause with
`depends on` or `blocked by` in it. Fences, comments, code and struck-out text say nothing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

from .markdown import Page, page
from .references import Reference, references, task_names

_SECTION = re.compile(
    r"[^\w#]*(?:depends[ \t]+on|blocked[ \t]+by|dependenc(?:y|ies))\b", re.IGNORECASE
)
_PHRASE = re.compile(r"\b(?:depend(?:s|ent|ing)?[ \t]+(?:up)?on|blocked[ \t]+by)\b", re.IGNORECASE)
#: what takes the phrase back, with a word between at most
_TAKEN_BACK = re.compile(
    r"(?:\b(?:no[ \t]+longer|not|never|nothing|used[ \t]+to)|n['\u2019]t)(?:[ \t]+\w+)?[ \t*_]+\Z",
    re.IGNORECASE,
)
#: where a clause that names dependencies is over
_OVER = re.compile(
    r"[.;!?](?=\s|\Z)|\b(?:see|cf|related|no[ \t]+longer|not|never)\b", re.IGNORECASE
)
#: how far back the words are looked for that take a phrase back
_REACH = 40
#: each alternative stops where it could begin anew, so that no line is looked through twice
_UNSAID = re.compile(r"(?<!`)(`++)[^`]++\1|~~[^~]++~~|<!--(?:(?!<!--|-->).)*+-->")
_LIST_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")
_OPENS_LIST = re.compile(r"[\s:*_]*\Z")


class Via(StrEnum):
    """What said that there is a dependency."""

    SECTION = "section"
    CLAUSE = "clause"


@dataclass(frozen=True, slots=True)
class Dependency:
    """An issue that must be closed first, and where the text first says so."""

    on: Reference
    line: int
    via: Via


@dataclass(frozen=True, slots=True)
class TaskNamed:
    """A task of a workplan that must be done first, by the name that the text gives it."""

    name: str
    line: int
    via: Via


@dataclass(frozen=True, slots=True)
class Dependencies:
    """All that a body depends on, by line."""

    found: tuple[Dependency, ...]
    tasks: tuple[TaskNamed, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        """The issues of the same repo, sorted."""
        return tuple(sorted(each.on.number for each in self.found if each.on.repo is None))

    @property
    def external(self) -> tuple[str, ...]:
        """The issues of other repos, sorted."""
        return tuple(sorted(str(each.on) for each in self.found if each.on.repo is not None))


def dependencies(body: str) -> Dependencies:
    """What the body says it depends on."""
    found: dict[Reference, Dependency] = {}
    tasks: dict[str, TaskNamed] = {}
    for number, via, text in _speaking(page(body.encode("utf-8", "surrogatepass"))):
        for reference in references(text):
            found.setdefault(reference, Dependency(reference, number, via))
        for name in task_names(text):
            tasks.setdefault(name, TaskNamed(name, number, via))
    return Dependencies(tuple(found.values()), tuple(tasks.values()))


def _speaking(told: Page) -> Iterator[tuple[int, Via, str]]:
    """Each stretch of text that names dependencies, with its line and why it does."""
    headings = {heading.line: heading for heading in told.headings}
    in_section = in_list = False
    for number, row in enumerate(told.rows, 1):
        if number in told.silent:
            continue
        heading = headings.get(number)
        if heading is not None:
            in_section = bool(_SECTION.match(heading.text))
            in_list = False
        text = _UNSAID.sub(" ", row)
        yield from ((number, Via.CLAUSE, clause) for clause in _clauses(text))
        if heading is None and in_section:
            yield number, Via.SECTION, _until_over(text)
        elif in_list and _LIST_ITEM.match(text):
            yield number, Via.CLAUSE, _until_over(text)
        elif in_list and text.strip():
            in_list = False
        in_list = in_list or _opens_list(text)


def _clauses(text: str) -> Iterator[str]:
    """What follows each phrase that is not taken back, up to the end of its clause."""
    phrases = list(_PHRASE.finditer(text))
    for phrase, after in zip_longest(phrases, phrases[1:]):
        if not _is_taken_back(text, phrase):
            yield _until_over(text[phrase.end() : after.start() if after else None])


def _opens_list(text: str) -> bool:
    """Whether the line ends with a phrase and a colon: what it names stands in a list below."""
    phrase = next(_PHRASE.finditer(text), None)
    if phrase is None or _is_taken_back(text, phrase) or ":" not in text[phrase.end() :]:
        return False
    return bool(_OPENS_LIST.match(text, phrase.end()))


def _is_taken_back(text: str, phrase: re.Match[str]) -> bool:
    return bool(_TAKEN_BACK.search(text[max(0, phrase.start() - _REACH) : phrase.start()]))


def _until_over(text: str) -> str:
    over = _OVER.search(text)
    return text[: over.start()] if over else text


# --- what to do next


@dataclass(frozen=True, slots=True)
class Item:
    """An issue or task as choosing sees it; `closed` is None where nobody could say."""

    number: int
    closed: bool | None
    depends_on: tuple[int, ...] = ()


def blockers(item: Item, items: Mapping[int, Item]) -> tuple[int, ...]:
    """What the item waits for: what is open, and what nobody could say to be closed."""
    return tuple(n for n in item.depends_on if n not in items or items[n].closed is not True)


def ready(items: Mapping[int, Item]) -> list[int]:
    """The open items that wait for nothing, in their order."""
    return [n for n, item in items.items() if item.closed is False and not blockers(item, items)]


def suggestion(item: Item, items: Mapping[int, Item]) -> int | None:
    """The first thing to do for a blocked item: a blocker that itself waits for nothing."""
    for number in blockers(item, items):
        blocker = items.get(number)
        if blocker and blocker.closed is False and not blockers(blocker, items):
            return number
    return None
