"""What a plan's edits make of the workplans' files, and where their lines have gone."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from custodian_core.errors import NotEditable
from custodian_core.findings import Finding, Mode, Severity, found
from custodian_core.git.aside import NewFile
from custodian_core.git.listing import Listing, blobs
from custodian_core.git.runner import Git
from custodian_core.plan import Edit
from custodian_core.records import ReconcileView
from custodian_core.workplan.edit import (
    Change,
    SetPlanHubId,
    SetPlanStatus,
    SetTaskHubId,
    SetTaskStatus,
    edit,
)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The files that change, and what of the edits they hold."""

    files: dict[str, NewFile] = field(default_factory=dict[str, NewFile])
    #: the edits that were made
    made: list[Edit] = field(default_factory=list[Edit])
    #: what could not be edited exactly
    findings: list[Finding] = field(default_factory=list[Finding])
    #: where each line of a file has gone, from the first line on
    lines: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    def where_it_is(self, finding: Finding) -> Finding:
        """What still has to be mended is told by the line on which it is now."""
        places = self.lines.get(finding.path or "", ())
        if finding.severity is Severity.FIXED or not finding.line or finding.line > len(places):
            return finding
        return replace(finding, line=places[finding.line - 1])


def rewritten(git: Git, listing: Listing, view: ReconcileView, edits: Sequence[Edit]) -> Rewritten:
    """Each file with its edits in it; one that cannot be made exactly is left out and found."""
    by_path: defaultdict[str, list[Edit]] = defaultdict(list)
    for each in edits:
        by_path[each.path].append(each)
    entries = {entry.path: entry for entry in listing.plain}
    texts = blobs(git, [entries[path] for path in by_path])
    ids = {stream.key: stream.id for stream in view.workstreams}
    ids |= {task.key: task.id for task in view.tasks}
    told = Rewritten()
    for path, wanted in by_path.items():
        old = new = texts[entries[path].blob]
        for each in wanted:
            try:
                new = edit(new, *_changes(each, ids))
                told.made.append(each)
            except NotEditable as trouble:
                told.findings.append(_not_editable(each, trouble))
        if new != old:
            told.files[path] = NewFile(entries[path].mode, new)
            told.lines[path] = _lines(old, new)
    return told


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
