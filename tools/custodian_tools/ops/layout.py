"""Whether an ops repo is complete, and completing it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from custodian_core.findings import Finding
from custodian_core.git.state import NotHere, probe
from custodian_core.ops.layout import TITLES, examine, is_ops_repo
from custodian_core.ports import Hub
from custodian_tools.checkouts import Target
from custodian_tools.sync.bench import Bench

from .branches import main_branch
from .ground import Ground, OnDisk, read_or_why
from .sealing import Draft, Written, seal


@dataclass(frozen=True, slots=True)
class Doctor:
    """How an ops repo stands; `ahead` and `behind` are None where git cannot tell."""

    is_ops_repo: bool
    missing: tuple[str, ...]
    findings: tuple[Finding, ...]
    ahead: int | None
    behind: int | None
    #: why nothing can be written here just now, if so
    why_not: str | None

    def to_json(self) -> dict[str, Any]:
        """How it stands, as `--json` and tools show it."""
        return {
            "is_ops_repo": self.is_ops_repo,
            "missing": list(self.missing),
            "fixable": bool(self.missing) and self.why_not is None,
            "git": {"ahead": self.ahead, "behind": self.behind, "why_not": self.why_not},
        }


def doctor(hub: Hub, target: Target, today: date) -> Doctor:
    """What is missing and odd in the checkout; nothing is changed and no remote is asked."""
    ground = OnDisk(target.path)
    layout = examine(ground.paths(), _begins(ground), today.isoformat(), ground.others())
    checkout = probe(target.path, main_branch(hub, target))
    here = None if isinstance(checkout, NotHere) else checkout
    return Doctor(
        is_ops_repo=is_ops_repo(ground.paths()),
        missing=tuple(seed.path for seed in layout.seeds),
        findings=layout.findings,
        ahead=here.ahead if here else None,
        behind=here.behind if here else None,
        why_not=checkout.why if isinstance(checkout, NotHere) else None,
    )


def migrate(bench: Bench, target: Target, *, dry_run: bool = False) -> Written:
    """Every part is there, in one sealed commit; what was there is as it was.

    Where nothing is missing, commits that an earlier run could not push are pushed all the same.
    """
    today = bench.clock().date().isoformat()

    def decide(ground: Ground) -> Draft:
        seeds = examine(ground.paths(), {}, today, ground.others()).seeds
        files = {seed.path: seed.data for seed in seeds}
        return Draft(files, "chore: seed what is missing of the ops repo", tuple(files))

    return seal(bench, target, decide, dry_run=dry_run)


def _begins(ground: Ground) -> dict[str, str]:
    """The first line of the files that others know by it."""
    read = {path: read_or_why(ground, path) for path in TITLES if path in ground.paths()}
    return {
        path: data.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].decode("utf-8", "replace")
        for path, data in read.items()
        if isinstance(data, bytes)
    }
