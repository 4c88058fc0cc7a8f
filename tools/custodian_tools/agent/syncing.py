"""Tools for keeping files, hub and remote in step, and for what is in Custodian's care."""

import hashlib
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from custodian_core.commands import ChangeRepo
from custodian_core.errors import BadValue, Conflict
from custodian_core.findings import Severity
from custodian_core.git.author import Author
from custodian_core.records import Repo, RepoStatus
from custodian_tools import checkouts, hooks, registering, workplans
from custodian_tools.sync import Bench, Options, Report, check, fleet, sweep, target
from custodian_tools.sync.background import fix_and_follow

from .answers import line, page, repo_row, some
from .desk import Desk, Progress, Range

#: how many findings of a repo, and how many repos, an answer tells one by one
MOST_FINDINGS, MOST_REPOS = 20, 50
#: how long a checkout must have been quiet before it is moved
SETTLE_S = 1.0

Repos = Annotated[list[str] | None, "Slugs or paths; default: the repo in this folder"]
Everything = Annotated[bool, "Every repo with a checkout on this host"]


def check_consistency(
    desk: Desk,
    progress: Progress,
    repos: Repos = None,
    all: Everything = False,  # noqa: A002 - the word of the tool
    fetch: Annotated[bool, "Ask the remotes"] = True,
) -> dict[str, Any]:
    """Say where workplans, hub and remote differ; nothing is written."""
    return _told(_run(desk, progress, repos, Options(fetch=fetch), all_=all, act=check))


def fix_consistency(
    desk: Desk,
    progress: Progress,
    repos: Repos = None,
    all: Everything = False,  # noqa: A002 - the word of the tool
    remote: Annotated[bool, "Pull by fast-forward first where one is behind"] = False,
    writeback: Annotated[bool, "Write the hub's statuses into files"] = True,
    dry_run: Annotated[bool, "Return the plan and its digest, and do nothing"] = False,
    plan: Annotated[str | None, "A dry run's digest; refused where the plan is another now"] = None,
) -> dict[str, Any]:
    """Bring workplans, hub and remote in step, commit and push; no status goes back.

    Each repo tells whether local is remote now (sealed).
    """
    options = Options(pull=remote, writeback=writeback, settle_s=SETTLE_S)
    if dry_run or plan:
        planned = _run(desk, progress, repos, options, all_=all, act=check)
        digest = _digest(planned)
        if dry_run:
            return {**_told(planned), "plan": digest, "next": f"fix_consistency plan='{digest}'"}
        if digest != plan:
            raise Conflict("plan", f"it is {digest} now, not {plan}; look at a new dry run")
    return _told(_run(desk, progress, repos, options, all_=all, act=fix_and_follow))


def _run(
    desk: Desk,
    progress: Progress,
    repos: Sequence[str] | None,
    options: Options,
    *,
    all_: bool,
    act: Any,
) -> list[Report]:
    if all_ and repos:
        raise BadValue("all", "name repos or say all, not both")
    settings = desk.settings
    if all_:
        targets = fleet(desk.hub, settings)
    else:
        names = [desk.slug(name) for name in repos or (None,)]
        targets = tuple(target(desk.hub, settings, name) for name in names)
    bench = Bench(desk.hub, desk.by(), settings.host, Author(*settings.author))
    done: list[Report] = []
    for report in sweep(act, bench, targets, options, settings):
        done.append(report)
        progress(len(done), len(targets), f"{report.slug}: {report.outcome}")
    return sorted(done, key=lambda report: report.slug)


def _digest(reports: Sequence[Report]) -> str:
    """What names a plan: the same plan has the same digest."""
    planned = [[report.slug, list(report.actions)] for report in reports]
    return hashlib.sha256(json.dumps(planned).encode()).hexdigest()[:16]


def _told(reports: Sequence[Report]) -> dict[str, Any]:
    first, more = some(sorted(reports, key=lambda report: report.outcome == "ok"), MOST_REPOS)
    told: dict[str, Any] = {
        "repos": [_row(report) for report in first],
        "total": len(reports),
        "sealed": sum(report.sealed is True for report in reports),
        "failed": sum(report.failed for report in reports),
        "not_done": [report.slug for report in reports if report.outcome not in ("ok", "findings")],
    }
    if more:
        told |= {"truncated": True, "hint": f"{more} more are fine or told by naming them in repos"}
    return told


def _row(report: Report) -> dict[str, Any]:
    findings, more = some(
        (f for f in report.findings if f.severity is not Severity.FIXED), MOST_FINDINGS
    )
    row: dict[str, Any] = {
        "repo": report.slug,
        "outcome": report.outcome,
        "sealed": report.sealed,
        "branch": report.after.branch if report.after else None,
        "checkout": report.path,
        "actions": [line(action) for action in report.actions[:20]],
        "findings": [
            {
                "code": finding.code,
                "severity": finding.severity.value,
                "where": finding.where or None,
                "message": line(finding.message),
                "todo": finding.check.todo,
            }
            for finding in findings
        ],
    }
    if report.after and (report.after.ahead or report.after.behind):
        row |= {"ahead": report.after.ahead, "behind": report.after.behind}
    if report.commits:
        row["commits"] = list(report.commits)
    if more:
        row["findings_left_out"] = more
    return row


def list_repos(
    desk: Desk,
    domain: str | None = None,
    status: RepoStatus | None = RepoStatus.ACTIVE,
    here: Annotated[bool, "Only those with a checkout on this host"] = False,
    limit: Annotated[int, Range(1, 100)] = 20,
    cursor: Annotated[str | None, "Of an earlier answer"] = None,
) -> dict[str, Any]:
    """List the repos in Custodian's care, and how their last sync went on this host."""
    host = desk.settings.host
    found = desk.hub.repos(
        domain=domain,
        status=status,
        host=host if here else None,
        after=cursor,
        limit=limit,
    )
    return page(found, lambda repo: repo_row(repo, host), "repos", "list_repos")


def register_repo(
    desk: Desk,
    path: Annotated[str, "Top folder of a checkout, absolute or below the server's"] = ".",
) -> dict[str, Any]:
    """Put the repo in a folder in Custodian's care; its slug, domain and remote are read there."""
    settings = desk.settings
    command = registering.registration(desk.hub, desk.path(path), settings)
    repo: Repo = desk.do(command)
    row = repo_row(repo, settings.host)
    return {**row, "next": f"fix_consistency repos=['{repo.slug}'] takes its workplans in"}


def set_out_of_scope(
    desk: Desk, repo: Annotated[str, "Slug"], reason: Annotated[str, "Why, for people"]
) -> dict[str, Any]:
    """Say that a repo is not Custodian's to care for; it stays known, with the reason."""
    changes = {"status": RepoStatus.OUT_OF_SCOPE.value, "status_reason": reason}
    changed: Repo = desk.do(ChangeRepo(repo, changes))
    return repo_row(changed, desk.settings.host)


def install_hooks(
    desk: Desk,
    repos: Repos = None,
    all: Everything = False,  # noqa: A002 - the word of the tool
) -> dict[str, Any]:
    """Install the git hooks that sync a repo after each commit; what is there already stays."""
    hub, settings = desk.hub, desk.settings
    if all:
        targets = checkouts.all_here(hub, settings, idle=False)
    else:
        targets = checkouts.named(hub, settings, [desk.slug(name) for name in repos or (None,)])
    program = str(Path(sys.executable).with_name("custodian"))
    return {"repos": [hooks.install(each, program, settings).to_json() for each in targets]}


def lint_workplans(
    desk: Desk, path: Annotated[str, "Repo folder or one workplan file"] = "."
) -> dict[str, Any]:
    """Check workplan files alone: what is amiss, by file and line, and what to do."""
    lint = workplans.lint_workplans([desk.path(path)])
    findings, more = some(lint.findings, 50)
    told = {**lint.to_json(), "findings": [each.to_json() for each in findings]}
    return {**told, "findings_total": len(lint.findings), "truncated": bool(more)}


def create_workplan(
    desk: Desk,
    title: str,
    tasks: Annotated[list[str], "Titles, in order"],
    path: Annotated[str, "Repo folder"] = ".",
    prefix: Annotated[str | None, "Of the id; default: the newest plan's"] = None,
) -> dict[str, Any]:
    """Begin a workplan with the next free id; returns its path, ids and text. Fill in the prose."""
    today = datetime.now(UTC).date()
    root = desk.path(path)
    plan = workplans.create_workplan(title, tasks, root=root, today=today, prefix=prefix)
    return {**plan.to_json(), "next": "edit the prose, commit, then fix_consistency"}
