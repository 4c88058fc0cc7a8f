"""`custodian deps`: what a text says it depends on, and what comes next by that."""

from typing import BinaryIO

import click

from custodian_core.codec import to_json
from custodian_core.errors import BadValue
from custodian_core.text import printable

from .hub import opened
from .output import Group, as_json, echo_columns, echo_json, errors_as_json

#: how large a text may be
LARGEST = 1024 * 1024


@click.group(cls=Group, short_help="Say what the body of an issue or task depends on.")
def deps() -> None:
    """Say what the body of an issue or task depends on."""


@deps.command()
@click.argument("file", type=click.File("rb"), default="-")
@as_json
@errors_as_json
def parse(file: BinaryIO, json_: bool) -> None:
    """Say which issues and tasks the text of FILE, or of standard input, depends on.

    A section headed Dependencies, Depends on or Blocked by names them, and so does a clause with
    `depends on` or `blocked by`; fences, code and struck-out text say nothing.
    """
    from custodian_tools.ops.deps import parse as tool

    data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise BadValue("text", f"it is larger than {LARGEST // 1024} KiB")
    told = tool(data.decode(errors="replace"))
    if json_:
        echo_json("dependencies", told)
    elif told["found"]:
        echo_columns([(each["ref"], f"line {each['line']}", each["via"]) for each in told["found"]])
    else:
        click.echo("it depends on nothing")


@deps.command("next")
@click.argument("repo", metavar="OWNER/NAME")
@click.option("--label", default="backlog", show_default=True, help="Only issues with it.")
@as_json
@errors_as_json
def next_(repo: str, label: str, json_: bool) -> None:
    """Say which issue of OWNER/NAME on the forge comes next, and what the others wait for.

    What can be begun comes first, by priority and number. What nobody could say to be closed, as an
    issue of another repo, is waited for.
    """
    from custodian_core.forge.client import open_forge
    from custodian_tools.ops.deps import backlog

    with opened() as desk, open_forge(desk.settings) as forge:
        told = backlog(forge, repo, label)
    if json_:
        echo_json("backlog", to_json(told))
        return
    rows = [(f"#{each.number}", "ready", printable(each.title)) for each in told.ready]
    for each in told.waiting:
        first = f"; do #{each.suggestion} first" if each.suggestion else ""
        waits = f"waits for {', '.join(each.waits_for)}{first}"
        rows.append((f"#{each.number}", waits, printable(each.title)))
    if rows:
        echo_columns(rows)
    else:
        click.echo(f"no open issue of {printable(repo)} has the label {printable(label)}")
