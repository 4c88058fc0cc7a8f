"""The generated pages of the reference: commands, settings, and the routes of the hub's API."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from custodian_core.findings import CATALOGUE
from custodian_core.settings import NAMES, SECRET, load
from custodian_server.cli import ALIASES, COMMANDS, WITHIN, cli
from custodian_server.cli.codes import as_markdown
from custodian_server.hub_api.described import Described, grouped

#: as wide as the snapshots of the help
_WIDTH = 100


def reference() -> Iterator[tuple[str, str]]:
    """Each page by its path."""
    yield "docs/codes.md", as_markdown(list(CATALOGUE.values()))
    yield "docs/settings.md", settings_page()
    yield "docs/api.md", api_page()
    yield "docs/cli/README.md", commands_page()
    for name in COMMANDS:
        yield f"docs/cli/{name}.md", command_page(name)


_COMMANDS_HEAD = """\
# Commands

Every command of `custodian`, each with a page of its own. These pages are made by `make ship` from
the help that `--help` prints.

Exit codes are 0 for fine, 1 for findings that fail or a refusal, 2 for could not run; `dispatch`
and `run` also have 3, 4 and 5, which [the page about agents](../agents.md) explains. Every read
takes `--json` and answers `{"schema_version": 1, "kind": ..., "data": ..., "findings": [...]}`.
What is red or bold on a terminal is plain in a pipe, and with `NO_COLOR`.
"""


def commands_page() -> str:
    """The contents of all pages about commands."""
    rows = [_COMMANDS_HEAD, "| command | what it does |", "| --- | --- |"]
    for name, (_, line) in COMMANDS.items():
        below = ", ".join(" ".join(path[1:]) for path, _ in _commands((name,)) if len(path) > 1)
        rows.append(f"| [`{name}`]({name}.md){f': {below}' if below else ''} | {line} |")
    other = {**ALIASES, **{name: place.partition(":")[0] for name, place in WITHIN.items()}}
    named = ", ".join(f"`{name}` is of [{of}]({of}.md)" for name, of in sorted(other.items()))
    return "\n".join([*rows, "", f"Other names: {named}.", ""])


def command_page(name: str) -> str:
    """The help of a command, and of those within it."""
    lines = [f"# custodian {name}", ""]
    for path, told in _commands((name,)):
        if len(path) > 1:
            lines += [f"## {' '.join(path[1:])}", ""]
        lines += ["```text", told.rstrip(), "```", ""]
    return "\n".join([*lines, "[All commands](README.md)", ""])


def _commands(path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The command at the path with its help, then all within it."""
    # (a command keeps the first `--help` that it was shown with, so this must be the program's own)
    names: list[str] = list(cli.context_settings["help_option_names"])
    context = click.Context(
        cli, info_name="custodian", terminal_width=_WIDTH, help_option_names=names
    )
    command: click.Command = cli
    for name in path:
        assert isinstance(command, click.Group)  # noqa: S101 - the path was walked down to here
        found = command.get_command(context, name)
        assert found  # noqa: S101 - its group has just told of it
        command, context = found, click.Context(found, context, name, terminal_width=_WIDTH)
    yield path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            yield from _commands((*path, name))


_SETTINGS_HEAD = """\
# Settings

The environment comes first, then a `.env` in the folder, then `~/.config/custodian/config.toml`
(or below `XDG_CONFIG_HOME`), where the names are written small: `custodian_hub_url = "..."`. A name
that nobody knows is refused; of the environment, one that is like a setting's. `custodian settings`
shows each value and where it came from, with secrets masked. This page is made by `make ship`.

| setting | what it is | unless set |
| --- | --- | --- |
"""
_SETTINGS_TAIL = """
A **secret** is best kept in `config.toml`, readable by you alone; timers and service files refuse
one that is only in the environment.

Beside these, only in the environment: `CUSTODIAN_AGENT` names who works, in place of `--agent`;
`CUSTODIAN_SYNC_HOOK=off` silences the hooks; `CUSTODIAN_TOOLSETS`, `CUSTODIAN_TOOLS`,
`CUSTODIAN_EXCLUDE_TOOLS` and `CUSTODIAN_READ_ONLY` choose what `custodian-mcp` serves; `NO_COLOR`
takes colours away.
"""


def settings_page() -> str:
    """Every setting, what it is and what holds unless it is set."""
    home = {"XDG_DATA_HOME": "~/.local/share", "XDG_CONFIG_HOME": "/nonexistent"}
    values = load(home, Path("/nonexistent")).values
    values["CUSTODIAN_HOME"] = values["CUSTODIAN_HOME"].replace(str(Path.home()), "~")
    unless = {name: f"`{value}`" for name, value in values.items()}
    unless["CUSTODIAN_HOST"] = "the machine's name"
    rows = (f"| `{name}` | {_meaning(name)} | {unless.get(name, '')} |\n" for name in NAMES)
    return f"{_SETTINGS_HEAD}{''.join(rows)}{_SETTINGS_TAIL}"


def _meaning(name: str) -> str:
    told = NAMES[name].replace("<", "\\<")
    return f"{told}, **secret**" if name in SECRET else told


_API_HEAD = """\
# The hub's HTTP API

What `custodian serve` answers, beside its pages in the browser and the MCP server at `/mcp`. A hub
tells the same at `/docs`, and all of it as OpenAPI at `/openapi.json`. This page is made by
`make ship` from that description.

- Bodies and answers are JSON. Every path answers with and without a slash at its end. Lists of
  which there may be many take `after` and `limit`.
- Off loopback a token goes into the header `Authorization: Bearer ...`; `custodian token create`
  makes one. Its scope is `read`, `work` or `admin`, and each has what stands before it.
- A write may carry an `Idempotency-Key`: said again with the same key, it gets the first answer.
- A task is named by its key or id, a repo by its slug. `X-Custodian-Hub` of each answer is the
  hub's id; sent with a request, no other hub carries that out.
- Every error is `{"error": {"code", "message", "details"}}`, with one of these statuses:

"""


def api_page() -> str:
    """Every route of the API by its group."""
    from custodian_server.hub_api.errors import MEANING

    lines = [_API_HEAD + "| status | what it means |", "| --- | --- |"]
    lines += [f"| {code} | {told} |" for code, told in MEANING.items()]
    for group, routes in grouped(description()).items():
        lines += ["", f"## {group}", "", "| route | what it does | it takes | scope |"]
        lines += ["| --- | --- | --- | --- |", *map(_route, routes)]
    return "\n".join([*lines, "", "In bold: what must be there.", ""])


def _route(route: Described) -> str:
    query = [f"`?{name}`" for name in route.query]
    body = [f"**`{name}`**" if name in route.required else f"`{name}`" for name in route.fields]
    taken = " ".join([*query, *body])
    return (
        f"| `{route.method} {route.path}` | {route.summary} | {taken} | {route.scope or 'none'} |"
    )


def description() -> dict[str, object]:
    """The OpenAPI description, of a hub that is made for it and thrown away."""
    from custodian_core.hub import open_store
    from custodian_server.hub_api import create_app

    with TemporaryDirectory() as folder:
        settings = load({"CUSTODIAN_HOME": folder}, Path(folder))
        store = open_store(settings)
        try:
            return create_app(store, settings=settings, loopback=True).openapi()
        finally:
            store.close()
