"""`custodian demo`."""

import click

WELCOME = """\
A fleet to look at, in {folder}, until Ctrl-C; nothing of it is left then.

  {url}             how each repo does, and what to do about it
  {url}/questions   what agents ask of people
  {url}/inventory   what is on the forge and not in the hub: register one

It is real git, with a forge at {forge} and two pretended hosts.
To try the commands on it, in another terminal:
{env}
  {custodian} status
  {custodian} dispatch atlas-api
  {custodian} fix field-notes --remote
  {custodian} inventory gitea

"""

#: the settings with which commands in another terminal reach the demo
SAID = ("CUSTODIAN_HOME", "CUSTODIAN_HOST", "CUSTODIAN_ROOTS", "GITEA_URL", "GITEA_TOKEN")


@click.command(short_help="Show a throw-away fleet at work, in a browser.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="PORT",
    help="Where its pages are served.  [default: a free one]",
)
def demo(port: int) -> None:
    """Show a throw-away fleet at work, in a browser.

    It has a dozen repos on two pretended hosts, each in another state, a small forge with repos
    that nobody has registered, and open questions. Your own hub, repos and settings are not
    touched.
    """
    import signal
    import sys
    from types import FrameType

    from custodian_server.demo.running import demo as running

    from . import called

    def tell(what: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[Kmaking {what}", nl=False, err=True)

    def end(_signal: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    # Whatever ends it, the folder goes.
    signal.signal(signal.SIGTERM, end)
    with running(port, tell) as shown:
        if sys.stderr.isatty():
            click.echo("\r\x1b[K", nl=False, err=True)
        values = shown.place.settings("laptop").values
        told = {
            "folder": shown.place.folder,
            "url": shown.url,
            "forge": shown.place.forge,
            "env": "\n".join(f"  export {name}={values[name]}" for name in SAID),
            "custodian": called(),
        }
        click.echo(WELCOME.format_map(told), nl=False)
        shown.serve()
