"""What the commands that work in checkouts share: which are meant, and what they are to start."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from custodian_core.errors import FileTrouble

from .hub import Desk

if TYPE_CHECKING:
    from custodian_tools.checkouts import Target

F = TypeVar("F", bound=Callable[..., Any])


def repos(command: F) -> F:
    """The command takes REPO..., or `--all`."""
    names = click.argument("repo", nargs=-1, metavar="[REPO]...")
    everywhere = click.option(
        "--all", "all_", is_flag=True, help="Every repo with a checkout on this host."
    )
    return names(everywhere(command))


def chosen(
    desk: Desk, names: tuple[str, ...], *, all_: bool, known: bool = True, idle: bool = True
) -> "tuple[Target, ...]":
    """The checkouts that were named, or this folder's.

    `known` refuses those that no repo is registered with; `idle` takes archived repos too.
    """
    from custodian_tools.checkouts import all_here, named, registered

    if all_ and names:
        raise click.UsageError("say REPO or --all, not both")
    if all_:
        return all_here(desk.hub, desk.settings, idle=idle)
    found = named(desk.hub, desk.settings, names or (".",))
    return tuple(map(registered, found)) if known else found


def program() -> str:
    """The path of this `custodian`, as hooks and timers are to start it."""
    from shutil import which

    from . import beside

    path = beside("custodian")
    found = path if os.path.isabs(path) else which(path)  # noqa: PTH117 - pathlib is slow to load
    if found is None:
        reason = "it is not on PATH, so nothing could start it; install custodian-mcp there"
        raise FileTrouble("custodian", reason)
    return os.path.abspath(found)  # noqa: PTH100 - links stay, an upgrade moves what they lead to
