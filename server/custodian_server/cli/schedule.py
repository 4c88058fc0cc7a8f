"""`custodian schedule`: which agents run in which repos, and runs prepared for them."""

import json
import re
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from custodian_core.codec import now, stamp, to_json
from custodian_core.errors import BadValue
from custodian_core.paths import expanded
from custodian_core.text import printable

from .hub import opened
from .output import (
    Group,
    as_json,
    counted,
    echo_columns,
    echo_findings,
    echo_hint,
    echo_json,
    errors_as_json,
    exit_code,
)

if TYPE_CHECKING:
    from custodian_core.schedule.roster import Due, LeftOut, Roster
    from custodian_tools.bundles import Bundle
    from custodian_tools.schedules import Judged

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
LONGEST = timedelta(days=366)

domain_option = click.option("--domain", help="Only repos of this domain.")


@click.group(cls=Group, short_help="Which agents run in which repos, and runs prepared for them.")
def schedule() -> None:
    """Which agents run in which repos, and runs prepared for them.

    A repo says it in .kaizen/schedule.yml. Custodian runs nothing by it: another program asks what
    is due, has runs prepared, and starts its workers.
    """


@schedule.command()
@click.argument("path", metavar="[PATH]", type=click.Path(path_type=Path), default=Path())
@click.option("--timezone", metavar="ZONE", default="UTC", show_default=True, help="Of all times.")
@as_json
@errors_as_json
def init(path: Path, timezone: str, json_: bool) -> None:
    """Write an example with every line explained; nothing runs until it is switched on.

    PATH is the repo's top folder, this one if none is given. A schedule that is there stays.
    """
    from custodian_tools.schedules import begin

    begun = begin(path, timezone)
    if json_:
        echo_json("schedule_init", begun.to_json())
    elif begun.kept:
        click.echo(f"{begun.path} is there already; it stays as it is")
    else:
        click.echo(f"{begun.path}: an example in which nothing runs")
        echo_hint("edit it, then: custodian schedule validate")


@schedule.command()
@click.argument("names", nargs=-1, metavar="[PATH|REPO]...")
@click.option("--all", "all_", is_flag=True, help="Every repo with a checkout on this host.")
@as_json
@errors_as_json
def validate(names: tuple[str, ...], all_: bool, json_: bool) -> None:
    """Say what is amiss in schedules, by file and line.

    PATH is a schedule or a checkout, this folder if nothing is given; REPO is a slug. With --all,
    repos without a schedule are left out. Exit 1 where one cannot be used.
    """
    judged = _judged(names, all_=all_)
    findings = [finding for each in judged for finding in each.findings]
    if json_:
        echo_json("schedule_validate", [each.to_json() for each in judged], findings)
        sys.exit(exit_code(findings))
    echo_findings(findings)
    if findings:
        click.echo()
    for each in judged:
        click.echo(f"{each.path}: {_verdict(each)}")
    if not judged:
        click.echo("no repo on this host has a schedule")
        echo_hint("begin one: custodian schedule init")
    sys.exit(exit_code(findings))


def _judged(names: tuple[str, ...], *, all_: bool) -> list["Judged"]:
    from custodian_tools.schedules import judge, judge_all, judge_named

    if all_ and names:
        raise click.UsageError("say PATH or REPO, or --all, not both")
    if all_:
        with opened() as desk:
            return judge_all(desk.hub, desk.settings)
    found: list[Judged] = []
    for name in names or (".",):
        if "/" in name or name.startswith((".", "~")) or name.endswith((".yml", ".yaml")):
            found.append(judge(expanded(name)))
        else:
            with opened() as desk:
                found += judge_named(desk.hub, desk.settings, [name])
    return found


def _verdict(judged: "Judged") -> str:
    if judged.failed or judged.schedule is None:
        return click.style("cannot be used", fg="red")
    on = len(judged.schedule.active)
    off = len(judged.schedule.entries) - on
    runs = f"{counted(on, 'agent')} on, {off} off"
    return f"{click.style('valid', fg='green')}, {runs}"


@schedule.command("list")
@domain_option
@click.option("--due-within", metavar="TIME", help="Only runs that come within 30m, 24h, 7d.")
@as_json
@errors_as_json
def list_(domain: str | None, due_within: str | None, json_: bool) -> None:
    """List the roster as the hub knows it: which agent runs where, and when next.

    What cannot be used comes first.
    """
    from custodian_tools.schedules import findings_of, listed

    span = _span(due_within) if due_within else None
    at = now()
    with opened() as desk:
        found = listed(desk.hub, at, domain)
    found = found.within(at, span) if span else found
    if json_:
        echo_json("schedules", found.to_json(), findings_of(found.left_out))
    else:
        _echo_roster(found, at, "nothing is due", "put a repo there: custodian schedule register")


def _span(said: str) -> timedelta:
    told = re.fullmatch(r"(\d{1,5})([mhd])", said.strip())
    span = timedelta(**{_UNITS[told[2]]: int(told[1])}) if told else timedelta()
    if not timedelta() < span <= LONGEST:
        raise BadValue(f"time '{said[:20]}'", "it must be like 30m, 24h or 7d, up to a year")
    return span


def _echo_roster(found: "Roster", at: datetime, nothing: str, hint: str) -> None:
    for each in found.invalid:
        _echo_left_out(each)
    rows = [_row(each, at) for each in found.due]
    if rows:
        head = ("REPO", "AGENT", "CADENCE", "NEXT RUN", "PREPARED", "ON")
        dim = tuple(click.style(name, dim=True) for name in head)
        echo_columns([dim, *rows])
    else:
        click.echo(nothing)
        echo_hint(hint)
    for each in found.left_out:
        if each.reason != "invalid":
            _echo_left_out(each)


def _row(due: "Due", at: datetime) -> tuple[str, ...]:
    from custodian_tools.hub import ago

    last = ago(due.last_prepared_at, at)
    hosts = ", ".join(sorted(map(printable, due.host_paths))) or "no host"
    zone = "" if due.timezone == "UTC" else f" {due.timezone}"
    when = stamp(due.next_run_at) if due.next_run_at else "never" if due.enabled else "off"
    name = click.style(due.repo, bold=True)
    return name, printable(due.agent), printable(f"{due.cadence}{zone}"), when, last, hosts


def _echo_left_out(each: "LeftOut") -> None:
    colour = "red" if each.reason == "invalid" else None
    reason = click.style(each.reason, fg=colour)
    click.echo(f"{click.style(each.repo, bold=True)}: {reason}: {printable(each.why)}")


@schedule.command()
@domain_option
@click.option("--all", "all_", is_flag=True, help="Look in every checkout, whatever the roster.")
@as_json
@errors_as_json
def discover(domain: str | None, all_: bool, json_: bool) -> None:
    """Find what is scheduled in the checkouts on this host, and why each other repo is left out.

    The hub's roster says where to look, and the file in the checkout decides. Exit 1 where a
    schedule cannot be used.
    """
    from custodian_tools.schedules import discover as act
    from custodian_tools.schedules import findings_of

    at = now()
    with opened() as desk:
        found = act(desk.hub, desk.settings, at, domain=domain, everywhere=all_)
    findings = findings_of(found.left_out)
    if json_:
        echo_json("schedule_discover", found.to_json(), findings)
    else:
        _echo_roster(found, at, "nothing is scheduled here", "look everywhere: --all")
    sys.exit(int(bool(found.invalid)))


@schedule.command()
@click.argument("agent", metavar="AGENT")
@click.option("--repo", metavar="REPO", default=".", help="A slug or a path.  [default: here]")
@click.option(
    "--out",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Write run.json and the files there too.",
)
@click.option("--no-event", is_flag=True, help="Leave the hub's log alone: only try it out.")
@as_json
@errors_as_json
def prepare(agent: str, repo: str, out: Path | None, no_event: bool, json_: bool) -> None:
    """Bundle AGENT's next run: its prompt, memory, metrics, and what the repo's dispatch says.

    Nothing is fetched and nothing is run. What is missing is named; what the schedule requires and
    is missing refuses the run. The hub's log tells of it (kaizen.schedule.prepared).
    """
    from custodian_tools.preparing import prepare as act

    with opened() as desk:
        bundle = act(
            desk.hub, desk.settings, agent, repo, now(), desk.by, out=out, tell=not no_event
        )
    if json_:
        echo_json("schedule_prepared", bundle.to_json())
        return
    for line in _lines(bundle):
        click.echo(line)


def _lines(bundle: "Bundle") -> Iterator[str]:
    run = bundle.run
    yield f"{click.style(run.repo, bold=True)}: {run.agent} is prepared, run {run.run_id}"
    due = stamp(run.due_at) if run.due_at else "no run had come yet"
    after = stamp(run.next_run_at) if run.next_run_at else "none"
    yield f"  due      {due}, next {after}"
    for part in bundle.parts:
        yield f"  {part.part:<8} {printable(part.path)}, {counted(len(part.data), 'byte')}"
    if bundle.dispatch:
        yield f"  dispatch {run.directive}"
    for each in bundle.missing:
        yield f"  {click.style('missing', fg='yellow')}  {each.part}: {printable(each.why)}"
    if run.folder:
        yield f"  folder   {printable(run.folder)}"
    told = f"number {bundle.event.seq} in the hub's log" if bundle.event else "none, "
    yield f"  event    {told}{printable(bundle.no_event)}"


@schedule.command()
@click.argument("repo", metavar="[REPO]", default=".")
@as_json
@errors_as_json
def register(repo: str, json_: bool) -> None:
    """Put REPO on the roster, with what its schedule says now.

    REPO is a slug or a path, this folder if none is given. A sync does the same for a schedule that
    appears or changes.
    """
    from custodian_tools.schedules import enrol

    with opened() as desk:
        known = enrol(desk.hub, desk.settings, repo, desk.by)
    if json_:
        echo_json("schedule_register", to_json(known))
    else:
        click.echo(f"{click.style(known.slug, bold=True)} is on the roster")


@schedule.command()
@click.argument("repo", metavar="[REPO]", default=".")
@as_json
@errors_as_json
def unregister(repo: str, json_: bool) -> None:
    """Take REPO off the roster until it is registered again, or its schedule changes."""
    from custodian_tools.schedules import strike

    with opened() as desk:
        known = strike(desk.hub, desk.slug(repo), desk.by)
    if json_:
        echo_json("schedule_unregister", to_json(known))
    else:
        click.echo(f"{click.style(known.slug, bold=True)} is off the roster")


@schedule.command()
@click.argument("which", type=click.Choice(["schedule", "event"]), default="schedule")
def schema(which: str) -> None:
    """Print the JSON Schema of a schedule, for editors, or of the event of a prepared run."""
    from custodian_core.schedule.prepared import event_schema
    from custodian_core.schedule.schema import schedule_schema

    said = schedule_schema() if which == "schedule" else event_schema()
    click.echo(json.dumps(said, indent=2))
