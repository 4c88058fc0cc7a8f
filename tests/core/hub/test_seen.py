"""Another hub in the place of the one last seen is an error by name, and nothing is done."""

from pathlib import Path

import pytest

from custodian_core.commands import Caller, RegisterRepo
from custodian_core.errors import EmptyHub, ForeignHub
from custodian_core.hub import accept, import_hub, open_hub, open_store
from custodian_core.hub.client import HttpHub
from custodian_core.hub.databases import PostgreSQL, SQLite
from custodian_core.hub.portable import export
from custodian_core.hub.seen import Seen
from custodian_core.hub.store import Store, prepare
from custodian_core.settings import Settings
from custodian_core.wire import HUB
from tests.server.serving import browsing, http_hub, settings_of

from .conftest import NOON

ME = Caller("me")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path / "home")


def begun(settings: Settings) -> str:
    """The id of a hub that was used from there."""
    hub = open_store(settings)
    hub.do(RegisterRepo("docs", "custodian"), ME)
    hub.close()
    return hub.hub_id


def put_aside(settings: Settings) -> Path:
    aside = settings.home / "aside.db"
    (settings.home / "hub.db").rename(aside)
    return aside


def test_the_hub_that_was_seen_is_opened_again(settings: Settings) -> None:
    first = begun(settings)

    again = open_store(settings)
    assert again.hub_id == first
    again.close()


def test_a_file_that_is_gone_is_not_made_anew(settings: Settings) -> None:
    first = begun(settings)
    aside = put_aside(settings)
    for _ in range(2):
        with pytest.raises(EmptyHub, match=f"hub {first} was there and is gone, and no new one"):
            open_hub(settings)

    assert not (settings.home / "hub.db").exists()
    aside.rename(settings.home / "hub.db")
    open_hub(settings).close()


@pytest.mark.parametrize(("repos", "kind"), [((), EmptyHub), (("other",), ForeignHub)])
def test_another_hub_in_its_place_is_refused_until_it_is_accepted(
    settings: Settings, repos: tuple[str, ...], kind: type[ForeignHub]
) -> None:
    first = begun(settings)
    put_aside(settings)
    other = Store(SQLite(settings.home / "hub.db"))
    for repo in repos:
        other.do(RegisterRepo(repo, "custodian"), ME)
    other.close()
    with pytest.raises(ForeignHub, match=f"hub {first} was there, hub {other.hub_id}") as refused:
        open_hub(settings)

    assert type(refused.value) is kind
    assert "custodian db accept" in str(refused.value)
    assert accept(settings) == (str(settings.home / "hub.db"), other.hub_id)
    open_hub(settings).close()


def test_an_emptied_postgresql_is_not_upgraded_into_a_new_hub(
    postgres_url: str, bare_postgres_url: str, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path, CUSTODIAN_DATABASE_URL=postgres_url)
    begun(settings)
    emptied = PostgreSQL(bare_postgres_url)
    Seen(tmp_path).note(emptied.address, "the-hub-that-was-there")
    gone = settings_of(tmp_path, CUSTODIAN_DATABASE_URL=bare_postgres_url)
    for upgrade in (False, True):
        with pytest.raises(EmptyHub, match="hub the-hub-that-was-there was there and is gone"):
            open_store(gone, upgrade=upgrade)

    assert not emptied.is_there()
    assert accept(gone)[1] == Store(emptied).hub_id
    open_store(gone).close()
    emptied.close()


def test_an_import_brings_the_hub_that_was_there_back(settings: Settings) -> None:
    first = begun(settings)
    store = open_store(settings)
    lines = list(export(store.database))
    store.close()
    put_aside(settings)
    import_hub(settings, lines)

    again = open_store(settings)
    assert (again.hub_id, again.repo("docs").slug) == (first, "docs")
    again.close()


def test_a_data_folder_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "hubs").write_text("in the way")
    seen = Seen(tmp_path)
    seen.note("http://hub.example", "an-id")

    assert seen.hub_at("http://hub.example") is None


def test_addresses_are_told_apart_and_hold_no_password() -> None:
    urls = (
        "postgresql://me:geheim@db/hub",
        "postgresql://me:other@db/hub",
        "postgresql://you@db/hub",
        "postgresql://me@/hub?host=/run/a&sslpassword=geheim",
        "postgresql://me@/hub?host=/run/b",
    )
    addresses = [PostgreSQL(url).address for url in urls]

    assert addresses[0] == addresses[1]
    assert len(set(addresses)) == 4
    assert "geheim" not in "".join(addresses)


@pytest.fixture
def stores(tmp_path: Path) -> tuple[Store, Store]:
    """Two hubs that may answer at one address."""
    found: list[Store] = []
    for name in ("one", "two"):
        database = SQLite(tmp_path / name / "hub.db")
        prepare(database, NOON)
        found.append(Store(database))
    return found[0], found[1]


def asked(store: Store, settings: Settings) -> HttpHub:
    return http_hub(store, settings, seen=Seen(settings.home))


def test_a_remote_hub_is_remembered_from_its_first_answer(
    stores: tuple[Store, Store], settings: Settings
) -> None:
    client = asked(stores[0], settings)
    client.repos()
    client.close()

    assert Seen(settings.home).hub_at("http://localhost") == stores[0].hub_id


def test_another_remote_hub_carries_nothing_out(
    stores: tuple[Store, Store], settings: Settings
) -> None:
    one, two = stores
    Seen(settings.home).note("http://localhost", one.hub_id)
    client = asked(two, settings)
    with pytest.raises(EmptyHub, match=f"hub {one.hub_id} was there, hub {two.hub_id} knows no"):
        client.do(RegisterRepo("docs", "custodian"), ME)
    assert two.repos().total == 0

    two.do(RegisterRepo("other", "custodian"), ME)
    with pytest.raises(ForeignHub, match="at http://localhost is not the one last seen") as told:
        client.repos()
    assert type(told.value) is ForeignHub
    client.close()


def test_every_answer_says_which_hub_it_is_from(
    stores: tuple[Store, Store], settings: Settings
) -> None:
    with browsing(stores[0], settings) as client:
        for path in ("/state/health", "/nowhere", "/repos/x"):
            assert client.get(path).headers[HUB] == stores[0].hub_id
