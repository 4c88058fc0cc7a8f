"""`custodian mcp`, and `custodian-mcp`."""

import click

from .mcp_config import config
from .output import Group


@click.group(
    cls=Group,
    invoke_without_command=True,
    short_help="Serve Custodian's tools to an agent, over standard input and output.",
)
@click.option(
    "--toolsets",
    metavar="SETS",
    help="Of work, sync, inventory, schedule, ops; with commas. [the first three]",
)
@click.option("--tools", metavar="NAMES", help="Single tools, beside those of --toolsets.")
@click.option("--exclude-tools", metavar="NAMES", help="Tools to leave out.")
@click.option("--read-only", is_flag=True, help="Only tools that change nothing.")
@click.pass_context
def mcp(
    context: click.Context,
    toolsets: str | None,
    tools: str | None,
    exclude_tools: str | None,
    read_only: bool,
) -> None:
    """Serve Custodian's tools to an agent, over standard input and output.

    A client starts this; it ends when its standard input is closed. --read-only beats
    --exclude-tools, which beats --tools and --toolsets. CUSTODIAN_TOOLSETS, CUSTODIAN_TOOLS,
    CUSTODIAN_EXCLUDE_TOOLS and CUSTODIAN_READ_ONLY say the same.
    """
    if context.invoked_subcommand:
        return
    from custodian_server.front.entry import serve
    from custodian_server.front.flags import Flags

    serve(Flags(toolsets, tools, exclude_tools, read_only=read_only))


mcp.add_command(config)
