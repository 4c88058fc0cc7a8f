"""Procurement items: Markdown that asks a person for what no program can get."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter

from custodian_core.errors import BadValue
from custodian_core.findings import Finding, Severity, found
from custodian_core.text import printable

from .markdown import page, sections
from .references import numbers

SECTIONS = ("What", "Why", "Human action", "Factory will then", "Unblocks")
#: those that a supervisor writes in a hurry, which are let pass with less
_HASTY = re.compile(r"(?:supervisor|stale-pr)-")
_TITLE = re.compile(r"(?:Procurement[ \t]+)?Request:[ \t]*(.*)", re.IGNORECASE)
_STEP = re.compile(r"[ \t]*(?:\d{1,9}[.)]|[-*+])[ \t]+(?:\[[ xX]\][ \t]+)?")
_VAGUE = re.compile(
    r"\W*(?:please[ \t]+)?(?:decide|consider|think|discuss|evaluate|determine|explore|"
    r"investigate|figure|choose|look|review|approve|help)\b",
    re.IGNORECASE,
)
_STRUCTURE = re.compile(r"[ ]{0,3}(?:#{1,6}\s|[`~]{3}|<!--)")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a person."""

    path: str
    title: str | None
    #: what stands in each section that is there, by its name
    said: dict[str, str]
    unblocks: tuple[int, ...]
    findings: tuple[Finding, ...] = ()
    #: whether it could not be read at all
    is_unread: bool = False

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.rpartition("/")[2]


def read_request(data: bytes, path: str) -> Request:
    """The request that the bytes spell, and what it lacks."""
    told = page(data)
    first = next((each for each in told.headings if each.level == 1), None)
    title = _TITLE.fullmatch(first.text) if first else None
    said: dict[str, str] = {}
    lines: dict[str, int] = {}
    names = {name.casefold(): name for name in SECTIONS}
    for section in sections(told, 2):
        name = names.get(section.title.strip().rstrip(":").casefold(), section.title.strip())
        said.setdefault(name, section.text)
        lines.setdefault(name, section.line)
    request = Request(path, title[1].strip() if title else None, said, numbers(_unblocks(said)))
    return Request(
        path, request.title, said, request.unblocks, tuple(_amiss(request, lines, first is None))
    )


def unread_request(path: str, why: str) -> Request:
    """A request of which no more is known than why it cannot be read."""
    finding = found("VA01", {"what": "request", "why": why}, path=path)
    return Request(path, None, {}, (), (finding,), is_unread=True)


def _unblocks(said: dict[str, str]) -> str:
    return said.get("Unblocks", "")


def _amiss(request: Request, lines: dict[str, int], headless: bool) -> Iterator[Finding]:
    path = request.path
    severity = Severity.WARN if _HASTY.match(request.name) else None
    if not request.title:
        why = "is missing" if headless else "is not `# Request: what is asked for`"
        facts: dict[str, str | int] = {"section": "title", "why": why}
        yield found("VA12", facts, path=path, line=1, severity=severity)
    for name in SECTIONS:
        text = request.said.get(name)
        if not text:
            facts = {"section": name, "why": "is missing" if text is None else "is empty"}
            yield found("VA12", facts, path=path, line=lines.get(name), severity=severity)
    if _unblocks(request.said) and not request.unblocks:
        yield found("VA13", {}, path=path, line=lines["Unblocks"])
    asked = steps(request.said.get("Human action", ""))
    if asked and all(map(_VAGUE.match, asked)):
        step = {"step": printable(asked[0], 80)}
        yield found("VA14", step, path=path, line=lines["Human action"])


def steps(text: str) -> list[str]:
    """What the person shall do, step by step; a text without a list is one step."""
    rows = [row for row in text.split("\n") if row.strip()]
    listed = [_STEP.sub("", row, count=1).strip() for row in rows if _STEP.match(row)]
    return listed or [" ".join(row.strip() for row in rows)] * bool(rows)


def same_ask(one: Request, other: Request) -> bool:
    """Whether the two ask for the same, by file name or by title."""
    return not _asks(one).isdisjoint(_asks(other))


def asked_before(requests: Iterable[Request]) -> dict[str, Request]:
    """By its path, for each request that asks for the same as one before it, the first of those."""
    first: dict[tuple[str, str], tuple[int, Request]] = {}
    twins: dict[str, Request] = {}
    for place, request in enumerate(requests):
        asks = _asks(request)
        if earlier := [first[ask] for ask in asks if ask in first]:
            twins[request.path] = min(earlier, key=itemgetter(0))[1]
        for ask in asks:
            first.setdefault(ask, (place, request))
    return twins


def _asks(request: Request) -> frozenset[tuple[str, str]]:
    """By what it is known that another request asks for the same."""
    asks = {("name", request.name.casefold()), ("title", _plain(request.title))}
    return frozenset(ask for ask in asks if ask[1])


def _plain(title: str | None) -> str:
    return " ".join(re.findall(r"\w+", (title or "").casefold()))


def spell(
    title: str,
    what: str,
    why: str,
    human: Iterable[str],
    then: Iterable[str],
    unblocks: Iterable[str],
) -> bytes:
    """The file of a request, which reads back complete or is refused."""
    numbered = "\n".join(f"{n}. {_line(step)}" for n, step in enumerate(human, 1))
    rows = (
        f"# Request: {_line(title)}",
        f"## What\n{_prose(what)}",
        f"## Why\n{_prose(why)}",
        f"## Human action\n{numbered}",
        "## Factory will then\n" + "\n".join(f"- {_line(each)}" for each in then),
        "## Unblocks\n" + "\n".join(f"- {_line(each)}" for each in unblocks),
    )
    data = ("\n\n".join(rows) + "\n").encode()
    lacking = [f for f in read_request(data, "request").findings if f.severity is Severity.FAIL]
    if lacking:
        raise BadValue("request", "; ".join(finding.message for finding in lacking))
    return data


def _line(text: str) -> str:
    return printable(text.strip())


def _prose(text: str) -> str:
    """The text with nothing in it that would begin a section or a fence of its own."""
    rows = (printable(row.rstrip()) for row in text.strip().split("\n"))
    return "\n".join(
        f"\\{row}" if re.match(r"[ ]{0,3}(?:#{1,6}\s|[`~]{3}|<!--)", row) else row for row in rows
    )
