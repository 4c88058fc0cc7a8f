"""Where the programs `custodian` and `custodian-mcp` begin: agents' clients wait for the second."""

import sys

from .flags import Flags, read

TYPE_CHECKING = False
if TYPE_CHECKING:  # (typing is slow to load)
    from typing import Never


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


def serve(flags: Flags) -> "Never":
    """A client is served over standard input and output, by the resident where there is one."""
    from . import pump

    resident = pump.meet(flags)
    if resident is not None:
        pump.run(resident)
    from .waiting import run

    run(flags)
