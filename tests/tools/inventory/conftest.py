"""A forge on this machine, a hub in a file, and the client between them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from custodian_core.commands import Caller
from custodian_core.forge.client import HttpForge
from custodian_core.git.author import Author
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_core.settings import Settings
from custodian_tools.sync import Bench
from tests.core.forge.fake import Switch
from tests.forges import Standing, standing
from tests.server.serving import settings_of

ME = Caller("me")


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No configuration of the machine's reaches these repos."""
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def forge(forge_server: tuple[Switch, str], tmp_path: Path) -> Iterator[Standing]:
    with standing(*forge_server, tmp_path) as forge:
        yield forge


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Store]:
    store = Store(SQLite(tmp_path / "hub.db"))
    yield store
    store.close()


async def no_pause(_seconds: float) -> None:
    """Tests do not wait."""


def client(forge: Standing, token: str) -> HttpForge:
    return HttpForge(forge.url, token, pause=no_pause)


@pytest.fixture
def ada(forge: Standing) -> Iterator[HttpForge]:
    """The client, with a token of ada's that may do all that she may."""
    with client(forge, forge.token()) as asked:
        yield asked


@pytest.fixture
def settings(forge: Standing, tmp_path: Path) -> Settings:
    (tmp_path / "repos").mkdir()
    said = {"GITEA_URL": forge.url, "GITEA_TOKEN": forge.token()}
    author = "Custodian <custodian@localhost>"
    return settings_of(tmp_path, CUSTODIAN_AUTHOR=author, **said)


@pytest.fixture
def bench(hub: Store, settings: Settings) -> Bench:
    return Bench(hub, ME, settings.host, Author(*settings.author))
