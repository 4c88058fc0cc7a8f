"""Tools for keeping files, hub and remote in step, and for what is in Custodian's care."""

import hashlib
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from custodian_core.codec import now
from custodian_core.errors import BadValue, Conflict, CustodianError
from custodian_core.findings import Finding, Severity
from custodian_core.records import RepoStatus
from custodian_tools import checkouts, hooks, registering, workplans
from custodian_tools.sync import Bench, Options, Report, check, fleet, sweep, target
from custodian_tools.sync.background import fix_and_follow

from .answers import MORE_ROOM, ROOM, fitting, health_row, line, page, text
from .desk import Desk, Progress, Range

#: how many characters the findings of a repo may have, its actions, and names of repos beside
FINDINGS_ROOM, ACTIONS_ROOM, NAMES_ROOM = 4_000, 1_500, 1_300
#: how long a checkout must have been quiet before it is moved
SETTLE_S = 1.0

Detail = Literal["concise", "detailed"]
Repos = Annotated[list[str] | None, "Slugs or paths; default: the repo in this folder"]
Everything = Annotated[bool, "Every repo with a checkout on this host"]


def check_consistency(
    desk: Desk,
    progress: Progress,
    repos: Repos = None,
    all: Everything = False,  # noqa: A002 - the word of the tool
    fetch: Annotated[bool, "Ask the remotes"] = True,
    response_format: Detail = "concise",
) -> dict[str, Any]:
    """Say where workplans, hub and remote differ; nothing is written."""
    reports = _run(desk, progress, repos, Options(fetch=fetch), all_=all, act=check)
    return _told(reports, detailed=response_format == "detailed")


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
        digest = _digest(planned, options)
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
    bench = Bench.of(desk.hub, desk.by(), settings)
    done: list[Report] = []
    for report in sweep(act, bench, targets, options, settings):
        done.append(report)
        progress(len(done), len(targets), f"{report.slug}: {report.outcome}")
    return sorted(done, key=lambda report: report.slug)


def _digest(reports: Sequence[Report], options: Options) -> str:
    """What names a plan: the same plan has the same digest."""
    planned = [[report.slug, *_facts(report)] for report in reports]
    asked = [options.pull, options.writeback]
    return hashlib.sha256(json.dumps([asked, planned]).encode()).hexdigest()[:16]


def _facts(report: Report) -> list[Any]:
    """What a plan for a repo hangs on: where it stands, what is amiss, what would be done."""
    here = report.after or report.before
    findings = sorted([finding.code, finding.where, finding.message] for finding in report.findings)
    stands = [here.branch, here.head, here.ahead, here.behind] if here else None
    return [report.outcome, stands, findings, list(report.actions)]


def _told(reports: Sequence[Report], *, detailed: bool = False) -> dict[str, Any]:
    """What became of each repo, those that need somebody first, as many as there is room for."""
    rows = [_row(each, detailed) for each in sorted(reports, key=lambda each: each.outcome == "ok")]
    first, more = fitting(rows, MORE_ROOM - 3_000 if detailed else ROOM - 3_000)
    not_done = [each.slug for each in reports if each.outcome not in ("ok", "findings")]
    named, unnamed = fitting(not_done, NAMES_ROOM)
    told: dict[str, Any] = {
        "repos": first,
        "total": len(reports),
        "sealed": sum(report.sealed is True for report in reports),
        "failed": sum(report.failed for report in reports),
        "not_done": named,
    }
    told["next"] = _next(reports, named)
    if unnamed:
        told["not_done_total"] = len(not_done)
    if more:
        left_out, _ = fitting((row["repo"] for row in rows[len(first) :]), NAMES_ROOM)
        hint = f"{more} repos are not told of; name some in repos to see them"
        told |= {"truncated": True, "left_out": left_out, "hint": hint}
    return told


def _next(reports: Sequence[Report], not_done: Sequence[str]) -> str:
    """What whoever asked does now."""
    if not reports:
        return "register_repo makes a checkout on this host known"
    if not_done or any(report.failed for report in reports):
        return "do what each finding's todo says, then fix_consistency repos=[...] again"
    if any(report.sealed is not True for report in reports):
        return "see findings for why local is not remote, and fix_consistency again"
    return "get_repo_dispatch says what to do next"


def _row(report: Report, detailed: bool) -> dict[str, Any]:
    lasting = (f for f in report.findings if f.severity is not Severity.FIXED)
    findings, more = fitting(map(_finding, lasting), FINDINGS_ROOM * (6 if detailed else 1))
    actions, others = fitting(
        (line(action, 300) for action in report.actions), ACTIONS_ROOM * (2 if detailed else 1)
    )
    row: dict[str, Any] = {
        "repo": report.slug,
        "outcome": report.outcome,
        "sealed": report.sealed,
        "branch": line(report.after.branch) if report.after else None,
        "checkout": line(report.path),
        "actions": actions,
        "findings": findings,
    }
    if report.after and (report.after.ahead or report.after.behind):
        row |= {"ahead": report.after.ahead, "behind": report.after.behind}
    if report.commits:
        row["commits"] = list(report.commits[-20:])
    if more or others:
        row |= {"findings_left_out": more, "actions_left_out": others, "truncated": True}
    return row


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "where": line(finding.where) if finding.where else None,
        "message": line(finding.message),
        "todo": finding.check.todo,
    }


def list_repos(
    desk: Desk,
    domain: str | None = None,
    status: RepoStatus | None = RepoStatus.ACTIVE,
    here: Annotated[bool, "Only those with a checkout on this host"] = False,
    limit: Annotated[int, Range(1, 100)] = 20,
    cursor: Annotated[str | None, "Of an earlier answer"] = None,
) -> dict[str, Any]:
    """List the repos in Custodian's care, and how their last syncs went, here and elsewhere."""
    host, at = desk.settings.host, now()
    ask = partial(
        desk.hub.repos, domain=domain, status=status, host=host if here else None, after=cursor
    )
    return page(
        lambda most: ask(limit=most),
        lambda repo: health_row(repo, host, at),
        "repos",
        "list_repos",
        limit,
    )


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
    installed = [hooks.install(each, program, settings).to_json() for each in targets]
    rows, more = fitting(installed, ROOM)
    told: dict[str, Any] = {"repos": rows, "total": len(installed)}
    if more:
        told |= {"truncated": True, "hint": f"{more} more are done too; name some to see them"}
    return told


def lint_workplans(
    desk: Desk, path: Annotated[str, "Repo folder or one workplan file"] = "."
) -> dict[str, Any]:
    """Check workplan files alone: what is amiss, by file and line, and what to do."""
    lint = workplans.lint_workplans([desk.path(path)])
    findings, more = fitting(map(_finding, lint.findings), ROOM - 2_000)
    told = lint.to_json()
    told["skipped"], unsaid = fitting(told["skipped"], 1_500)
    told |= {"findings": findings, "findings_total": len(lint.findings)}
    if more or unsaid:
        hint = f"{more} findings and {unsaid} skipped files are not told; lint one file at a time"
        told |= {"truncated": True, "hint": hint}
    return told


def create_workplan(
    desk: Desk,
    title: str,
    tasks: Annotated[list[str], "Titles, in order"],
    path: Annotated[str, "Repo folder"] = ".",
    prefix: Annotated[str | None, "Of the id; default: the newest plan's"] = None,
) -> dict[str, Any]:
    """Begin a workplan with the next free id; returns its path, ids and text. Fill in the prose."""
    today = datetime.now(UTC).date()
    root = registering.below_roots(desk.path(path), desk.settings)
    plan = workplans.create_workplan(title, tasks, root=root, today=today, prefix=prefix)
    told = {**_stands(desk, root), **plan.to_json(), "text": text(plan.text, 6_000)}
    return {**told, "next": "edit the prose, commit, then fix_consistency"}


def _stands(desk: Desk, root: Path) -> dict[str, Any]:
    """Which repo's checkout the folder is, and on which branch, as far as that is known."""
    told: dict[str, Any] = {"repo": None, "branch": None, "checkout": line(str(root))}
    with suppress(CustodianError):  # a plan can be begun where nobody registered anything
        told["branch"] = registering.look(root, desk.settings).branch
        told["repo"] = desk.slug(str(root))
    return told
