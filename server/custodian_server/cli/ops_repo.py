"""What the commands for ops repos share: which repo is meant, and how a write is told."""

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from custodian_core.findings import Finding
from custodian_core.text import printable

from .hub import Desk, opened
from .output import counted, echo_findings, echo_json, exit_code

if TYPE_CHECKING:
    from custodian_tools.checkouts import Target
    from custodian_tools.ops.sealing import Written
    from custodian_tools.sync import Bench

F = TypeVar("F", bound=Callable[..., Any])

which = click.argument("repo", default=".", metavar="[REPO]")
in_repo = click.option(
    "--repo",
    default=".",
    metavar="REPO",
    help="The ops repo: a slug, or a path in its checkout; else the one in this folder.",
)
dry_run = click.option("--dry-run", is_flag=True, help="Say what would be written; write nothing.")


@contextmanager
def at(repo: str) -> "Generator[tuple[Desk, Target]]":
    """The open hub, and the checkout that is meant."""
    from custodian_tools.checkouts import named

    with opened() as desk:
        yield desk, named(desk.hub, desk.settings, [repo])[0]


def bench_of(desk: Desk) -> "Bench":
    """What a write needs."""
    from .sync import bench_of as bench

    return bench(desk)


def tell_written(
    kind: str,
    written: "Written",
    *,
    json_: bool,
    more: dict[str, Any] | None = None,
    findings: Sequence[Finding] = (),
) -> None:
    """Say what was written, and end with 1 where some of it could not be done."""
    if json_:
        told = written.to_json()
        echo_json(kind, told if more is None else {**told, **more}, findings)
    else:
        _echo_written(written)
        if findings:
            click.echo()
            echo_findings(findings)
    sys.exit(1 if written.not_done else 0)


def _echo_written(written: "Written") -> None:
    for where in written.redacted:
        told = f"{printable(where)}: this looks like a secret, so [REDACTED] stands in its place"
        click.echo(click.style(told, fg="yellow"))
    if written.status == "planned":
        for path in written.changed:
            verb = "take out" if path in written.removed else "write"
            click.echo(f"would {verb} {printable(path)}")
        click.echo(f"{counted(len(written.changed), 'file')} would change")
        return
    if written.pushed_earlier:
        click.echo(f"pushed {counted(written.pushed_earlier, 'earlier commit')}")
    for path in written.changed:
        verb = "took out" if path in written.removed else "wrote"
        click.echo(f"{verb} {printable(path)}")
    if written.commit:
        click.echo(f"committed and pushed {written.commit[:12]}")
    elif not written.pushed_earlier:
        click.echo("nothing to change")
    for why in written.not_done:
        click.echo(click.style(printable(why), fg="yellow"))


def tell_findings(findings: Sequence[Finding], fine: str) -> None:
    """Print the findings and what to do about them, or that all is well."""
    if findings:
        echo_findings(findings)
    else:
        click.echo(fine)


def finish(findings: Sequence[Finding]) -> None:
    """End as the gravest finding demands."""
    sys.exit(exit_code(findings))
