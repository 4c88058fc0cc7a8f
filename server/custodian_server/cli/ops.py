"""`custodian ops`: whether an ops repo is complete and well."""

import click

from custodian_core.codec import now, to_json
from custodian_core.text import printable

from .ops_repo import at, bench_of, dry_run, finish, tell_findings, tell_written, which
from .output import Group, as_json, counted, echo_columns, echo_hint, echo_json, errors_as_json


@click.group(cls=Group, short_help="Complete an ops repo, and say what is wrong with it.")
def ops() -> None:
    """Complete an ops repo, and say what is wrong with it.

    An ops repo stands beside a repo of code and holds what is known and decided: the prerequisite
    tree, sprints, the vault, evidence.
    """


@ops.command()
@which
@as_json
@errors_as_json
def doctor(repo: str, json_: bool) -> None:
    """Say what is missing and odd in an ops repo; nothing is changed."""
    from custodian_tools.ops.layout import doctor as tool

    with at(repo) as (_, target):
        told = tool(target, now().date())
    if json_:
        echo_json("ops_doctor", told.to_json(), told.findings)
    else:
        if not told.is_ops_repo:
            click.echo("nothing of an ops repo is here yet")
        tell_findings(told.findings, "every part is there")
        if told.why_not:
            click.echo(f"nothing can be written here: {printable(told.why_not)}")
        if told.missing:
            echo_hint(f"custodian ops migrate adds {counted(len(told.missing), 'file')}")
    finish(told.findings)


@ops.command()
@which
@dry_run
@as_json
@errors_as_json
def migrate(repo: str, dry_run: bool, json_: bool) -> None:
    """Add what is missing of an ops repo, in one commit that is pushed.

    What is there is never overwritten. Earlier commits that could not be pushed are pushed too.
    """
    from custodian_tools.ops.layout import migrate as tool

    with at(repo) as (desk, target):
        written = tool(bench_of(desk), target, dry_run=dry_run)
    tell_written("ops_migrate", written, json_=json_)


@ops.command()
@which
@click.option("--code", metavar="REPO", help="The repo with the workplans, to look at them too.")
@as_json
@errors_as_json
def defects(repo: str, code: str | None, json_: bool) -> None:
    """Say what tree, sprints, vault and evidence, taken together, show to be wrong.

    An input that is missing is a failure: of what nobody could read, nothing is known to be well.
    """
    from custodian_tools.checkouts import named
    from custodian_tools.ops.defects import defects as tool

    with at(repo) as (desk, target):
        beside = named(desk.hub, desk.settings, [code])[0] if code else None
        told = tool(target, beside)
    if json_:
        data = {
            "inputs": to_json(told.sources),
            "complete": told.complete,
            "stats": {"nodes": told.nodes, "edges": told.edges},
        }
        echo_json("ops_defects", data, told.findings)
    else:
        echo_columns(
            [
                (
                    source.path,
                    "not found" if source.count is None else f"{source.count}",
                    source.what,
                )
                for source in told.sources
            ]
        )
        click.echo()
        tell_findings(told.findings, "no structural defects")
    finish(told.findings)
