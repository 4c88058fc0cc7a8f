"""`custodian dispatch`."""

import os
import sys
from typing import TYPE_CHECKING

import click

from custodian_core.commands import ClaimTask
from custodian_core.errors import BadValue
from custodian_core.text import printable

from .hub import opened
from .output import as_json, echo_json, errors_as_json

if TYPE_CHECKING:
    from custodian_core.direction import Facts


@click.command(short_help="Say what a repo's agent should know and do now.")
@click.argument("repo", metavar="[REPO]", default=".")
@click.option("--claim", is_flag=True, help="Claim the task for --agent.")
@click.option("--agent", metavar="NAME", help="Who works.  [env var: CUSTODIAN_AGENT]")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["brief", "prompt", "json"]),
    default="brief",
    show_default=True,
    help="A text to read, one for an agent, or what --json prints.",
)
@as_json
def dispatch(repo: str, claim: bool, agent: str | None, format_: str, json_: bool) -> None:
    """Say what the agent of REPO should know and do now.

    REPO is a slug or the path of a checkout; without it, the repo in this folder is meant. Where
    the checkout is behind its remote, as last fetched, nothing is claimed. `--format prompt` prints
    nothing where there is no work, so that `custodian dispatch REPO --format prompt | claude
    --print` is a whole pipeline.

    \b
    Exit codes: 0 there is work, 3 there is none, 4 the checkout must be synced first,
    5 a person must act first, 1 refused, 2 could not run.
    """
    from custodian_tools.dispatch import exit_of

    format_ = "json" if json_ else format_
    found = _found(repo, claim=claim, agent=agent, json_=format_ == "json")
    _echo(found, format_)
    sys.exit(exit_of(found))


@errors_as_json
def _found(repo: str, *, claim: bool, agent: str | None, json_: bool) -> "Facts":
    from custodian_tools.dispatch import facts

    agent = agent or os.environ.get("CUSTODIAN_AGENT")
    if claim and not agent:
        raise BadValue("claim", "say who works, as --agent NAME")
    with opened(agent) as desk:
        slug = desk.slug(repo)
        wanted = None
        if claim and agent:
            wanted = ClaimTask(agent, repo=slug, host=desk.settings.host)
        return facts(desk.hub, desk.settings, slug, claim=wanted, by=desk.by)


def _echo(found: "Facts", format_: str) -> None:
    from custodian_core.payload import payload
    from custodian_prompts import load
    from custodian_tools.dispatch import brief, direction, exit_of, prompt

    if format_ == "json":
        echo_json("dispatch", payload(found))
    elif format_ == "brief":
        click.echo(brief(found))
    elif exit_of(found) == 0:
        click.echo(prompt(found, load), nl=False)
    else:
        to_do = direction(found)
        told = f"{found.dispatch.repo_slug}: {to_do.directive}: {printable(to_do.reason)}"
        click.echo(told, err=True)
