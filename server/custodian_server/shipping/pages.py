"""The generated parts of the documentation: the tools, the clients' snippets, and llms.txt."""

import re
from collections.abc import Iterator
from pathlib import Path

from custodian_server.choosing import DEFAULT, Toolset
from custodian_server.connecting import CLIENTS, PROGRAM, Client, Local, Served, Way

from .facts import REGISTERED, TITLE, Argument, Facts, ShippedTool

#: an example's hub
HUB = "https://hub.example/mcp"
_BLOCK = re.compile(r"(<!-- made: (\S+) -->\n).*?(<!-- /made -->)", re.DOTALL)

TOOLSETS = {
    Toolset.WORK: "what to do, claims, reports, questions",
    Toolset.SYNC: "files, hub and remote in step; repos in care",
    Toolset.INVENTORY: "what the forge has beside that",
    Toolset.SCHEDULE: "routines that repos ask for",
    Toolset.OPS: "what an ops repo keeps",
}


def filled(facts: Facts, page: str) -> str:
    """The page with each part anew that stands between `<!-- made: NAME -->` and its end."""
    return _BLOCK.sub(lambda found: f"{found[1]}{_made(facts, found[2])}{found[3]}", page)


def _made(facts: Facts, name: str) -> str:
    kind, _, rest = name.partition(":")
    if kind == "mcp-name":
        return f"<!-- mcp-name: {REGISTERED} -->\n"
    if kind == "tools":
        return "\n".join([*_table(facts), ""])
    if kind == "links":
        return _links()
    ways: dict[str, Way] = {"local": Local(PROGRAM), "http": Served(HUB)}
    client = CLIENTS[rest]
    return f"```{client.language}\n{client.snippet(ways[kind])}```\n"


def _links() -> str:
    linked = [each for each in CLIENTS.values() if each.link]
    return "\n".join(f"- [Add Custodian to {_link(each)}" for each in linked) + "\n"


def _link(client: Client) -> str:
    assert client.link  # noqa: S101 - asked before
    return f"{client.title}]({client.link(Local(PROGRAM))})"


def _table(facts: Facts) -> Iterator[str]:
    """A row for each set of tools."""
    yield "| tools for | that read | that write |"
    yield "| --- | --- | --- |"
    for toolset in _present(facts):
        mine = [each for each in facts.tools if each.toolset is toolset]
        read = ", ".join(f"`{each.name}`" for each in mine if not each.writes)
        written = ", ".join(f"`{each.name}`" for each in mine if each.writes)
        yield f"| **{toolset}**: {TOOLSETS[toolset]} | {read} | {written} |"


def _present(facts: Facts) -> list[Toolset]:
    return [set_ for set_ in Toolset if any(each.toolset is set_ for each in facts.tools)]


def tools_page(facts: Facts) -> str:
    """Every tool, what it takes and whether it writes."""
    lines = [_TOOLS_HEAD.format(program=PROGRAM).rstrip(), ""]
    for toolset in _present(facts):
        asked = "" if toolset in DEFAULT else " (on request)"
        lines += [f"## {toolset}{asked}", "", f"{TOOLSETS[toolset].capitalize()}.", ""]
        for tool in facts.tools:
            if tool.toolset is toolset:
                lines += [*_tool(tool), ""]
    return "\n".join(lines)


_TOOLS_HEAD = """\
# Tools

What agents can ask of `{program}`, and of `/mcp` of a hub. This page is made by `make ship` from
the tools' own schemas.

Every answer is structured: what was asked for, where it was looked for, and the next call where
there is one. A refusal says what happened, how things stand, and what to call instead. An argument
that a tool does not know is refused. Lists take `limit` and `cursor`, and are short unless
`response_format` is `detailed`.

`--toolsets`, `--tools`, `--exclude-tools` and `--read-only` choose, each with a twin in the
environment (`CUSTODIAN_TOOLSETS`, `CUSTODIAN_TOOLS`, `CUSTODIAN_EXCLUDE_TOOLS`,
`CUSTODIAN_READ_ONLY`): only to read beats what is left out, and that beats what is named.
"""


def _tool(tool: ShippedTool) -> Iterator[str]:
    yield f"### {tool.name}"
    yield ""
    yield f"*{tool.title}; {'writes' if tool.writes else 'reads'}.* {tool.description}"
    if tool.arguments:
        yield ""
        yield "| argument | takes | |"
        yield "| --- | --- | --- |"
        yield from map(_argument, tool.arguments)


def _argument(argument: Argument) -> str:
    name = f"**`{argument.name}`**" if argument.required else f"`{argument.name}`"
    told = [argument.description, f"default {argument.default}" if argument.default else ""]
    if argument.required:
        told.insert(0, "needed")
    said = "; ".join(each for each in told if each).replace("|", "\\|")
    return f"| {name} | {argument.kind} | {said} |"


def llms_txt(facts: Facts) -> str:
    """The documentation's contents for programs that read."""
    docs = facts.root / "docs"
    pages = [facts.root / "README.md", *sorted(docs.glob("*.md")), docs / "cli/README.md"]
    lines = [f"# {TITLE}", "", f"> {facts.description}.", "", "## Documentation", ""]
    return "\n".join([*lines, *(_contents(facts.root, page) for page in pages), ""])


def _contents(root: Path, page: Path) -> str:
    told = page.read_text()
    (heading,) = re.findall(r"\A(?:<!--.*?-->\s*)*# (.+)", told, re.DOTALL)[:1] or [page.stem]
    path = page.relative_to(root).as_posix()
    return f"- [{heading.splitlines()[0]}]({path})"
