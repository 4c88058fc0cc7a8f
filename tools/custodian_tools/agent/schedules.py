"""Tools for schedules: which agents run in which repos, and runs prepared for them."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from custodian_core.codec import now, stamp
from custodian_core.findings import Finding
from custodian_core.schedule.roster import Due, LeftOut, Roster
from custodian_tools import preparing, schedules

from .answers import line, some
from .desk import Desk, Range

#: how much an answer tells one by one
MOST_DUE, MOST_LEFT_OUT, MOST_FINDINGS = 100, 50, 30
#: of each file of a prepared run; a longer one is read where it lies
LONGEST_PART = 4000

Domain = Annotated[str | None, "Only repos of this domain"]
Repo = Annotated[str | None, "Slug or path; default: the repo in this folder"]


def list_schedules(
    desk: Desk,
    domain: Domain = None,
    due_within_hours: Annotated[int | None, Range(1, 8784), "Only runs that come so soon"] = None,
) -> dict[str, Any]:
    """List which agent runs in which repo and when next, as the hub knows it; broken ones first."""
    at = now()
    found = schedules.listed(desk.hub, at, domain)
    if due_within_hours is not None:
        found = found.within(at, timedelta(hours=due_within_hours))
    return _roster(found)


def discover_schedules(
    desk: Desk,
    domain: Domain = None,
    everywhere: Annotated[bool, "Look in every checkout, not only where the hub says so"] = False,
) -> dict[str, Any]:
    """Find what is scheduled in the checkouts on this host, and why each other repo is left out.

    The schedule in the checkout decides; the hub's roster only says where to look.
    """
    found = schedules.discover(desk.hub, desk.settings, now(), domain=domain, everywhere=everywhere)
    return _roster(found)


def _roster(found: Roster) -> dict[str, Any]:
    due, more = some(found.due, MOST_DUE)
    out, others = some(found.left_out, MOST_LEFT_OUT)
    told: dict[str, Any] = {
        "due": [_due(each) for each in due],
        "total": len(found.due),
        "left_out": [_left_out(each) for each in out],
    }
    if more or others:
        told["hint"] = f"{more} runs and {others} repos are not told; narrow it by domain"
    return told


def _due(due: Due) -> dict[str, Any]:
    row: dict[str, Any] = {
        "repo": due.repo,
        "agent": due.agent,
        "cadence": line(f"{due.cadence} {due.timezone}", 200),
        "next_run_at": stamp(due.next_run_at) if due.next_run_at else None,
        "last_prepared_at": stamp(due.last_prepared_at) if due.last_prepared_at else None,
        "host_paths": due.host_paths,
    }
    return row if due.enabled else {**row, "enabled": False}


def _left_out(each: LeftOut) -> dict[str, Any]:
    return {"repo": each.repo, "reason": each.reason, "why": line(each.why)}


def validate_schedule(desk: Desk, repo: Repo = None) -> dict[str, Any]:
    """Say what is amiss in a repo's .kaizen/schedule.yml, by line; nothing is written."""
    name = repo or str(desk.folder)
    if "/" in name or name.startswith((".", "~")):
        judged = schedules.judge(_checkout(desk, name))
    else:
        (judged,) = schedules.judge_named(desk.hub, desk.settings, [name])
    findings, more = some(judged.findings, MOST_FINDINGS)
    told: dict[str, Any] = {
        "valid": not judged.failed,
        "path": judged.path,
        "findings": [_finding(each) for each in findings],
    }
    if judged.schedule:
        told["entries"] = [
            {"agent": each.agent, "cadence": each.cadence, "enabled": each.enabled}
            for each in judged.schedule.entries
        ]
    return {**told, "findings_left_out": more} if more else told


def _checkout(desk: Desk, name: str) -> Path:
    from custodian_tools.registering import below_roots

    return below_roots(desk.path(name), desk.settings)


def _finding(each: Finding) -> dict[str, Any]:
    return {
        "code": each.code,
        "severity": each.severity.value,
        "line": each.line,
        "message": line(each.message),
        "todo": each.check.todo,
    }


def prepare_run(
    desk: Desk,
    agent: Annotated[str, "As the repo's schedule names it"],
    repo: Repo = None,
    record: Annotated[bool, "Tell of it in the hub's log, as orchestrators expect"] = True,
) -> dict[str, Any]:
    """Bundle a scheduled agent's next run: prompt, memory, metrics and the repo's dispatch.

    Nothing is run. What is missing is named; what the schedule requires and is missing refuses it.
    """
    name = desk.slug(repo)
    bundle = preparing.prepare(desk.hub, desk.settings, agent, name, now(), desk.by(), tell=record)
    return bundle.to_json(LONGEST_PART)


def register_schedule(
    desk: Desk,
    repo: Repo = None,
    enabled: Annotated[bool, "False takes it off the roster"] = True,
) -> dict[str, Any]:
    """Put a repo on the roster with what its schedule says now, or take it off."""
    slug = desk.slug(repo)
    if enabled:
        known = schedules.enrol(desk.hub, desk.settings, slug, desk.by())
    else:
        known = schedules.strike(desk.hub, slug, desk.by())
    at = known.kaizen_schedule_updated_at
    return {
        "repo": known.slug,
        "kaizen_schedule_enabled": known.kaizen_schedule_enabled,
        "kaizen_schedule_updated_at": stamp(at) if at else None,
    }
