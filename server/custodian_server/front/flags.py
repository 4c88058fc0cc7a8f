"""The options of `custodian mcp`, read without the command line's library."""

# No dataclass here: what it imports takes longer than all that this program does until it answers.

VALUES = ("--toolsets", "--tools", "--exclude-tools")
SWITCH = "--read-only"


class Flags:
    """What was said of which tools are served; None where nothing was."""

    __slots__ = ("exclude_tools", "read_only", "tools", "toolsets")

    def __init__(
        self,
        toolsets: str | None = None,
        tools: str | None = None,
        exclude_tools: str | None = None,
        *,
        read_only: bool = False,
    ) -> None:
        self.toolsets = toolsets
        self.tools = tools
        self.exclude_tools = exclude_tools
        self.read_only = read_only

    def arguments(self) -> list[str]:
        """The flags as they are written on a command line."""
        said = zip(VALUES, (self.toolsets, self.tools, self.exclude_tools), strict=True)
        words = [f"{name}={value}" for name, value in said if value is not None]
        return [*words, SWITCH] if self.read_only else words


def read(arguments: list[str]) -> Flags | None:
    """What the arguments say; None where the command line has to look at them."""
    said: dict[str, str] = {}
    read_only = False
    rest = iter(arguments)
    for word in rest:
        name, equals, value = word.partition("=")
        if word == SWITCH:
            read_only = True
        elif name not in VALUES:
            return None
        elif equals:
            said[name] = value
        else:
            following = next(rest, None)
            # (the command line says what is missing)
            if following is None or following.startswith("-"):
                return None
            said[name] = following
    toolsets, tools, exclude_tools = (said.get(name) for name in VALUES)
    return Flags(toolsets, tools, exclude_tools, read_only=read_only)
