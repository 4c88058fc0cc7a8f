"""`custodian dispatch`."""

import os
import sys

import click

from custodian_core.codec import now, to_json
from custodian_core.commands import ClaimTask
from custodian_core.errors import BadValue
from custodian_core.records import Dispatch

from .hub import opened
from .output import as_json, echo_json, errors_as_json

#: what each directive ends with; 4 is kept for a repo that must be synced first
EXITS = {"work": 0, "resume": 0, "none": 3, "human_needed": 5}


@click.command(short_help="Say what a repo's agent should know and do now.")
@click.argument("repo", metavar="REPO")
@click.option("--claim", is_flag=True, help="Claim the task for --agent.")
@click.option("--agent", metavar="NAME", help="Who works.  [env var: CUSTODIAN_AGENT]")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["brief", "json"]),
    default="brief",
    show_default=True,
    help="A text to read, or what --json prints.",
)
@as_json
def dispatch(repo: str, claim: bool, agent: str | None, format_: str, json_: bool) -> None:
    """Say what the agent of REPO should know and do now.

    \b
    Exit codes: 0 there is work, 3 there is none, 5 a person must answer first,
    1 refused, 2 could not run.
    """
    found = _found(repo, claim=claim, agent=agent, json_=json_ or format_ == "json")
    sys.exit(EXITS[found.directive])


@errors_as_json
def _found(repo: str, *, claim: bool, agent: str | None, json_: bool) -> Dispatch:
    from custodian_tools.dispatch import brief, claim_next

    agent = agent or os.environ.get("CUSTODIAN_AGENT")
    if claim and not agent:
        raise BadValue("claim", "say who works, as --agent NAME")
    with opened(agent) as desk:
        slug = desk.slug(repo)
        if claim and agent:
            wanted = ClaimTask(agent, repo=slug, host=desk.settings.host)
            found = claim_next(desk.hub, wanted, desk.by)
        else:
            found = desk.hub.dispatch(slug)
    if json_:
        echo_json("dispatch", to_json(found))
    else:
        click.echo(brief(found, now()))
    return found
