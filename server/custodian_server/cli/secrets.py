"""`custodian secrets`: what in a text looks like a secret, and the text without it."""

import sys
from pathlib import Path
from typing import BinaryIO

import click

from .ops_repo import finish, tell_findings
from .output import Group, as_json, counted, echo_json, errors_as_json

allow = click.option(
    "--allow", "allowed", multiple=True, metavar="MARK", help="One that is no secret, as found."
)


@click.group(cls=Group, short_help="Find and hide what looks like a secret in a text.")
def secrets() -> None:
    """Find and hide what looks like a secret: tokens, keys, passwords.

    Digests, ids and commits are none. What is found is told by rule, line and length, and never
    what it says.
    """


@secrets.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@allow
@as_json
@errors_as_json
def scan(files: tuple[Path, ...], allowed: tuple[str, ...], json_: bool) -> None:
    """Say where FILES, or standard input, hold what looks like a secret."""
    from custodian_tools.secrets import LARGEST, scan_file, scan_text

    if files:
        findings = [each for file in files for each in scan_file(file, allowed)]
    else:
        data = sys.stdin.buffer.read(LARGEST + 1)
        findings = scan_text(data, None, allowed)
    if json_:
        echo_json("secrets", {"files": len(files), "count": len(findings)}, findings)
    else:
        tell_findings(findings, f"nothing looks like a secret in {_read(len(files))}")
    finish(findings)


@secrets.command()
@click.argument("file", type=click.File("rb"), default="-")
@allow
def redact(file: BinaryIO, allowed: tuple[str, ...]) -> None:
    """Print FILE, or standard input, with [REDACTED] where it holds what looks like a secret."""
    from custodian_core.secrets import redact as hidden
    from custodian_tools.secrets import LARGEST, decoded

    text = decoded(file.read(LARGEST + 1), "text")
    click.echo(hidden(text, allowed=allowed).encode(errors="surrogateescape"), nl=False)


def _read(files: int) -> str:
    return counted(files, "file") if files else "the text"
