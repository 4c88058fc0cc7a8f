"""What a forge refuses, what is no forge, and that the token goes nowhere but to the forge."""

import gzip
import logging
import socket
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from starlette.requests import Request
from starlette.responses import Response

from custodian_core.errors import (
    ArchivedOnForge,
    BadValue,
    CustodianError,
    ForgeTrouble,
    ForgeUnreachable,
    NoForge,
    NotOnForge,
    TokenRefused,
    TokenTooWeak,
    UnknownThing,
)
from custodian_core.forge.client import HttpForge, open_forge
from custodian_core.settings import Settings

from .conftest import no_pause, small
from .fake import Fake, faked, serving

HTML = "<!DOCTYPE html><title>Sign in</title>"


# --- tokens


def test_a_wrong_token_is_told_without_saying_it(fake: Fake) -> None:
    with (
        HttpForge(fake.url, "wr0ng-t0ken") as forge,
        pytest.raises(TokenRefused, match="mend GITEA_TOKEN") as caught,
    ):
        forge.whoami()
    assert "wr0ng" not in f"{caught.value}{caught.value!r}{caught.value.__context__!r}"


def test_a_weak_token_is_told_which_scope_it_lacks(fake: Fake) -> None:
    weak = fake.forge.add_token("ada", "read:repository")
    with HttpForge(fake.url, weak) as forge:
        with pytest.raises(TokenTooWeak, match="it lacks read:user; make one with that"):
            forge.whoami()
        with pytest.raises(TokenTooWeak, match="it lacks read:organization; make"):
            forge.org_repos("coulomb")
        with pytest.raises(TokenTooWeak, match="it lacks write:issue; make"):
            forge.create_issue("ada/own", "x")
        assert forge.repo("ada/own").can_push


def test_several_scopes_are_a_choice(forge: HttpForge, fake: Fake) -> None:
    told = "token does not have at least one of required scope(s), required=[read:a read:b], x"
    fake.instead("/user", 403, f'{{"message": "{told}"}}')
    with pytest.raises(TokenTooWeak, match="it lacks read:a or read:b"):
        forge.whoami()


def test_what_only_an_owner_may_is_told_in_the_forges_words(forge: HttpForge) -> None:
    with pytest.raises(TokenTooWeak, match="user should be an owner or a collaborator"):
        forge.branch_protections("newton/marki-docx")


def test_a_repo_that_is_hidden_is_as_one_that_is_not_there(forge: HttpForge) -> None:
    for name in ("newton/secret", "newton/nothing"):
        with pytest.raises(NotOnForge, match=f"no repo '{name}', or this token may not see it"):
            forge.repo(name)
        with pytest.raises(NotOnForge, match=f"no repo '{name}'"):
            forge.has_folder(name, "workplans")


def test_the_token_is_in_one_header_and_nowhere_else(
    fake: Fake, caplog: pytest.LogCaptureFixture
) -> None:
    token = fake.forge.add_token("ada")
    fake.instead("/version", 200, "[]")
    caplog.set_level(logging.DEBUG)
    with HttpForge(fake.url, token) as forge:
        forge.org_repos("coulomb")
        forge.create_label("ada/own", "bug")
        with pytest.raises(NoForge) as caught:
            forge.server()
        assert token not in f"{forge!r}{vars(forge)!r}{caught.value!r}"

    assert all(asked.headers.pop("authorization") == f"token {token}" for asked in fake.asked)
    assert token not in str(fake.asked)
    assert token not in caplog.text


def test_no_cookie_is_kept(forge: HttpForge, fake: Fake) -> None:
    fake.instead("/version", 200, '{"version": "1.26.4"}', Set_Cookie="i_like_gitea=x; Path=/")
    forge.server()
    forge.server()

    assert "cookie" not in fake.asked[1].headers


@pytest.mark.parametrize("token", ["a b", "a\nb", "ü"])
def test_a_token_that_fits_no_header_is_refused_without_saying_it(token: str) -> None:
    with pytest.raises(BadValue, match="GITEA_TOKEN: it holds a character that no token has"):
        HttpForge("http://127.0.0.1:1", token)


# --- settings


def test_what_is_not_set_is_asked_for_by_name() -> None:
    with pytest.raises(BadValue, match="GITEA_URL: it is not set; set it in the environment, "):
        open_forge(Settings({}, {}))
    with pytest.raises(BadValue, match="GITEA_TOKEN: it is not set; make a token with read:user"):
        open_forge(Settings({"GITEA_URL": "https://git.example"}, {}))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("git.example", "it must be as https://git.example"),
        ("ftp://git.example", "it must be as https://git.example"),
        ("https://ada:geheim@git.example", "a token goes in GITEA_TOKEN"),
        ("https://git.example/?token=geheim", "a token goes in GITEA_TOKEN"),
        ("https://git.example:port", "it is not a URL"),
        ("https://git.exa mple", "it must be as https://git.example"),
    ],
)
def test_an_address_that_is_none_is_refused_without_saying_it(url: str, why: str) -> None:
    with pytest.raises(BadValue, match=f"GITEA_URL: .*{why}") as caught:
        open_forge(Settings({"GITEA_URL": url, "GITEA_TOKEN": "t"}, {}))
    assert "geheim" not in str(caught.value)
    with pytest.raises(BadValue) as caught:
        open_forge(Settings({"GITEA_URL": url}, {}))
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("end", ["/", "/api/v1", "/api/v1/"])
def test_the_end_of_the_address_may_be_written_in_ways(fake: Fake, end: str) -> None:
    values = {"GITEA_URL": f"{fake.url}{end}", "GITEA_TOKEN": fake.forge.add_token("ada")}
    with open_forge(Settings(values, {})) as forge:
        assert forge.whoami().login == "ada"
        assert forge.url == fake.url


def test_a_forge_on_this_machine_is_asked_without_a_proxy(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with HttpForge(fake.url, fake.forge.add_token("ada")) as forge:
        assert forge.whoami().login == "ada"


@pytest.mark.parametrize("name", ["marki-docx", "coulomb/..", "coulomb/", "a/b/c", "../a"])
def test_a_name_that_leads_elsewhere_is_asked_of_nobody(
    forge: HttpForge, fake: Fake, name: str
) -> None:
    with pytest.raises((BadValue, UnknownThing)):
        forge.repo(name)
    assert not fake.asked


def test_a_name_of_any_letters_is_one_name(forge: HttpForge, fake: Fake) -> None:
    fake.forge.add_repo("coulomb/größe ?#%2f")

    assert forge.repo("coulomb/größe ?#%2f").name == "größe ?#%2f"


# --- renames and redirects


def test_a_repo_is_followed_to_its_new_name(forge: HttpForge, fake: Fake) -> None:
    fake.forge.rename("coulomb/marki-docx", "newton/marki")
    repo = forge.repo("coulomb/marki-docx")

    assert (repo.full_name, repo.renamed_from) == ("newton/marki", "coulomb/marki-docx")
    assert forge.repo("newton/marki").renamed_from is None
    assert forge.has_folder("coulomb/marki-docx", "workplans")


def test_a_change_is_not_sent_on_to_a_new_name(forge: HttpForge, fake: Fake) -> None:
    fake.forge.rename("coulomb/marki-docx", "newton/marki")
    with pytest.raises(ForgeTrouble, match="that is at /repos/newton/marki/issues now; use its"):
        forge.create_issue("coulomb/marki-docx", "x")

    repo = fake.forge.find("newton/marki")
    assert repo
    assert not repo.issues


def test_f104_the_forge_cannot_send_us_elsewhere(forge: HttpForge, fake: Fake, kind: str) -> None:
    away, application = faked(small("1.26.4"), "", kind)
    with serving(application) as elsewhere:
        for location in (f"{elsewhere}/api/v1/user", elsewhere.replace("http:", "") + "/x"):
            fake.rules.clear()
            fake.instead("/user", 301, location=location)
            with pytest.raises(NoForge, match=f"it sends us to {elsewhere}/.*; if the forge is"):
                forge.whoami()
    assert not away.asked


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("/user/login?redirect_to=x", "it sends us to {url}/user/login; if"),
        ("/api/v1/../../secrets", "it sends us to"),
        ("http://ada:geheim@127.0.0.1/api/v1/user", "it sends us to http://127.0.0.1/api"),
        ("https://127.0.0.1/api/v1/user", "it sends us to https://127.0.0.1/api"),
        ("http://[", "it sends us to what is no address"),
        ("", "it sends us in circles"),
    ],
)
def test_a_redirect_that_leaves_the_api_is_not_followed(
    forge: HttpForge, fake: Fake, location: str, shown: str
) -> None:
    fake.instead("/user", 302, location=location)
    with pytest.raises(NoForge) as caught:
        forge.whoami()

    assert shown.format(url=fake.url) in str(caught.value)
    assert "geheim" not in str(caught.value)
    assert set(fake.paths()) == {"/user"}


def test_redirects_in_circles_end(forge: HttpForge, fake: Fake) -> None:
    fake.instead("/user", 301, location="/api/v1/users/ada")
    fake.instead("/users/ada", 301, location="/api/v1/user")
    with pytest.raises(NoForge, match="it sends us in circles"):
        forge.whoami()
    assert len(fake.asked) == 5


# --- patience


@contextmanager
def patient(fake: Fake) -> Generator[tuple[HttpForge, list[float]]]:
    """The client, and how long it waited."""
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    with HttpForge(fake.url, fake.forge.add_token("ada"), pause=pause) as forge:
        yield forge, waited


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_forge_is_asked_again_when_it_says(fake: Fake, status: int) -> None:
    fake.instead("/user", status, "slow down", times=1, Retry_After="7")
    with patient(fake) as (forge, waited):
        assert forge.whoami().login == "ada"
    assert waited == [7]


def test_a_time_to_come_again_is_read_by_the_forges_own_clock(fake: Fake) -> None:
    then = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    now, later = (format_datetime(at, usegmt=True) for at in (then, then + timedelta(seconds=9)))
    fake.instead("/user", 503, times=1, Date=now, Retry_After=later)
    with patient(fake) as (forge, waited):
        assert forge.whoami().login == "ada"
    assert waited == [9]


def test_a_forge_that_wants_an_hour_is_told_of(fake: Fake) -> None:
    fake.instead("/user", 429, Retry_After="3600")
    with (
        patient(fake) as (forge, waited),
        pytest.raises(ForgeUnreachable, match="429, it is busy; try again in 3600 s"),
    ):
        forge.whoami()
    assert not waited


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_questions_are_asked_three_times_and_then_told(fake: Fake, status: int) -> None:
    fake.instead("/user", status, HTML, content_type="text/html")
    with (
        patient(fake) as (forge, waited),
        pytest.raises(ForgeUnreachable, match=f"it answers {status}"),
    ):
        forge.whoami()
    assert waited == [0.5, 2.0]


@pytest.mark.parametrize(("status", "times"), [(500, 1), (502, 1), (504, 1), (429, 3), (503, 3)])
def test_a_change_that_may_have_been_made_is_not_made_again(
    forge: HttpForge, fake: Fake, status: int, times: int
) -> None:
    fake.instead("/repos/ada/own/issues", status)
    with pytest.raises(ForgeUnreachable):
        forge.create_issue("ada/own", "x")
    assert len(fake.asked) == times


# --- what is no forge


@pytest.mark.parametrize(
    ("status", "body", "kind_of", "why"),
    [
        (200, HTML, "text/html", "it answers 200 with HTML; is GITEA_URL right?"),
        (404, HTML, "text/html", "it answers 404 with HTML; is GITEA_URL right?"),
        (404, "404 page not found", "text/plain", "it answers 404 with no JSON"),
        (200, "", "application/json", "its answer is not what was asked for"),
        (200, "{", "application/json", "it answers 200 with no JSON"),
        (200, "[" * 100_000, "application/json", "it answers 200 with no JSON"),
        (200, '{"current_user_url": "x"}', "application/json", r"not what was asked for \(id"),
        (200, "[]", "application/json", "not what was asked for"),
    ],
)
def test_what_is_no_forge_is_told(
    forge: HttpForge, fake: Fake, status: int, body: str, kind_of: str, why: str
) -> None:
    fake.instead("/user", status, body, content_type=kind_of)
    with pytest.raises(NoForge, match=why):
        forge.whoami()


def test_a_wrong_folder_of_the_right_host_is_told(fake: Fake) -> None:
    with (
        HttpForge(f"{fake.url}/git", "t") as forge,
        pytest.raises(NoForge, match="answers 404 with no JSON; is GITEA_URL right"),
    ):
        forge.server()
    assert fake.asked[0].path == "/git/api/v1/version"
    fake.wrong.clear()


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_that_is_too_large_is_not_read_to_its_end(
    forge: HttpForge, fake: Fake, packed: bool
) -> None:
    body = b" " * (17 * 2**20)
    if packed:
        fake.instead("/user", 200, gzip.compress(body, 1), content_encoding="gzip")
    else:
        fake.instead("/user", 200, body)
    with pytest.raises(ForgeTrouble, match="its answer is larger than 16 MiB"):
        forge.whoami()


def test_an_answer_that_is_packed_wrongly_is_told(forge: HttpForge, fake: Fake) -> None:
    fake.instead("/user", 200, b"not packed", content_encoding="gzip")
    with pytest.raises(NoForge, match="what it sends cannot be read"):
        forge.whoami()


def test_an_archived_repo_is_told_as_such(forge: HttpForge) -> None:
    with pytest.raises(ArchivedOnForge, match="does not change that: coulomb/old is archived"):
        forge.create_issue("coulomb/old", "x")


@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_other_refusals_are_told_in_the_forges_words(
    forge: HttpForge, fake: Fake, status: int
) -> None:
    fake.instead("/repos/ada/own/labels", status, '{"message": "no\\u001b[31m", "errors": [1]}')
    with pytest.raises(ForgeTrouble, match=r"cannot do that: no.\[31m$") as caught:
        forge.create_label("ada/own", "x")
    assert "\x1b" not in str(caught.value)


def test_a_folder_that_is_none_is_told(forge: HttpForge) -> None:
    with pytest.raises(NotOnForge, match="'a/b/c' of coulomb/marki-docx is no folder"):
        forge.contents("coulomb/marki-docx", "a/b/c")
    with pytest.raises(NotOnForge, match="object does not exist"):
        forge.contents("coulomb/marki-docx", "nowhere")
    with pytest.raises(NotOnForge, match="no branch 'gone' of ada/own"):
        forge.branch("ada/own", "gone")


def test_a_rule_that_cannot_be_read_is_not_passed_over(forge: HttpForge, fake: Fake) -> None:
    fake.instead("/repos/ada/own/branch_protections", 200, '[{"enable_push": false}]')
    with pytest.raises(NoForge, match="1 things that it tells of cannot be read"):
        forge.branch_protections("ada/own")


def test_a_forge_that_takes_too_long_is_told(fake: Fake) -> None:
    async def until_hung_up(request: Request) -> Response:
        while not await request.is_disconnected():
            await request.receive()
        return Response()

    fake.meanwhile("/user", until_hung_up, times=9)
    token = fake.forge.add_token("ada")
    with (
        HttpForge(fake.url, token, pause=no_pause, answer_s=0.1) as forge,
        pytest.raises(ForgeUnreachable, match="does not answer: it takes too long"),
    ):
        forge.whoami()
    assert len(fake.asked) == 3


def test_a_label_that_is_not_there_is_told_with_near_names(forge: HttpForge) -> None:
    forge.create_label("ada/own", "bug")
    with pytest.raises(UnknownThing, match="there is no label 'bog'; near it: bug"):
        forge.create_issue("ada/own", "x", labels=["bog"])


# --- connections


def told_of(url: str) -> str:
    with HttpForge(url, "t0ken", pause=no_pause) as forge, pytest.raises(CustodianError) as caught:
        forge.whoami()
    assert isinstance(caught.value, ForgeUnreachable)
    assert "t0ken" not in repr(caught.value)
    return str(caught.value)


def test_a_forge_that_is_not_running_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    for host in ("127.0.0.1", "localhost"):
        told = told_of(f"http://{host}:{port}")
        assert told.endswith("connection refused; is it running there, is GITEA_URL right?")


def test_a_host_that_nobody_knows_is_told() -> None:
    told = told_of("http://no-such-host.invalid")

    assert told.endswith("; is it running there, is GITEA_URL right?")
    assert "cannot be connected to" not in told


def test_https_where_http_is_spoken_is_told(fake: Fake) -> None:
    told = told_of(fake.url.replace("http:", "https:"))

    assert "it does not speak TLS there; is it http, and not https?" in told


def test_a_connection_that_breaks_is_told(forge: HttpForge, fake: Fake) -> None:
    async def short(_request: Request) -> Response:
        return Response(b"{", headers={"Content-Length": "10"})

    fake.meanwhile("/user", short, times=9)
    fake.meanwhile("/repos/ada/own/issues", short, times=9)
    with pytest.raises(ForgeUnreachable, match=r"the connection broke \("):
        forge.whoami()
    with pytest.raises(ForgeUnreachable, match=r"the connection broke \("):
        forge.create_issue("ada/own", "x")
    assert fake.paths() == ["/user"] * 3 + ["/repos/ada/own/issues"]
