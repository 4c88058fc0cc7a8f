"""`custodian status`."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from custodian_core.codec import now, to_json
from custodian_core.records import Repo, RepoStatus
from custodian_core.status import Status

from .hub import opened
from .output import as_json, counted, echo_columns, echo_hint, echo_json, errors_as_json

if TYPE_CHECKING:
    from custodian_tools.hub import RepoState

HEAD = ("REPO", "DOMAIN", "SYNCED", "OPEN", "DONE", "CLAIMS", "QUESTIONS")

#: how each age of a sync is coloured; what is older, or never was, is red
COLOURS = {"fresh": "green", "ageing": "yellow"}


@click.command(short_help="Show the whole fleet on one screen.")
@as_json
@errors_as_json
def status(json_: bool) -> None:
    """Show the whole fleet on one screen: a row for each repo.

    It tells how long ago the last sync was, how many tasks are open and done, how many are being
    worked on, and how many questions wait for a person.
    """
    from custodian_tools.hub import fleet

    with opened() as desk:
        states = fleet(desk.hub)
    if json_:
        echo_json("status", [_json(state) for state in states])
        return
    active = [state for state in states if state.repo.status is RepoStatus.ACTIVE]
    if active:
        at = now()
        head = [click.style(word, bold=True) for word in HEAD]
        echo_columns([head, *(_row(state, at) for state in active)])
    click.echo(_sum(active, len(states) - len(active)))
    if not states:
        echo_hint("begin with custodian register PATH, PATH being a checkout")


def _row(state: "RepoState", at: datetime) -> tuple[str, ...]:
    repo = state.repo
    return (
        repo.slug,
        repo.domain,
        _synced(repo, at),
        str(state.open_tasks),
        str(state.tasks[Status.DONE]),
        str(state.live_claims),
        click.style(str(state.open_questions), fg="yellow" if state.open_questions else None),
    )


def _synced(repo: Repo, at: datetime) -> str:
    from custodian_tools.health import freshness
    from custodian_tools.hub import age

    last = repo.last_state_synced_at
    return click.style(age(last, at), fg=COLOURS.get(freshness(last, at), "red"))


def _sum(active: Sequence["RepoState"], left_out: int) -> str:
    parts = [
        counted(len(active), "repo"),
        counted(sum(state.open_tasks for state in active), "open task"),
        counted(sum(state.live_claims for state in active), "claim"),
        counted(sum(state.open_questions for state in active), "open question"),
    ]
    rest = f"; {counted(left_out, 'repo')} archived or out of scope" if left_out else ""
    return ", ".join(parts) + rest


def _json(state: "RepoState") -> dict[str, object]:
    repo = state.repo
    return {
        "slug": repo.slug,
        "domain": repo.domain,
        "status": repo.status.value,
        "last_state_synced_at": to_json(repo.last_state_synced_at),
        "tasks": {status.value: number for status, number in state.tasks.items()},
        "open_tasks": state.open_tasks,
        "live_claims": state.live_claims,
        "open_questions": state.open_questions,
    }
