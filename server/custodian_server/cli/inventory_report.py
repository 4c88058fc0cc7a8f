"""How inventories, and repos that were taken in, are told to people."""

from collections.abc import Iterator
from datetime import datetime

import click

from custodian_core.codec import stamp
from custodian_core.findings import Severity
from custodian_core.forge.records import ForgeRepo
from custodian_core.inventory import Row, Section, Stock
from custodian_core.text import printable
from custodian_tools.hub import ago
from custodian_tools.inventory_words import flag_told, properties, why_told
from custodian_tools.onboarding import TakenIn

from .output import counted, echo_columns, echo_finding_lines, echo_hint, echo_todo
from .sync import headline

#: what each section is called, and what an empty one means
TITLES = {
    Section.REGISTERED: ("Registered", "the hub and the forge have none in common"),
    Section.UNREGISTERED: ("Unregistered", "every repo that was read is registered or left out"),
    Section.HUB_ONLY: ("Hub-only", "the forge has every repo of the hub"),
    Section.UNKNOWN: ("Unknown", ""),
    Section.OUT_OF_SCOPE: ("Out of scope", ""),
}
_COLOURS = {Section.UNREGISTERED: "yellow", Section.HUB_ONLY: "yellow", Section.UNKNOWN: "red"}


def echo_stock(stock: Stock, at: datetime) -> None:
    """The sections, and below them what was asked and whether that was all."""
    for section, (title, empty) in TITLES.items():
        rows = stock.of(section)
        if not rows and not empty:
            continue
        head = click.style(title, bold=True, fg=_COLOURS.get(section) if rows else None)
        click.echo(f"{head}: {len(rows)}")
        if rows:
            echo_columns([_line(row, stock, at) for row in rows])
        else:
            click.echo(f"  {empty}")
        click.echo()
    _echo_foot(stock)


def _echo_foot(stock: Stock) -> None:
    taken = stock.inventory
    who = printable(taken.login or "a token that does not say whose it is")
    admin = ", an administrator" if taken.is_admin else ""
    asked = ", ".join(printable(each) for each in taken.asked)
    click.echo(
        f"{printable(taken.forge)}, asked as {who}{admin} for {asked}: "
        f"{counted(taken.total, 'repo')}, {stamp(taken.at)}"
    )
    if taken.partial:
        told = "not all could be read, so nothing is said to be missing on the forge"
        click.echo(f"{click.style('PARTIAL', fg='red', bold=True)}: {told}")
    for note in taken.notes:
        click.echo(f"  {printable(note)}")
    if fresh := stock.of(Section.UNREGISTERED):
        name = max(fresh, key=_wanted).name
        echo_hint(f"next: custodian inventory register {printable(name)} --clone-into DIR")


def _wanted(row: Row) -> tuple[bool, bool]:
    """How likely it is that somebody wants the repo in Custodian's care."""
    assert row.forge is not None  # noqa: S101 - the forge told of it
    idle = row.forge.archived or row.forge.empty or row.forge.mirror
    return not idle, row.forge.has_workplans is True


def _line(row: Row, stock: Stock, at: datetime) -> tuple[str, ...]:
    """One repo; four columns in every section, so that they line up."""
    name = f"  {click.style(printable(row.name), bold=True)}"
    where = printable(row.forge.full_name) if row.forge else ""
    match row.section:
        case Section.REGISTERED:
            assert row.repo is not None  # noqa: S101 - both know it
            flags = "; ".join(flag_told(flag, row) for flag in row.flags)
            synced = f"synced {ago(row.repo.last_state_synced_at, at)}"
            return name, where, synced, click.style(flags, fg="yellow") if flags else ""
        case Section.UNREGISTERED:
            assert row.forge is not None  # noqa: S101 - the forge told of it
            return (name, *_deciding(row.forge, at))
        case Section.OUT_OF_SCOPE:
            return name, where if row.repo else "", "", printable(row.reason or "")
        case _:
            remote = row.repo.remote_url if row.repo else None
            return name, printable(remote or "no remote"), why_told(row, stock.inventory), ""


def _deciding(repo: ForgeRepo, at: datetime) -> Iterator[str]:
    """What is needed to decide: when it was touched, what it is, what it is about."""
    yield f"touched {_days(repo.updated_at, at)}"
    yield ", ".join([*([printable(repo.language)] if repo.language else []), *properties(repo)])
    yield printable(repo.description, 60)


def _days(then: datetime | None, at: datetime) -> str:
    if then is None:
        return "at an unknown time"
    days = (at - then).days
    return f"{counted(days, 'day')} ago" if days > 1 else ago(then, at)


def echo_taken(done: TakenIn) -> None:
    """What was done for one repo, how it stands, and what comes next."""
    verb = "registered" if done.new else "registered already:"
    slug = click.style(done.repo.slug, bold=True)
    click.echo(f"{verb} {slug} ({printable(done.full_name)}), domain {done.repo.domain}")
    for note in done.notes:
        click.echo(f"  {click.style(printable(note), fg='yellow')}")
    if done.path is None:
        echo_hint(
            f"next: custodian inventory register {printable(done.full_name)} --clone-into DIR"
        )
        return
    click.echo(f"  {'cloned to' if done.cloned else 'lies in'} {printable(str(done.path))}")
    for line in _hooks(done):
        click.echo(f"  {line}")
    if done.report:
        click.echo(f"  {headline(done.report)}")
        echo_finding_lines(done.report.findings, "    ")
        echo_todo([each for each in done.report.findings if each.severity is not Severity.FIXED])
    synced = done.report is not None and done.report.mode == "fix"
    after = f"dispatch {done.repo.slug}" if synced else f"fix {done.repo.slug}"
    echo_hint(f"next: custodian {after}")


def _hooks(done: TakenIn) -> Iterator[str]:
    if done.hooks is None:
        return
    if done.hooks.why:
        yield f"hooks: {click.style('refused', fg='red')}, {printable(done.hooks.why)}"
    for hook in done.hooks.hooks:
        why = f", {printable(hook.why)}" if hook.why else ""
        yield f"hook {hook.name}: {hook.state.value}{why}"
