"""Which tools a client is served: what flags and the environment say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from custodian_core.errors import BadValue


class Toolset(StrEnum):
    """Tools that go together."""

    WORK = "work"
    SYNC = "sync"
    INVENTORY = "inventory"
    SCHEDULE = "schedule"
    OPS = "ops"


#: what is served where nobody chose
DEFAULT = frozenset({Toolset.WORK, Toolset.SYNC, Toolset.INVENTORY})

#: what each choice is called in the environment
ENVIRONMENT = {
    "toolsets": "CUSTODIAN_TOOLSETS",
    "tools": "CUSTODIAN_TOOLS",
    "left_out": "CUSTODIAN_EXCLUDE_TOOLS",
    "read_only": "CUSTODIAN_READ_ONLY",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which tools are served; read-only beats what is left out, and that beats what is named."""

    toolsets: frozenset[str] = DEFAULT
    #: beside those of the toolsets
    tools: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()
    read_only: bool = False

    def has(self, name: str, toolset: str, *, writes: bool) -> bool:
        """Whether the tool is served."""
        if (self.read_only and writes) or name in self.left_out:
            return False
        return toolset in self.toolsets or name in self.tools


def chosen(
    env: Mapping[str, str],
    names: Iterable[str],
    toolsets: str | None = None,
    tools: str | None = None,
    exclude_tools: str | None = None,
    *,
    read_only: bool = False,
) -> Chosen:
    """What flags and environment choose of those tools; a flag beats its twin.

    A name that is not known is refused.
    """
    known = frozenset(names)
    sets = _listed(toolsets or env.get(ENVIRONMENT["toolsets"]), frozenset(Toolset), "toolset")
    switch = env.get(ENVIRONMENT["read_only"], "").lower()
    named = _listed(tools or env.get(ENVIRONMENT["tools"]), known, "tool")
    return Chosen(
        toolsets=sets or (frozenset() if named else DEFAULT),
        tools=named,
        left_out=_listed(exclude_tools or env.get(ENVIRONMENT["left_out"]), known, "tool"),
        read_only=read_only or switch in ("1", "true", "yes", "on"),
    )


def _listed(said: str | None, known: Iterable[str], kind: str) -> frozenset[str]:
    found = frozenset(name.strip() for name in (said or "").split(",") if name.strip())
    if unknown := sorted(found - set(known)):
        raise BadValue(f"{kind} {', '.join(unknown)}", f"there are {', '.join(sorted(known))}")
    return found
