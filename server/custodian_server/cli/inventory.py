"""`custodian inventory`: what is on the forge beside what is in the hub, and taking repos in."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from custodian_core.codec import now
from custodian_core.errors import CustodianError, ForgeUnreachable, HubTrouble, Refused
from custodian_core.records import LeftOut, Repo
from custodian_core.text import printable

from .hub import Desk, opened
from .output import Group, as_json, echo_hint, echo_json, errors_as_json
from .webhooks import webhooks

if TYPE_CHECKING:
    from custodian_core.ports import Forge
    from custodian_tools.inventory import Tell
    from custodian_tools.onboarding import TakenIn

T = TypeVar("T")


@click.group(cls=Group, short_help="Compare hub and forge, and take in what is missing.")
def inventory() -> None:
    """Compare hub and forge, and take in what is missing."""


inventory.add_command(webhooks)


@inventory.command()
@click.option("--org", "orgs", multiple=True, metavar="NAME", help="Only this organization's.")
@click.option("--user", is_flag=True, help="Beside them, all that the token's owner may see.")
@click.option(
    "--within",
    metavar="SECONDS",
    type=click.FloatRange(1, 3600),
    default=60,
    show_default=True,
    help="How long it may take in all.",
)
@as_json
@errors_as_json
def gitea(orgs: tuple[str, ...], user: bool, within: float, json_: bool) -> None:
    """Ask the Gitea or Forgejo at GITEA_URL for its repos, and compare them with the hub's.

    Without --org, all that the token may see is asked for. What is learned is kept in the hub:
    each repo's number on the forge, where renamed repos are now, and the list itself.
    """
    from custodian_tools.inventory import Wish, keep, take
    from custodian_tools.inventory_words import stock_json

    from .inventory_report import echo_stock

    with opened() as desk, _forge(desk) as forge, _progress(shown=not json_) as tell:
        at = now()
        stock = take(forge, desk.hub, Wish(orgs, user, within, tell), at)
        try:
            keep(desk.hub, desk.by, stock)
            not_kept = None
        except HubTrouble as trouble:  # to look is no reason to need the right to write
            not_kept = str(trouble)
    if json_:
        echo_json("inventory", {**stock_json(stock, at), "not_kept": not_kept})
        return
    echo_stock(stock, at)
    if not_kept:
        echo_hint(f"the hub did not keep this inventory: {not_kept}")


@inventory.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option(
    "--clone-into",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Clone each into DIR, install the hooks and look at it.",
)
@click.option("--fix", is_flag=True, help="Take workplans in and push, instead of only looking.")
@click.option("--ssh", is_flag=True, help="Clone by ssh.")
@click.option("--domain", help="Their field of work.  [default: the newest workplan's, or owner's]")
@as_json
@errors_as_json
def register(
    names: tuple[str, ...],
    clone_into: Path | None,
    fix: bool,
    ssh: bool,
    domain: str | None,
    json_: bool,
) -> None:
    """Take repos of the forge into Custodian's care.

    NAME is owner/name, or a name that the last inventory has. DIR has to lie below
    CUSTODIAN_ROOTS. Asked again, what is done already stays as it is.
    """
    from custodian_tools.onboarding import Wish

    from .checkouts import program
    from .inventory_report import echo_taken

    with opened() as desk, _forge(desk) as forge, _progress(shown=not json_) as tell:
        starts = program() if clone_into else "custodian"
        wish = Wish(clone_into, domain, ssh, fix, starts, lambda what: tell(what, 0, None))
        done, troubles = each_of(names, _taker(desk, forge, wish))
    if json_:
        tell_json("taken_in", [each.to_json() for each in done], troubles)
    else:
        for each in done:
            echo_taken(each)
        echo_troubles(troubles)
    end(troubles, done=bool(done), failed=any(each.failed for each in done))


def _taker(desk: Desk, forge: "Forge", wish: object) -> "Callable[[str], TakenIn]":
    from custodian_tools.onboarding import take_in

    from .sync import bench_of

    return lambda name: take_in(forge, bench_of(desk), desk.settings, name, wish)  # type: ignore[arg-type]


@inventory.command("out-of-scope")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--reason", required=True, help="Why; it is shown with the repo.")
@as_json
@errors_as_json
def out_of_scope(names: tuple[str, ...], reason: str, json_: bool) -> None:
    """Decide that repos are not Custodian's to care for, registered or not.

    NAME is a slug, owner/name on the forge, or a name in the inventory. Registering a repo takes
    the decision back.
    """
    from custodian_tools.onboarding import put_out_of_scope

    with opened() as desk:
        done, troubles = each_of(
            names,
            lambda name: put_out_of_scope(lambda: _forge(desk), desk.hub, desk.by, name, reason),
        )
    if json_:
        tell_json("out_of_scope", [_decision(each) for each in done], troubles)
    else:
        for each in done:
            name = each.slug if isinstance(each, Repo) else each.full_name
            click.echo(f"out of scope: {click.style(name, bold=True)}, {printable(reason)}")
        echo_troubles(troubles)
    end(troubles, done=bool(done))


def _decision(done: Repo | LeftOut) -> dict[str, str | None]:
    if isinstance(done, Repo):
        return {"repo": done.slug, "full_name": None, "reason": done.status_reason}
    return {"repo": None, "full_name": done.full_name, "reason": done.reason}


def each_of(
    names: tuple[str, ...], act: Callable[[str], T], *, alone: bool = True
) -> tuple[list[T], list[tuple[str, CustodianError]]]:
    """What came of each name; trouble with one is its own, and raised where it is `alone`."""
    if len(names) == 1 and alone:
        return [act(names[0])], []
    done: list[T] = []
    troubles: list[tuple[str, CustodianError]] = []
    for name in dict.fromkeys(names):
        try:
            done.append(act(name))
        except (HubTrouble, ForgeUnreachable):
            raise
        except CustodianError as trouble:
            troubles.append((name, trouble))
    return done, troubles


def tell_json(kind: str, done: list[Any], troubles: list[tuple[str, CustodianError]]) -> None:
    """Print what was done and what was not as one envelope."""
    amiss = [
        {"name": name, "error": type(trouble).__name__, "message": str(trouble)}
        for name, trouble in troubles
    ]
    echo_json(kind, {"done": done, "troubles": amiss})


def echo_troubles(troubles: list[tuple[str, CustodianError]]) -> None:
    """Print what could not be done, a line each."""
    for name, trouble in troubles:
        click.echo(f"{printable(name)}: {printable(str(trouble))}", err=True)


def end(troubles: list[tuple[str, CustodianError]], *, done: bool, failed: bool = False) -> None:
    """0 where all was done, 2 where nothing could be, 1 in between."""
    if troubles and not done and not any(isinstance(each, Refused) for _, each in troubles):
        sys.exit(2)
    sys.exit(1 if troubles or failed else 0)


@contextmanager
def _forge(desk: Desk) -> "Generator[Forge]":
    from custodian_core.forge.client import open_forge

    with open_forge(desk.settings) as forge:
        yield forge


@contextmanager
def _progress(*, shown: bool) -> "Generator[Tell]":
    """Somebody at a terminal sees what is asked for, and how far that is."""
    if not shown or not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("asking the forge", total=None)
        yield lambda what, done, total: bar.update(
            task, description=printable(what, 60), completed=done, total=total
        )
