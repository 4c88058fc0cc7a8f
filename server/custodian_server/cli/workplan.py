"""`custodian workplan`: plans on disk, with no hub needed."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from custodian_core.findings import Severity
from custodian_core.status import Status
from custodian_core.text import printable
from custodian_core.workplan.model import Workplan
from custodian_prompts import load
from custodian_tools import workplans

from .output import (
    STATUS_COLOURS,
    Group,
    as_json,
    counted,
    echo_findings,
    echo_json,
    errors_as_json,
    exit_code,
)


@click.group(cls=Group, short_help="Lint, show, begin and edit workplans.")
def workplan() -> None:
    """Lint, show, begin and edit workplans: Markdown files below workplans/."""


@workplan.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@as_json
@errors_as_json
def lint(paths: tuple[Path, ...], json_: bool) -> None:
    """Say what is amiss in workplans, by file and line.

    PATH is a workplan, or a folder that holds workplans/; this folder if none is given.
    """
    result = workplans.lint_workplans(paths or (Path(),))
    if json_:
        echo_json("workplan_lint", result.to_json(), result.findings)
        sys.exit(exit_code(result.findings))
    echo_findings(result.findings)
    if result.findings:
        click.echo()
    for path, reason in result.skipped:
        click.echo(f"{path}: left out, {reason}")
    looked = f"{counted(len(result.plans), 'workplan')}, {counted(result.tasks, 'task')}"
    grave = [
        f"{sum(finding.severity is severity for finding in result.findings)} {severity}"
        for severity in (Severity.FAIL, Severity.WARN, Severity.INFO)
    ]
    click.echo(f"{looked}: {', '.join(grave)}")
    sys.exit(exit_code(result.findings))


@workplan.command()
@click.argument("file", type=click.Path(path_type=Path))
@as_json
@errors_as_json
def show(file: Path, json_: bool) -> None:
    """Show one workplan and its tasks, and what is amiss in it."""
    reading = workplans.show_workplan(file)
    plan = reading.workplan
    if json_:
        echo_json("workplan", plan.to_json() if plan else None, reading.findings)
        sys.exit(exit_code(reading.findings))
    if plan:
        _echo_plan(plan)
    if plan and reading.findings:
        click.echo()
    echo_findings(reading.findings)
    sys.exit(exit_code(reading.findings))


def _echo_plan(plan: Workplan) -> None:
    status = plan.status.value if plan.status else "status unknown"
    facts = [status, plan.text("repo"), plan.text("domain"), counted(len(plan.tasks), "task")]
    click.echo(f"{click.style(plan.id, bold=True)}  {printable(plan.title)}")
    click.echo(printable(", ".join(fact for fact in facts if fact)))
    if plan.tasks:
        click.echo()
    wide = max((len(task.id) for task in plan.tasks), default=0)
    for task in plan.tasks:
        state = click.style(f"{task.status.value:<11}", fg=STATUS_COLOURS[task.status])
        title = printable(task.title) + ("  (needs a human)" if task.needs_human else "")
        click.echo(f"  {task.id:<{wide}}  {state}  {task.priority.value:<8}  {title}")


@workplan.command()
@click.argument("title")
@click.option(
    "-t", "--task", "tasks", multiple=True, help="A task's title; give one for each task."
)
@click.option(
    "--prefix", help="What the id counts up from, as CUST-WP.  [default: the newest plan's]"
)
@click.option("--domain", help="[default: the newest plan's]")
@click.option("--repo", help="[default: the newest plan's, or the folder's name]")
@click.option("--owner", help="[default: the newest plan's]")
@click.option("--topic", help="The topic's slug.  [default: the newest plan's]")
@click.option(
    "-C",
    "--root",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The repo.  [default: here]",
)
@click.option("--dry-run", is_flag=True, help="Print the plan and write nothing.")
@as_json
@errors_as_json
def new(
    title: str,
    tasks: tuple[str, ...],
    prefix: str | None,
    domain: str | None,
    repo: str | None,
    owner: str | None,
    topic: str | None,
    root: Path,
    dry_run: bool,
    json_: bool,
) -> None:
    """Begin a workplan called TITLE, with the next free id."""
    plan = workplans.create_workplan(
        title,
        tasks,
        root=root,
        today=datetime.now(UTC).date(),
        prefix=prefix,
        domain=domain,
        repo=repo,
        owner=owner,
        topic=topic,
        write=not dry_run,
    )
    if json_:
        echo_json("workplan_new", {**plan.to_json(), "written": not dry_run})
    elif dry_run:
        click.echo(plan.text, nl=False)
    else:
        click.echo(f"{plan.path}: {plan.id} with {counted(len(plan.tasks), 'task')}")


@workplan.command("set-status")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("status", type=click.Choice([status.value for status in Status]))
@click.option("--task", metavar="ID", help="The task; without it the plan's own status is set.")
@click.option("--dry-run", is_flag=True, help="Say what would change and write nothing.")
@as_json
@errors_as_json
def set_status(file: Path, status: str, task: str | None, dry_run: bool, json_: bool) -> None:
    """Set one status in FILE and leave every other byte as it is.

    An edit that cannot be made exactly is refused with the reason.
    """
    result = workplans.set_status(file, status, task, write=not dry_run)
    if json_:
        echo_json(
            "workplan_status", {**result.to_json(), "written": result.changed and not dry_run}
        )
    elif result.changed:
        would = "would change" if dry_run else "changed"
        click.echo(f"{result.path}: {result.what} {would}: {result.old} → {result.new}")
    else:
        click.echo(f"{result.path}: {result.what} is {result.old} already; nothing was written")


@workplan.command("format")
def format_() -> None:
    """Say how a workplan is written."""
    click.echo(workplans.guide(load), nl=False)
