"""The tree as it is written: objectives, their prerequisites and status, milestones."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from custodian_core.ops.markdown import Heading, Page, page
from custodian_core.ops.references import numbers


class Word(StrEnum):
    """What a status line can say."""

    DONE = "DONE"
    READY = "READY"
    BLOCKED = "BLOCKED"
    IN_PROGRESS = "IN PROGRESS"


_WORDS = {word.value: word for word in Word}
_DASH = r"(?:[ \t]+-{1,2}[ \t]+|[ \t]*[\u2012-\u2015][ \t]*)"
ITEM = re.compile(r"[ \t]*[-*+][ \t]+\[([ xX])\][ \t]+(.*)")
STATUS = re.compile(r"[ \t]*[*_]{0,2}Status[*_]{0,2}:[*_]{0,2}[ \t]*(.*)", re.IGNORECASE)
UPDATED = re.compile(r"<!--[ \t]*Last updated:[ \t]*(.*?)[ \t]*-->", re.IGNORECASE)
_WORD = re.compile(rf"({'|'.join(Word)})(?![\w-])[ \t]*(?:[-:\u2012-\u2015]+[ \t]*)?(.*)")
_OBJECTIVE = re.compile(r"Objective:[ \t]*(.*)", re.IGNORECASE)
_MILESTONE = re.compile(r"-{2,}[ \t]*(.*?)[ \t]*MILESTONE:[ \t]*(.*?)[ \t]*-*", re.IGNORECASE)
_HEADING_REFS = re.compile(r"\([^()]*#\d")
_GROUP = re.compile(rf"(.+?){_DASH}(.+)")
ANNOTATION = re.compile(r"\(((?:PR[ ]|depends[ ]on[ ])?#\d[^()]*)\)", re.IGNORECASE)
STATE = re.compile(rf"{_DASH}([^()]*)\Z")
VAULT = re.compile(
    r"(?:\u23f3\ufe0f?[ \t]*)?(?:[-\u2012-\u2015]+[ \t]*)?blocked-on-vault(?:[ \t]*\(([^()]*)\))?"
)
_WAITS_FOR = re.compile(r"\bdepends[ \t]+on\b(.*)", re.IGNORECASE)
CLOSED = re.compile(r"(?:all[ \t]+)?(?:closed|done|merged)\b", re.IGNORECASE)
_BLOCKED = re.compile(r"\bblocked\b", re.IGNORECASE)
#: what most items are, to the letter: a name, one issue, its state, perhaps what it waits for
_EVERYDAY = re.compile(
    r"(\w[^#()\r\u23f3]*\w) \(#(\d{1,9}) \u2014 "
    r"([a-z][a-z +-]*+(?:,(?! depends on #)[a-z +-]*+)*+)(, depends on #(\d{1,9}))?\)\r?"
)
_EDGES = " \t\r\u23f3\ufe0f\u26a0\u2705\u274c"


class Annotation(NamedTuple):
    """What an item says of issues, in parentheses."""

    refs: tuple[int, ...]
    #: as it is written; None where nothing is
    state: str | None
    depends_on: tuple[int, ...]
    #: whether it says that the issues are closed; None where it says nothing of it
    closed: bool | None


class Item(NamedTuple):
    """One prerequisite."""

    line: int
    ticked: bool
    #: what it is called, without annotations and marks
    label: str
    annotations: tuple[Annotation, ...]
    #: the vault item it waits for, "" where none is named; None where it waits for none
    vault: str | None

    @property
    def refs(self) -> tuple[int, ...]:
        """The issues that it is."""
        return tuple(n for annotation in self.annotations for n in annotation.refs)

    @property
    def depends_on(self) -> tuple[int, ...]:
        """The issues that it waits for."""
        if len(self.annotations) == 1:
            return self.annotations[0].depends_on
        return tuple(n for annotation in self.annotations for n in annotation.depends_on)

    @property
    def states(self) -> tuple[str, ...]:
        """What its annotations say."""
        return tuple(each.state for each in self.annotations if each.state is not None)

    @property
    def closed(self) -> bool | None:
        """Whether all that its annotations speak of is closed; None where they do not say."""
        if len(self.annotations) == 1:
            return self.annotations[0].closed
        said = [each.closed for each in self.annotations if each.closed is not None]
        return all(said) if said else None

    @property
    def blocked(self) -> bool:
        """Whether it says that it is blocked."""
        return self.vault is not None or any(_BLOCKED.search(state) for state in self.states)


class StatusLine(NamedTuple):
    """A line that says how an objective stands; `word` is None where that is no word of ours."""

    line: int
    said: str
    word: Word | None
    reason: str


@dataclass(frozen=True, slots=True)
class Objective:
    """What is to be reached, and what it needs first."""

    line: int
    #: all of its name, with the group
    label: str
    group: str | None
    name: str
    refs: tuple[int, ...]
    items: tuple[Item, ...]
    statuses: tuple[StatusLine, ...]

    @property
    def status(self) -> Word | None:
        """How it stands; None where that is not said once and in a word of ours."""
        return self.statuses[0].word if len(self.statuses) == 1 else None

    @property
    def reason(self) -> str:
        """What the status line gives as the reason."""
        return self.statuses[0].reason if len(self.statuses) == 1 else ""


@dataclass(frozen=True, slots=True)
class Milestone:
    """A line that closes the objectives above it, since the milestone before."""

    line: int
    name: str
    said: str
    objectives: tuple[Objective, ...]

    @property
    def done(self) -> bool:
        """Whether it says that it is reached."""
        return self.said.upper().startswith(Word.DONE)


@dataclass(frozen=True)
class Tree:
    """All of a file; the date is None where the file says none that can be read."""

    updated: date | None
    #: the line of the date, whether or not it can be read
    updated_line: int | None
    updated_said: str | None
    objectives: tuple[Objective, ...]
    milestones: tuple[Milestone, ...]

    @cached_property
    def refs(self) -> frozenset[int]:
        """Every issue that the tree names."""
        items = (item for _, item in self.prerequisites())
        named = {n for item in items for n in (*item.refs, *item.depends_on)}
        return frozenset(named.union(*(objective.refs for objective in self.objectives)))

    def prerequisites(self) -> Iterator[tuple[Objective, Item]]:
        """Every prerequisite with its objective."""
        return ((each, item) for each in self.objectives for item in each.items)


def read_tree(data: bytes) -> Tree:
    """The tree that the bytes spell."""
    reading = _Reading(page(data))
    reading.read()
    return Tree(
        reading.updated,
        reading.updated_line,
        reading.updated_said,
        tuple(reading.objectives),
        tuple(reading.milestones),
    )


@dataclass(slots=True)
class _Reading:
    """One walk over the lines."""

    told: Page
    objectives: list[Objective] = field(default_factory=list[Objective])
    milestones: list[Milestone] = field(default_factory=list[Milestone])
    updated: date | None = None
    updated_line: int | None = None
    updated_said: str | None = None
    open: tuple[Heading, str] | None = None
    items: list[Item] = field(default_factory=list[Item])
    statuses: list[StatusLine] = field(default_factory=list[StatusLine])
    #: where the objectives of the next milestone begin, and the milestones that wait for their end
    first: int = 0
    waiting: list[tuple[int, str, str]] = field(default_factory=list[tuple[int, str, str]])

    def read(self) -> None:
        headings = {heading.line: heading for heading in self.told.headings}
        silent = self.told.silent
        for number, row in enumerate(self.told.rows, 1):
            if not row:
                continue
            if number in silent:
                self._date(number, row)
            elif number in headings:
                self._heading(headings[number])
            elif self.open and (found := ITEM.match(row)):
                self.items.append(item_of(number, found[1] != " ", found[2]))
            elif self.open and (found := STATUS.match(row)):
                self.statuses.append(_status(number, found[1].strip()))
        self._close()

    def _date(self, number: int, row: str) -> None:
        found = UPDATED.search(row)
        if found and self.updated_line is None:
            self.updated_line, self.updated_said = number, found[1]
            self.updated = as_date(found[1])

    def _heading(self, heading: Heading) -> None:
        if heading.text.startswith("--") and (found := _MILESTONE.fullmatch(heading.text)):
            # Items and the status may follow below it: it closes no objective by itself.
            self.waiting.append((heading.line, found[1], found[2]))
            return
        if heading.level > 3:
            return
        self._close()
        if found := _OBJECTIVE.match(heading.text):
            self.open = (heading, found[1])

    def _close(self) -> None:
        """The objective is whole, and with it the milestones that stand below its heading."""
        if self.open:
            heading, said = self.open
            self.objectives.append(_objective(heading.line, said, self.items, self.statuses))
        self.open, self.items, self.statuses = None, [], []
        for line, name, said in self.waiting:
            scope = tuple(self.objectives[self.first :])
            self.first = len(self.objectives)
            self.milestones.append(Milestone(line, name, said, scope))
        self.waiting = []


def _objective(line: int, said: str, items: list[Item], statuses: list[StatusLine]) -> Objective:
    refs = _HEADING_REFS.search(said)
    label = (said[: refs.start()] if refs else said).strip()
    parts = _GROUP.fullmatch(label)
    group, name = (parts[1], parts[2]) if parts else (None, label)
    found = numbers(said[refs.start() :]) if refs else ()
    return Objective(line, label, group, name, found, tuple(items), tuple(statuses))


def item_of(line: int, ticked: bool, text: str) -> Item:
    """The prerequisite that the text behind a box spells."""
    if found := _EVERYDAY.fullmatch(text):
        label, ref, state, waits, other = found.groups()
        plain = label.isprintable() and "  " not in label
        if plain and "blocked-on-vault" not in text and "depends" not in state:
            depends_on = (int(other),) if other else ()
            closed = bool(CLOSED.match(state))
            annotation = Annotation((int(ref),), state + (waits or ""), depends_on, closed)
            return Item(line, ticked, label, (annotation,), None)
    vault: str | None = None
    if "blocked-on-vault" in text and (found := VAULT.search(text)):
        vault = (found[1] or "").strip()
        text = text[: found.start()] + text[found.end() :]
    annotations: tuple[Annotation, ...] = ()
    if "#" in text:
        annotations = tuple(_annotation(mark[1]) for mark in ANNOTATION.finditer(text))
        text = ANNOTATION.sub("", text)
    return Item(line, ticked, " ".join(text.strip(_EDGES).split()), annotations, vault)


def _annotation(said: str) -> Annotation:
    found = STATE.search(said)
    refs, state = (said[: found.start()], found[1].strip()) if found else (said, None)
    waits = _WAITS_FOR.search(refs) or (_WAITS_FOR.search(state) if state else None)
    depends_on = numbers(waits[1]) if waits else ()
    if waits and waits.string is refs:
        refs = refs[: waits.start()]
    closed = None if state is None else bool(CLOSED.match(state))
    return Annotation(numbers(refs), state, depends_on, closed)


def _status(line: int, said: str) -> StatusLine:
    found = _WORD.fullmatch(said.rstrip("*_ \t"))
    if not found:
        return StatusLine(line, said, None, "")
    return StatusLine(line, said, _WORDS[found[1]], found[2].strip())


def as_date(said: str) -> date | None:
    """The day that is written as YYYY-MM-DD."""
    try:
        return date.fromisoformat(said) if len(said) == 10 else None
    except ValueError:
        return None
