"""`custodian mcp`, and `custodian-mcp`."""

import click


@click.command(short_help="Serve Custodian's tools to an agent, over standard input and output.")
def mcp() -> None:
    """Serve Custodian's tools to an agent, over standard input and output.

    A client starts this; it ends when its standard input is closed.
    """
    from custodian_server.mcp_app import app

    app.run()
