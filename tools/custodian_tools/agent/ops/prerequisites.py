"""Tools for the tree of prerequisites: what objectives need, and how that stands."""

from typing import Annotated, Any, Literal

from custodian_core.codec import now, to_json
from custodian_core.ops.prereq.tree import Word
from custodian_tools.agent.answers import fitting
from custodian_tools.agent.desk import PROSE, Desk
from custodian_tools.ops import prerequisites

from .asked import ROOM, DryRun, Repo, bench_of, target_of, told_findings

Objective = Annotated[str | None, "Only in this objective: its name, or an issue as #31"]


def read_prerequisites(desk: Desk, repo: Repo = None) -> dict[str, Any]:
    """Read the prerequisite tree: objectives, what holds most of them up, and what is amiss."""
    told = prerequisites.look(target_of(desk, repo), now().date())
    data = told.to_json()
    rows, more = fitting(data["objectives"], ROOM)
    found = [_constraint(each) for each in told.constraints[: prerequisites.TOP]]
    answer = {**data, "objectives": rows, "constraints": found, **told_findings(told.findings)}
    return {**answer, "hint": f"{more} objectives are not told"} if more else answer


def tick_prerequisite(
    desk: Desk,
    item: Annotated[str, "Its name, or an issue as #14, which is ticked wherever it stands"],
    ticked: bool = True,
    reason: Annotated[str, PROSE, "Needed to take a tick back"] = "",
    objective: Objective = None,
    repo: Repo = None,
    dry_run: DryRun = False,
) -> dict[str, Any]:
    """Tick a prerequisite, or take the tick back for a reason; committed and pushed."""
    written = prerequisites.tick(
        bench_of(desk),
        target_of(desk, repo),
        item,
        ticked=ticked,
        objective=objective,
        reason=reason,
        dry_run=dry_run,
    )
    return written.to_json()


def set_objective_status(
    desk: Desk,
    objective: Annotated[str, "Its name, or an issue as #31"],
    status: Literal["DONE", "READY", "BLOCKED", "IN PROGRESS"],
    reason: Annotated[str, PROSE, "What blocks it, or why it is not done any more"] = "",
    repo: Repo = None,
    dry_run: DryRun = False,
) -> dict[str, Any]:
    """Give an objective a status, where it is true; committed and pushed."""
    bench, target = bench_of(desk), target_of(desk, repo)
    word = Word(status)
    written = prerequisites.status(bench, target, objective, word, reason=reason, dry_run=dry_run)
    return written.to_json()


def block_prerequisite(
    desk: Desk,
    item: Annotated[str, "Its name, or an issue as #14"],
    path: Annotated[str, "As vault/pending/key.md"],
    objective: Objective = None,
    repo: Repo = None,
    dry_run: DryRun = False,
) -> dict[str, Any]:
    """Mark a prerequisite as waiting for an item of the vault; committed and pushed."""
    bench, target = bench_of(desk), target_of(desk, repo)
    written = prerequisites.block(bench, target, item, path, objective=objective, dry_run=dry_run)
    return written.to_json()


def _constraint(each: Any) -> dict[str, Any]:
    """A constraint; of the objectives it holds up, the first and how many."""
    return {**to_json(each), "blocks": list(each.blocks[:5]), "count": len(each.blocks)}
