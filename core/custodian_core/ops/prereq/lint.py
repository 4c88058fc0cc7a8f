"""What is amiss in a tree, by the rules PT01 to PT17; what nobody looked up is not guessed."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from custodian_core.findings import Finding, found
from custodian_core.ops.evidence import is_ahead
from custodian_core.ops.graph import circles
from custodian_core.ops.references import numbers

from .tree import Item, Objective, Tree, Word

PATH = "prerequisites.md"

#: a reason that speaks of something in the way
_IN_THE_WAY = re.compile(
    r"\b(?:blocked|wait(?:s|ing)?|need(?:s|ed)?|depends|until|missing)\b", re.IGNORECASE
)
#: how much evidence a done objective should have
ENOUGH = 2


@dataclass(frozen=True, slots=True)
class Around:
    """What is known beside the file; None is what nobody looked up."""

    today: date | None = None
    #: the day of the newest commit that touches the file
    committed: date | None = None
    #: the folder in which each vault item lies, by its file name
    vault: Mapping[str, str] | None = None
    #: the issues that each pending vault item unblocks, by its file name
    unblocks: Mapping[str, tuple[int, ...]] | None = None
    #: the evidence files that name an issue
    evidence: Mapping[int, frozenset[str]] | None = None
    #: whether each issue is closed
    closed: Mapping[int, bool] | None = None
    #: the rules that know only a part of what they should, and why
    unread: tuple[str, ...] = ()

    @property
    def unknown(self) -> tuple[str, ...]:
        """The rules that could not be applied, and why."""
        missing = (
            (self.today is None, "PT12: nobody said what day it is"),
            (self.committed is None, "PT12: when the file was committed last is not known"),
            (self.vault is None, "PT06, PT07: the vault was not looked at"),
            (self.unblocks is None, "PT08: the vault was not looked at"),
            (self.evidence is None, "PT16: the evidence was not looked at"),
            (self.closed is None, "PT17: the issues were not asked for"),
        )
        return (*(why for is_missing, why in missing if is_missing), *self.unread)


NOTHING_AROUND = Around()


def lint(tree: Tree, around: Around = NOTHING_AROUND, path: str = PATH) -> tuple[Finding, ...]:
    """All that is amiss, by line."""
    rules = _Rules(tree, around, path)
    return tuple(sorted(rules.all(), key=lambda finding: (finding.line or 0, finding.code)))


class _Rules:
    """The rules, each of which tells what it finds."""

    def __init__(self, tree: Tree, around: Around, path: str) -> None:
        self.tree = tree
        self.around = around
        self.path = path
        #: the lines on which each issue is ticked or said to be closed, and on which it is open
        self.settled: defaultdict[int, list[int]] = defaultdict(list)
        self.ticked: defaultdict[int, list[int]] = defaultdict(list)
        self.open: defaultdict[int, list[int]] = defaultdict(list)
        self.waits_for: defaultdict[int, list[int]] = defaultdict(list)
        self.awaited: set[int] = set()
        for _, item in tree.prerequisites():
            self._note(item)

    def _note(self, item: Item) -> None:
        said, line = (self.ticked if item.ticked else self.open), item.line
        waits = () if item.ticked else item.depends_on
        self.awaited.update(waits)
        for annotation in item.annotations:
            for ref in annotation.refs:
                said[ref].append(line)
                if item.ticked or annotation.closed:
                    self.settled[ref].append(line)
                if waits:
                    self.waits_for[ref] += waits

    def _found(self, code: str, line: int | None, **facts: str | int) -> Finding:
        return found(code, facts, path=self.path, line=line)

    def all(self) -> Iterator[Finding]:
        for objective in self.tree.objectives:
            yield from self._status(objective)
            yield from self._reason(objective)
            for item in objective.items:
                if item.closed not in (None, item.ticked):
                    yield self._box(item)
                if item.vault:
                    yield from self._vault(item, item.vault)
                if self.around.closed is not None:
                    yield from self._live(item, self.around.closed)
        yield from self._date()
        yield from self._names()
        yield from self._twice()
        yield from self._circles()
        yield from self._milestones()
        yield from self._unmentioned()

    def _status(self, objective: Objective) -> Iterator[Finding]:
        """PT01, PT02, PT03, PT11, PT16."""
        label, status = objective.label, objective.status
        line = objective.statuses[0].line if objective.statuses else objective.line
        if status is None:
            yield self._found("PT03", line, objective=label, why=_unclear(objective))
        open_items = [item for item in objective.items if not item.ticked]
        if status is Word.DONE:
            for item in open_items:
                yield self._found("PT02", item.line, objective=label, item=item.label)
            yield from self._evidence(objective)
        elif objective.items and not open_items:
            said, count = status or "not clear", len(objective.items)
            yield self._found("PT01", line, objective=label, count=count, status=said)
        if status is Word.READY:
            for item in open_items:
                if item.blocked:
                    yield self._found("PT11", item.line, objective=label, item=item.label)

    def _evidence(self, objective: Objective) -> Iterator[Finding]:
        if self.around.evidence is None:
            return
        refs = {*objective.refs, *(n for item in objective.items for n in item.refs)}
        files = frozenset[str]().union(*(self.around.evidence.get(ref, ()) for ref in refs))
        if len(files) < ENOUGH:
            line = objective.line
            yield self._found("PT16", line, objective=objective.label, count=len(files) or "no")

    def _reason(self, objective: Objective) -> Iterator[Finding]:
        """PT04, PT09."""
        status, reason = objective.status, objective.reason
        if status is None:
            return
        line = objective.statuses[0].line
        facts = {"objective": objective.label, "status": status.value}
        if status is Word.BLOCKED and not reason:
            yield self._found("PT04", line, **facts, why="and does not say by what")
        if status in (Word.READY, Word.DONE) and _IN_THE_WAY.search(reason):
            yield self._found("PT04", line, **facts, why=f"and gives as the reason '{reason}'")
        if status is not Word.DONE and "#" in reason:
            yield from self._old_reasons(objective, line)

    def _old_reasons(self, objective: Objective, line: int) -> Iterator[Finding]:
        for ref in numbers(objective.reason):
            if self.settled[ref]:
                why = f"which is closed on line {self.settled[ref][0]}"
            elif self.open[ref] or ref in self.awaited:
                continue
            else:
                why = "which no open prerequisite names"
            yield self._found("PT09", line, objective=objective.label, ref=ref, why=why)

    def _box(self, item: Item) -> Finding:
        """PT05."""
        box = "ticked" if item.ticked else "not ticked"
        wrong = [each.state for each in item.annotations if each.closed is not item.ticked]
        state = next((each for each in wrong if each is not None), "")
        return self._found("PT05", item.line, item=item.label, box=box, state=state)

    def _vault(self, item: Item, path: str) -> Iterator[Finding]:
        """PT06, PT07."""
        if self.around.vault is None or item.ticked:
            return
        folder = None if _leads_away(path) else self.around.vault.get(path.rpartition("/")[2])
        if folder is None:
            yield self._found("PT06", item.line, item=item.label, path=path)
        elif folder not in ("pending", "approved"):
            yield self._found("PT07", item.line, item=item.label, path=path, state=folder)

    def _live(self, item: Item, closed: Mapping[int, bool]) -> Iterator[Finding]:
        """PT17."""
        for annotation in item.annotations:
            said = annotation.state or ("ticked" if item.ticked else "open")
            says = item.ticked if annotation.closed is None else annotation.closed
            for ref in annotation.refs:
                if ref in closed and closed[ref] is not says:
                    state = "closed" if closed[ref] else "open"
                    facts = {"item": item.label, "said": said, "state": state}
                    yield self._found("PT17", item.line, ref=ref, **facts)

    def _date(self) -> Iterator[Finding]:
        """PT12."""
        tree, around = self.tree, self.around
        if tree.updated is None:
            said = "is missing" if tree.updated_said is None else f"'{tree.updated_said}' is none"
            yield self._found("PT12", tree.updated_line or 1, why=said)
        elif around.today and is_ahead(tree.updated, around.today):
            yield self._found("PT12", tree.updated_line, why=f"{tree.updated} is in the future")
        elif around.committed and tree.updated < around.committed:
            why = f"{tree.updated} is older than the last commit of it, of {around.committed}"
            yield self._found("PT12", tree.updated_line, why=why)

    def _names(self) -> Iterator[Finding]:
        """PT13."""
        first: dict[str, int] = {}
        for objective in self.tree.objectives:
            label, line = objective.label, objective.line
            if label.casefold() in first:
                why = f"stands on line {first[label.casefold()]} already"
                yield self._found("PT13", line, objective=label, why=why)
            first.setdefault(label.casefold(), line)
            if not objective.items:
                yield self._found("PT13", line, objective=label, why="has no prerequisites")

    def _twice(self) -> Iterator[Finding]:
        """PT10."""
        for ref, ticked in self.ticked.items():
            if self.open[ref]:
                line, other = ticked[0], self.open[ref][0]
                yield self._found("PT10", max(line, other), ref=ref, ticked=line, open=other)

    def _circles(self) -> Iterator[Finding]:
        """PT14."""
        for circle in circles(self.waits_for):
            told = " → ".join(f"#{ref}" for ref in (*circle, circle[0]))
            yield self._found("PT14", self.open[circle[0]][0], cycle=told)

    def _milestones(self) -> Iterator[Finding]:
        """PT15."""
        for milestone in self.tree.milestones:
            behind = [each for each in milestone.objectives if each.status is not Word.DONE]
            if milestone.done and behind:
                facts = {"milestone": milestone.name, "objective": behind[0].label}
                status = behind[0].status or "not clear"
                yield self._found("PT15", milestone.line, **facts, status=status)

    def _unmentioned(self) -> Iterator[Finding]:
        """PT08."""
        mentioned = {
            item.vault.rpartition("/")[2] for _, item in self.tree.prerequisites() if item.vault
        }
        for name, refs in (self.around.unblocks or {}).items():
            known = sorted(self.tree.refs.intersection(refs))
            if known and name not in mentioned:
                told = ", ".join(f"#{ref}" for ref in known)
                yield self._found("PT08", None, path=f"vault/pending/{name}", refs=told)


def _unclear(objective: Objective) -> str:
    lines = objective.statuses
    if len(lines) > 1:
        places = ", ".join(str(each.line) for each in lines)
        return f"has {len(lines)} status lines, on lines {places}"
    for each in lines:
        return f"has the status '{each.said}', which can be {', '.join(Word)}"
    return "has no status line"


def _leads_away(path: str) -> bool:
    return path.startswith("/") or ".." in path.split("/")
