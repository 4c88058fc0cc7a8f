"""What the commands that speak to the hub share: the hub, opened when needed, and who asks."""

import os
import shlex
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from custodian_core.commands import Caller, Command
from custodian_core.ports import LIMIT, Hub
from custodian_core.records import Page
from custodian_core.settings import Settings, load

from .output import counted, echo_columns, echo_hint

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

agent_option = click.option(
    "--agent",
    metavar="NAME",
    envvar="CUSTODIAN_AGENT",
    show_envvar=True,
    required=True,
    help="Who works.",
)


@dataclass(frozen=True, slots=True)
class Desk:
    """The open hub, the settings it was found by, and who asks."""

    hub: Hub
    settings: Settings
    by: Caller

    def do(self, command: Command) -> Any:
        """Carry out the command and answer with the record it made or changed."""
        return self.hub.do(command, self.by)

    def slug(self, name: str) -> str:
        """The slug of the repo that a slug, or the path of a checkout, means."""
        from custodian_tools.hub import slug_of

        return slug_of(self.hub, name, self.settings.host)


@contextmanager
def opened(agent: str | None = None) -> Generator[Desk]:
    """The hub that the settings name, closed afterwards."""
    from custodian_core.hub import open_hub

    settings = load(os.environ, Path.cwd())
    by = Caller(agent or os.environ.get("CUSTODIAN_AGENT") or f"{_user()}@{settings.host}")
    hub = open_hub(settings)
    try:
        yield Desk(hub, settings, by)
    finally:
        hub.close()


def _user() -> str:
    from getpass import getuser

    try:
        return getuser()
    except (OSError, KeyError):  # a container may run under a number that nobody has named
        return f"uid-{os.getuid()}"


def paged(command: F) -> F:
    """The command takes `--limit` and `--after`."""
    limit = click.option(
        "--limit",
        type=click.IntRange(1, 1000),
        default=LIMIT,
        show_default=True,
        help="How many at most.",
    )
    after = click.option("--after", metavar="CURSOR", help="Go on after an earlier page.")
    return limit(after(command))


def echo_page(page: Page[T], row: Callable[[T], Sequence[str]], one: str, begin: str = "") -> None:
    """Print the items as rows, and how to see those that come after, or to `begin` with some."""
    echo_columns([row(item) for item in page.items])
    if page.cursor:
        more = f"go on with --after {shlex.quote(page.cursor)}"
        click.echo(f"{len(page.items)} of {counted(page.total, one)}; {more}")
    elif not page.items:
        click.echo(f"no {one}s")
        echo_hint(begin)
