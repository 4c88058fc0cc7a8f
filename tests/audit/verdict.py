"""What an audit comes to: known holes, none, or that nobody can say."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from custodian_core.wire import object_of


class Outcome(StrEnum):
    """How the dependencies of one lock stand."""

    FINE = "no known hole"
    HOLES = "known holes"
    #: a list of holes could not be read, or does not know all the packages
    UNKNOWN = "NOT AUDITED"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a lock stands, and what is told of it."""

    lock: str
    outcome: Outcome
    packages: int
    #: each hole with its package; or why nobody can say
    lines: tuple[str, ...] = ()

    def __str__(self) -> str:
        head = f"{self.lock}: {self.outcome}, {self.packages} packages asked for"
        return "\n  ".join((head, *self.lines))


def of_python(lock: str, report: Any, complaint: str) -> Verdict:
    """The verdict in what pip-audit reports; it ends well where it could look nothing up."""
    said = object_of(report)
    if "dependencies" not in said:
        return Verdict(lock, Outcome.UNKNOWN, 0, (_last(complaint),))
    packages: list[dict[str, Any]] = said["dependencies"]
    skipped = [each for each in packages if "skip_reason" in each]
    holes = [
        f"{each['name']} {each['version']}: {hole['id']}{_mended(hole.get('fix_versions'))}"
        for each in packages
        for hole in each.get("vulns", ())
    ]
    if holes:
        return Verdict(lock, Outcome.HOLES, len(packages), tuple(holes))
    if skipped or not packages:
        reason = skipped[0]["skip_reason"] if skipped else "the lock names none"
        told = f"{len(skipped)} of {len(packages)} could not be looked up; the first: {reason}"
        return Verdict(lock, Outcome.UNKNOWN, len(packages), (told,))
    return Verdict(lock, Outcome.FINE, len(packages))


def of_node(lock: str, report: Any, complaint: str) -> Verdict:
    """The verdict in what `npm audit --json` reports."""
    said = object_of(report)
    if "metadata" not in said:
        return Verdict(lock, Outcome.UNKNOWN, 0, (_last(str(said.get("message") or complaint)),))
    packages: int = said["metadata"]["dependencies"]["total"]
    holes = tuple(_of_node(object_of(said.get("vulnerabilities"))))
    return Verdict(lock, Outcome.HOLES if holes else Outcome.FINE, packages, holes)


def _of_node(found: dict[str, Any]) -> Iterator[str]:
    for name, each in found.items():
        yield f"{name} {each.get('range', '')}: {each.get('severity', 'of unknown gravity')}"


def _mended(versions: Any) -> str:
    return f", mended in {', '.join(versions)}" if versions else ", not mended yet"


def _last(complaint: str) -> str:
    lines = complaint.strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"


def code(verdicts: list[Verdict], *, where_reachable: bool) -> int:
    """0 where nothing is known against them, 1 for holes, 2 where nobody could say."""
    outcomes = {each.outcome for each in verdicts}
    if Outcome.HOLES in outcomes:
        return 1
    return 0 if where_reachable or Outcome.UNKNOWN not in outcomes else 2
