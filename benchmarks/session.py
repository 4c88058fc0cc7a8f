"""An MCP server over its standard streams, asked as a client asks it, and what it has used."""

import itertools
import json
import subprocess
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from harness import CannotMeasure

ADA = {"name": "ada", "version": "1"}
HELLO: dict[str, Any] = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": ADA,
}
_REFUSED = {"code": -32601, "message": "this client has no such method"}


class Session:
    """One server that is asked; what it says of itself and asks for meanwhile is passed over."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin
        assert process.stdout
        self._process = process
        self._input: IO[bytes] = process.stdin
        self._output: IO[bytes] = process.stdout
        self._numbers = itertools.count()

    def ask(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one request."""
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": params})
        while (told := self._next()).get("id") != number or "method" in told:
            if "method" in told and "id" in told:
                self._send({"id": told["id"], "error": _REFUSED})
        if method == "initialize":
            self._send({"method": "notifications/initialized"})
        return told

    def call(self, tool: str, arguments: Mapping[str, Any]) -> tuple[str, bool]:
        """What a model reads of a tool's answer, and whether the tool did as it was told."""
        answer = self.ask("tools/call", {"name": tool, "arguments": arguments})
        result = answer.get("result")
        if result is None:
            return str(answer.get("error")), False
        if (structured := result.get("structuredContent")) is not None:
            return json.dumps(structured, separators=(",", ":")), not result.get("isError")
        texts = [part.get("text", "") for part in result["content"]]
        return "\n".join(texts), not result.get("isError")

    def cpu_ms(self) -> float:
        """The CPU time of the server so far, all its threads together."""
        # (Linux tells any process's clock under a number that is made of its own)
        return time.clock_gettime((~self._process.pid << 3) | 2) * 1000

    def _send(self, message: Mapping[str, Any]) -> None:
        self._input.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self._input.flush()

    def _next(self) -> dict[str, Any]:
        while line := self._output.readline():
            if line.startswith(b"{"):  # some peers print other things, too
                told: dict[str, Any] = json.loads(line)
                return told
        raise CannotMeasure("the server ended while it was asked")


@contextmanager
def spoken(command: list[str], folder: Path, env: dict[str, str]) -> Generator[Session]:
    """A server while it is asked."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin
        try:
            yield Session(process)
        finally:
            process.stdin.close()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
