"""Tools for evidence: what was measured, by domain and day."""

from datetime import date
from typing import Annotated, Any

from custodian_core.codec import now
from custodian_core.errors import BadValue
from custodian_tools.agent.answers import fitting, line
from custodian_tools.agent.desk import Desk, Range
from custodian_tools.ops import evidence

from .asked import ROOM, DryRun, Repo, bench_of, target_of, told_findings


def list_evidence(
    desk: Desk,
    domain: str | None = None,
    since: Annotated[str | None, "YYYY-MM-DD"] = None,
    repo: Repo = None,
) -> dict[str, Any]:
    """List the evidence, and how old the newest of each domain is."""
    told = evidence.stock(target_of(desk, repo), now().date(), domain, _day(since))
    data = told.to_json()
    rows, more = fitting(reversed(data["files"]), ROOM)
    answer = {**data, "files": rows, **told_findings(told.findings)}
    return {**answer, "hint": f"{more} files are not told; say since"} if more else answer


def get_evidence(desk: Desk, domain: str, repo: Repo = None) -> dict[str, Any]:
    """Read the newest evidence of a domain, and say how old it is."""
    return evidence.latest(target_of(desk, repo), domain, now().date()).to_json()


def write_evidence(
    desk: Desk,
    domain: str,
    told: Annotated[dict[str, Any], "One JSON object"],
    day: Annotated[str | None, "YYYY-MM-DD; default: today"] = None,
    name: Annotated[str, "Tells it apart from others of that day"] = "",
    repo: Repo = None,
    dry_run: DryRun = False,
) -> dict[str, Any]:
    """Commit and push evidence of a domain; that of the same day and name is replaced."""
    written = evidence.write(
        bench_of(desk),
        target_of(desk, repo),
        domain,
        told,
        day=_day(day),
        name=name,
        dry_run=dry_run,
    )
    return written.to_json()


def collect_engagement(
    desk: Desk,
    logs: Annotated[list[str], "A web server's logs of JSON lines; rotated ones are found"],
    hours: Annotated[int, Range(1, 8784)] = 24,
) -> dict[str, Any]:
    """Say who read what in the last hours; every line that could not be used is counted."""
    collected = evidence.engagement([desk.path(each) for each in logs], now(), hours)
    findings = tuple(evidence.trouble(collected))
    return {"report": collected.report, "logs": list(collected.logs), **told_findings(findings)}


def _day(said: str | None) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError as error:
        raise BadValue("day", f"'{line(said or '', 40)}' is not YYYY-MM-DD") from error
