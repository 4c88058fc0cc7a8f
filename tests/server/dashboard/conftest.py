"""A hub with a few repos, and somebody who looks at its pages."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from custodian_core.codec import now
from custodian_core.commands import (
    AddTask,
    AddWorkstream,
    AskHuman,
    Caller,
    MakeToken,
    RecordSync,
    RegisterRepo,
    SetGoal,
)
from custodian_core.hub.store import Store
from custodian_core.records import HostSync, Scope
from custodian_core.settings import Settings
from tests.server.serving import browsing

ME = Caller("ada")
#: what somebody may write wherever Custodian takes text
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u202egnp.exe"

TROUBLE = {
    "code": "C-17",
    "severity": "FAIL",
    "message": f"2 commits could not be pushed: {HOSTILE}",
    "path": None,
    "line": None,
    "reason": "protected",
}


@pytest.fixture
def fleet(store: Store, tmp_path: Path) -> Store:
    """One repo in each state: in step, halted and not sealed, and never synced."""
    for slug in ("calm", "stuck", "new"):
        path = str(tmp_path / slug)
        store.do(RegisterRepo(slug, "custodian", host="here", path=path), ME)
    at = now()
    calm = HostSync("here", str(tmp_path / "calm"), at, at, "ok", True, 0, 0)
    stuck = HostSync("here", str(tmp_path / "stuck"), at, None, "unpushed", False, 2, 0, (TROUBLE,))
    store.do(RecordSync("calm", calm, stamp=True), ME)
    store.do(RecordSync("stuck", stuck, stamp=False, report={"outcome": HOSTILE}), ME)
    store.do(SetGoal("stuck", f"Ship it {HOSTILE}", HOSTILE), ME)
    store.do(AddWorkstream("stuck", "ST-WP-0001", f"Level {HOSTILE}", "workplans/a.md"), ME)
    store.do(AddTask("ST-WP-0001", "ST-WP-0001-T01", f"Task {HOSTILE}"), ME)
    store.do(AddTask("ST-WP-0001", "ST-WP-0001-T02", "After", depends_on=("ST-WP-0001-T01",)), ME)
    asked = AskHuman(
        f"Which port? {HOSTILE}", "stuck", "ST-WP-0001-T01", HOSTILE, ("80", f"443 {HOSTILE}")
    )
    store.do(asked, ME)
    return store


@pytest.fixture
def browser(fleet: Store, settings: Settings) -> Iterator[httpx.Client]:
    """Somebody on this machine."""
    with browsing(fleet, settings) as found:
        yield found


@pytest.fixture
def stranger(fleet: Store, settings: Settings) -> Iterator[httpx.Client]:
    """Somebody on another machine."""
    with browsing(fleet, settings, loopback=False) as found:
        yield found


def token(store: Store, scope: Scope, name: str = "grace") -> str:
    """The secret of a new token."""
    secret: str = store.do(MakeToken(name, scope), ME).secret
    return secret
