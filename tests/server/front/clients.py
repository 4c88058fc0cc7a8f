"""What clients of both eras say, and programs that are spoken to over their standard streams."""

import json
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from custodian_server.front.shapes import CAPABILITIES, CLIENT, VERSION

CUSTODIAN = Path(sys.executable).with_name("custodian")
FRONT = Path(sys.executable).with_name("custodian-mcp")
#: the server with nothing before it, as the SDK itself would run it
BARE = (
    "import os; from custodian_server.choosing import chosen;"
    " from custodian_server.mcp_app import TOOL_NAMES, build;"
    " build(choice=chosen(os.environ, TOOL_NAMES)).run()"
)
ADA = {"name": "ada", "title": "Ada", "version": "1"}
LISTS = ("tools/list", "resources/list", "resources/templates/list", "prompts/list")

Message = dict[str, Any]


def asked(number: int | str, method: str, **params: Any) -> Message:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def told(method: str, **params: Any) -> Message:
    return {"jsonrpc": "2.0", "method": method, "params": params}


def handshake(version: str = "2025-11-25", **capabilities: Any) -> Message:
    return asked(
        0, "initialize", protocolVersion=version, capabilities=capabilities, clientInfo=ADA
    )


def envelope(version: str = "2026-07-28", **more: Any) -> Message:
    return {"_meta": {VERSION: version, CAPABILITIES: {}, CLIENT: ADA, **more}}


def old_era(version: str = "2025-11-25") -> list[Message]:
    lists = [asked(number, method) for number, method in enumerate(LISTS, 1)]
    return [
        handshake(version, roots={"listChanged": True}),
        told("notifications/initialized"),
        *lists,
    ]


def new_era() -> list[Message]:
    methods = ("server/discover", *LISTS)
    return [asked(f"r{number}", method, **envelope()) for number, method in enumerate(methods)]


def lines(messages: Sequence[Message]) -> list[bytes]:
    return [json.dumps(message).encode() + b"\n" for message in messages]


class Spoken:
    """A program that is spoken to."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        assert process.stdin
        assert process.stdout
        self.input: BinaryIO = process.stdin  # type: ignore[assignment]
        self.output: BinaryIO = process.stdout  # type: ignore[assignment]

    def say(self, *messages: Message) -> None:
        self.input.write(b"".join(lines(messages)))
        self.input.flush()

    def hear(self) -> Message:
        said: Message = json.loads(self.output.readline())
        return said

    def answers(self, messages: Sequence[Message]) -> dict[Any, Message]:
        """What is answered to each, by id."""
        self.say(*messages)
        wanted = {message["id"] for message in messages if "id" in message}
        found: dict[Any, Message] = {}
        while wanted - found.keys():
            said = self.hear()
            found[said.get("id")] = said
        return found

    def call(self, number: int, tool: str, **arguments: Any) -> Message:
        request = asked(number, "tools/call", name=tool, arguments=arguments)
        answer = self.answers([request])[number]
        result: Message = answer["result"]
        return result


@contextmanager
def running(command: Sequence[str | Path], folder: Path, env: dict[str, str]) -> Generator[Spoken]:
    with subprocess.Popen(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # what could not be said to a program that ended is not said again at its end
    ) as process:
        try:
            yield Spoken(process)
        finally:
            process.kill()
