"""What the shipped files are made from, read from a checkout of this project."""

import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custodian_core import __version__
from custodian_core.errors import FileTrouble
from custodian_server.choosing import Toolset
from custodian_tools.skills import Skill, skills

#: what the registry calls the server; its first half is a name that the publisher owns
REGISTERED = "io.github.custodian-mcp/custodian"
TITLE = "Custodian"
_STAGES = {"a": "alpha", "b": "beta", "rc": "rc"}


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a tool, as its schema tells it."""

    name: str
    kind: str
    required: bool
    default: str
    description: str


@dataclass(frozen=True, slots=True)
class ShippedTool:
    """A tool as its snapshot tells it, and the set that it belongs to."""

    name: str
    title: str
    description: str
    toolset: Toolset
    writes: bool
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the shipped files say."""

    root: Path
    #: what pip installs
    package: str
    version: str
    description: str
    #: whom manifests name
    authors: str
    keywords: tuple[str, ...]
    tools: tuple[ShippedTool, ...]
    skills: tuple[Skill, ...]
    #: the text of a prompt
    load: Callable[[str], str]

    @property
    def semantic_version(self) -> str:
        """The version as those spell it who read semantic versions: 1.0.0rc1 is 1.0.0-rc.1."""
        stage = re.compile(r"(?<=\d)(a|b|rc)(?=\d)")
        return stage.sub(lambda found: f"-{_STAGES[found[1]]}.", self.version)


def read(root: Path, load: Callable[[str], str]) -> Facts:
    """The facts of the checkout at `root`."""
    from custodian_server.mcp_app import DECLARED

    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    return Facts(
        root=root,
        package=project["name"],
        version=__version__,
        description=project["description"],
        authors=", ".join(author["name"] for author in project["authors"]),
        keywords=tuple(project["keywords"]),
        tools=tuple(_tool(root, each.name, each.toolset) for each in DECLARED),
        skills=skills(load),
        load=load,
    )


def _tool(root: Path, name: str, toolset: Toolset) -> ShippedTool:
    file = root / f"tests/snapshots/tools/{name}.json"
    try:
        said = json.loads(file.read_text())
    except FileNotFoundError as error:
        renew = "python -m pytest tests/server/test_mcp.py --update-snapshots"
        raise FileTrouble(str(file), f"the tool has no snapshot yet; run {renew}") from error
    schema = said["input_schema"]
    required = schema.get("required", ())
    found = schema.get("properties", {}).items()
    return ShippedTool(
        name=name,
        title=said["title"],
        description=" ".join(said["description"].split()),
        toolset=toolset,
        writes=not said["annotations"]["read_only_hint"],
        arguments=tuple(_argument(key, value, key in required) for key, value in found),
    )


def _argument(name: str, said: dict[str, Any], required: bool) -> Argument:
    default = json.dumps(said["default"], ensure_ascii=False) if "default" in said else ""
    return Argument(name, _kind(said), required, default, said.get("description", ""))


def _kind(said: dict[str, Any]) -> str:
    """The type in a word or two, with the values or bounds that it has."""
    if "enum" in said:
        return ", ".join(map(str, said["enum"]))
    if "anyOf" in said:
        return " or ".join(map(_kind, said["anyOf"]))
    if said.get("type") == "array":
        return f"list of {_kind(said.get('items', {}))}"
    least, most = said.get("minimum"), said.get("maximum")
    bounds = f" {least} to {most}" if least is not None and most is not None else ""
    return f"{said.get('type', 'any')}{bounds}"
