"""Where the programs `custodian` and `custodian-mcp` begin: agents' clients wait for the second."""

import sys

from .flags import Flags, read


def custodian() -> None:
    """Run `custodian`; its `mcp` does not wait for the command line to load."""
    if sys.argv[1:2] == ["mcp"]:
        flags = read(sys.argv[2:])
        if flags is not None:
            serve(flags)
    from custodian_server.cli import main

    main()


def custodian_mcp() -> None:
    """Run `custodian-mcp`, which is `custodian mcp`."""
    flags = read(sys.argv[1:])
    if flags is not None:
        serve(flags)
    from custodian_server.cli import mcp

    mcp()


def serve(flags: Flags) -> None:
    """A client is served over standard input and output; the program ends when it is gone."""
    from .waiting import run

    run(flags)
