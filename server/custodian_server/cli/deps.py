"""`custodian deps`: what a text says it depends on."""

from typing import BinaryIO

import click

from custodian_core.errors import BadValue

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
    """Say which issues the text of FILE, or of standard input, depends on.

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
