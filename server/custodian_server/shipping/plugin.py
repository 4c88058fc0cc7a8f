"""The plugin for Claude Code: the server, what an agent should know, commands, and one hook."""

from collections.abc import Iterator

from custodian_server.connecting import NAME, PROGRAM, Local
from custodian_tools.workplans import guide

from .facts import Facts
from .icon import png
from .manifests import plugin, text

#: the commands of the plugin, each a prompt: what it is for, and whether it takes a repo
COMMANDS = {
    "session_start": ("Begin a session in a repo in Custodian's care", True),
    "session_close": ("End a session so that file, hub and remote say the same", True),
    "answer_questions": ("Go through the open questions of agents with you", False),
    "triage_inventory": ("Sort the repos of this host and its forge with you", False),
    "plan_workplan": ("Write a workplan that Custodian can read", False),
}
HOOK = "hooks/in-step.sh"

README = """\
# Custodian for Claude Code

{description}.

The plugin brings the MCP server `custodian`, {skills} skills that say how to work in a repo in
Custodian's care, and the commands {commands}.
When Claude stops in a repo with a `workplans/` folder, a hook runs `custodian check --no-fetch` and
tells you, once for each state, where files and hub differ. It changes nothing, never keeps Claude
from stopping, and is silent where Custodian is not set up.

It needs `{program}` on the PATH: install the Python package `{package}`, for example with
`uv tool install {package}`. All in this folder but the hook's script is made by `make ship`.
"""


def files(facts: Facts) -> Iterator[tuple[str, bytes]]:
    """Each file of the plugin, by its path in the plugin's folder, but the hook's own script."""
    yield ".claude-plugin/plugin.json", text(plugin(facts)).encode()
    yield ".mcp.json", text({"mcpServers": {NAME: Local(PROGRAM).entry()}}).encode()
    for skill in facts.skills:
        yield f"skills/{skill.name}/SKILL.md", skill.text.encode()
    for name, (told, takes_repo) in COMMANDS.items():
        yield f"commands/{_slug(name)}.md", _command(facts, name, told, takes_repo)
    yield "hooks/hooks.json", text(_hooks()).encode()
    yield "README.md", _readme(facts).encode()
    yield "icon.png", png()


def _readme(facts: Facts) -> str:
    return README.format(
        description=facts.description,
        package=facts.package,
        program=PROGRAM,
        skills=len(facts.skills),
        commands=", ".join(f"`/{NAME}:{_slug(name)}`" for name in COMMANDS),
    )


def _slug(name: str) -> str:
    return name.replace("_", "-")


def _command(facts: Facts, name: str, told: str, takes_repo: bool) -> bytes:
    """A prompt that a person calls; models have the skills that say the same."""
    hint = "argument-hint: [repo]\n" if takes_repo else ""
    front = f"---\ndescription: {told}\n{hint}disable-model-invocation: true\n---\n"
    if name == "plan_workplan":
        return (front + guide(facts.load)).encode()
    return (front + facts.load(name).format(repo="$ARGUMENTS")).encode()


def _hooks() -> dict[str, object]:
    run = {"type": "command", "command": f'sh "${{CLAUDE_PLUGIN_ROOT}}/{HOOK}"', "timeout": 10}
    told = "Says where files and hub differ when Claude stops; it changes and blocks nothing"
    return {"description": told, "hooks": {"Stop": [{"hooks": [run]}]}}
