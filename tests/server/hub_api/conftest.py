"""A hub and its API, in this process."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from custodian_core.commands import AddTask, AddWorkstream, RegisterRepo
from custodian_core.hub.client import HttpHub
from custodian_core.hub.store import Store
from custodian_core.settings import Settings
from tests.server.serving import browsing, http_hub

from .asked import ME


@pytest.fixture
def client(store: Store, settings: Settings) -> Iterator[httpx.Client]:
    with browsing(store, settings) as found:
        yield found


@pytest.fixture
def hub(store: Store, settings: Settings) -> Iterator[HttpHub]:
    found = http_hub(store, settings)
    yield found
    found.close()


@pytest.fixture
def repo(store: Store, tmp_path: Path) -> Store:
    """A hub that knows one repo with two tasks."""
    path = str(tmp_path / "marki-docx")
    store.do(RegisterRepo("marki-docx", "custodian", host="here", path=path), ME)
    store.do(AddWorkstream("marki-docx", "MRKD-WP-0001", "Level 1", "workplans/a.md"), ME)
    for key in ("MRKD-WP-0001-T01", "MRKD-WP-0001-T02"):
        store.do(AddTask("MRKD-WP-0001", key, f"Title of {key}"), ME)
    return store
