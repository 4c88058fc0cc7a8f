"""`custodian prereq`: the prerequisite tree of an ops repo."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from custodian_core.codec import now
from custodian_core.text import printable

from .hub import Desk
from .ops_repo import at, bench_of, dry_run, finish, in_repo, tell_findings, tell_written, which
from .output import Group, as_json, counted, echo_columns, echo_json, errors_as_json

if TYPE_CHECKING:
    from custodian_core.ops.prereq.ranking import Constraint
    from custodian_core.ops.prereq.tree import Objective
    from custodian_tools.ops.prerequisites import Looked

WORDS = ("DONE", "READY", "BLOCKED", "IN PROGRESS")
_COLOURS = {"DONE": "green", "READY": "blue", "BLOCKED": "red", "IN PROGRESS": "yellow"}
#: how many constraints are told
TOP = 5

objective_option = click.option("--objective", metavar="NAME", help="Only in this objective.")
issues_option = click.option(
    "--issues", metavar="OWNER/NAME", help="Also compare with the issues of this repo on the forge."
)


@click.group(cls=Group, short_help="Show, lint and edit what objectives need first.")
def prereq() -> None:
    """Show, lint and edit what objectives need first: prerequisites.md of an ops repo.

    An edit changes its own line and the date, byte for byte, and is committed and pushed.
    """


@prereq.command()
@which
@click.option("--graph", is_flag=True, help="Print the tree as nodes and edges, in JSON.")
@as_json
@errors_as_json
def show(repo: str, graph: bool, json_: bool) -> None:
    """Show the objectives, and the prerequisites that hold most of them up."""
    from custodian_tools.ops import prerequisites

    with at(repo) as (_, target):
        if graph:
            echo_json("prerequisite_graph", prerequisites.graph(target))
            return
        told = prerequisites.look(target, now().date())
    if json_:
        echo_json("prerequisites", told.to_json(), told.findings)
        return
    for objective in told.tree.objectives:
        _echo_objective(objective)
    if not told.tree.objectives:
        click.echo("no objectives")
    _echo_constraints(told.constraints[:TOP])
    if told.findings:
        many = counted(len(told.findings), "finding")
        click.echo(f"\n{many}; custodian prereq lint tells them")


@prereq.command()
@which
@issues_option
@as_json
@errors_as_json
def lint(repo: str, issues: str | None, json_: bool) -> None:
    """Say what is amiss in the tree, by line."""
    from custodian_tools.ops import prerequisites

    with at(repo) as (desk, target):
        closed = _closed(desk, issues) if issues else None
        told = prerequisites.look(target, now().date(), closed)
    if json_:
        echo_json("prerequisites", told.to_json(), told.findings)
    else:
        many = counted(len(told.tree.objectives), "objective")
        tell_findings(told.findings, f"{many}, and nothing is amiss")
        _echo_unknown(told)
    finish(told.findings)


@prereq.command()
@click.argument("item")
@in_repo
@objective_option
@click.option("--untick", is_flag=True, help="Take the tick back; this needs a reason.")
@click.option("--reason", default="", help="Why; it stands in the commit.")
@dry_run
@as_json
@errors_as_json
def tick(
    item: str,
    repo: str,
    objective: str | None,
    untick: bool,
    reason: str,
    dry_run: bool,
    json_: bool,
) -> None:
    """Tick ITEM: a prerequisite's name, or an issue as '#14', wherever it stands."""
    from custodian_tools.ops import prerequisites

    with at(repo) as (desk, target):
        written = prerequisites.tick(
            bench_of(desk),
            target,
            item,
            ticked=not untick,
            objective=objective,
            reason=reason,
            dry_run=dry_run,
        )
    tell_written("prerequisite_tick", written, json_=json_)


@prereq.command()
@click.argument("objective")
@click.argument("word", type=click.Choice(WORDS, case_sensitive=False))
@in_repo
@click.option("--reason", default="", help="What blocks it, or why it is not done any more.")
@dry_run
@as_json
@errors_as_json
def status(objective: str, word: str, repo: str, reason: str, dry_run: bool, json_: bool) -> None:
    """Give OBJECTIVE, a name or an issue as '#31', the status WORD, where it is true."""
    from custodian_core.ops.prereq.tree import Word
    from custodian_tools.ops import prerequisites

    with at(repo) as (desk, target):
        written = prerequisites.status(
            bench_of(desk), target, objective, Word(word), reason=reason, dry_run=dry_run
        )
    tell_written("prerequisite_status", written, json_=json_)


@prereq.command()
@click.argument("item")
@click.argument("path")
@in_repo
@objective_option
@dry_run
@as_json
@errors_as_json
def block(
    item: str, path: str, repo: str, objective: str | None, dry_run: bool, json_: bool
) -> None:
    """Mark ITEM as waiting for the vault item PATH, as vault/pending/key.md."""
    from custodian_tools.ops import prerequisites

    with at(repo) as (desk, target):
        written = prerequisites.block(
            bench_of(desk), target, item, path, objective=objective, dry_run=dry_run
        )
    tell_written("prerequisite_block", written, json_=json_)


def _closed(desk: Desk, repo: str) -> Mapping[int, bool]:
    """Which issues are closed; an error where the forge does not say it of all."""
    from custodian_core.forge.client import open_forge
    from custodian_tools.ops.sprints import ALL_ISSUES

    with open_forge(desk.settings) as forge:
        issues = forge.issues(repo, state="all", limit=ALL_ISSUES)
        return {each.number: each.state == "closed" for each in issues}


def _echo_objective(objective: "Objective") -> None:
    word = objective.status or "unclear"
    reason = f" — {printable(objective.reason)}" if objective.reason else ""
    refs = "".join(f" #{ref}" for ref in objective.refs)
    ticked = sum(item.ticked for item in objective.items)
    head = click.style(printable(objective.label), bold=True)
    styled = click.style(word, fg=_COLOURS.get(word))
    click.echo(f"{head}{refs}  {styled}{reason}  {ticked} of {len(objective.items)}")
    for item in objective.items:
        box = click.style("x", fg="green") if item.ticked else " "
        refs = "".join(f" #{ref}" for ref in item.refs)
        states = f" ({printable(', '.join(item.states))})" if item.states else ""
        vault = (
            f", waits for {printable(item.vault or 'the vault')}" if item.vault is not None else ""
        )
        click.echo(f"  [{box}] {printable(item.label)}{refs}{states}{vault}")


def _echo_constraints(found: "tuple[Constraint, ...]") -> None:
    if not found:
        return
    click.echo("\nwhat holds most up:")
    echo_columns(
        [
            (
                f"  {len(each.blocks)}",
                f"#{each.ref}" if each.ref else "",
                printable(each.label),
                "waits for the vault" if each.waits_for_vault else "",
            )
            for each in found
        ]
    )


def _echo_unknown(told: "Looked") -> None:
    if told.unknown:
        click.echo("\nnot looked up:")
        for why in told.unknown:
            click.echo(f"  {why}")
