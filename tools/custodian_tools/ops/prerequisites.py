"""The prerequisite tree: showing it, linting it, and changing one line of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from custodian_core.codec import to_json
from custodian_core.errors import FileTrouble, UnknownThing
from custodian_core.findings import Finding
from custodian_core.git.state import NotHere, find
from custodian_core.ops.prereq import edit, ranking
from custodian_core.ops.prereq.edit import Change
from custodian_core.ops.prereq.lint import PATH, Around, lint
from custodian_core.ops.prereq.tree import Tree, Word, read_tree
from custodian_tools.checkouts import Target
from custodian_tools.sync.bench import Bench

from .evidence import issues_named
from .ground import Ground, OnDisk
from .sealing import Draft, Written, seal
from .vault_items import all_requests, placed

#: how many constraints are told where nobody says
TOP = 5


@dataclass(frozen=True, slots=True)
class Looked:
    """The tree, what is amiss, and what nobody could look up."""

    path: str
    tree: Tree
    findings: tuple[Finding, ...]
    unknown: tuple[str, ...]

    @property
    def constraints(self) -> tuple[ranking.Constraint, ...]:
        """What holds most up, which takes a while in a large tree."""
        return tuple(ranking.constraints(self.tree))

    def to_json(self) -> dict[str, Any]:
        """The tree as `--json` and tools show it."""
        return {
            "path": self.path,
            "updated": self.tree.updated.isoformat() if self.tree.updated else None,
            "objectives": [_objective(each) for each in self.tree.objectives],
            "milestones": [
                {
                    "line": each.line,
                    "name": each.name,
                    "status": each.said,
                    "objectives": [objective.label for objective in each.objectives],
                }
                for each in self.tree.milestones
            ],
            "constraints": to_json(self.constraints),
            "not_looked_up": list(self.unknown),
        }


def look(target: Target, today: date, closed: Mapping[int, bool] | None = None) -> Looked:
    """The tree as it lies on disk; `closed` says which issues are, where somebody asked."""
    ground = OnDisk(target.path)
    data = ground.data(PATH)
    if data is None:
        raise FileTrouble(PATH, f"{target.name} has none; `custodian ops migrate` begins one")
    tree = read_tree(data)
    around = around_of(ground, today, committed(target), closed)
    return Looked(PATH, tree, lint(tree, around), around.unknown)


def graph(target: Target) -> dict[str, Any]:
    """The tree as nodes and edges."""
    data = OnDisk(target.path).data(PATH)
    if data is None:
        raise UnknownThing("file", PATH)
    picture = ranking.graph(read_tree(data))
    return {
        "nodes": [node._asdict() for node in picture.nodes],
        "edges": [edge._asdict() for edge in picture.edges],
    }


def tick(
    bench: Bench,
    target: Target,
    name: str,
    *,
    ticked: bool = True,
    objective: str | None = None,
    reason: str = "",
    dry_run: bool = False,
) -> Written:
    """The prerequisite is ticked, or not any more, which needs a reason."""

    def change(tree: Tree) -> Sequence[Change]:
        return edit.tick(edit.items_named(tree, name, objective), ticked=ticked, reason=reason)

    verb = "tick" if ticked else "untick"
    return _changed(bench, target, change, f"prerequisites: {verb} {name}", reason, dry_run=dry_run)


def status(
    bench: Bench,
    target: Target,
    objective: str,
    word: Word,
    *,
    reason: str = "",
    dry_run: bool = False,
) -> Written:
    """The objective has that status, where it can truly be said."""

    def change(tree: Tree) -> Sequence[Change]:
        return edit.set_status(edit.objective_named(tree, objective), word, reason)

    subject = f"prerequisites: {objective} is {word}"
    return _changed(bench, target, change, subject, reason, dry_run=dry_run)


def block(
    bench: Bench,
    target: Target,
    name: str,
    path: str,
    *,
    objective: str | None = None,
    dry_run: bool = False,
) -> Written:
    """The prerequisite waits for that vault item, which is there."""

    def decide(ground: Ground) -> Draft:
        if ground.data(path) is None:
            pending = (each for each in ground.paths() if each.startswith("vault/pending/"))
            near = [each for each in pending if each.endswith(".md")]
            raise UnknownThing("vault item", path, tuple(near[:5]))

        def change(tree: Tree) -> Sequence[Change]:
            return edit.wait_for_vault(edit.items_named(tree, name, objective), path)

        return _draft(bench, ground, change, f"prerequisites: {name} waits for {path}", "")

    return seal(bench, target, decide, dry_run=dry_run)


def _changed(
    bench: Bench,
    target: Target,
    change: Callable[[Tree], Sequence[Change]],
    subject: str,
    reason: str,
    *,
    dry_run: bool,
) -> Written:
    def decide(ground: Ground) -> Draft:
        return _draft(bench, ground, change, subject, reason)

    return seal(bench, target, decide, dry_run=dry_run)


def _draft(
    bench: Bench,
    ground: Ground,
    change: Callable[[Tree], Sequence[Change]],
    subject: str,
    reason: str,
) -> Draft:
    data = ground.data(PATH)
    if data is None:
        raise UnknownThing("file", PATH)
    new = edit.edit(data, change(read_tree(data)), bench.clock().date())
    body = [f"By {bench.by.name}."] + [f"Because: {reason.strip()}"] * bool(reason.strip())
    return Draft({PATH: new}, subject, tuple(body))


# --- what lies around the tree


def around_of(
    ground: Ground,
    today: date,
    committed: date | None,
    closed: Mapping[int, bool] | None = None,
) -> Around:
    """What the other files of the repo say about the tree."""
    places: dict[str, str] = {}
    unblocks: dict[str, tuple[int, ...]] = {}
    evidence, unused = issues_named(ground)
    unread = [f"PT16: {finding.message}" for finding in unused]
    for path in placed(ground, "md"):
        _, folder, name = path.split("/")
        places.setdefault(name, folder)
    for request in all_requests(ground, ("pending",)):
        if request.is_unread:
            unread.append(f"PT08: {request.path}: {request.findings[0].message}")
        else:
            unblocks[request.name] = request.unblocks
    by_issue = _by_issue(evidence)
    return Around(today, committed, places, unblocks, by_issue, closed, tuple(unread))


def _by_issue(evidence: Mapping[str, frozenset[int]]) -> dict[int, frozenset[str]]:
    """The evidence files that name each issue."""
    found: dict[int, set[str]] = {}
    for path, issues in evidence.items():
        for number in issues:
            found.setdefault(number, set()).add(path)
    return {number: frozenset(paths) for number, paths in found.items()}


def committed(target: Target) -> date | None:
    """The day of the newest commit that touches the tree; None where git cannot tell."""
    folders = find(target.path)
    if isinstance(folders, NotHere):
        return None
    ran = folders.git.run("log", "-1", "--format=%cs", "--no-show-signature", "--", PATH)
    try:
        return date.fromisoformat(ran.text) if ran.ok else None
    except ValueError:
        return None


def _objective(objective: Any) -> dict[str, Any]:
    return {
        "line": objective.line,
        "group": objective.group,
        "name": objective.name,
        "refs": list(objective.refs),
        "status": objective.status,
        "reason": objective.reason,
        "items": [
            {
                "line": item.line,
                "ticked": item.ticked,
                "label": item.label,
                "refs": list(item.refs),
                "states": list(item.states),
                "depends_on": list(item.depends_on),
                "vault": item.vault,
            }
            for item in objective.items
        ],
    }
