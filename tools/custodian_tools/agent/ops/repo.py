"""Tools for an ops repo as a whole: whether it is complete, and what its parts together show."""

from typing import Annotated, Any

from custodian_core.codec import now, to_json
from custodian_tools.agent.desk import Desk
from custodian_tools.ops import layout
from custodian_tools.ops.defects import defects

from .asked import DryRun, Repo, bench_of, target_of, told_findings


def check_ops_repo(desk: Desk, repo: Repo = None) -> dict[str, Any]:
    """Say what is missing and odd in an ops repo; nothing is changed."""
    told = layout.doctor(desk.hub, target_of(desk, repo), now().date())
    return {**told.to_json(), **told_findings(told.findings)}


def migrate_ops_repo(desk: Desk, repo: Repo = None, dry_run: DryRun = False) -> dict[str, Any]:
    """Add what is missing of an ops repo in one commit, and push it; nothing is overwritten."""
    return layout.migrate(bench_of(desk), target_of(desk, repo), dry_run=dry_run).to_json()


def find_defects(
    desk: Desk,
    repo: Repo = None,
    code: Annotated[str | None, "The repo with the workplans, to look at them too"] = None,
) -> dict[str, Any]:
    """Say what tree, sprints, vault and evidence together show to be wrong.

    An input that is missing is a failure: of what nobody could read, nothing is known to be well.
    """
    told = defects(target_of(desk, repo), target_of(desk, code) if code else None)
    return {
        "inputs": to_json(told.sources),
        "complete": told.complete,
        "stats": {"nodes": told.nodes, "edges": told.edges},
        **told_findings(told.findings),
    }
