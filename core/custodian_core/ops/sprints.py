"""Sprints: pitches with the pieces of work that are to be filed, and all that is amiss in them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from custodian_core.findings import Finding, Severity, failed, found
from custodian_core.text import printable

from .deps import dependencies
from .filer import Entry, read_filer
from .graph import circles
from .markdown import page, sections
from .marks import MARKER, SLUG, FiledLine, filed_line
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
    #: the line by which its own file says that it was filed, before there were markers
    filed: FiledLine | None = None
    #: whether it could not be read at all
    is_unread: bool = False

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
    if filer.present and not SLUG.fullmatch(_slug(path)):
        findings.append(found("SP19", {"name": printable(_slug(path), 100)}, path=path))
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
        slug=_slug(path),
        title=title[1].strip() if title else None,
        vision=visions[0] if visions else None,
        entries=tuple(filer.entries),
        has_filer=filer.present,
        findings=tuple(findings),
        filed=filed_line(told, path),
    )


def unread_sprint(path: str, why: str) -> Sprint:
    """A sprint of which no more is known than why it cannot be read."""
    finding = found("SP02", {"what": "the sprint", "why": why}, path=path)
    return Sprint(path, _slug(path), None, None, (), False, (finding,), is_unread=True)


def _slug(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".md")


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
    if MARKER.search(entry.body):
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
