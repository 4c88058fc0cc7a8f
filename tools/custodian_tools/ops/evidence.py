"""Evidence: what there is, how old it is, writing it; and engagement out of a server's logs."""

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, cast

from custodian_core.errors import BadValue, FileTrouble, UnknownThing
from custodian_core.files import shown
from custodian_core.findings import Finding, found
from custodian_core.ops.engagement import LONGEST_LINE, Engagement, Window
from custodian_core.ops.evidence import (
    Piece,
    Standing,
    ahead,
    is_ahead,
    path_of,
    pieces,
    read_piece,
    spell,
    standings,
    subject,
)
from custodian_core.ops.layout import not_there
from custodian_core.ops.references import numbers
from custodian_tools.checkouts import Target
from custodian_tools.sync.bench import Bench

from .ground import Ground, OnDisk, read_or_why
from .sealing import Draft, Written, seal


@dataclass(frozen=True, slots=True)
class Stock:
    """The evidence that there is, and how each domain stands."""

    pieces: tuple[Piece, ...]
    standings: tuple[Standing, ...]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """The evidence as `--json` and tools show it."""
        return {
            "domains": [
                {
                    "domain": each.domain,
                    "latest": each.latest.path if each.latest else None,
                    "day": each.latest.day.isoformat() if each.latest else None,
                    "age_days": each.age_days,
                    "old_after_days": each.old_after_days,
                    "is_old": each.is_old,
                }
                for each in self.standings
            ],
            "files": [
                {"path": each.path, "domain": each.domain, "day": each.day.isoformat()}
                for each in self.pieces
            ],
        }


def stock(
    target: Target, today: date, domain: str | None = None, since: date | None = None
) -> Stock:
    """The evidence of the ops repo, perhaps of one domain and since a day."""
    ground = OnDisk(target.path)
    good, findings = pieces(ground.paths())
    findings[:0] = not_there(ground.paths(), "evidence/", "evidence")
    findings += ahead(good, today)
    told = [each for each in standings(good, today) if domain in (None, each.domain)]
    if domain and not any(each.latest for each in told):
        known = sorted({piece.domain for piece in good})
        if not told:
            raise UnknownThing("domain", domain, tuple(known))
    files = (each for each in good if domain in (None, each.domain))
    findings += [finding for each in told if (finding := each.finding())]
    findings += (unusable for each in told if (unusable := _unusable(ground, each.latest)))
    recent = tuple(each for each in files if since is None or each.day >= since)
    return Stock(recent, tuple(told), tuple(findings))


def _unusable(ground: Ground, piece: Piece | None) -> Finding | None:
    """That the newest evidence of a domain says nothing, where that is so."""
    if piece is None:
        return None
    data = read_or_why(ground, piece.path)
    told = data if isinstance(data, str) else read_piece(data)
    if not isinstance(told, str):
        return None
    return found("EV02", {"what": piece.path, "why": told.removeprefix("it ")}, path=piece.path)


def issues_named(ground: Ground) -> tuple[dict[str, frozenset[int]], list[Finding]]:
    """The issues that each file of evidence names; and which files could not be read."""
    named: dict[str, frozenset[int]] = {}
    unread: list[Finding] = []
    for piece in pieces(ground.paths())[0]:
        data = read_or_why(ground, piece.path)
        if isinstance(data, bytes):
            named[piece.path] = frozenset(numbers(data.decode(errors="replace")))
        else:
            facts = {"what": piece.path, "why": data.removeprefix("it ")}
            unread.append(found("EV02", facts, path=piece.path))
    return named, unread


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest evidence of a domain: where it lies, how old it is, and what it says."""

    path: str
    age_days: int | None
    is_old: bool | None
    told: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The evidence as `--json` and tools show it."""
        return {
            "path": self.path,
            "age_days": self.age_days,
            "is_old": self.is_old,
            "evidence": self.told,
        }


def latest(target: Target, domain: str, today: date) -> Newest:
    """The newest evidence of the domain."""
    ground = OnDisk(target.path)
    good, _ = pieces(ground.paths())
    standing = next((each for each in standings(good, today) if each.domain == domain), None)
    if standing is None or standing.latest is None:
        known = sorted({piece.domain for piece in good})
        raise UnknownThing("evidence of domain", domain, tuple(known))
    told = read_piece(ground.data(standing.latest.path) or b"")
    if isinstance(told, str):
        raise FileTrouble(standing.latest.path, f"it {told}")
    return Newest(standing.latest.path, standing.age_days, standing.is_old, told)


def write(
    bench: Bench,
    target: Target,
    domain: str,
    told: Mapping[str, Any],
    *,
    day: date | None = None,
    name: str = "",
    dry_run: bool = False,
) -> Written:
    """The evidence is committed and pushed; that of the same day and name is replaced."""
    today = bench.clock().date()
    day = day or today
    if is_ahead(day, today):
        raise BadValue("day", f"{day} is yet to come")
    path, data = path_of(domain, day, name), spell(told)

    def decide(_ground: Ground) -> Draft:
        return Draft({path: data}, subject(domain, day), (f"By {bench.by.name}.",))

    return seal(bench, target, decide, dry_run=dry_run)


# --- engagement


@dataclass(frozen=True, slots=True)
class Collected:
    """What the logs say; no report where they hold not one line."""

    report: dict[str, Any] | None
    logs: tuple[str, ...]
    #: logs of the window that could not be read to their end, and why
    not_read: tuple[str, ...]


def engagement(paths: Sequence[Path], end: datetime, hours: int = 24) -> Collected:
    """Who read what in the hours before `end`, out of these logs and what was rotated from them."""
    if not paths:
        raise BadValue("logs", "name one at least")
    window = Window.last(hours, end)
    counting = Engagement(window)
    asked = {path.resolve() for path in paths}
    read: list[str] = []
    not_read: list[str] = []
    for place, log in _logs(paths, window.start).items():
        why = _why_not_whole(counting, log, asked=place in asked)
        if why:
            not_read.append(f"{shown(log)}: {why}")
        else:
            read.append(shown(log))
    report = counting.report()
    if report is not None:
        report = {"source": paths[0].name, "logs": len(read), "not_read": not_read, **report}
    return Collected(report, tuple(read), tuple(not_read))


_PACKED = (".zst", ".xz", ".bz2")


def _logs(paths: Sequence[Path], since: datetime) -> dict[Path, Path]:
    """The logs and what was rotated from them, each once, however often it is named."""
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.is_file():
            raise FileTrouble(shown(path), "there is no such log")
        for log in (*_rotated(path, since), path):
            found.setdefault(log.resolve(), log)
    return found


def _rotated(path: Path, since: datetime) -> list[Path]:
    """What was rotated from the log and written to within the window, the oldest first."""
    follows = _rotated_names(path)
    rotated = [
        (touched, other)
        for other in path.parent.iterdir()
        if follows.fullmatch(other.name) and other.is_file()
        if (touched := other.stat().st_mtime) >= since.timestamp()
    ]
    return [log for _, log in sorted(rotated)]


def _rotated_names(path: Path) -> re.Pattern[str]:
    """How logrotate and servers call what they rotate; another site's log is none of it."""
    name, stem, end = map(re.escape, (path.name, path.stem, path.suffix))
    number = r"[0-9][0-9T:._-]*"
    return re.compile(
        rf"(?:{name}[.-]{number}|{name}\.old|{stem}-[0-9]{{4}}[0-9T:._-]*{end}|{stem}\.[0-9]+{end})"
        r"(?:\.(?:gz|zst|xz|bz2))?"
    )


def _why_not_whole(counting: Engagement, log: Path, *, asked: bool) -> str | None:
    """Why not all of the log is counted in, if so; for one that was asked for that is an error."""
    if log.suffix in _PACKED:
        return f"it is packed by {log.suffix[1:]}"
    before = counting.lines
    try:
        with closing(_opened(log)) as lines:
            counting.take(_lines(lines), shown(log))
    except BadValue as error:
        if asked:
            raise
        return error.reason
    except (OSError, EOFError, zlib.error) as error:
        if asked:
            raise FileTrouble(shown(log), str(error).lower()) from error
        counted = counting.lines - before
        return f"only its first {counted} lines are counted: {error}" if counted else str(error)
    return None


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _lines(log: IO[bytes]) -> Iterator[bytes]:
    """The lines; of one that is too long no more than that it is."""
    while line := log.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := log.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
        yield line


def trouble(collected: Collected) -> Iterator[Finding]:
    """What is amiss with the logs."""
    for each in collected.not_read:
        yield found("EV04", {"what": each})
    if collected.report is None:
        yield found("EV03", {"domain": "engagement: the logs are empty"})
