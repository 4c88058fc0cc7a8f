"""What looks like a secret is found and hidden; what only looks random, or speaks of one, stays."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodian_core.commands import ChangeTask, NoteTask, SetGoal
from custodian_core.screening import screened
from custodian_core.secrets import HIDDEN, redact, scan

HEX = "0123456789abcdef"
SHA = (HEX * 3)[:40]
SHA256 = HEX * 4
#: made up, and put together here so that no scanner of this repo takes them for real
MIX = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
BODY = ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" + "BKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n") * 3
DASHES = "-" * 5
PEM = f"{DASHES}BEGIN RSA PRIVATE KEY{DASHES}\n{BODY}abc=\n{DASHES}END RSA PRIVATE KEY{DASHES}"

SECRETS: dict[str, tuple[str, str | None]] = {
    "GitHub": (f"use gh{'p_'}{MIX} now", f"use {HIDDEN} now"),
    "GitHub, of the new kind": (f"github{'_pat_'}{MIX}", HIDDEN),
    "Anthropic": (f"(sk-{'ant'}-api03-{MIX}-{MIX})", f"({HIDDEN})"),
    "OpenAI": (f"sk-{MIX}", HIDDEN),
    "GitLab": (f"gl{'pat'}-{MIX}", HIDDEN),
    "Slack": ("xox" + "b-123456789012-abcdefghijkl", HIDDEN),
    "ours": (f"cust_{MIX}", HIDDEN),
    "an AWS id": ("id AK" + "IAIOSFODNN7EXAMPLE.", f"id {HIDDEN}."),
    "a key of Ethereum's": (f"from 0x{SHA256}", f"from {HIDDEN}"),
    "a web token": (f"eyJ{MIX}.eyJ{MIX}.{MIX}", HIDDEN),
    "a bearer": (f"Bearer {MIX}", f"Bearer {HIDDEN}"),
    "a header": (f"Authorization: token {SHA}", f"Authorization: token {HIDDEN}"),
    "basic": ("Authorization: Basic dXNlcjpwdw==", f"Authorization: Basic {HIDDEN}"),
    "a header of JSON": ('{"Authorization": "token abcdefgh"}', None),
    "a URL with a password": ("https://user:pw@host/x", f"https://user:{HIDDEN}@host/x"),
    "a database": ("postgresql://u:secret@db/x", f"postgresql://u:{HIDDEN}@db/x"),
    "a URL with a token": (f"git clone https://{SHA}@git.example/a", None),
    "a key in a query": ("https://x.example/a?key=abcdefgh1&b=2", None),
    "a key in a path": (f"https://main.example/v3/{HEX * 2}", f"https://main.example/v3/{HIDDEN}"),
    "an environment": (f"API_KEY={MIX}", f"API_KEY={HIDDEN}"),
    "a prefix": ("export FORGE_TOKEN=abcdef1 x", f"export FORGE_TOKEN={HIDDEN} x"),
    "quoted": ('API_KEY="quoted"', f'API_KEY="{HIDDEN}"'),
    "a sentence in quotes": ("DB_PASSWORD='correct horse'", f"DB_PASSWORD='{HIDDEN}'"),
    "short": ("PASSWORD=x", f"PASSWORD={HIDDEN}"),
    "with a colon": ("password: x\nuser: y", f"password: {HIDDEN}\nuser: y"),
    "of a provider": (f"INFURA={SHA}", f"INFURA={HIDDEN}"),
    "a passphrase of the shell": ("GH_PASS=hunter2", f"GH_PASS={HIDDEN}"),
    "a header of a forge": ("PRIVATE-TOKEN: abcdefgh12345678", f"PRIVATE-TOKEN: {HIDDEN}"),
    "JSON": ('{"api_key": "abc-def-ghi"}', f'{{"api_key": "{HIDDEN}"}}'),
    "JSON in a string": (r'"told": "{\"api_key\": \"abc-def-ghi\"}"', None),
    "a string of JSON": (r'"env": "PASSWORD=\"correct horse\""', None),
    "TOML": (f'auth_token = "{MIX}"', f'auth_token = "{HIDDEN}"'),
    "YAML": (f"gitea_token: {SHA}", f"gitea_token: {HIDDEN}"),
    "a private key": (f"a\n{PEM}\nb", f"a\n{HIDDEN}\nb"),
    "a private key that is cut": (f"a\n{PEM[:120]}", f"a\n{HIDDEN}"),
    "a private key in JSON": (json.dumps({"k": PEM}), json.dumps({"k": HIDDEN})),
    "a private key in a quotation": ("> " + PEM.replace("\n", "\n> "), f"> {HIDDEN}"),
    "a webhook": (f"https://hooks.slack.com/services/T0/B0/{MIX}", None),
}
PLAIN = (
    SHA,
    SHA256,
    f"commit {SHA}",
    f"Merge {SHA}",
    f"<!-- last-reviewed: {SHA} -->",
    f"https://git.example/acme/api/commit/{SHA}",
    f"sha256:{SHA256}",
    '"key": "sha256:0123456789abcdef0123456789abcdef"',
    "0x" + SHA,
    "9f1c2c5e-2d8e-4c0f-9a56-0b6f9b1c2d3e",
    "https://forge.example/api/v1/repos/acme/some-repository-with-long-name",
    "https://api.example/v2/9f1c2c5e-2d8e-4c0f-9a56-0b6f9b1c2d3e",
    "https://host:8443/user@example.org",
    "git@git.example:acme/api.git",
    "ssh://git@git.example/acme/api.git",
    "postgresql://user:$PASSWORD@db/x",
    "https://user:<password>@host",
    "API_KEY=$OTHER",
    "API_KEY=${OTHER:-none}",
    "TOKEN=$(pass show token)",
    "token=get_token(12)",
    "PASSWORD=",
    '{"a": "PASSWORD=", "b": "TOKEN=", "c": "it has a token: "}',
    "password: required",
    "password = settings.password",
    "password=password",
    'secrets = ["DEPLOY_KEY"]',
    "token: NPM_TOKEN",
    "token = <your token>",
    "the token: it has 12 letters, and expires in 2027",
    "Passwords: ask Ada for one.",
    "The bearer of this letter may read it.",
    "Bearer authentication-of-the-old-kind is out",
    "max_tokens: 4096",
    '"unique_tokens": 123456789012345678',
    "PASS=12 FAIL=3 BYPASS=1",
    "risk-assessment-of-the-second-quarter-2026",
    "task-2026-some-quite-long-name-of-a-task-12",
    "sk-learn-pipeline-that-is-refactored-again",
    "CUST-WP-0014-T01",
    "custody_of_the_hub_is_with_the_team_of_2026",
    "Bearer $TOKEN",
    "Authorization: Bearer <the token of the hub>",
)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_found_and_hidden_and_nothing_else(name: str) -> None:
    text, hidden = SECRETS[name]

    assert len(scan(text)) == 1
    assert redact(text).count(HIDDEN) == 1
    if hidden is not None:
        assert redact(text) == hidden


@pytest.mark.parametrize("text", PLAIN)
def test_digests_ids_names_and_prose_are_no_secrets(text: str) -> None:
    assert scan(text) == ()
    assert redact(text) == text


def test_a_hit_tells_where_it_is_and_not_what_it_says() -> None:
    (hit,) = scan(f"one\ntwo: gh{'p_'}{MIX}\n")

    assert (hit.rule, hit.line, hit.column, hit.end - hit.start) == ("marked-token", 2, 6, 40)
    assert MIX[:4] not in repr(hit) + hit.finding.message
    assert hit.finding.line == 2


def test_what_is_no_secret_after_all_is_let_pass_by_its_mark() -> None:
    text = "PASSWORD=example"
    (hit,) = scan(text)

    assert scan(text, {hit.mark}) == ()
    assert redact(text, allowed={hit.mark}) == text
    assert scan("PASSWORD=another", {hit.mark})


def test_what_is_known_to_be_secret_is_hidden_wherever_it_stands() -> None:
    assert redact("it says hunter2hunter2", ("hunter2", "")) == f"it says {HIDDEN}{HIDDEN}"
    assert redact("abcdef", ("abc", "abcdef")) == HIDDEN


PIECES = st.sampled_from(
    [
        *(text for text, _ in SECRETS.values()),
        *PLAIN,
        *(
            "PASSWORD=",
            "token: ",
            "://a:",
            "@",
            "Bearer ",
            '"',
            "'",
            "[",
            "]",
            HIDDEN,
            "\n",
            " ",
            "",
        ),
    ]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=6).map("".join))
def test_what_was_hidden_scans_clean_and_is_not_hidden_again(text: str) -> None:
    once = redact(text)

    assert scan(once) == ()
    assert redact(once) == once


@given(
    st.dictionaries(
        st.sampled_from(["password", "note", "api_key", "url"]), PIECES | st.integers(), max_size=4
    )
)
def test_json_stays_json(told: dict[str, object]) -> None:
    read = json.loads(redact(json.dumps(told)))

    assert read.keys() == told.keys()
    assert all(read[key] == value for key, value in told.items() if isinstance(value, int))


VALUES = st.recursive(
    PIECES | st.integers() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["password", "note", "api_key", "text"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@given(VALUES)
def test_no_secret_is_left_in_a_value_however_deep_it_lies(value: object) -> None:
    said = json.dumps(screened(ChangeTask("T", {"after": value})).changes, ensure_ascii=False)

    assert scan(said) == ()


@given(VALUES)
def test_a_value_without_a_secret_is_itself_and_one_that_was_screened_stays(value: object) -> None:
    once = screened(SetGoal("api", "Goal", str(value)))
    command = NoteTask("T", "0123456789" * 4)

    assert screened(once) is once
    assert screened(command) is command


def test_a_value_is_a_secret_by_the_name_that_it_stands_under() -> None:
    told = {"env": {"password": "hunter2hunter2", "note": "hunter2hunter2"}}

    assert screened(told) == {"env": {"password": HIDDEN, "note": "hunter2hunter2"}}


def test_a_text_is_screened_alone_and_not_by_what_stands_beside_it() -> None:
    assert screened(("the password:", "abcdefgh12345678")) == ("the password:", "abcdefgh12345678")


def test_letters_that_become_two_in_small_do_not_move_what_is_hidden() -> None:
    assert (
        redact("\u0130\u0130 PASSWORD=hunter2 \u0130") == f"\u0130\u0130 PASSWORD={HIDDEN} \u0130"
    )
