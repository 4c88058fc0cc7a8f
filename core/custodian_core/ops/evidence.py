"""Evidence: dated JSON files by domain, and how old the newest of each may be."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from custodian_core.errors import BadValue
from custodian_core.findings import Finding, found
from custodian_core.text import printable

#: the domains that an ops repo begins with, and the days after which each is old
DOMAINS: Mapping[str, int] = {
    "engagement": 2,
    "red-team": 7,
    "holdout": 7,
    "evolution": 7,
    "user-test": 14,
}
#: the days for a domain that is not named above
OLD_AFTER = 7
#: how large a file of evidence may be
MAX_FILE = 1024 * 1024

_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_PATH = re.compile(r"evidence/([^/]+)/(\d{4}-\d{2}-\d{2})([^/]*)\.json")


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of evidence, as its path says it."""

    path: str
    domain: str
    day: date


@dataclass(frozen=True, slots=True)
class Standing:
    """How a domain stands; without evidence there is no age."""

    domain: str
    latest: Piece | None
    age_days: int | None
    old_after_days: int

    @property
    def is_old(self) -> bool | None:
        """Whether the newest is too old; None where there is none."""
        return None if self.age_days is None else self.age_days > self.old_after_days

    def finding(self) -> Finding | None:
        """What is amiss with it, if anything."""
        if self.age_days is None:
            return found("EV03", {"domain": self.domain}, path=f"evidence/{self.domain}")
        if not self.is_old:
            return None
        age: dict[str, str | int] = {"domain": self.domain, "age": self.age_days}
        path = self.latest.path if self.latest else None
        return found("EV01", {**age, "most": self.old_after_days}, path=path)


def pieces(paths: Iterable[str]) -> tuple[list[Piece], list[Finding]]:
    """The evidence among the paths below evidence/, the oldest first; and what is named amiss."""
    good: list[Piece] = []
    findings: list[Finding] = []
    for path in sorted(paths):
        if not path.startswith("evidence/") or path.endswith("/.gitkeep"):
            continue
        mark = _PATH.fullmatch(path)
        day = _day(mark[2]) if mark else None
        if mark and day and _DOMAIN.fullmatch(mark[1]):
            good.append(Piece(path, mark[1], day))
        elif path.endswith(".json"):
            facts = {"what": printable(path, 100), "why": "is not named after a day"}
            findings.append(found("EV02", facts, path=path))
    good.sort(key=lambda piece: (piece.day, piece.path))
    return good, findings


def is_ahead(day: date, today: date) -> bool:
    """Whether the day has begun nowhere yet: east of here it may be tomorrow."""
    return day > today + timedelta(days=1)


def ahead(good: Iterable[Piece], today: date) -> Iterator[Finding]:
    """What is named after a day that is yet to come, and says nothing of how a domain stands."""
    for piece in good:
        if is_ahead(piece.day, today):
            facts = {"what": piece.path, "why": "is named after a day that is yet to come"}
            yield found("EV02", facts, path=piece.path)


def standings(
    good: Iterable[Piece], today: date, old_after: Mapping[str, int] = DOMAINS
) -> Iterator[Standing]:
    """How each domain stands, those that should be there and those that are."""
    latest = {piece.domain: piece for piece in good if not is_ahead(piece.day, today)}
    for domain in dict.fromkeys([*old_after, *sorted(latest)]):
        piece = latest.get(domain)
        age = max(0, (today - piece.day).days) if piece else None
        yield Standing(domain, piece, age, old_after.get(domain, OLD_AFTER))


def read_piece(data: bytes) -> dict[str, Any] | str:
    """What the file holds, or why it cannot be used."""
    if len(data) > MAX_FILE:
        return f"is larger than {MAX_FILE // 1024} KiB"
    try:
        told: object = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return f"is no JSON: {printable(str(error), 100)}"
    if not isinstance(told, dict):
        return "holds no JSON object"
    return cast("dict[str, Any]", told)


def path_of(domain: str, day: date, name: str = "") -> str:
    """Where evidence of that domain and day lies."""
    if not _DOMAIN.fullmatch(domain):
        raise BadValue("domain", f"'{printable(domain, 40)}' must be of a-z 0-9 -")
    if name and not _NAME.fullmatch(name):
        raise BadValue("name", f"'{printable(name, 40)}' must be of a-z 0-9 . _ -")
    return f"evidence/{domain}/{day.isoformat()}{f'-{name}' if name else ''}.json"


def subject(domain: str, day: date) -> str:
    """The subject of the commit that holds it."""
    return f"evidence: {domain} {day.isoformat()}"


def spell(told: Mapping[str, Any]) -> bytes:
    """The file that holds it; what is no number for other readers is refused."""
    try:
        text = json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False)
        data = f"{text}\n".encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise BadValue("evidence", f"it cannot be written as JSON: {error}") from error
    if len(data) > MAX_FILE:
        raise BadValue("evidence", f"it is larger than {MAX_FILE // 1024} KiB")
    return data


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None
