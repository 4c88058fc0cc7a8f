"""Sprints: pitches whose pieces of work are filed once each, those first that others wait for."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from custodian_core.findings import Finding, Severity, failed, found
from custodian_core.secrets import redact

from .deps import dependencies
from .filer import Entry, read_filer
from .graph import circles, ordered
from .markdown import page, sections
from .references import numbers

PITCH = (
    "Vision issues",
    "What this enables",
    "What exists today",
    "Complexity",
    "Risks",
    "Cost",
    "Recommendation",
)
#: what one piece of work should have at most
MOST_FILES, MOST_CRITERIA = 3, 5
_TITLE = re.compile(r"Sprint(?:[ \t]+pitch)?:[ \t]*(.*)", re.IGNORECASE)
_CRITERION = re.compile(r"^[ \t]*[-*+][ \t]+\[[ xX]\][ \t]+\S", re.MULTILINE)
_PATH = re.compile(r"[-*+][ \t]+`?([\w.@~*-]*[/.][\w./@~*-]*)")
_MARKER = re.compile(
    r"<!--[ \t]*decomposed-from:[ \t]*#(\d{1,9}),[ \t]*sprint:[ \t]*([^\s,]{1,200}),[ \t]*"
    r"id:[ \t]*([^\s,]{1,100})[ \t]*-->"
)
_OLD_MARKER = re.compile(r"^[ \t]*Decomposed from #(\d{1,9})(?!\w)", re.MULTILINE)
#: put below a body to see whether what stands there is read
_PROBE = 999_999_999


@dataclass(frozen=True, slots=True)
class Sprint:
    """A sprint as its file says it."""

    path: str
    slug: str
    title: str | None
    #: the issue that it breaks down
    vision: int | None
    entries: tuple[Entry, ...]
    #: whether it has a filer block at all
    has_filer: bool
    findings: tuple[Finding, ...]

    @property
    def fileable(self) -> bool:
        """Whether all of it can be filed."""
        return bool(self.entries) and self.vision is not None and not failed(self.findings)


def read_sprint(data: bytes, path: str) -> Sprint:
    """The sprint that the bytes spell, and all that is amiss."""
    told = page(data)
    first = next((each for each in told.headings if each.level == 1), None)
    title = _TITLE.fullmatch(first.text) if first else None
    parts = {section.title.casefold(): section for section in sections(told, 2)}
    vision = parts.get("vision issues")
    visions = numbers(vision.text) if vision else ()
    filer = read_filer(told, path)
    findings = list(filer.findings)
    if not visions:
        line = vision.line if vision else None
        findings.append(found("SP07", {}, path=path, line=line))
    if not filer.present:
        why = {"why": "is missing, so nothing can be filed"}
        findings.append(found("SP01", why, path=path, severity=Severity.WARN))
    findings += [
        found("SP13", {"section": name}, path=path)
        for name in PITCH[1:]
        if not any(each.startswith(name.casefold()) for each in parts)
    ]
    findings += _amiss(filer.entries, path)
    findings.sort(key=lambda finding: finding.line or 0)
    return Sprint(
        path=path,
        slug=path.rpartition("/")[2].removesuffix(".md"),
        title=title[1].strip() if title else None,
        vision=visions[0] if visions else None,
        entries=tuple(filer.entries),
        has_filer=filer.present,
        findings=tuple(findings),
    )


def _amiss(entries: Sequence[Entry], path: str) -> Iterator[Finding]:
    """What is wrong between the entries, and what the backlog's gate would say of each."""
    first: dict[str, int] = {}
    for entry in entries:
        if entry.id in first:
            facts: dict[str, str | int] = {"id": entry.id, "other": first[entry.id]}
            yield found("SP04", facts, path=path, line=entry.line)
        first.setdefault(entry.id, entry.line)
    for entry in entries:
        for missing in entry.depends_on:
            if missing not in first:
                facts = {"id": entry.id, "missing": missing}
                yield found("SP05", facts, path=path, line=entry.line)
        yield from _body(entry, path)
        yield from _gate(entry, path)
    for circle in circles({entry.id: entry.depends_on for entry in entries}):
        told = {"cycle": " → ".join((*circle, circle[0]))}
        yield found("SP06", told, path=path, line=first[circle[0]])
    for entry in entries:
        if entry.id in entry.depends_on:
            told = {"cycle": f"{entry.id} → {entry.id}"}
            yield found("SP06", told, path=path, line=entry.line)


def _body(entry: Entry, path: str) -> Iterator[Finding]:
    """Whatever is put below the body must be read as what it is."""
    what = f"body of '{entry.id}'"
    if _MARKER.search(entry.body):
        facts = {"what": what, "why": "it holds a marker of something that was filed"}
        yield found("SP02", facts, path=path, line=entry.line)
    below = f"{entry.body}\n\n## Dependencies\n- #{_PROBE}\n"
    if _PROBE not in dependencies(below).numbers:
        facts = {"what": what, "why": "it opens a fence or a comment and does not close it"}
        yield found("SP02", facts, path=path, line=entry.line)


def _gate(entry: Entry, path: str) -> Iterator[Finding]:
    told = page(entry.body.encode("utf-8", "surrogateescape"))
    affected = [each for each in sections(told, 2) if each.title.casefold() == "affected files"]
    files = [row for each in affected for _, row in each.rows if _PATH.match(row.strip())]
    criteria = len(_CRITERION.findall(entry.body))
    lacking = [
        what
        for what, is_there in (("no acceptance criteria", criteria), ("no affected files", files))
        if not is_there
    ]
    if lacking:
        facts: dict[str, str | int] = {"id": entry.id, "why": " and ".join(lacking)}
        yield found("SP09", facts, path=path, line=entry.line)
    for what, count, most in (
        ("affected files", len(files), MOST_FILES),
        ("acceptance criteria", criteria, MOST_CRITERIA),
    ):
        if count > most:
            facts = {"id": entry.id, "count": count, "what": what, "most": most}
            yield found("SP10", facts, path=path, line=entry.line)
    if not entry.labels:
        yield found("SP11", {"id": entry.id}, path=path, line=entry.line)


# --- filing


@dataclass(frozen=True, slots=True)
class Filed:
    """Work that is there already, wherever it was filed: an issue or a task."""

    #: `#41`, or a task's key
    ref: str
    body: str
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """An entry, and what it was filed as; None where it is yet to be filed."""

    entry: Entry
    ref: str | None
    #: what was filed says something else by now
    drifted: bool = False


@dataclass(frozen=True, slots=True)
class Filing:
    """What is to be done, each entry after those that it waits for."""

    sprint: Sprint
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]

    @property
    def new(self) -> tuple[Entry, ...]:
        """What is yet to be filed."""
        return tuple(step.entry for step in self.steps if step.ref is None)

    @property
    def refs(self) -> dict[str, str]:
        """What each entry was filed as."""
        return {step.entry.id: step.ref for step in self.steps if step.ref is not None}


def marker(sprint: Sprint, entry: Entry) -> str:
    """The line by which filed work is known again, exactly."""
    return f"<!-- decomposed-from: #{sprint.vision}, sprint: {sprint.slug}, id: {entry.id} -->"


def plan_filing(
    sprint: Sprint, there: Iterable[Filed], labels: frozenset[str] | None = None
) -> Filing:
    """What to file, given all the work that is there; whoever cannot say that must not ask.

    `labels` are those that the forge knows; None where nobody looked.
    """
    known: defaultdict[str, list[Filed]] = defaultdict(list)
    for filed in there:
        for vision, slug, entry_id in _MARKER.findall(filed.body):
            if (int(vision), slug) == (sprint.vision, sprint.slug):
                known[entry_id].append(filed)
    by_id = {entry.id: entry for entry in sprint.entries}
    order = ordered(list(by_id), {entry.id: entry.depends_on for entry in sprint.entries})
    refs = {entry_id: same[0].ref for entry_id, same in known.items()}
    steps: list[Step] = []
    findings: list[Finding] = []
    for entry in (by_id[entry_id] for entry_id in order):
        same = known.get(entry.id, [])
        drifted = bool(same) and _said(same[0].body) != _said(body(sprint, entry, refs))
        steps.append(Step(entry, same[0].ref if same else None, drifted))
        findings += _told(sprint, entry, same, drifted=drifted)
        if labels is not None and not same:
            findings += _unknown_labels(sprint, entry, labels)
    return Filing(sprint, tuple(steps), tuple(findings))


def body(sprint: Sprint, entry: Entry, refs: Mapping[str, str]) -> str:
    """The body as it is filed: its own text, what it waits for by real names, and the marker."""
    waits = [*(refs[each] for each in entry.depends_on if each in refs), *map(str, entry.issues)]
    own = dependencies(entry.body)
    said = {*(f"#{number}" for number in own.numbers), *own.external}
    rows = [f"- {ref}" for ref in dict.fromkeys(waits) if ref not in said]
    parts = [redact(entry.body)] if entry.body else []
    if rows:
        parts.append("\n".join(["## Dependencies", *rows]))
    return "\n\n".join([*parts, marker(sprint, entry)]) + "\n"


def _said(text: str) -> list[str]:
    """The text without what forges change in it: line ends, and blanks at the end of lines."""
    return [row.rstrip() for row in text.strip().splitlines()]


def _told(
    sprint: Sprint, entry: Entry, filed: Sequence[Filed], *, drifted: bool
) -> Iterator[Finding]:
    if len(filed) > 1:
        facts = {"id": entry.id, "refs": " and ".join(each.ref for each in filed)}
        yield found("SP15", facts, path=sprint.path, line=entry.line)
    if drifted:
        facts = {"id": entry.id, "ref": filed[0].ref}
        yield found("SP14", facts, path=sprint.path, line=entry.line)


def _unknown_labels(sprint: Sprint, entry: Entry, labels: frozenset[str]) -> Iterator[Finding]:
    for label in entry.labels:
        if label not in labels:
            facts = {"id": entry.id, "label": label}
            yield found("SP16", facts, path=sprint.path, line=entry.line)


# --- the vision that a sprint breaks down


@dataclass(frozen=True, slots=True)
class Vision:
    """How far the work of a vision is."""

    number: int
    children: tuple[Filed, ...]

    @property
    def state(self) -> str:
        """`open` without work, `in-progress` with open work, `closed` when all of it is closed."""
        if not self.children:
            return "open"
        return "closed" if all(child.closed for child in self.children) else "in-progress"


def vision(number: int, there: Iterable[Filed]) -> Vision:
    """The vision with the work that says, by an exact number, that it comes of it."""
    children = [
        filed
        for filed in there
        if any(int(found_number) == number for found_number, _, _ in _MARKER.findall(filed.body))
        or any(int(found_number) == number for found_number in _OLD_MARKER.findall(filed.body))
    ]
    return Vision(number, tuple(children))
