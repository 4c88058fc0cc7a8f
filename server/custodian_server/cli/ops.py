"""`custodian ops`: whether an ops repo is complete and well, and how work flows."""

from typing import TYPE_CHECKING

import click

from custodian_core.codec import now, to_json
from custodian_core.text import printable

from .hub import opened
from .ops_repo import at, bench_of, dry_run, finish, tell_findings, tell_written, which
from .output import Group, as_json, counted, echo_columns, echo_hint, echo_json, errors_as_json

if TYPE_CHECKING:
    from custodian_core.ops.flow import Day, Flow, Spread


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

    with at(repo) as (desk, target):
        told = tool(desk.hub, target, now().date())
    if json_:
        echo_json("ops_doctor", told.to_json(), told.findings)
    else:
        if not told.is_ops_repo:
            click.echo("nothing of an ops repo is here yet")
        tell_findings(told.findings, "every part is there")
        if told.why_not:
            click.echo(f"nothing can be written here: {printable(told.why_not)}")
        elif told.missing:
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


@ops.command()
@click.option("--repo", metavar="SLUG", help="Only this repo; else the whole fleet.")
@click.option(
    "--window", "days", type=click.IntRange(1, 366), default=7, show_default=True, metavar="DAYS"
)
@as_json
@errors_as_json
def metrics(repo: str | None, days: int, json_: bool) -> None:
    """Say how work flowed in the last DAYS: what was done and how long it took, what was blocked.

    The hub's own events tell it. A task that was done when the hub first heard of it is none of
    those that took time.
    """
    from custodian_tools.ops.metrics import metrics as tool

    with opened() as desk:
        told = tool(desk.hub, now(), days, repo)
    if json_:
        echo_json("ops_metrics", to_json(told))
        return
    echo_columns(_measured(told))
    click.echo()
    echo_columns([_DAY, *((each.day, *map(str, _counts(each))) for each in told.days)])


_DAY = ("day", "added", "done", "reopened", "not sealed")


def _counts(day: "Day") -> tuple[int, ...]:
    return day.added, day.done, day.reopened, day.seal_failures


def _measured(told: "Flow") -> list[tuple[str, str]]:
    unknown = f", {told.lead_unknown} of unknown beginning" if told.lead_unknown else ""
    unsure = f", {told.seals_unknown} unknown" if told.seals_unknown else ""
    return [
        ("tasks", f"{told.added} added, {told.done} done, {told.cancelled} cancelled"),
        ("reopened", counted(told.reopened, "time")),
        ("lead time", _spread(told.lead, "nothing was done") + unknown),
        ("blocked", f"{_spread(told.blocked, 'nothing was blocked')}; {told.blocked_now} now"),
        ("syncs", f"{told.syncs} with news, {told.seal_failures} not sealed{unsure}"),
    ]


def _spread(told: "Spread | None", nothing: str) -> str:
    if told is None:
        return nothing
    parts = {"half within": told.median_s, "nine in ten": told.p90_s, "longest": told.longest_s}
    return ", ".join(f"{word} {_length(seconds)}" for word, seconds in parts.items())


def _length(seconds: int) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
