"""How often a token may ask."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.commands import MakeToken
from custodian_core.hub.store import Store
from custodian_core.records import NewToken, Scope
from custodian_server.hub_api.rates import BURST_S, MOST, Rates
from tests.server.serving import browsing, settings_of

from .asked import ME, error


class Watch:
    """A clock that stands until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(st.integers(1, 50), st.lists(st.floats(0, 30), max_size=60))
def test_nobody_gets_more_than_a_burst_and_the_rate_over_any_time(
    per_second: int, pauses: list[float]
) -> None:
    watch = Watch()
    rates = Rates(per_second, watch)
    let_in = 0
    for pause in pauses:
        watch.now += pause
        let_in += sum(rates.wait_s("ada") == 0 for _ in range(3))

    passed = watch.now - Watch.now
    assert let_in <= per_second * (passed + BURST_S) + 1


@given(st.integers(1, 50))
def test_whoever_waits_as_long_as_told_is_let_in(per_second: int) -> None:
    watch = Watch()
    rates = Rates(per_second, watch)
    while not (wait := rates.wait_s("ada")):
        pass
    assert rates.wait_s("bob") == 0

    watch.now += wait
    assert rates.wait_s("ada") == 0


def test_who_owes_nothing_is_forgotten() -> None:
    watch = Watch()
    rates = Rates(10, watch)
    for number in range(MOST):
        rates.wait_s(f"caller-{number}")
    watch.now += 1
    rates.wait_s("ada")

    assert rates.remembered == 1


def test_a_token_that_asks_too_often_is_told_when_to_ask_again(
    store: Store, tmp_path: Path
) -> None:
    def shown(name: str) -> dict[str, str]:
        made: NewToken = store.do(MakeToken(name, Scope.WORK), ME)
        return {"Authorization": f"Bearer {made.secret}"}

    ada, bob = shown("ada"), shown("bob")
    settings = settings_of(tmp_path, CUSTODIAN_REQUESTS_PER_SECOND="1")
    with browsing(store, settings, loopback=False) as client:
        answers = [client.get("/repos/", headers=ada) for _ in range(12)]
        asked = client.post("/mcp", headers=ada, json={})
        others = client.get("/repos/", headers=bob)

    refused = answers[-1]
    assert answers[0].status_code == others.status_code == 200
    assert (refused.status_code, error(refused)["code"]) == (429, "too_many")
    assert refused.headers["retry-after"] == str(error(refused)["details"]["retry_after_s"]) == "1"
    assert asked.status_code == 429


@pytest.mark.parametrize("rate", ["0", None])
def test_without_a_bound_nobody_waits(store: Store, tmp_path: Path, rate: str | None) -> None:
    made: NewToken = store.do(MakeToken("ada", Scope.READ), ME)
    said = {"CUSTODIAN_REQUESTS_PER_SECOND": rate} if rate else {}
    with browsing(store, settings_of(tmp_path, **said), loopback=False) as client:
        headers = {"Authorization": f"Bearer {made.secret}"}
        assert {client.get("/repos/", headers=headers).status_code for _ in range(20)} == {200}
