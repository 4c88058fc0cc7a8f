"""`custodian queue`: what waits for workers, and asking for more."""

import os
from pathlib import Path

import click

from custodian_core.codec import now, to_json
from custodian_core.jobs import Job, JobState
from custodian_core.text import printable

from .hub import echo_page, opened, paged
from .output import Group, as_json, echo_hint, echo_json, errors_as_json


@click.group(cls=Group, short_help="See and ask for what workers are to sync.")
def queue() -> None:
    """See and ask for what workers are to sync.

    For each repo on a host one sync waits at most, and one runs: who asks for what waits joins it,
    who asks while it runs gets one more run after it.
    """


@queue.command("list")
@click.option("--host", help="Only those of this host.")
@paged
@as_json
@errors_as_json
def list_(host: str | None, limit: int, after: str | None, json_: bool) -> None:
    """List the syncs that run, then those that wait; how one went, `custodian repo show` tells."""
    from custodian_core.settings import load
    from custodian_tools.queueing import open_any_queue

    found = open_any_queue(load(os.environ, Path.cwd()))
    try:
        page = found.page(host, after=after, limit=limit)
    finally:
        found.close()
    if json_:
        echo_json("queue", to_json(page))
        return
    echo_page(page, _row, "sync", "workers are asked by: custodian queue request REPO")
    if any(job.state is JobState.WAITING for job in page.items):
        echo_hint("a worker on that host takes those that wait: custodian worker")


def _row(job: Job) -> tuple[str, ...]:
    from custodian_tools.hub import ago

    running = job.state is JobState.RUNNING
    tries = f"try {job.tries + 1}" if job.tries else ""
    return (
        click.style(printable(job.repo), bold=True),
        printable(job.host),
        click.style(job.state.value, fg="blue" if running else None),
        f"asked {ago(job.asked_at, now())}",
        tries,
        printable(job.reason),
    )


@queue.command()
@click.argument("repo", metavar="REPO")
@click.option("--host", help="The host that is to sync it.  [default: each with a checkout]")
@click.option("--reason", default="asked for by hand", show_default=True, help="Why.")
@as_json
@errors_as_json
def request(repo: str, host: str | None, reason: str, json_: bool) -> None:
    """Ask workers to sync REPO, a slug or the path of a checkout; the next sweep does it first."""
    from custodian_tools.queueing import ask

    with opened() as desk:
        slug = desk.slug(repo)
        hosts = ask(desk.hub, desk.settings, slug, reason, desk.by, host)
    if json_:
        echo_json("queue_request", {"repo": slug, "hosts": list(hosts)})
    else:
        told = ", ".join(printable(each) for each in hosts)
        click.echo(f"{click.style(slug, bold=True)}: a sync is asked for on {told}")
