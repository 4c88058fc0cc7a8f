"""F101 to F103 at every route there is: who is let in, from which page, and what asking changes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from custodian_core.commands import MakeToken
from custodian_core.hub.databases import SQLite
from custodian_core.hub.portable import export
from custodian_core.hub.store import Store
from custodian_core.records import NewToken, Scope
from custodian_core.settings import Settings
from custodian_server.dashboard.pages import PAGES
from custodian_server.hub_api import create_app
from custodian_server.hub_api.auth import OPEN, SIGNED
from tests.server.serving import browsing

from .asked import JSON, ME, error

KEY = "MRKD-WP-0001-T01"
#: what stands in a path for the thing that it names
NAMED = {"slug": "marki-docx", "name": KEY, "id": "x", "repo": "marki-docx", "run": "x"}


def filled(path: str) -> str:
    return re.sub(r"{(\w+)(?::\w+)?}", lambda found: NAMED.get(found[1], "x"), path)


def routes(store: Store, settings: Settings) -> Iterator[tuple[str, str]]:
    """Every method of every route of the API, described or not."""
    for route in create_app(store, settings=settings, loopback=False).routes:
        known: Any = route
        for method in known.methods or ("GET", "POST", "DELETE"):
            yield method, filled(known.path)
    yield "POST", "/mcp"


@pytest.fixture
def elsewhere(store: Store, settings: Settings) -> Iterator[httpx.Client]:
    """A client on another machine."""
    with browsing(store, settings, loopback=False) as found:
        yield found


def key(store: Store, scope: Scope) -> dict[str, str]:
    made: NewToken = store.do(MakeToken(scope.value, scope), ME)
    return {"Authorization": f"Bearer {made.secret}"}


def is_open(path: str) -> bool:
    return path.rstrip("/") in OPEN or path.rstrip("/") in SIGNED


def test_f101_no_route_answers_whoever_shows_no_token(
    repo: Store, settings: Settings, elsewhere: httpx.Client
) -> None:
    asked = [each for each in routes(repo, settings) if not is_open(each[1])]
    assert len(asked) > 80
    for method, path in asked:
        for headers in ({}, {"Authorization": "Bearer cust_guessed"}):
            refused = elsewhere.request(method, path, headers=JSON | headers, content=b"{}")

            assert refused.status_code == 401, (method, path)
            assert method == "HEAD" or error(refused)["code"] in ("token_needed", "wrong_token")


def test_f101_whoever_may_only_read_changes_nothing_by_any_route(
    repo: Store, settings: Settings, elsewhere: httpx.Client
) -> None:
    headers = key(repo, Scope.READ)
    before = told(repo)
    for method, path in routes(repo, settings):
        if method in ("GET", "HEAD", "OPTIONS") or is_open(path) or path.startswith("/mcp"):
            continue
        refused = elsewhere.request(method, path, headers=JSON | headers, content=b"{}")

        assert (refused.status_code, error(refused)["code"]) == (403, "scope_too_small"), path
    assert told(repo) == before


def test_f102_no_route_and_no_page_answers_to_a_foreign_name_or_page(
    repo: Store, settings: Settings, client: httpx.Client
) -> None:
    pages = [(each.method, filled(each.path)) for each in PAGES]
    for method, path in (*routes(repo, settings), *pages):
        for headers, status in (
            ({"Host": "rebound.example"}, 421),
            ({"Origin": "https://evil.example"}, 403),
        ):
            refused = client.request(method, path, headers=JSON | headers, content=b"{}")

            assert refused.status_code == status, (method, path)


def told(store: Store) -> list[str]:
    """All that the hub knows."""
    assert isinstance(store.database, SQLite)
    return list(export(store.database))


def test_f103_asking_changes_nothing_whatever_is_asked(
    repo: Store, settings: Settings, client: httpx.Client
) -> None:
    before = told(repo)
    pages = [filled(each.path) for each in PAGES if each.method == "GET"]
    asked = [path for method, path in routes(repo, settings) if method == "GET"]
    for path in (*asked, *pages):
        for method in ("GET", "HEAD"):
            client.request(method, path, params={"status": "done"})
            client.request(method, path)

    assert told(repo) == before


def test_f103_no_form_of_a_browser_reaches_the_api(client: httpx.Client, repo: Store) -> None:
    """A page may send these three without asking the browser first."""
    before = told(repo)
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain"):
        for method, path in (("POST", "/domains/"), ("POST", f"/tasks/{KEY}/claim")):
            headers = {"Content-Type": kind}
            refused = client.request(method, path, headers=headers, content=b'{"slug": "d"}')
            assert refused.status_code == 415

    assert told(repo) == before


def test_f101_a_secret_is_kept_as_a_digest_and_so_compared(store: Store, tmp_path: Path) -> None:
    """A digest of what was shown is looked up: no time tells how near a guess came."""
    made: NewToken = store.do(MakeToken("ada", Scope.READ), ME)

    assert made.secret not in "\n".join(told(store))
    assert store.token_of(made.secret)
    assert store.token_of(made.secret[:-1]) is None
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(made.secret.encode() in path.read_bytes() for path in files)
