"""Reconciling one commit with the hub: plan, write the hub, build the commit for the files."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from custodian_core.commands import ApplyPlan
from custodian_core.errors import Conflict, Regression
from custodian_core.findings import Finding, Mode, found
from custodian_core.git.aside import NewFile, build
from custodian_core.git.history import evidence, other_hub
from custodian_core.git.listing import Listing, blobs, is_dirty, list_plans
from custodian_core.git.plans import links, read_plans
from custodian_core.git.runner import Git
from custodian_core.git.state import Checkout
from custodian_core.git.uncommitted import uncommitted
from custodian_core.merging import Evidence, doubts
from custodian_core.messages import message
from custodian_core.plan import Agreed, Edit, Plan, Source, Wanted
from custodian_core.planning import make_plan
from custodian_core.records import ReconcileView, Repo

from .bench import Bench
from .report import Options
from .rewriting import rewritten
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
    findings: tuple[Finding, ...]
    actions: tuple[str, ...] = ()
    #: the commit that holds the edits, where any file is to change
    commit: str | None = None
    edits: tuple[Edit, ...] = ()
    agreed: tuple[Agreed, ...] = ()
    brief: bool = False

    @property
    def revision(self) -> int:
        """The repo's revision in the hub as this run leaves it."""
        return self.view.repo.revision


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
    """The hub holds what the commit says, and a commit aside holds what the hub says."""
    git = checkout.git
    on_disk = listing if listing.commit == checkout.head else list_plans(git, checkout.head)
    sources = _sources(bench, checkout, listing, on_disk)
    # (before the view is read, so that the view knows of it and the next run has nothing to do)
    noted = note_schedule(bench, repo, git, listing, options.mode, writes=writes)
    wanted = Wanted(options.mode, options.writeback, options.relink)
    look = partial(_planned, bench, repo, git, listing.commit, sources, wanted)
    planned = _written(bench, repo, look) if writes else look()
    view, plan = planned.view, planned.plan
    findings = [*links(listing), *plan.findings, *noted.findings]
    findings += _new(checkout, on_disk, options.mode)
    if plan.edits or planned.strange or not writes:
        findings += _foreign(git, listing.commit, view.hub_id, options.mode)
    done = Reconciled(
        tip=listing.commit,
        view=view,
        evidence=planned.evidence,
        plan=plan,
        listing=listing,
        findings=tuple(findings),
        actions=(*noted.actions, *_hub_actions(plan, writes=writes)),
        agreed=plan.agreed,
    )
    return _with_commit(bench, git, listing, done, options, run_id) if writes else done


def _sources(
    bench: Bench, checkout: Checkout, listing: Listing, on_disk: Listing
) -> tuple[Source, ...]:
    """The commit's workplans, and which of them the disk has otherwise."""
    git, folders = checkout.git, checkout.folders
    dirty = frozenset(entry.path for entry in on_disk.plain if is_dirty(folders, entry))
    return tuple(read_plans(git, listing, bench.readings, dirty))


def _new(checkout: Checkout, on_disk: Listing, mode: Mode) -> list[Finding]:
    """C-14 for each workplan that so far is on this disk alone."""
    paths = uncommitted(checkout.folders, on_disk)
    told = (os.fsencode(path).decode(errors="replace") for path in paths)
    return [found("C-14", {}, mode, path=path, reason="new") for path in told]


@dataclass(frozen=True, slots=True)
class _Planned:
    """What is to be done about a commit, by the hub as it was just now."""

    view: ReconcileView
    evidence: Evidence
    plan: Plan
    #: a file names an id that this hub does not know
    strange: bool


def _planned(
    bench: Bench, repo: Repo, git: Git, tip: str, sources: Sequence[Source], wanted: Wanted
) -> _Planned:
    view = bench.hub.reconcile_view(repo.slug)
    history = evidence(git, tip, doubts(view, [source.reading for source in sources]))
    plan = make_plan(view, sources, history, wanted)
    strange = any(finding.code in ("C-05", "C-06") for finding in plan.findings)
    if strange and not wanted.relink and other_hub(git, tip, view.hub_id):
        # Two hubs that take a plan from each other would do so for ever.
        plan = make_plan(view, sources, history, replace(wanted, claimed=True))
    return _Planned(view, history, plan, strange)


def _written(bench: Bench, repo: Repo, look: Callable[[], _Planned]) -> _Planned:
    """The plan, and the hub as it is now that it holds the plan's share of it.

    A hub that moved between reading and writing is read again.
    """
    for tries in range(1, TRIES + 1):
        planned = look()
        view, plan = planned.view, planned.plan
        if not plan.writes_hub:
            return planned
        command = ApplyPlan(repo.slug, view.hub_id, plan.workstreams, plan.tasks)
        try:
            return replace(planned, view=bench.hub.do(command, bench.by))
        except (Conflict, Regression):
            if tries == TRIES:
                raise
    raise AssertionError  # the last try has no other after it


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
    new = rewritten(git, listing, done.view, done.plan.edits)
    brief = _new_brief(git, listing, done.view) if options.writeback else None
    files = {**new.files, **({".custodian-brief.md": brief} if brief else {})}
    failed = {each.what for each in done.plan.edits} - {each.what for each in new.made}
    agreed = tuple(each for each in done.agreed if each.key not in failed)
    commit = None
    if files:
        at = bench.clock()
        text = message(new.made, run_id, done.view.hub_id, at.date())
        commit = build(git, done.tip, files, text, bench.author, at)
    return replace(
        done,
        listing=list_plans(git, commit) if commit else done.listing,
        findings=(*map(new.where_it_is, done.findings), *new.findings),
        commit=commit,
        edits=tuple(new.made),
        agreed=agreed,
        brief=brief is not None,
    )


def _new_brief(git: Git, listing: Listing, view: ReconcileView) -> NewFile | None:
    """The brief as it is to be, where the repo carries one that says something else."""
    if listing.brief is None:
        return None
    from custodian_core.brief import render

    data = render(view)
    old = blobs(git, [listing.brief]).get(listing.brief.blob)
    return None if data == old else NewFile(listing.brief.mode, data)
