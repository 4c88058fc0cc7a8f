"""What the API says of itself: OpenAPI kept to, pages for people."""

import json
import re
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from schemathesis import GenerationMode

from custodian_core import __version__
from custodian_core.commands import MakeToken, RegisterRepo
from custodian_core.hub.store import Store
from custodian_core.records import NewToken, Scope
from custodian_core.settings import Settings
from custodian_server.hub_api import create_app
from tests.server.serving import browsing

from .asked import ME, error


def test_no_route_breaks_what_its_description_promises(store: Store, settings: Settings) -> None:
    """Asked with a token from elsewhere, so that each is also asked without it, and refuses."""
    store.do(RegisterRepo("0", "d"), ME)
    made: NewToken = store.do(MakeToken("admin", Scope.ADMIN), ME)
    shown = {"Authorization": f"Bearer {made.secret}"}
    app = create_app(store, settings=settings, loopback=False, names=frozenset({"testserver"}))
    description: Any = schemathesis.openapi.from_asgi("/openapi.json", app, headers=shown)
    # That a path must lie below the roots, or a cursor be one, is more than a schema can say.
    description.config.checks.positive_data_acceptance.enabled = False
    for found in description.get_all_operations():
        operation = found.ok()
        _probe(operation.as_strategy(), shown, 8)
        if operation.body or operation.query:
            _probe(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE), shown, 4)


def _probe(cases: st.SearchStrategy[Any], headers: dict[str, str], examples: int) -> None:
    @given(case=cases)
    @bounded(
        max_examples=examples,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=(HealthCheck.filter_too_much, HealthCheck.too_slow),
    )
    def probe(case: Any) -> None:
        case.call_and_validate(headers=headers)

    probe()


def test_whether_a_token_may_be_left_out_is_told_as_it_is(
    client: httpx.Client, repo: Store, settings: Settings
) -> None:
    made: NewToken = repo.do(MakeToken("ada", Scope.READ), ME)
    with browsing(repo, settings, loopback=False) as elsewhere:
        headers = {"Authorization": f"Bearer {made.secret}"}
        there = elsewhere.get("/openapi.json", headers=headers).json()
    here = client.get("/openapi.json").json()

    assert here["paths"]["/repos/"]["get"]["security"] == [{"token": []}, {}]
    assert there["paths"]["/repos/"]["get"]["security"] == [{"token": []}]


def test_every_route_says_what_it_is_and_how_it_fails(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()
    for path, methods in described["paths"].items():
        for method, told in methods.items():
            assert told["summary"], path
            assert len(told["tags"]) == 1, path
            assert {"401", "403", "421", "422", "500", "503"} <= set(told["responses"]), path
            refused = told["responses"]["422"]["content"]["application/json"]["schema"]
            assert refused == {"$ref": "#/components/schemas/ErrorAnswer"}
            assert ("413" in told["responses"]) == (method != "get"), path
    assert "HTTPValidationError" not in described["components"]["schemas"]
    ids = re.findall(r'"operationId": ?"(\w+)"', json.dumps(described))
    assert len(ids) == len(set(ids))


def test_the_bodies_described_name_every_field_of_their_commands(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()
    body = described["paths"]["/tasks/{name}"]["patch"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]

    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) >= {"status", "priority", "depends_on", "version", "fence"}


def test_the_page_of_routes_lists_all_and_loads_nothing(client: httpx.Client) -> None:
    page = client.get("/docs")
    described = client.get("/openapi.json").json()

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert all(f"<code>{path}</code>" in page.text for path in described["paths"])


def test_a_page_says_which_hub_it_is_and_how_to_connect(client: httpx.Client, repo: Store) -> None:
    page = client.get("/about").text

    assert f"It is well: Custodian {__version__}, hub <code>{repo.hub_id}</code>, sqlite" in page
    assert "export CUSTODIAN_HUB_URL=http://localhost\n" in page
    assert all(f'href="{link}"' in page for link in ("/docs", "/openapi.json", "/state/health"))


def test_a_path_that_does_not_take_a_method_says_which_it_takes(client: httpx.Client) -> None:
    for method, path, takes in (
        ("PUT", "/repos/", "GET, HEAD, POST"),
        ("PUT", "/repos/x", "DELETE, GET, HEAD, PATCH"),
        ("GET", "/claims/x/renew", "POST"),
    ):
        refused = client.request(method, path, json={})

        assert (refused.status_code, error(refused)["code"]) == (405, "method_not_allowed")
        assert refused.headers["Allow"] == takes


def test_whatever_can_be_read_can_be_asked_for_without_its_body(
    client: httpx.Client, repo: Store
) -> None:
    for path in ("/", "/docs", "/openapi.json", "/repos/", "/repos/marki-docx", "/tasks"):
        read, asked = client.get(path), client.head(path)

        assert (asked.status_code, asked.content) == (200, b"")
        assert asked.headers["Content-Length"] == str(len(read.content))
    assert client.head("/repos/nowhere").status_code == 404
    assert client.head("/claims/x/renew").status_code == 405
