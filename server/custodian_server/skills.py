"""Skills over MCP, as the draft extension SEP-2640 has it: listed, fetched, read as resources."""

from collections.abc import Sequence
from typing import Any

from mcp.server.extension import Extension, MethodBinding, ResourceBinding
from mcp.server.mcpserver.resources import TextResource
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, PaginatedRequestParams, RequestParams

from custodian_core.text import printable
from custodian_prompts import load
from custodian_tools.skills import Skill, skills

MARKDOWN = "text/markdown"
#: skills change with the version of Custodian, and with nothing else
CACHED: dict[str, Any] = {"ttlMs": 3_600_000, "cacheScope": "public"}


class SkillParams(RequestParams):
    """Which skill is asked for."""

    uri: str


class Skills(Extension):
    """The skills of Custodian. SEP-2640 is a draft: what is here may change with it."""

    identifier = "io.modelcontextprotocol/skills"

    def __init__(self) -> None:
        self._skills = {_uri(skill): skill for skill in skills(load)}

    def resources(self) -> Sequence[ResourceBinding]:
        """Each skill's file, to be read by its address."""
        return tuple(
            ResourceBinding(
                TextResource(
                    uri=uri,
                    name=skill.name,
                    description=skill.description,
                    mime_type=MARKDOWN,
                    text=skill.text,
                )
            )
            for uri, skill in self._skills.items()
        )

    def methods(self) -> Sequence[MethodBinding]:
        """The two questions of the extension."""
        return (
            MethodBinding("skills/list", PaginatedRequestParams, self._list),
            MethodBinding("skills/get", SkillParams, self._get),
        )

    async def _list(self, _ctx: Any, _params: PaginatedRequestParams) -> dict[str, Any]:
        entries = [_entry(uri, skill) for uri, skill in self._skills.items()]
        return {"skills": entries, **CACHED}

    async def _get(self, _ctx: Any, params: SkillParams) -> dict[str, Any]:
        skill = self._skills.get(params.uri)
        if skill is None:
            told = f"there is no skill {printable(params.uri, 200)}; skills/list tells of all"
            raise MCPError(INVALID_PARAMS, told, {"uri": printable(params.uri, 200)})
        return {"skill": _entry(params.uri, skill), **CACHED}


def _uri(skill: Skill) -> str:
    return f"skill://custodian/{skill.name}/SKILL.md"


def _entry(uri: str, skill: Skill) -> dict[str, Any]:
    return {
        "uri": uri,
        "frontmatter": {"name": skill.name, "description": skill.description},
        "resources": [{"uri": uri, "digest": skill.digest, "size": skill.size}],
    }
