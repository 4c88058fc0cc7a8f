"""`custodian task`: what is to be done, who does it, and how far it is."""

from collections.abc import Iterator
from typing import Any

import click

from custodian_core.codec import stamp, to_json
from custodian_core.commands import ChangeTask, ClaimTask, NoteTask, ReleaseClaim, ReopenTask
from custodian_core.errors import BadValue
from custodian_core.records import Claim, ClaimKind, Event, Task
from custodian_core.status import Priority, Status, rank
from custodian_core.text import printable

from .hub import agent_option, echo_page, opened, paged
from .output import Group, as_json, echo_columns, echo_json, errors_as_json, styled_status

_UNENDED = [status.value for status in Status if rank(status) < rank(Status.DONE)]

fence_option = click.option(
    "--fence", type=int, metavar="N", help="Your claim's number; refused if it has changed hands."
)


@click.group(cls=Group, short_help="List, claim, move and note tasks.")
def task() -> None:
    """List, claim, move and note tasks. KEY is a task's key, as CUST-WP-0014-T01, or its hub id."""


@task.command("list")
@click.option("--repo", metavar="REPO", help="Only those of this repo.")
@click.option("--workstream", metavar="KEY", help="Only those of this workplan.")
@click.option("--status", type=click.Choice([each.value for each in Status]))
@click.option("--priority", type=click.Choice([each.value for each in Priority]))
@click.option("--needs-human", is_flag=True, help="Only those that need a person.")
@paged
@as_json
@errors_as_json
def list_(
    repo: str | None,
    workstream: str | None,
    status: str | None,
    priority: str | None,
    needs_human: bool,
    limit: int,
    after: str | None,
    json_: bool,
) -> None:
    """List tasks, by key."""
    with opened() as desk:
        page = desk.hub.tasks(
            repo=desk.slug(repo) if repo is not None else None,
            workstream=workstream,
            status=status,
            priority=priority,
            needs_human=True if needs_human else None,
            after=after,
            limit=limit,
        )
    if json_:
        echo_json("tasks", to_json(page))
    else:
        echo_page(page, _row, "task", "tasks come from workplans: custodian fix REPO reads them")


def _row(task: Task) -> tuple[str, ...]:
    title = printable(task.title) + ("  (needs a human)" if task.needs_human else "")
    return task.key, styled_status(task.status), task.priority.value, title


@task.command()
@click.argument("key")
@as_json
@errors_as_json
def show(key: str, json_: bool) -> None:
    """Show one task, and who works on it."""
    with opened() as desk:
        found = desk.hub.task(key)
        claims = desk.hub.claims(repo=found.repo_slug)
    claim = next((each for each in claims if each.task_id == found.id), None)
    if json_:
        echo_json("task", {**to_json(found), "claim": to_json(claim)})
        return
    click.echo(f"{click.style(found.key, bold=True)}  {printable(found.title)}")
    for line in _facts(found, claim):
        click.echo(line)


def _facts(task: Task, claim: Claim | None) -> Iterator[str]:
    from custodian_tools.dispatch import quoted

    needs = ", needs a human" if task.needs_human else ""
    yield f"  {styled_status(task.status)}, {task.priority}, {task.repo_slug}{needs}"
    if claim:
        held = "while a person is asked" if claim.parked else f"until {stamp(claim.expires_at)}"
        yield f"  claimed by {printable(claim.holder)} {held}, fence {claim.fence}"
    if task.depends_on:
        yield f"  after {printable(', '.join(task.depends_on))}"
    if task.note:
        yield f"  note: {printable(task.note)}"
    yield from quoted(task.description)
    yield from (f"  - {printable(each)}" for each in task.acceptance)


@task.command()
@click.argument("key", required=False)
@click.option("--next", "next_", is_flag=True, help="Claim the next task of --repo.")
@click.option("--repo", metavar="REPO", help="Whose next task is wanted.")
@agent_option
@click.option(
    "--kind",
    type=click.Choice([each.value for each in ClaimKind]),
    default=ClaimKind.INTERACTIVE.value,
    show_default=True,
    help="Who works; it decides how long the claim lives.",
)
@click.option("--ttl", type=int, metavar="SECONDS", help="How long it lives unless renewed.")
@click.option("--workdir", type=click.Path(resolve_path=True), help="The folder you work in.")
@as_json
@errors_as_json
def claim(
    key: str | None,
    next_: bool,
    repo: str | None,
    agent: str,
    kind: str,
    ttl: int | None,
    workdir: str | None,
    json_: bool,
) -> None:
    """Claim the right to work on the task KEY, or on the next one of a repo.

    Claiming it again renews the claim. A task to do is in progress from then on.
    """
    if (key is None) != next_ or (repo is not None) != next_:
        raise BadValue("claim", "name a task, or say --next --repo REPO")
    with opened(agent) as desk:
        made: Claim = desk.do(
            ClaimTask(
                agent,
                task=key,
                repo=desk.slug(repo) if repo is not None else None,
                kind=ClaimKind(kind),
                ttl_s=ttl,
                workdir=workdir,
                host=desk.settings.host,
            )
        )
    if json_:
        echo_json("claim", to_json(made))
    else:
        until = stamp(made.expires_at)
        click.echo(f"{made.task_key} is yours until {until}; write with --fence {made.fence}")


@task.command()
@click.argument("key")
@agent_option
@click.option("--note", help="What the next one should know.")
@as_json
@errors_as_json
def release(key: str, agent: str, note: str | None, json_: bool) -> None:
    """Give back the right to work on KEY; its status stays as it is."""
    from custodian_tools.hub import held

    with opened(agent) as desk:
        mine = held(desk.hub, desk.hub.task(key), agent)
        ended: Claim = desk.do(ReleaseClaim(mine.id, mine.fence, note))
    if json_:
        echo_json("claim", to_json(ended))
    else:
        click.echo(f"{ended.task_key} is free")


@task.command()
@click.argument("key")
@click.argument("status", metavar="STATUS", type=click.Choice([each.value for each in Status]))
@fence_option
@as_json
@errors_as_json
def status(key: str, status: str, fence: int | None, json_: bool) -> None:
    """Set the status of KEY; it never goes back this way, see `custodian task reopen`.

    STATUS is todo, in_progress, blocked, done or cancelled.
    """
    with opened() as desk:
        old = desk.hub.task(key).status
        changed: Task = desk.do(ChangeTask(key, {"status": status}, fence=fence))
    if json_:
        echo_json("task", to_json(changed))
    else:
        _echo_moved(old, changed)


@task.command()
@click.argument("key")
@click.option("--reason", required=True, help="Why; it stands in the task's history.")
@click.option(
    "--to",
    type=click.Choice(_UNENDED),
    default=Status.TODO.value,
    show_default=True,
    help="What it is then.",
)
@as_json
@errors_as_json
def reopen(key: str, reason: str, to: str, json_: bool) -> None:
    """Take the task KEY back on purpose; whoever works on it loses the claim."""
    with opened() as desk:
        old = desk.hub.task(key).status
        changed: Task = desk.do(ReopenTask(key, reason, Status(to)))
    if json_:
        echo_json("task", to_json(changed))
    else:
        _echo_moved(old, changed)


def _echo_moved(old: Status, task: Task) -> None:
    if old is task.status:
        click.echo(f"{task.key} is {old} already")
    else:
        click.echo(f"{task.key}: {old} → {styled_status(task.status)}")


@task.command()
@click.argument("key")
@click.argument("text")
@fence_option
@as_json
@errors_as_json
def note(key: str, text: str, fence: int | None, json_: bool) -> None:
    """Leave TEXT as a note or evidence in the history of KEY."""
    with opened() as desk:
        noted: Task = desk.do(NoteTask(key, text, fence))
    if json_:
        echo_json("task", to_json(noted))
    else:
        click.echo(f"{noted.key}: noted")


@task.command()
@click.argument("key")
@as_json
@errors_as_json
def history(key: str, json_: bool) -> None:
    """Tell all that happened to KEY, the oldest first."""
    from custodian_tools.hub import history as events_of

    with opened() as desk:
        events = list(events_of(desk.hub, desk.hub.task(key)))
    if json_:
        echo_json("events", to_json(events))
    elif events:
        echo_columns([_told(event) for event in events])
    else:
        click.echo("no events")


def _told(event: Event) -> tuple[str, ...]:
    before, after = event.before or {}, event.after or {}
    parts = [_change(name, before, after) for name in {**before, **after}]
    if event.reason:
        parts.append(f"because {event.reason}")
    return stamp(event.at), printable(event.actor), event.type, printable("; ".join(parts), 300)


def _change(name: str, before: dict[str, Any], after: dict[str, Any]) -> str:
    if name in before and name in after:
        return f"{name} {before[name]} → {after[name]}"
    return f"{name} {after.get(name, before.get(name))}"
