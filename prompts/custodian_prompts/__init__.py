"""Markdown prompts: one source for the CLI, the MCP server and the wheel."""

from importlib import resources


def load(name: str) -> str:
    """The text of the prompt with that name."""
    return resources.files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8")
