"""Reconciling one commit with the hub: plan, write the hub, build the commit for the files."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from custodian_core.commands import ApplyPlan
from custodian_core.errors import Conflict, NotEditable, Regression
from custodian_core.findings import Finding, Mode, Severity, found
from custodian_core.git.aside import NewFile, build
from custodian_core.git.history import evidence, other_hub
from custodian_core.git.listing import Listing, blobs, is_dirty, list_plans
from custodian_core.git.plans import links, read_plans
from custodian_core.git.runner import Git
from custodian_core.git.state import Checkout
from custodian_core.messages import message
from custodian_core.plan import Agreed, Edit, Evidence, Plan, Wanted, doubts, make_plan
from custodian_core.records import ReconcileView, Repo
from custodian_core.workplan.edit import (
    Change,
    SetPlanHubId,
    SetPlanStatus,
    SetTaskHubId,
    SetTaskStatus,
    edit,
)

from .bench import Bench
from .report import Options
from .roster import note_schedule

#: how often a plan is made anew because the hub moved under it
TRIES = 3


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What came of reconciling one commit."""

    tip: str
    view: ReconcileView
    evidence: Evidence
    plan: Plan
    #: the workplans' files as this run leaves them
    listing: Listing
    #: the repo's revision in the hub as this run leaves it
    revision: int
    findings: tuple[Finding, ...]
    actions: tuple[str, ...] = ()
    #: the commit that holds the edits, where any file is to change
    commit: str | None = None
    edits: tuple[Edit, ...] = ()
    agreed: tuple[Agreed, ...] = ()
    brief: bool = False


def reconcile(
    bench: Bench,
    repo: Repo,
    checkout: Checkout,
    listing: Listing,
    options: Options,
    run_id: str,
    *,
    writes: bool,
) -> Reconciled:
    """The hub holds what the commit says, and a commit aside holds what the hub says.

    A hub that moved between reading and writing is read again.
    """
    git, tip = checkout.git, listing.commit
    wanted = Wanted(options.mode, options.writeback, options.relink)
    on_disk = listing if tip == checkout.head else list_plans(git, checkout.head)
    folders = checkout.folders
    dirty = frozenset(entry.path for entry in on_disk.plain if is_dirty(folders, entry))
    sources = tuple(read_plans(git, listing, bench.readings, dirty))
    # (before the view is read, so that the view knows of it and the next run has nothing to do)
    noted = note_schedule(bench, repo, git, listing, options.mode, writes=writes)
    tries = 0
    while True:
        view = bench.hub.reconcile_view(repo.slug)
        history = evidence(git, tip, doubts(view, sources))
        plan = make_plan(view, sources, history, wanted)
        strange = any(finding.code in ("C-05", "C-06") for finding in plan.findings)
        if strange and not options.relink and other_hub(git, tip, view.hub_id):
            # Two hubs that take a plan from each other would do so for ever.
            plan = make_plan(view, sources, history, replace(wanted, claimed=True))
        if not writes or not plan.writes_hub:
            break
        command = ApplyPlan(repo.slug, view.hub_id, plan.workstreams, plan.tasks)
        try:
            view = bench.hub.do(command, bench.by)
            break
        except (Conflict, Regression):
            tries += 1
            if tries == TRIES:
                raise
    findings = [*links(listing), *plan.findings, *noted.findings]
    if plan.edits or strange or not writes:
        findings += _foreign(git, tip, view.hub_id, options.mode)
    done = Reconciled(
        tip=tip,
        view=view,
        evidence=history,
        plan=plan,
        listing=listing,
        revision=view.repo.revision,
        findings=tuple(findings),
        actions=(*noted.actions, *_hub_actions(plan, writes=writes)),
        agreed=plan.agreed,
    )
    return _with_commit(bench, git, listing, done, options, run_id) if writes else done


def _foreign(git: Git, tip: str, hub_id: str, mode: Mode) -> list[Finding]:
    other = other_hub(git, tip, hub_id)
    if other is None:
        return []
    return [found("C-08", {"field": "hub", "file": other, "hub": hub_id}, mode)]


def _hub_actions(plan: Plan, *, writes: bool) -> tuple[str, ...]:
    known = {w.key: w.version for w in plan.workstreams} | {w.key: w.version for w in plan.tasks}
    new = [key for key, version in known.items() if version is None]
    moved = [key for key, version in known.items() if version is not None]
    verb = ("made", "updated") if writes else ("would make", "would update")
    told: list[str] = []
    if new:
        told.append(f"{verb[0]} in the hub: {_some(new)}")
    if moved:
        told.append(f"{verb[1]} in the hub: {_some(moved)}")
    if not writes:
        told += [f"would write {e.path}: {_told(e)}" for e in plan.edits]
    return tuple(told)


def _some(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - 10} more" if len(keys) > 10 else ""
    return ", ".join(keys[:10]) + more


def _told(each: Edit) -> str:
    parts = [f"{each.what} {each.old or 'unset'} → {each.new}"] if each.new else []
    return ", ".join([*parts, *([f"link {each.what}"] if each.link else [])])


def _with_commit(
    bench: Bench, git: Git, listing: Listing, done: Reconciled, options: Options, run_id: str
) -> Reconciled:
    """The same, with the commit that writes the plan's edits, if there are any."""
    files, edits, findings, lines = _new_files(git, listing, done.view, done.plan.edits)
    brief = _new_brief(git, listing, done.view) if options.writeback else None
    if brief:
        files[".custodian-brief.md"] = brief
    failed = {each.what for each in done.plan.edits} - {each.what for each in edits}
    agreed = tuple(each for each in done.agreed if each.key not in failed)
    commit = None
    if files:
        at = bench.clock()
        text = message(edits, run_id, done.view.hub_id, at.date())
        commit = build(git, done.tip, files, text, bench.author, at)
    return replace(
        done,
        listing=list_plans(git, commit) if commit else done.listing,
        findings=(*(_where_it_is(each, lines) for each in done.findings), *findings),
        commit=commit,
        edits=tuple(edits),
        agreed=agreed,
        brief=brief is not None,
    )


def _new_files(
    git: Git, listing: Listing, view: ReconcileView, edits: Sequence[Edit]
) -> tuple[dict[str, NewFile], list[Edit], list[Finding], dict[str, list[int]]]:
    """Each file's new bytes, the edits that they hold, what could not be edited exactly.

    The last is where each line of a file has gone, from the first line on.
    """
    by_path: defaultdict[str, list[Edit]] = defaultdict(list)
    for each in edits:
        by_path[each.path].append(each)
    entries = {entry.path: entry for entry in listing.plain}
    texts = blobs(git, [entries[path] for path in by_path])
    ids = {stream.key: stream.id for stream in view.workstreams}
    ids |= {task.key: task.id for task in view.tasks}
    files: dict[str, NewFile] = {}
    made: list[Edit] = []
    findings: list[Finding] = []
    lines: dict[str, list[int]] = {}
    for path, wanted in by_path.items():
        data = texts[entries[path].blob]
        new = data
        for each in wanted:
            try:
                new = edit(new, *_changes(each, ids))
                made.append(each)
            except NotEditable as trouble:
                findings.append(_not_editable(each, trouble))
        if new != data:
            files[path] = NewFile(entries[path].mode, new)
            lines[path] = _lines(data, new)
    return files, made, findings, lines


def _lines(old: bytes, new: bytes) -> list[int]:
    """Where each line of the old file is in the new one, into which ids alone were put."""
    written, at, places = new.split(b"\n"), 0, list[int]()
    for line in old.split(b"\n"):
        while _is_link(written[at]) and not _is_link(line):
            at += 1
        at += 1
        places.append(at)
    return places


def _is_link(line: bytes) -> bool:
    return line.lstrip().startswith((b"state_hub_task_id", b"state_hub_workstream_id"))


def _where_it_is(finding: Finding, lines: Mapping[str, list[int]]) -> Finding:
    """What still has to be mended is told by the line on which it is now."""
    places = lines.get(finding.path or "", ())
    if finding.severity is Severity.FIXED or not finding.line or finding.line > len(places):
        return finding
    return replace(finding, line=places[finding.line - 1])


def _changes(each: Edit, ids: Mapping[str, str]) -> list[Change]:
    changes: list[Change] = []
    if each.task is None:
        if each.link:
            changes.append(SetPlanHubId(ids[each.key]))
        if each.new:
            changes.append(SetPlanStatus(each.new))
    else:
        if each.link:
            changes.append(SetTaskHubId(each.task, ids[each.key]))
        if each.new:
            changes.append(SetTaskStatus(each.task, each.new))
    return changes


def _not_editable(each: Edit, trouble: NotEditable) -> Finding:
    facts = {"what": f"{each.what} in {each.path}", "why": trouble.reason}
    return found("C-21", facts, Mode.FIX, path=each.path, line=each.line, severity=Severity.WARN)


def _new_brief(git: Git, listing: Listing, view: ReconcileView) -> NewFile | None:
    """The brief as it is to be, where the repo carries one that says something else."""
    if listing.brief is None:
        return None
    from custodian_core.brief import render

    data = render(view)
    old = blobs(git, [listing.brief]).get(listing.brief.blob)
    return None if data == old else NewFile(listing.brief.mode, data)
