"""What other programs on the same repos look for, letter by letter; docs/why.md tells the rest."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from custodian_core.codec import stamp
from custodian_core.ops import evidence, layout
from custodian_core.ops.filing import Filed, marker, vision
from custodian_core.ops.host import Disk, Memory, judge
from custodian_core.ops.host_limits import Limits
from custodian_core.ops.markdown import page
from custodian_core.ops.marks import PITCH_BRANCH, FiledLine, filed_line
from custodian_core.ops.prereq.edit import SetBox, edit
from custodian_core.ops.proposals import BRANCHES, item_of
from custodian_core.ops.sprints import read_sprint
from custodian_core.ops.tiers import Tier
from custodian_core.ops.vault import State, added
from custodian_core.secrets import redact
from custodian_tools.ops.deps import BACKLOG, PRIORITY
from tests.core.ops.test_host import WELL
from tests.core.ops.test_sprints import ENTRIES, PITCH
from tests.core.ops.trees import TREE

DAY = date(2026, 5, 2)
SHA = "0123456789abcdef0123456789abcdef01234567"
SPRINT = read_sprint(
    f"{PITCH}<!-- filer:begin -->\n{ENTRIES}<!-- filer:end -->\n".encode(), "sprints/csv-export.md"
)


def seeded(path: str) -> str:
    seeds = layout.examine([], {}, DAY.isoformat()).seeds
    return next(seed.data.decode() for seed in seeds if seed.path == path)


def worries() -> list[str]:
    bad = replace(WELL, memory=Memory(1, 1, 0, 0), disks=(Disk("/", 100, 99, 1),))
    return [each.p for each in judge(bad, Limits())]


EXACT: dict[str, tuple[Callable[[], object], object]] = {
    "filer block": (lambda: [each.id for each in SPRINT.entries], ["csv-writer", "cli-flag"]),
    "child marker": (
        lambda: marker(SPRINT, SPRINT.entries[0]),
        "<!-- decomposed-from: #31, sprint: csv-export, id: csv-writer -->",
    ),
    "older child marker": (
        lambda: vision(31, [Filed("#9", "Decomposed from #31\n", closed=False)]).state,
        "in-progress",
    ),
    "older filing": (
        lambda: (filed_line(page(b"A pitch.\n\n## Filed: #41 #42\n"), "x"), PITCH_BRANCH),
        (FiledLine((41, 42), "x", 3), "architect/sprint-vision-"),
    ),
    "day of a new tree": (
        lambda: seeded("prerequisites.md").splitlines()[:2],
        ["# Prerequisite Tree", "<!-- Last updated: 2026-05-02 -->"],
    ),
    "day of an edited tree": (
        lambda: (
            edit(TREE.encode(), [SetBox(_open_box(), ticked=True)], date(2026, 5, 9))
            .decode()
            .splitlines()[1]
        ),
        "<!-- Last updated: 2026-05-09 -->",
    ),
    "watermark of a page": (
        lambda: redact(f"<!-- last-reviewed: {SHA} -->"),
        f"<!-- last-reviewed: {SHA} -->",
    ),
    "branch of an action": (
        lambda: (BRANCHES, item_of("vault/publish-docs-20260502")),
        ("vault/", "publish-docs-20260502"),
    ),
    "commit of an action": (lambda: added("a-1", Tier.HIGH), "vault: add a-1"),
    "commit of one that goes on": (lambda: added("a-1", Tier.LOW), "vault: add a-1 (low-tier)"),
    "commit of evidence": (
        lambda: evidence.subject("engagement", DAY),
        "evidence: engagement 2026-05-02",
    ),
    "file of evidence": (
        lambda: evidence.path_of("engagement", DAY),
        "evidence/engagement/2026-05-02.json",
    ),
    "labels": (lambda: (BACKLOG, PRIORITY), ("backlog", "priority")),
    "tiers": (lambda: [*Tier], ["low", "medium", "high"]),
    "states": (
        lambda: {*State} - {State.PENDING, State.APPROVED, State.UNKNOWN},
        {"awaiting-approval", "queued", "fired", "failed", "rejected", "invalid"},
    ),
    "priorities of a host": (worries, ["P0", "P1"]),
    "times": (lambda: stamp(datetime(2026, 5, 2, 10, tzinfo=UTC)), "2026-05-02T10:00:00Z"),
}


def _open_box() -> int:
    return next(
        number for number, row in enumerate(TREE.splitlines(), 1) if row.startswith("- [ ]")
    )


@pytest.mark.parametrize(("told", "exact"), EXACT.values(), ids=EXACT.keys())
def test_what_others_look_for_is_spelt_as_they_spell_it(
    told: Callable[[], object], exact: object
) -> None:
    assert told() == exact
