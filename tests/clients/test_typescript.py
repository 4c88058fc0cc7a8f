"""The TypeScript SDK's clients, which most other clients are built of."""

import json
from pathlib import Path

import pytest

from custodian_server import mcp_app

from .conftest import HERE, SERVED, Machine

pytestmark = pytest.mark.clients


@pytest.mark.parametrize("transport", ["stdio", "http"])
@pytest.mark.parametrize("kind", ["sdk", "client"])
def test_a_client_of_each_sdk_lists_calls_and_hears_how_far_it_is(
    kind: str, transport: str, docs: Path, machine: Machine
) -> None:
    line = f"node {HERE / 'typescript.mjs'} {kind}"
    if transport == "http":
        with machine.serving("custodian serve --port 0") as url:
            told = json.loads(machine.say(f"{line} {url}/mcp"))
    else:
        told = json.loads(machine.say(line))

    assert told["instructions"] == mcp_app.INSTRUCTIONS
    assert told["tools"] == SERVED
    assert "dispatch" in told["prompts"]
    assert told["checked"]["structuredContent"]["repos"][0]["outcome"] == "ok"
    assert told["heard"] == [[1, 1]]
    assert told["refused"]["isError"] is True
    assert kind == "sdk" or told["version"] == "2026-07-28"
