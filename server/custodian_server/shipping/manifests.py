"""The manifests of the registry, of bundles, of Gemini and of Claude's plugins."""

import json
from typing import Any

from custodian_core.settings import NAMES, SECRET
from custodian_server.choosing import DEFAULT, ENVIRONMENT
from custodian_server.connecting import NAME, PROGRAM, Local

from .facts import REGISTERED, TITLE, Facts

REGISTRY_SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
#: of the settings, what someone may want to set who only installs the server
OFFERED = (
    "CUSTODIAN_HUB_URL",
    "CUSTODIAN_HUB_TOKEN",
    "CUSTODIAN_DATABASE_URL",
    "CUSTODIAN_ROOTS",
    "GITEA_URL",
    "GITEA_TOKEN",
)

Json = dict[str, Any]


def text(value: object) -> str:
    """The value as a file."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def server_json(facts: Facts) -> Json:
    """What the MCP registry reads."""
    choices = (
        (ENVIRONMENT["toolsets"], "Which tools are served: work, sync, inventory, schedule, ops"),
        (ENVIRONMENT["read_only"], "1: only tools that change nothing"),
    )
    offered = [_variable(name, NAMES[name], secret=name in SECRET) for name in OFFERED]
    package = {
        "registryType": "pypi",
        "identifier": facts.package,
        "version": facts.version,
        "runtimeHint": "uvx",
        "transport": {"type": "stdio"},
        "environmentVariables": offered + [_variable(name, told) for name, told in choices],
    }
    return {
        "$schema": REGISTRY_SCHEMA,
        "name": REGISTERED,
        "title": TITLE,
        "description": facts.description,
        "version": facts.semantic_version,
        "packages": [package],
    }


def _variable(name: str, told: str, *, secret: bool = False) -> Json:
    said = {"name": name, "description": told[0].upper() + told[1:], "format": "string"}
    return {**said, "isSecret": True} if secret else said


#: the settings of a bundle, by the field of the form that its host shows
_FORM: dict[str, tuple[str, Json]] = {
    "hub_url": (
        "CUSTODIAN_HUB_URL",
        {"type": "string", "title": "State Hub", "default": ""},
    ),
    "hub_token": (
        "CUSTODIAN_HUB_TOKEN",
        {"type": "string", "title": "Token of the hub", "default": "", "sensitive": True},
    ),
    "roots": (
        "CUSTODIAN_ROOTS",
        {"type": "directory", "title": "Where checkouts live", "default": "${HOME}"},
    ),
    "read_only": (
        ENVIRONMENT["read_only"],
        {"type": "boolean", "title": "Only read", "default": False},
    ),
}
_TOLD = {**NAMES, ENVIRONMENT["read_only"]: "serve only tools that change nothing"}

#: the file of a bundle that starts the server
START = "start.py"


def bundle_manifest(facts: Facts) -> Json:
    """What a host of bundles reads: it installs the bundle's own source with uv, and starts it."""
    env = {name: f"${{user_config.{field}}}" for field, (name, _) in _FORM.items()}
    folder = "${__dirname}"
    return {
        "manifest_version": "0.4",
        "name": NAME,
        "display_name": TITLE,
        "version": facts.semantic_version,
        "description": facts.description,
        "author": {"name": facts.authors},
        "license": "MIT",
        "keywords": list(facts.keywords),
        "icon": "icon.png",
        "server": {
            "type": "uv",
            "entry_point": START,
            "mcp_config": {
                "command": "uv",
                "args": ["run", "--directory", folder, "--no-dev", START],
                "env": env,
            },
        },
        "tools": [
            {"name": each.name, "description": each.description}
            for each in facts.tools
            if each.toolset in DEFAULT
        ],
        "prompts_generated": True,
        "user_config": {field: _field(name, said) for field, (name, said) in _FORM.items()},
        "compatibility": {"platforms": ["darwin", "linux"], "runtimes": {"python": ">=3.11"}},
    }


def _field(name: str, said: Json) -> Json:
    told = _TOLD[name]
    return {**said, "description": told[0].upper() + told[1:], "required": False}


def gemini_extension(facts: Facts) -> Json:
    """What Gemini CLI reads at the root of a repo that is an extension."""
    return {
        "name": NAME,
        "version": facts.semantic_version,
        "description": facts.description,
        "mcpServers": {NAME: Local(PROGRAM).entry()},
    }


def plugin(facts: Facts) -> Json:
    """What Claude Code reads of a plugin."""
    return {
        "name": NAME,
        "displayName": TITLE,
        "version": facts.semantic_version,
        "description": facts.description,
        "author": {"name": facts.authors},
        "license": "MIT",
        "keywords": list(facts.keywords),
    }


def marketplace(facts: Facts, source: str) -> Json:
    """What Claude Code reads of a repo that offers plugins; `source` is the plugin's folder."""
    return {
        "name": NAME,
        "owner": {"name": facts.authors},
        "description": facts.description,
        "plugins": [{"name": NAME, "source": source, "description": facts.description}],
    }
