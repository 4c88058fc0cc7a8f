"""`custodian goal`: what a repo works towards."""

import click

from custodian_core.codec import stamp, to_json
from custodian_core.commands import EndGoal, SetGoal
from custodian_core.records import Goal, GoalStatus
from custodian_core.text import printable

from .hub import opened
from .output import Group, as_json, echo_columns, echo_hint, echo_json, errors_as_json

_COLOURS = {GoalStatus.ACTIVE: "blue", GoalStatus.ACHIEVED: "green"}


@click.group(cls=Group, short_help="Set, show and end what a repo works towards.")
def goal() -> None:
    """Set, show and end what a repo works towards; one goal at a time is active."""


@goal.command("set")
@click.argument("repo", metavar="REPO")
@click.argument("title")
@click.option("--description", default="", help="What it means, in more words.")
@as_json
@errors_as_json
def set_(repo: str, title: str, description: str, json_: bool) -> None:
    """Set the goal of REPO; the one before it is dropped."""
    with opened() as desk:
        made: Goal = desk.do(SetGoal(desk.slug(repo), title, description))
    if json_:
        echo_json("goal", to_json(made))
    else:
        click.echo(f"{made.repo_slug} works towards: {printable(made.title)}")


@goal.command()
@click.argument("repo", metavar="REPO")
@as_json
@errors_as_json
def show(repo: str, json_: bool) -> None:
    """Show the active goal of REPO."""
    with opened() as desk:
        goals = desk.hub.goals(desk.slug(repo))
    active = next((each for each in goals if each.status is GoalStatus.ACTIVE), None)
    if json_:
        echo_json("goal", to_json(active))
    elif active is None:
        click.echo("no active goal")
        echo_hint(f"set one with custodian goal set {repo} TITLE")
    else:
        _echo_goal(active)


def _echo_goal(goal: Goal) -> None:
    from custodian_tools.dispatch import quoted

    click.echo(click.style(printable(goal.title), bold=True))
    click.echo(f"{goal.repo_slug}, {goal.status}, set {stamp(goal.created_at)}")
    for line in quoted(goal.description):
        click.echo(line)


@goal.command("list")
@click.argument("repo", metavar="REPO")
@as_json
@errors_as_json
def list_(repo: str, json_: bool) -> None:
    """List the goals of REPO, the active one first, then the newest."""
    with opened() as desk:
        goals = desk.hub.goals(desk.slug(repo))
    if json_:
        echo_json("goals", to_json(goals))
    elif goals:
        echo_columns([_row(each) for each in goals])
    else:
        click.echo("no goals")
        echo_hint(f"set one with custodian goal set {repo} TITLE")


def _row(goal: Goal) -> tuple[str, ...]:
    status = click.style(goal.status.value, fg=_COLOURS.get(goal.status, "bright_black"))
    return stamp(goal.created_at), status, printable(goal.title)


@goal.command()
@click.argument("repo", metavar="REPO")
@click.option("--dropped", is_flag=True, help="It was given up.")
@as_json
@errors_as_json
def end(repo: str, dropped: bool, json_: bool) -> None:
    """End the active goal of REPO: it is achieved, or dropped."""
    status = GoalStatus.DROPPED if dropped else GoalStatus.ACHIEVED
    with opened() as desk:
        ended: Goal = desk.do(EndGoal(desk.slug(repo), status))
    if json_:
        echo_json("goal", to_json(ended))
    else:
        click.echo(f"{ended.repo_slug}: {ended.status}: {printable(ended.title)}")
