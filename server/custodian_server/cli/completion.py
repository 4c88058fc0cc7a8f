"""`custodian completion`."""

import click
from click.shell_completion import get_completion_class

from . import cli


@click.command(short_help="Print the script that completes commands in a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes commands in SHELL.

    \b
    bash:  custodian completion bash > ~/.local/share/bash-completion/completions/custodian
    zsh:   custodian completion zsh > a folder of $fpath, as _custodian
    fish:  custodian completion fish > ~/.config/fish/completions/custodian.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click knows these three
    click.echo(kind(cli, {}, "custodian", "_CUSTODIAN_COMPLETE").source())
