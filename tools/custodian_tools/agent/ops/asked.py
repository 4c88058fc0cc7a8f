"""What every tool of an ops repo is asked with, and how it tells what is amiss."""

from collections.abc import Sequence
from typing import Annotated, Any

from custodian_core.findings import Finding
from custodian_core.paths import expanded, followed
from custodian_tools.agent.answers import fitting
from custodian_tools.agent.desk import Desk
from custodian_tools.checkouts import Target, named
from custodian_tools.sync.bench import Bench

#: how many characters rows and findings may have
ROOM, FINDINGS_ROOM = 20_000, 8_000

Repo = Annotated[str | None, "The ops repo: slug or path; default: the one in this folder"]
DryRun = Annotated[bool, "Say what would be written, and write nothing"]


def target_of(desk: Desk, repo: str | None) -> Target:
    """The ops repo that is meant; without a name, the one in the desk's folder."""
    name = repo or str(desk.folder)
    if name.startswith((".", "~")):
        name = str(followed(desk.folder / expanded(name)))
    return named(desk.hub, desk.settings, [name])[0]


def bench_of(desk: Desk) -> Bench:
    """What writes to an ops repo, and as whom."""
    return Bench.of(desk.hub, desk.by(), desk.settings)


def told_findings(findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings of an answer, as many as there is room for."""
    rows, more = fitting((finding.to_json() for finding in findings), FINDINGS_ROOM)
    told: dict[str, Any] = {"findings": rows}
    return {**told, "findings_left_out": more} if more else told
