"""Clocks of hosts that differ: what is decided by time is decided by the hub's."""

import os
import subprocess
from pathlib import Path

import pytest

from custodian_core.commands import AddTask, AddWorkstream, Caller, ClaimTask, RegisterRepo
from custodian_core.hub.databases import PostgreSQL
from custodian_core.hub.store import Store

from .processes import PROGRAM
from .world import CLOCK

ME = Caller("me")


@pytest.mark.parametrize("off", [-86_400, 86_400])
def test_a_host_whose_clock_is_off_takes_no_task_from_its_holder(
    postgres_url: str, tmp_path: Path, off: int
) -> None:
    store = Store(PostgreSQL(postgres_url))
    store.do(RegisterRepo("docs", "papers"), ME)
    store.do(AddWorkstream("docs", "DOCS-WP-0001", "Level 1"), ME)
    store.do(AddTask("DOCS-WP-0001", "DOCS-WP-0001-T01", "Parse"), ME)
    claim = store.do(ClaimTask("ada", task="DOCS-WP-0001-T01", ttl_s=600), ME)
    (tmp_path / "clock").write_text(str(off))
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(CLOCK),
        "PYTHONWARNINGS": "ignore:datetime.datetime size changed",
        "CHAOS_CLOCK": str(tmp_path / "clock"),
        "CUSTODIAN_HOME": str(tmp_path / "data"),
        "CUSTODIAN_DATABASE_URL": postgres_url,
    }
    words = ("task", "claim", claim.task_key, "--agent", "bob")
    ran = subprocess.run(
        [PROGRAM, *words], env=env, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    last = store.events(after=0, limit=1000).items[-1]
    store.close()

    assert ran.returncode == 1
    assert "ada" in ran.stderr
    assert last.type == "task.status"
