"""Filing a sprint: each piece of work once, those first that others wait for."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from custodian_core.findings import Finding, found
from custodian_core.secrets import redact

from .deps import dependencies
from .filer import Entry
from .graph import ordered
from .marks import MARKER, OLD_MARKER, FiledLine
from .sprints import Sprint


@dataclass(frozen=True, slots=True)
class Filed:
    """Work that is there already, wherever it was filed: an issue or a task."""

    #: `#41`, or a task's key
    ref: str
    body: str
    closed: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """An entry, and what it was filed as; None where it is yet to be filed, or nobody can say."""

    entry: Entry
    ref: str | None
    #: what was filed says something else by now
    drifted: bool = False
    #: it has no marker, and the line of an older filing says that it was filed
    older: bool = False


@dataclass(frozen=True, slots=True)
class Filing:
    """What is to be done, each entry after those that it waits for."""

    sprint: Sprint
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]

    @property
    def new(self) -> tuple[Entry, ...]:
        """What is yet to be filed."""
        return tuple(step.entry for step in self.steps if step.ref is None and not step.older)

    @property
    def refs(self) -> dict[str, str]:
        """What each entry was filed as."""
        return {step.entry.id: step.ref for step in self.steps if step.ref is not None}


def marker(sprint: Sprint, entry: Entry) -> str:
    """The line by which filed work is known again, exactly."""
    return f"<!-- decomposed-from: #{sprint.vision}, sprint: {sprint.slug}, id: {entry.id} -->"


def plan_filing(
    sprint: Sprint,
    there: Sequence[Filed],
    labels: frozenset[str] | None = None,
    older: FiledLine | None = None,
) -> Filing:
    """What to file, given all the work that is there; whoever cannot say that must not ask.

    `labels` are those that the forge knows; None where nobody looked. `older` is the line of an
    older filing, where the pull request of the pitch has one: then nothing more is filed.
    """
    older, known = sprint.filed or older, _known(sprint, there)
    by_id = {entry.id: entry for entry in sprint.entries}
    order = ordered(list(by_id), {entry.id: entry.depends_on for entry in sprint.entries})
    refs = {entry_id: same[0].ref for entry_id, same in known.items()}
    steps: list[Step] = []
    findings: list[Finding] = []
    for entry in (by_id[entry_id] for entry_id in order):
        same = known.get(entry.id, [])
        if older and not same:
            ref = _filed_as(entry, older, there)
            steps.append(Step(entry, ref, older=True))
            findings.append(_told_older(sprint, entry, ref, older))
            continue
        drifted = bool(same) and _said(same[0].body) != _said(body(sprint, entry, refs))
        steps.append(Step(entry, same[0].ref if same else None, drifted))
        findings += _told(sprint, entry, same, drifted=drifted)
        if labels is not None and not same:
            findings += _unknown_labels(sprint, entry, labels)
    return Filing(sprint, tuple(steps), tuple(findings))


def _known(sprint: Sprint, there: Iterable[Filed]) -> Mapping[str, list[Filed]]:
    """By entry what was filed with its marker."""
    known: defaultdict[str, list[Filed]] = defaultdict(list)
    for filed in there:
        for number, slug, entry_id in MARKER.findall(filed.body):
            if (int(number), slug) == (sprint.vision, sprint.slug):
                known[entry_id].append(filed)
    return known


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


def _filed_as(entry: Entry, older: FiledLine, there: Iterable[Filed]) -> str | None:
    """As which of the issues that the line names the entry was filed: its title says so."""
    named = {f"#{number}" for number in older.issues}
    return next(
        (each.ref for each in there if each.ref in named and each.title == entry.title), None
    )


def _told_older(sprint: Sprint, entry: Entry, ref: str | None, older: FiledLine) -> Finding:
    facts: dict[str, str | int] = {"id": entry.id, "where": older.where}
    if ref:
        return found("SP17", {**facts, "ref": ref}, path=sprint.path, line=entry.line)
    issues = " ".join(f"#{number}" for number in older.issues) or "no issues"
    return found("SP18", {**facts, "issues": issues}, path=sprint.path, line=entry.line)


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
        if any(int(found_number) == number for found_number, _, _ in MARKER.findall(filed.body))
        or any(int(found_number) == number for found_number in OLD_MARKER.findall(filed.body))
    ]
    return Vision(number, tuple(children))
