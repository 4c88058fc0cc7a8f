"""A sync that was asked for comes before those whose time has merely come."""

from datetime import timedelta
from pathlib import Path

from custodian_core.codec import now
from custodian_core.commands import Caller, RecordSync, RegisterRepo
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_core.records import HostSync
from custodian_core.settings import Settings
from custodian_tools.requesting import sync_requested
from custodian_tools.sync import fleet
from tests.server.serving import settings_of

ME = Caller("me")


def test_the_next_sweep_of_each_host_begins_with_what_was_asked_for(tmp_path: Path) -> None:
    here = settings_of(tmp_path)
    there = Settings({**here.values, "CUSTODIAN_HOST": "there"}, {})
    clock = [now()]
    hub = Store(SQLite(tmp_path / "hub.db"), clock=lambda: clock[0])
    for slug in ("a", "b", "c"):
        for host in ("here", "there"):
            path = str(tmp_path / slug)
            hub.do(RegisterRepo(slug, "d", host=host, path=path), ME)
            seen = HostSync(host, path, now() - timedelta(days=1))
            hub.do(RecordSync(slug, seen, stamp=False), ME)

    def order(settings: Settings) -> list[str]:
        return [each.repo.slug for each in fleet(hub, settings)]

    sync_requested(hub, "c", "main was pushed", ME)
    assert order(here) == order(there) == ["c", "a", "b"]
    clock[0] += timedelta(seconds=1)
    ran = HostSync("here", str(tmp_path / "c"), clock[0])
    hub.do(RecordSync("c", ran, stamp=False), ME)
    assert order(here) == ["a", "b", "c"]
    assert order(there) == ["c", "a", "b"]
    hub.close()
