"""`custodian serve`."""

import click

from custodian_core.errors import BadValue


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
def serve(host: str, port: int, names: tuple[str, ...]) -> None:
    """Serve the State Hub over HTTP, until it is told to stop.

    On this machine alone no token is needed. An address that others can reach is served only
    once `custodian token create` has made a token, and then nothing is answered without one.
    """
    import os
    from pathlib import Path

    from custodian_core.hub import open_store
    from custodian_core.settings import load
    from custodian_server.hub_api import create_app, listener

    settings = load(os.environ, Path())
    store = open_store(settings)
    try:
        loopback = listener.is_loopback(host)
        if not loopback and not store.has_tokens():
            reason = "others can reach it and the hub has no token; run `custodian token create`"
            raise BadValue(f"--host {host}", reason)
        called = frozenset({host, *names}) | listener.own_names(settings, loopback=loopback)
        app = create_app(store, settings=settings, loopback=loopback, names=called)
        with listener.listening(host, port) as listening:
            click.echo(f"State Hub at {listener.url(host, listening)} (stop with Ctrl-C)")
            listener.run(app, listening)
    finally:
        store.close()
