"""`custodian inventory webhooks`: the forge tells the hub of each push at once."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from custodian_core.errors import BadValue
from custodian_core.text import printable

from .output import Group, as_json, echo_columns, echo_hint, errors_as_json

if TYPE_CHECKING:
    from custodian_core.ports import Forge
    from custodian_tools.webhooks import Hooked

    from .hub import Desk

_COLOURS = {"fine": "green", "wrong": "red", "none": "yellow"}

_names = click.argument("names", nargs=-1, metavar="[REPO]...")
_org = click.option("--org", metavar="NAME", help="One webhook for all repos of an organization.")
_all = click.option("--all", "all_", is_flag=True, help="Every repo in care that is on the forge.")
_url = click.option(
    "--url", metavar="URL", help="Where the forge reaches the hub.  [default: CUSTODIAN_HUB_URL]"
)


@click.group(cls=Group, short_help="Let the forge tell the hub of each push at once.")
def webhooks() -> None:
    """Let the forge at GITEA_URL tell the hub of each push at once.

    REPO is a slug or owner/name. The forge signs what it tells with CUSTODIAN_WEBHOOK_SECRET,
    which the hub's servers need as well. It needs a token that may administer the repos.
    """


@webhooks.command()
@_names
@_org
@_all
@_url
@click.option("--renew", is_flag=True, help="Make them anew, so that they sign with a new secret.")
@as_json
@errors_as_json
def install(
    names: tuple[str, ...],
    org: str | None,
    all_: bool,
    url: str | None,
    renew: bool,
    json_: bool,
) -> None:
    """Put one webhook into each repo, or into an organization; asked again, nothing changes."""
    from custodian_tools import webhooks as tool

    def act(forge: "Forge", desk: "Desk") -> Callable[[str], "Hooked"]:
        here, secret = tool.address(desk.settings, url), tool.secret(desk.settings)
        return lambda where: tool.install(forge, where, here, secret, renew=renew)

    _run("installed", act, names, org, all_=all_, json_=json_)


@webhooks.command()
@_names
@_org
@_url
@as_json
@errors_as_json
def status(names: tuple[str, ...], org: str | None, url: str | None, json_: bool) -> None:
    """Say which repos tell the hub, of all where none is named; exit 1 where one does not."""
    from custodian_tools import webhooks as tool

    def act(forge: "Forge", desk: "Desk") -> Callable[[str], "Hooked"]:
        here = tool.address(desk.settings, url)
        return lambda where: tool.status(forge, where, here)

    _run("status", act, names, org, all_=not (names or org), json_=json_)


@webhooks.command()
@_names
@_org
@_all
@_url
@as_json
@errors_as_json
def uninstall(
    names: tuple[str, ...], org: str | None, all_: bool, url: str | None, json_: bool
) -> None:
    """Take the hub's webhooks away; those of others stay."""
    from custodian_tools import webhooks as tool

    def act(forge: "Forge", desk: "Desk") -> Callable[[str], "Hooked"]:
        here = tool.address(desk.settings, url)
        return lambda where: tool.uninstall(forge, where, here)

    _run("uninstalled", act, names, org, all_=all_, json_=json_)


def _run(
    what: str,
    act: "Callable[[Forge, Desk], Callable[[str], Hooked]]",
    names: tuple[str, ...],
    org: str | None,
    *,
    all_: bool,
    json_: bool,
) -> None:
    from custodian_core.forge.client import open_forge
    from custodian_tools.webhooks import places

    from .hub import opened
    from .inventory import each_of, echo_troubles, end, tell_json

    if not (names or org or all_):
        raise BadValue("REPO", "name repos, --org NAME, or --all")
    with opened() as desk, open_forge(desk.settings) as forge:
        wanted = places(desk.hub, forge, names, org)
        done, troubles = each_of(tuple(wanted), act(forge, desk), alone=False)
    if json_:
        tell_json(f"webhooks_{what}", [each.to_json() for each in done], troubles)
    else:
        if not (done or troubles):
            click.echo("no repo in care is on the forge")
        _echo(done, what)
        echo_troubles(troubles)
    missing = what == "status" and any(each.standing != "fine" for each in done)
    end(troubles, done=bool(done), failed=missing)


def _echo(done: "list[Hooked]", what: str) -> None:
    rows: list[tuple[str, str, str]] = []
    for each in done:
        standing = click.style(each.standing.value, fg=_COLOURS[each.standing.value])
        note = "" if what == "status" else "changed" if each.changed else "as before"
        rows.append((printable(each.where), standing, note))
    if rows:
        echo_columns(rows)
    if what == "status" and any(each.standing != "fine" for each in done):
        echo_hint("custodian inventory webhooks install mends what is wrong or not there")
