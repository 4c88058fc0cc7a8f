"""The snapshot is made of what the real server answers, in both eras, with every tool."""

import json
from collections.abc import Callable, Sequence
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import anyio
from mcp.server import MCPServer
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

from custodian_core import __version__
from custodian_server.choosing import DEFAULT, Chosen, Toolset
from custodian_server.mcp_app import DECLARED, build
from custodian_tools.agent.desk import Desk

from .serving import Answers, Lines, low_level, serve
from .shapes import CAPABILITIES, VERSION
from .snapshot import MAKERS

LISTS = ("tools/list", "resources/list", "resources/templates/list", "prompts/list")
#: how long the server may take to say something
PATIENCE_S = 10
_CLIENT = {"name": "recorder", "version": "1"}


def recorded() -> str:
    """The text of the snapshot, as this code and these packages would have it."""
    return anyio.run(_recorded)


async def _recorded() -> str:
    server = build(Desk(Path("/")), Chosen(toolsets=frozenset(Toolset)))
    snapshot = {
        "custodian": __version__,
        "makers": {name: installed(name.replace("_", "-")) for name in MAKERS},
        "versions": list(HANDSHAKE_PROTOCOL_VERSIONS),
        "modern_versions": list(MODERN_PROTOCOL_VERSIONS),
        "tools": [
            {
                "name": name,
                "declared": declared.name,
                "toolset": declared.toolset,
                "writes": declared.writes,
                "default": declared.toolset in DEFAULT,
            }
            for declared in DECLARED
            for name in (declared.name, *declared.aliases)
        ],
        "handshake": _one([await _handshake(server, each) for each in HANDSHAKE_PROTOCOL_VERSIONS]),
        "modern": _one([await _modern(server, each) for each in MODERN_PROTOCOL_VERSIONS]),
    }
    return json.dumps(snapshot, indent=1, ensure_ascii=False) + "\n"


def _one(answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The answers of an era, whose versions all answer alike."""
    first = answers[0]
    if any(each != first for each in answers):
        raise AssertionError("versions of one era answer differently: record each of them")
    return first


async def _handshake(server: MCPServer, version: str) -> dict[str, Any]:
    shaking = {"protocolVersion": version, "capabilities": {}, "clientInfo": _CLIENT}
    told = await answers(server, [("initialize", shaking), *((name, {}) for name in LISTS)])
    if told["initialize"]["protocolVersion"] != version:
        raise AssertionError(f"the server does not speak {version}")
    return {**told, "initialize": {**told["initialize"], "protocolVersion": ""}}


async def _modern(server: MCPServer, version: str) -> dict[str, Any]:
    params: dict[str, Any] = {"_meta": {VERSION: version, CAPABILITIES: {}}}
    return await answers(server, [(name, params) for name in ("server/discover", *LISTS)])


async def answers(
    server: MCPServer, requests: Sequence[tuple[str, dict[str, Any]]]
) -> dict[str, Any]:
    """What the server answers to each request, by its method."""
    said: list[dict[str, Any]] = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        for number, (method, params) in enumerate(requests)
    ]

    def is_all(heard: list[dict[str, Any]]) -> bool:
        return len(heard) == len(said)

    heard = await conversation(server, [json.dumps(each).encode() for each in said], is_all)
    by_id = {each["id"]: each["result"] for each in heard}
    return {each["method"]: by_id[each["id"]] for each in said}


async def conversation(
    server: MCPServer, lines: Sequence[bytes], is_enough: Callable[[list[dict[str, Any]]], bool]
) -> list[dict[str, Any]]:
    """What the server says to those lines, until that is enough or nothing more comes."""
    heard: list[dict[str, Any]] = []
    done = anyio.Event()

    async def receive() -> bytes:
        with anyio.move_on_after(PATIENCE_S):
            await done.wait()
        return b""

    async def send(data: bytes) -> None:
        heard.append(json.loads(data))
        if is_enough(heard):
            done.set()

    low = low_level(server)
    async with low.lifespan(low) as state:
        await serve(server, Lines(receive, lines), Answers(send), state)
    return heard
