"""`custodian mcp config`: what a client reads to use Custodian's tools."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from custodian_core.errors import BadValue, UnknownThing

from .output import as_json, echo_columns, echo_hint, echo_json, errors_as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from custodian_core.settings import Settings
    from custodian_server.connecting import Client, Local, Served

#: where `custodian serve` answers when nothing else is said
USUAL = "http://127.0.0.1:8000"
CHOICE = ("toolsets", "tools", "exclude_tools", "read_only")


@click.command()
@click.argument("client", required=False)
@click.option("--http", is_flag=True, help="Over HTTP from a hub, with a token where it asks.")
@click.option(
    "--url", metavar="URL", help=f"The hub, with --http. [CUSTODIAN_HUB_URL, else {USUAL}]"
)
@click.option("--link", is_flag=True, help="An address to click on instead: vscode, cursor.")
@click.option("--toolsets", metavar="SETS", help="As of custodian mcp, and so the next three.")
@click.option("--tools", metavar="NAMES")
@click.option("--exclude-tools", metavar="NAMES")
@click.option("--read-only", is_flag=True)
@as_json
@click.pass_context
@errors_as_json
def config(
    context: click.Context,
    /,
    client: str | None,
    http: bool,
    url: str | None,
    link: bool,
    json_: bool,
    **choice: str | bool | None,
) -> None:
    """Print what CLIENT reads to use Custodian's tools; without CLIENT, list those it knows.

    CUSTODIAN_ settings of your environment are told to the server, secrets aside: these belong
    into config.toml. Where the snippet goes is said on standard error.
    """
    if client is None:
        _list(json_=json_)
        return
    found, args = _known(client), tuple(_arguments(context, choice))
    served = http or url or found.only_served
    way = _served(found, url, args) if served else _local(found, args)
    if link and not found.link:
        raise BadValue("--link", f"{found.title} has none; there are links for vscode and cursor")
    address = found.link(way) if found.link else None
    snippet = f"{address}\n" if link else found.snippet(way)
    place = "into a browser; the client asks before it adds the server" if link else found.place
    if json_:
        told = {"client": found.key, "title": found.title, "place": place, "link": address}
        echo_json("mcp_config", {**told, "language": found.language, "snippet": snippet})
    else:
        click.echo(snippet, nl=False)
        echo_hint(f"{found.title}: it goes {place}")


def _list(*, json_: bool) -> None:
    from custodian_server.connecting import CLIENTS

    if json_:
        told = [{"client": each.key, "title": each.title} for each in CLIENTS.values()]
        echo_json("mcp_clients", told)
    else:
        echo_columns([(click.style(each.key, bold=True), each.title) for each in CLIENTS.values()])
        echo_hint("custodian mcp config CLIENT prints what it reads")


def _known(name: str) -> "Client":
    from difflib import get_close_matches

    from custodian_server.connecting import CLIENTS

    if name not in CLIENTS:
        near = get_close_matches(name, CLIENTS) or list(CLIENTS)
        raise UnknownThing("client", name, tuple(near))
    return CLIENTS[name]


def _arguments(context: click.Context, choice: "dict[str, str | bool | None]") -> "Iterator[str]":
    """The options that choose tools, wherever in the line they stood; unknown names are refused."""
    before = context.parent.params if context.parent else {}
    said = {name: choice[name] or before.get(name) for name in CHOICE}
    _check(said)
    for name, value in said.items():
        option = f"--{name.replace('_', '-')}"
        if value:
            yield option if value is True else f"{option}={value}"


def _check(said: "dict[str, str | bool | None]") -> None:
    from custodian_server.choosing import chosen

    toolsets, tools, left_out = (str(said[name] or "") for name in CHOICE[:3])
    names: tuple[str, ...] = ()
    if tools or left_out:  # to know the names takes the SDK, and a second
        from custodian_server.mcp_app import TOOL_NAMES

        names = TOOL_NAMES
    chosen({}, names, toolsets, tools, left_out)


def _local(client: "Client", args: tuple[str, ...]) -> "Local":
    from custodian_core.settings import load
    from custodian_server.connecting import PROGRAM, Local

    from . import beside, called

    plain = called() == "custodian" and not client.desktop
    settings = load(os.environ, Path.cwd())
    return Local(PROGRAM if plain else beside(PROGRAM), args, tuple(_lasting(settings)))


def _lasting(settings: "Settings") -> "Iterator[tuple[str, str]]":
    """What this environment sets and the client's may not; a secret is told of and left out."""
    from custodian_core.settings import SECRET
    from custodian_tools.registering import without_credentials

    for name, value in settings.values.items():
        if settings.sources[name] != "environment":
            continue
        if name in SECRET or without_credentials(value) != value:
            echo_hint(f"{name} is a secret and is left out; put it into config.toml")
        else:
            yield name, value


def _served(client: "Client", url: str | None, args: tuple[str, ...]) -> "Served":
    from urllib.parse import urlsplit

    from custodian_core.settings import load
    from custodian_server.connecting import Served

    if client.only_local:
        raise BadValue(f"--http for {client.title}", client.only_local)
    if args:
        raise BadValue(" ".join(args), "a hub serves what its token may; give one scope read")
    settings = load(os.environ, Path.cwd())
    address = (url or settings.hub_url or USUAL).rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise BadValue("--url", f"write it as {USUAL}, without a name or password")
    here = parts.hostname == "localhost" or parts.hostname.startswith("127.")
    path = "" if parts.path.endswith("/mcp") else "/mcp"
    # on this machine a hub asks for one only where others reach it too, and then there is one
    return Served(f"{address}{path}", with_token=not here or settings.hub_token is not None)
