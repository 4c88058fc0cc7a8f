"""`custodian serve`."""

import click

from custodian_core.errors import BadValue

WELCOME = """\
State Hub at {url} (stop with Ctrl-C)

It knows every repo, task, goal and open question, and keeps them in
{database}
  {near}       what it knows, in a browser
  {near}/docs  every route of its HTTP API
  {near}/mcp   Custodian's tools for agents, as
               {claude}
               other clients: {custodian} mcp config CLIENT --url {near}

Commands in this account use the same hub already:
  {custodian} register PATH    manage the repo in a folder
  {custodian} status           the whole fleet on one screen

"""

#: how others come to use it, where only this machine can reach it
HERE = """\
Other accounts of this machine first say
  export CUSTODIAN_HUB_URL={near}
Other machines reach it once it has a token and serves them:
  {custodian} token create NAME --scope work
  {custodian} serve --host 0.0.0.0
"""
#: and where others can
THERE = """\
Elsewhere, say first
  export CUSTODIAN_HUB_URL={near}
  export CUSTODIAN_HUB_TOKEN=...    what `custodian token create` printed
"""

#: addresses that stand for all of a machine's own, and are none to call it by
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared, not listened on


@click.command(short_help="Serve the State Hub over HTTP.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port; 0 takes a free one.",
)
@click.option(
    "--name", "names", multiple=True, metavar="NAME", help="Another name that clients call it by."
)
@click.option(
    "--leave",
    type=click.FloatRange(0, 300),
    default=0,
    metavar="SECONDS",
    help="How long to answer on, as not ready, once told to stop.  [default: 0]",
)
def serve(host: str, port: int, names: tuple[str, ...], leave: float) -> None:
    """Serve the State Hub over HTTP, until it is told to stop.

    On this machine alone no token is needed. An address that others can reach is served only
    once `custodian token create` has made a token, and then nothing is answered without one.
    """
    import os
    from pathlib import Path

    from custodian_core.hub import open_store
    from custodian_core.notifying import open_teller
    from custodian_core.settings import load
    from custodian_server.connecting import CLIENTS, Served
    from custodian_server.hub_api import create_app, listener, noticing, resident

    from . import called

    settings = load(os.environ, Path())
    store = open_store(settings)
    try:
        loopback = listener.is_loopback(host)
        if not loopback and not store.has_tokens():
            reason = "others can reach it and the hub has no token; run `custodian token create`"
            raise BadValue(f"--host {host}", reason)
        known = frozenset({host, *names}) | listener.own_names(settings, loopback=loopback)
        app = create_app(store, settings=settings, loopback=loopback, names=known)
        resident.beside(app, resident.Resident(store, settings))
        if (teller := open_teller(settings, store.hub_id)) is not None:
            noticing.beside(app, noticing.Noticing(store, teller, settings.silent_after))
        with listener.listening(host, port) as listening:
            near = listener.url(settings.host if host in _EVERYWHERE else host, listening)
            mcp = Served(f"{near}/mcp", with_token=not loopback)
            told = {
                "url": listener.url(host, listening),
                "near": near,
                "claude": CLIENTS["claude-code"].snippet(mcp).strip(),
                "database": store.database.name,
                "custodian": called(),
            }
            welcome = WELCOME + (HERE if loopback else THERE)
            click.echo(welcome.format_map(told), nl=False)
            listener.run(app, listening, leave)
    finally:
        store.close()
