"""`custodian sprint`: pitches of an ops repo, and filing their work."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from custodian_core.errors import BadValue
from custodian_core.text import printable

from .hub import Desk, opened
from .ops_repo import at, bench_of, finish, in_repo, tell_findings, which
from .output import (
    Group,
    as_json,
    counted,
    echo_columns,
    echo_findings,
    echo_json,
    errors_as_json,
    exit_code,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from custodian_core.ops.filing import Step
    from custodian_core.ops.marks import FiledLine
    from custodian_core.ops.sprints import Sprint
    from custodian_tools.ops.sprints import Board, Planned

tasks_option = click.option("--tasks", metavar="REPO", help="As tasks of this repo in the hub.")
issues_option = click.option(
    "--issues", metavar="OWNER/NAME", help="As issues of this repo on the forge."
)


@click.group(cls=Group, short_help="Validate sprints, and file their work once.")
def sprint() -> None:
    """Validate sprints, and file their work once: sprints/ of an ops repo."""


@sprint.command("list")
@which
@as_json
@errors_as_json
def list_(repo: str, json_: bool) -> None:
    """List the sprints, and whether each can be filed."""
    from custodian_tools.ops import sprints

    with at(repo) as (_, target):
        found, absent = sprints.list_sprints(target), sprints.absent(target)
    unread = [finding for each in found if each.is_unread for finding in each.findings]
    findings = [*unread, *absent]
    if json_:
        echo_json("sprints", [sprints.sprint_json(each) for each in found], findings)
    elif found:
        echo_columns(
            [
                (
                    printable(each.slug),
                    f"#{each.vision}" if each.vision else "no vision",
                    counted(len(each.entries), "entry", "entries"),
                    "can be filed" if each.fileable else "",
                    printable(each.title or "", 80),
                )
                for each in found
            ]
        )
    elif not absent:
        click.echo("no sprints")
    if findings and not json_:
        echo_findings(findings)
    finish(findings)


@sprint.command()
@click.argument("name")
@in_repo
@as_json
@errors_as_json
def show(name: str, repo: str, json_: bool) -> None:
    """Show the sprint NAME and its entries."""
    from custodian_tools.ops import sprints

    with at(repo) as (_, target):
        told = sprints.show(target, name)
    if json_:
        echo_json("sprint", sprints.sprint_json(told), told.findings)
        return
    click.echo(click.style(printable(told.title or told.slug), bold=True))
    for entry in told.entries:
        waits = [*entry.depends_on, *map(str, entry.issues)]
        after = f" after {', '.join(waits)}" if waits else ""
        labels = f" [{', '.join(entry.labels)}]" if entry.labels else ""
        click.echo(printable(f"  {entry.id}  {entry.title}{labels}{after}"))
    if not told.entries:
        click.echo("no entries")


@sprint.command()
@click.argument("name")
@in_repo
@as_json
@errors_as_json
def validate(name: str, repo: str, json_: bool) -> None:
    """Say all that is amiss with the sprint NAME, by line."""
    from custodian_tools.ops import sprints

    with at(repo) as (_, target):
        told = sprints.show(target, name)
    if json_:
        echo_json("sprint", sprints.sprint_json(told), told.findings)
    else:
        fine = f"{told.path}: {counted(len(told.entries), 'entry', 'entries')}, nothing is amiss"
        tell_findings(told.findings, fine)
    finish(told.findings)


@sprint.command()
@click.argument("name")
@in_repo
@tasks_option
@issues_option
@as_json
@errors_as_json
def plan(name: str, repo: str, tasks: str | None, issues: str | None, json_: bool) -> None:
    """Say what filing NAME would do, in order; nothing is filed."""
    from custodian_tools.ops import sprints

    _act(sprints.plan, name, repo, tasks, issues, json_=json_)


@sprint.command()
@click.argument("name")
@in_repo
@tasks_option
@issues_option
@as_json
@errors_as_json
def file(name: str, repo: str, tasks: str | None, issues: str | None, json_: bool) -> None:
    """File the work of NAME, each piece after what it waits for; nothing is filed twice."""
    from custodian_tools.ops import sprints

    _act(sprints.file, name, repo, tasks, issues, json_=json_)


@sprint.command()
@click.argument("number", type=click.IntRange(1))
@tasks_option
@issues_option
@as_json
@errors_as_json
def vision(number: int, tasks: str | None, issues: str | None, json_: bool) -> None:
    """Say how far the work is that was filed for the vision issue NUMBER."""
    from custodian_core.ops.filing import vision as children

    with opened() as desk, _board(desk, tasks, issues) as board:
        told = children(number, board.there())
    rows = [(each.ref, "closed" if each.closed else "open") for each in told.children]
    if json_:
        work = [{"ref": ref, "state": state} for ref, state in rows]
        echo_json("vision", {"number": number, "state": told.state, "children": work})
        return
    click.echo(f"#{number} is {told.state}: {counted(len(rows), 'child', 'children')}")
    echo_columns(rows)


def _act(
    act: "Callable[..., Planned]",
    name: str,
    repo: str,
    tasks: str | None,
    issues: str | None,
    *,
    json_: bool,
) -> None:
    from custodian_tools.ops import sprints
    from custodian_tools.ops.hearing import heard_filed

    with at(repo) as (desk, target):
        told = sprints.show(target, name)

        def heard(sprint: "Sprint") -> "FiledLine | None":
            return heard_filed(desk.settings, desk.hub, target, sprint)

        with _board(desk, tasks, issues) as board:
            planned = act(told, board, heard)
    if json_:
        echo_json("sprint_filing", planned.to_json(), planned.findings)
    else:
        _echo_planned(planned, done=act is sprints.file)
    sys.exit(1 if planned.stopped else exit_code(planned.filing.findings))


@contextmanager
def _board(desk: Desk, tasks: str | None, issues: str | None) -> "Generator[Board]":
    """Where the work is to be filed."""
    from custodian_tools.ops.sprints import ForgeBoard, HubBoard

    if bool(tasks) is bool(issues):
        raise BadValue("where to file", "say --tasks REPO or --issues OWNER/NAME")
    if tasks:
        yield HubBoard(bench_of(desk), desk.slug(tasks))
        return
    from custodian_core.forge.client import open_forge

    with open_forge(desk.settings) as forge:
        yield ForgeBoard(forge, issues or "")


def _echo_planned(planned: "Planned", *, done: bool) -> None:
    rows: list[tuple[str, ...]] = []
    for step in planned.filing.steps:
        now = planned.filed.get(step.entry.id)
        said = f"filed as {now}" if now else _stands(step)
        rows.append((printable(said), printable(step.entry.id), printable(step.entry.title, 80)))
    echo_columns(rows)
    many = len(planned.filed) if done else len(planned.filing.new)
    verb = "filed" if done else "would be filed"
    click.echo(f"{counted(many, 'entry', 'entries')} {verb} among {planned.board}")
    if planned.stopped:
        click.echo(click.style(printable(planned.stopped), fg="red"))
    if planned.filing.findings:
        click.echo()
        echo_findings(planned.filing.findings)


def _stands(step: "Step") -> str:
    """How an entry stands that was not filed just now."""
    if step.ref:
        return f"is {step.ref}"
    return "was filed before" if step.older else "to be filed"
