"""`custodian token`: keys to the hub's HTTP API."""

import click

from custodian_core.codec import stamp, to_json
from custodian_core.commands import MakeToken, RevokeToken
from custodian_core.records import NewToken, Scope, Token
from custodian_core.text import printable

from .hub import opened
from .output import Group, as_json, echo_columns, echo_hint, echo_json, errors_as_json


@click.group(cls=Group, short_help="Make, list and revoke keys to the hub's HTTP API.")
def token() -> None:
    """Make, list and revoke keys to the hub's HTTP API."""


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice([each.value for each in Scope]),
    required=True,
    help="What it may do; each may also do what stands before it.",
)
@as_json
@errors_as_json
def create(name: str, scope: str, json_: bool) -> None:
    """Make a token called NAME and print its secret, this once."""
    with opened() as desk:
        made: NewToken = desk.do(MakeToken(name, Scope(scope)))
    if json_:
        echo_json("new_token", to_json(made))
        return
    # The secret stands alone on standard output, so that a script can take it from there.
    click.echo(f"token {made.token.name} ({made.token.scope}); keep its secret now:", err=True)
    click.echo(made.secret)
    click.echo("it is stored nowhere and cannot be shown again", err=True)


@token.command("list")
@as_json
@errors_as_json
def list_(json_: bool) -> None:
    """List every token, without its secret."""
    with opened() as desk:
        tokens = desk.hub.tokens()
    if json_:
        echo_json("tokens", to_json(tokens))
    elif tokens:
        echo_columns([_row(each) for each in tokens])
    else:
        click.echo("no tokens")
        echo_hint("make one with custodian token create NAME --scope work")


def _row(token: Token) -> tuple[str, ...]:
    state = f"made {stamp(token.created_at)}"
    if token.revoked_at:
        state += click.style(f", revoked {stamp(token.revoked_at)}", fg="red")
    return printable(token.name), token.scope.value, state


@token.command()
@click.argument("name")
@as_json
@errors_as_json
def revoke(name: str, json_: bool) -> None:
    """Revoke the token called NAME: it opens nothing any more."""
    with opened() as desk:
        revoked: Token = desk.do(RevokeToken(name))
    if json_:
        echo_json("token", to_json(revoked))
    else:
        click.echo(f"token {printable(revoked.name)} opens nothing any more")
