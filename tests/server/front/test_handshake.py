"""Whatever is answered beforehand the server answers alike, whatever a client says."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st

from custodian_server.choosing import Chosen
from custodian_server.front.flags import Flags, read
from custodian_server.front.handshake import Handshake
from custodian_server.front.recording import conversation
from custodian_server.front.shapes import CAPABILITIES, CLIENT, VERSION
from custodian_server.front.snapshot import load
from custodian_server.mcp_app import build
from custodian_tools.agent.desk import Desk
from tests.server.front.clients import LISTS, handshake, lines, new_era, old_era

SERVER = build(Desk(Path("/")), Chosen())

oddities: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3) | st.just([])
)
objects = st.dictionaries(st.sampled_from(["a", "listChanged", "form"]), oddities, max_size=2)
capabilities = oddities | st.dictionaries(
    st.sampled_from(["roots", "sampling", "elicitation", "tasks", "extensions", "other"]),
    oddities | objects,
    max_size=2,
)
client = oddities | st.fixed_dictionaries(
    {"name": st.just("ada") | oddities, "version": st.just("1") | oddities},
    optional={"title": oddities, "icons": oddities | st.just([{"src": "x"}])},
)
versions = st.sampled_from(["2025-11-25", "2024-11-05", "2026-07-28", "1999-01-01"]) | oddities
metas = oddities | st.fixed_dictionaries(
    {},
    optional={
        VERSION: versions,
        CAPABILITIES: capabilities,
        CLIENT: client,
        "progressToken": oddities,
    },
)
params = oddities | st.fixed_dictionaries(
    {},
    optional={
        "protocolVersion": versions,
        "capabilities": capabilities,
        "clientInfo": client,
        "_meta": metas,
        "cursor": oddities,
    },
)
requests = st.fixed_dictionaries(
    {
        "jsonrpc": st.just("2.0") | oddities,
        "method": st.sampled_from(["initialize", "server/discover", *LISTS, "ping"]),
    },
    optional={"id": st.integers(10, 99) | oddities, "params": params, "more": oddities},
)
sane = st.sampled_from([handshake(), *old_era()[1:], *new_era()])
#: a client opens in one of the eras and goes on in it, in the other, or with nonsense
talks = st.tuples(
    st.sampled_from([handshake(), new_era()[0]]) | requests, st.lists(sane | requests, max_size=4)
)


def answered(said: Sequence[dict[str, Any]]) -> tuple[list[Any], Handshake]:
    front = Handshake(load(Flags(), {}))
    told = [front.hear(line) for line in lines(said)]
    return [json.loads(each) for each in told if each is not None], front


@settings(max_examples=100)
@given(talks)
def test_no_answer_is_given_that_the_server_does_not_give(
    talk: tuple[dict[str, Any], list[dict[str, Any]]],
) -> None:
    said = [talk[0], *talk[1]]
    told, _ = answered(said)

    def are_heard(heard: list[dict[str, Any]]) -> bool:
        return all(answer in heard for answer in told)

    assert not told or are_heard(anyio.run(conversation, SERVER, lines(said), are_heard))


def test_what_clients_ask_first_is_all_answered() -> None:
    for era in (old_era(), new_era()):
        told, front = answered(era)

        assert [each["id"] for each in told] == [each["id"] for each in era if "id" in each]
        assert front.owed == 0
        assert front.answered == told[0]["id"]


def test_the_server_hears_what_opened_the_connection_and_what_is_its_own() -> None:
    call = {"jsonrpc": "2.0", "id": 9, "method": "tools/call", "params": {"name": "x"}}
    _, front = answered([*old_era(), call])

    assert [json.loads(line)["method"] for line in front.held] == [
        "initialize",
        "notifications/initialized",
        "tools/call",
    ]
    assert front.owed == 1


def test_flags_are_read_as_the_command_line_reads_them() -> None:
    flags = read(["--toolsets", "work", "--tools=get_task", "--read-only"])
    assert flags
    assert flags.arguments() == ["--toolsets=work", "--tools=get_task", "--read-only"]


def test_what_is_no_flag_is_the_command_lines() -> None:
    for words in (["config"], ["--help"], ["--toolsets"], ["--tools", "--read-only"], ["-x"]):
        assert read(words) is None
