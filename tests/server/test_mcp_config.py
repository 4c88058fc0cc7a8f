"""`custodian mcp config` prints what each client reads, and what it prints starts the server."""

import base64
import json
import shlex
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner, Result
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters

from custodian_server.cli import cli, main
from custodian_server.connecting import CLIENTS

SECRET = "cust_never-to-be-shown"  # noqa: S105 - no hub has it
LOCAL = [key for key, client in CLIENTS.items() if not client.only_served]
SERVED = [key for key, client in CLIENTS.items() if not client.only_local]


def config(*words: str) -> Result:
    return CliRunner().invoke(cli, ["mcp", "config", *words])


def printed(*words: str) -> str:
    result = config(*words)
    assert result.exit_code == 0, result.output
    return result.stdout


def parsed(key: str, text: str) -> dict[str, Any]:
    """The server in a snippet, as its client reads it."""
    match CLIENTS[key].language:
        case "json":
            said = json.loads(text)
            section = "servers" if key == "vscode" else "mcpServers"
            found: dict[str, Any] = said[section]["custodian"]
        case "toml":
            found = tomllib.loads(text)["mcp_servers"]["custodian"]
        case _:
            words = shlex.split(text)
            command, *args = words[words.index("--") + 1 :] if "--" in words else words
            found = {"command": command, "args": args}
    return found


@pytest.mark.parametrize("key", LOCAL)
def test_a_local_server_is_told_with_its_choice_of_tools(key: str, env: dict[str, str]) -> None:
    said = parsed(key, printed(key, "--toolsets", "work,sync", "--read-only"))

    assert Path(said["command"]).name == "custodian-mcp"
    assert said["args"] == ["--toolsets=work,sync", "--read-only"]


@pytest.mark.parametrize("key", SERVED)
def test_no_snippet_holds_a_token(
    key: str, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODIAN_HUB_TOKEN", SECRET)
    monkeypatch.setenv("CUSTODIAN_DATABASE_URL", f"postgresql://ada:{SECRET}@db/hub")
    served, local = config(key, "--url", "https://hub.example/"), config(key)

    assert "https://hub.example/mcp" in served.stdout
    assert "custodian-token" in served.stdout or "CUSTODIAN_HUB_TOKEN" in served.stdout
    assert SECRET not in served.output + local.output
    if key in LOCAL:
        assert "CUSTODIAN_HUB_TOKEN is a secret and is left out" in local.stderr


@pytest.mark.parametrize("key", LOCAL)
def test_settings_of_this_shell_are_told_to_a_server_that_starts_elsewhere(
    key: str, env: dict[str, str]
) -> None:
    text = printed(key)

    assert env["CUSTODIAN_HOME"] in text
    if key != "claude-code":
        assert parsed(key, text)["env"] == {
            name: env[name] for name in ("CUSTODIAN_HOME", "CUSTODIAN_HOST", "CUSTODIAN_ROOTS")
        }


def test_a_hub_on_this_machine_asks_for_no_token(env: dict[str, str]) -> None:
    assert parsed("http", printed("http")) == {"type": "http", "url": "http://127.0.0.1:8000/mcp"}
    assert "Bearer" not in printed("vscode", "--url", "http://localhost:9000")
    assert "Bearer" in printed("vscode", "--url", "http://hub.example:9000")


def test_the_hub_of_the_settings_is_the_one_that_is_meant(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODIAN_HUB_URL", "https://hub.example/team/")

    assert "https://hub.example/team/mcp" in printed("cursor", "--http")


def test_a_link_holds_what_the_snippet_says(env: dict[str, str]) -> None:
    vscode = parse_qs(urlsplit(printed("vscode", "--link").strip()).query)
    cursor = parse_qs(urlsplit(printed("cursor", "--link").strip()).query)

    assert json.loads(vscode["config"][0]) == parsed("vscode", printed("vscode"))
    assert json.loads(base64.b64decode(cursor["config"][0])) == parsed("cursor", printed("cursor"))
    assert vscode["name"] == cursor["name"] == ["custodian"]


def test_options_may_stand_before_config_too(env: dict[str, str]) -> None:
    result = CliRunner().invoke(cli, ["mcp", "--read-only", "config", "codex"])

    assert parsed("codex", result.stdout)["args"] == ["--read-only"]


def test_json_says_the_same_in_an_envelope(env: dict[str, str]) -> None:
    told = json.loads(printed("codex", "--json"))
    known = json.loads(printed("--json"))

    assert told["kind"] == "mcp_config"
    assert told["data"]["snippet"] == printed("codex")
    assert [each["client"] for each in known["data"]] == list(CLIENTS)


def test_where_it_goes_is_not_mixed_with_what_a_program_reads(env: dict[str, str]) -> None:
    result = config("gemini")

    json.loads(result.stdout)
    assert "it goes into ~/.gemini/settings.json" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["cursr"], "there is no client 'cursr'; near it: cursor"),
        (["claude-desktop", "--http"], "print it without --http"),
        (["codex", "--link"], "there are links for vscode and cursor"),
        (["codex", "--http", "--read-only"], "a hub serves what its token may"),
        (["codex", "--toolsets", "wrok"], "toolset wrok: there are"),
        (["codex", "--url", "hub.example"], "write it as http"),
        (["codex", "--url", "https://ada:pw@hub.example"], "without a name or password"),
    ],
)
def test_what_cannot_be_told_is_refused_with_the_way_out(
    words: list[str],
    said: str,
    env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["custodian", "mcp", "config", *words])
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.anyio
async def test_what_is_printed_starts_the_server(
    env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a desktop would: in another folder, with nothing of this shell's settings."""
    monkeypatch.setattr(sys, "argv", [str(Path(sys.executable).with_name("custodian"))])
    said = parsed("claude-desktop", printed("claude-desktop", "--toolsets", "sync", "--read-only"))
    server = StdioServerParameters(
        command=said["command"], args=said["args"], env=said["env"], cwd=tmp_path
    )
    async with Client(server) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        answer = await client.call_tool("list_repos", {})

    assert "list_repos" in tools
    assert {"fix_consistency", "get_task"}.isdisjoint(tools)
    assert not answer.is_error
    assert (tmp_path / "home").exists(), "the hub that was named is the one that is used"
