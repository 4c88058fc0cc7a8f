"""What the real server answers a client's first questions with, as it was recorded from it."""

import json
import os
import sys
from collections.abc import Mapping

from custodian_core import __version__

from .flags import Flags
from .shapes import is_array

FILE = os.path.join(os.path.dirname(__file__), "snapshot.json")  # noqa: PTH118, PTH120

#: the packages that make the answers: another version of one may answer otherwise
MAKERS = ("mcp", "mcp_types", "pydantic")

#: the one answer that differs by which tools are served
TOOLS = "tools/list"

#: what chooses tools in the environment, beside the flags
_TWINS = (
    "CUSTODIAN_TOOLSETS",
    "CUSTODIAN_TOOLS",
    "CUSTODIAN_EXCLUDE_TOOLS",
    "CUSTODIAN_READ_ONLY",
)

Answers = dict[str, dict[str, object]]


class Snapshot:
    """The answers of both eras for one choice of tools."""

    __slots__ = ("handshake", "modern", "modern_versions", "versions")

    def __init__(
        self, handshake: Answers, modern: Answers, versions: list[str], modern_versions: list[str]
    ) -> None:
        #: the answers to clients that shake hands, and to those that tell all with each request
        self.handshake, self.modern = handshake, modern
        #: the protocol's versions of both, the newest last
        self.versions, self.modern_versions = versions, modern_versions


def load(flags: Flags, env: Mapping[str, str]) -> Snapshot | None:
    """The answers for that choice; None where the server itself must be asked.

    What cannot be chosen is a `BadValue`, as the server would have it.
    """
    try:
        with open(FILE, encoding="utf-8") as file:  # noqa: PTH123 - pathlib is slow to load
            said = json.load(file)
        if said["custodian"] != __version__ or not _made_by(said["makers"]):
            return None
        served = _served(said["tools"], flags, env)
        return Snapshot(
            _chosen(said["handshake"], served),
            _chosen(said["modern"], served),
            said["versions"],
            said["modern_versions"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None  # whatever is wrong with the file, the server itself can answer


def _made_by(makers: dict[str, str]) -> bool:
    """Whether those versions are the ones that would be imported here."""
    return makers.keys() == set(MAKERS) and all(_is_here(*each) for each in makers.items())


def _is_here(package: str, version: str) -> bool:
    # (importlib.metadata says the same, and takes longer than all the rest)
    for folder in sys.path:
        if os.path.isdir(os.path.join(folder, package)):  # noqa: PTH112, PTH118
            return os.path.isdir(os.path.join(folder, f"{package}-{version}.dist-info"))  # noqa: PTH112, PTH118
    return False


def _served(
    tools: list[dict[str, object]], flags: Flags, env: Mapping[str, str]
) -> frozenset[object]:
    """The names of the tools that were chosen."""
    if not flags.arguments() and not any(env.get(name) for name in _TWINS):
        return frozenset(tool["name"] for tool in tools if tool["default"])
    from custodian_server.choosing import chosen

    declared = [str(tool["declared"]) for tool in tools]
    choice = chosen(
        env,
        declared,
        flags.toolsets,
        flags.tools,
        flags.exclude_tools,
        read_only=flags.read_only,
    )
    return frozenset(
        tool["name"]
        for tool, name in zip(tools, declared, strict=True)
        if choice.has(name, str(tool["toolset"]), writes=bool(tool["writes"]))
    )


def _chosen(answers: Answers, served: frozenset[object]) -> Answers:
    all_ = answers[TOOLS]
    tools = all_["tools"]
    assert is_array(tools)  # noqa: S101 - it was recorded so
    kept = [tool for tool in tools if tool["name"] in served]
    return {**answers, TOOLS: {**all_, "tools": kept}}
