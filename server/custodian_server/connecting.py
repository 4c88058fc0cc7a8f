"""How each client comes to Custodian: one table of what it reads, and where that goes.

`custodian mcp config`, the lines that `custodian serve` prints, the documentation, and every
manifest that is shipped are made from it.
"""

import base64
import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

#: what clients call the server
NAME = "custodian"
PROGRAM = "custodian-mcp"
#: where a client finds the token for a hub; no snippet holds the token itself
TOKEN = "CUSTODIAN_HUB_TOKEN"  # noqa: S105 - its name

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Local:
    """A server that the client starts, and speaks with over standard input and output."""

    command: str = PROGRAM
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()

    def entry(self) -> Json:
        """What most clients read of it."""
        said: Json = {"command": self.command}
        if self.args:
            said["args"] = list(self.args)
        if self.env:
            said["env"] = dict(self.env)
        return said


@dataclass(frozen=True, slots=True)
class Served:
    """A hub that serves the tools over HTTP, to whoever shows a token where it asks for one."""

    url: str
    with_token: bool = True

    def headers(self, token: str) -> Json:
        """The header that shows the token, which stands where `token` says."""
        said = {"Authorization": f"Bearer {token}"}
        return {"headers": said} if self.with_token else {}


Way = Local | Served


@dataclass(frozen=True, slots=True)
class Client:
    """A program that agents live in, and how it is told of a server."""

    key: str
    title: str
    #: where the snippet goes, as the end of "it goes ..."
    place: str
    #: of the snippet: json, toml or sh
    language: str
    snippet: Callable[[Way], str]
    #: the file below docs/examples that shows it
    example: str = ""
    #: it is started by a desktop and so knows nothing of a shell's PATH
    desktop: bool = False
    #: what to do instead, where it cannot be told of a hub over HTTP
    only_local: str = ""
    only_served: bool = False
    #: an address that asks it to add the server
    link: Callable[[Way], str] | None = None


def _file(section: str, entry: Callable[[Way], Json]) -> Callable[[Way], str]:
    """How a client is told that reads JSON with servers by name."""
    return lambda way: _json({section: {NAME: entry(way)}})


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _plain(way: Way) -> Json:
    if isinstance(way, Local):
        return way.entry()
    return {"type": "http", "url": way.url, **way.headers(f"${{{TOKEN}}}")}


def _at_once(way: Way) -> Json:
    """Claude Code otherwise shows a model the names alone, and a pipeline pays a turn to search."""
    return {**_plain(way), "alwaysLoad": True}


def _cursor(way: Way) -> Json:
    if isinstance(way, Local):
        return way.entry()
    return {"url": way.url, **way.headers(f"${{env:{TOKEN}}}")}


def _gemini(way: Way) -> Json:
    if isinstance(way, Local):
        return way.entry()
    return {"httpUrl": way.url, **way.headers(f"${TOKEN}")}


#: VS Code asks for it once and keeps it
_ASKED = {
    "id": "custodian-token",
    "type": "promptString",
    "description": "Token of the State Hub",
    "password": True,
}


def _vscode(way: Way) -> Json:
    if isinstance(way, Local):
        return {"type": "stdio", **way.entry()}
    return {"type": "http", "url": way.url, **way.headers(f"${{input:{_ASKED['id']}}}")}


def _vscode_file(way: Way) -> str:
    asked = {"inputs": [_ASKED]} if isinstance(way, Served) and way.with_token else {}
    return _json({"servers": {NAME: _vscode(way)}, **asked})


def _vscode_link(way: Way) -> str:
    said = quote(json.dumps(_vscode(way), separators=(",", ":")), safe="")
    return f"https://insiders.vscode.dev/redirect/mcp/install?name={NAME}&config={said}"


def _cursor_link(way: Way) -> str:
    said = base64.b64encode(json.dumps(_cursor(way), separators=(",", ":")).encode()).decode()
    return f"https://cursor.com/en/install-mcp?name={NAME}&config={quote(said, safe='')}"


def _claude_command(way: Way) -> str:
    if isinstance(way, Local):
        settings = [word for name, value in way.env for word in ("-e", f"{name}={value}")]
        words = ["claude", "mcp", "add", NAME, *settings, "--", way.command, *way.args]
    else:
        words = ["claude", "mcp", "add", "--transport", "http", NAME, way.url]
        if way.with_token:
            words += ["--header", f"Authorization: Bearer ${{{TOKEN}}}"]
    return shlex.join(words) + "\n"


def _codex(way: Way) -> str:
    if isinstance(way, Served):
        said: Json = {"url": way.url}
        if way.with_token:
            said["bearer_token_env_var"] = TOKEN
    else:
        said = way.entry()
    rows = [f"{name} = {_toml(value)}" for name, value in said.items()]
    return "\n".join([f"[mcp_servers.{NAME}]", *rows, ""])


def _toml(value: str | list[str] | dict[str, str]) -> str:
    if isinstance(value, dict):
        rows = ", ".join(f"{name} = {_toml(each)}" for name, each in value.items())
        return f"{{ {rows} }}"
    # what JSON writes of text, and of lists of texts, is TOML too
    return json.dumps(value)


#: every client, the one that needs the least first
CLIENTS = {
    client.key: client
    for client in (
        Client(
            "claude-code",
            "Claude Code",
            "into a shell, in the repo it is for; `--scope user` after `add` is for every repo",
            "sh",
            _claude_command,
        ),
        Client(
            "project",
            "Claude Code, for all who open a repo",
            "into .mcp.json at the root of the repo, or into the file that --mcp-config names",
            "json",
            _file("mcpServers", _at_once),
            example="mcp.json",
        ),
        Client(
            "claude-desktop",
            "Claude Desktop",
            "into claude_desktop_config.json, which Settings > Developer > Edit Config opens",
            "json",
            _file("mcpServers", _plain),
            example="claude_desktop_config.json",
            desktop=True,
            only_local="its configuration names programs only; print it without --http, and set "
            "CUSTODIAN_HUB_URL in Custodian's config.toml",
        ),
        Client(
            "vscode",
            "VS Code",
            "into .vscode/mcp.json, or into the file that `MCP: Open User Configuration` opens",
            "json",
            _vscode_file,
            example="vscode-mcp.json",
            desktop=True,
            link=_vscode_link,
        ),
        Client(
            "cursor",
            "Cursor",
            "into .cursor/mcp.json of the repo, or ~/.cursor/mcp.json",
            "json",
            _file("mcpServers", _cursor),
            example="cursor-mcp.json",
            desktop=True,
            link=_cursor_link,
        ),
        Client(
            "codex",
            "Codex",
            "into ~/.codex/config.toml, or .codex/config.toml of a repo that it trusts",
            "toml",
            _codex,
            example="codex.toml",
        ),
        Client(
            "gemini",
            "Gemini CLI",
            "into ~/.gemini/settings.json, or .gemini/settings.json of the repo",
            "json",
            _file("mcpServers", _gemini),
            example="gemini-settings.json",
        ),
        Client(
            "http",
            "any other client, over HTTP",
            "where the client keeps its servers; most read this, or ask for its parts",
            "json",
            _file("mcpServers", _plain),
            only_served=True,
        ),
    )
}
