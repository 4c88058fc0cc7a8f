"""`custodian evidence`: measurements of an ops repo, and how old they are."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO

import click

from custodian_core.codec import now
from custodian_core.errors import BadValue
from custodian_core.text import printable

from .ops_repo import (
    at,
    bench_of,
    dry_run,
    finish,
    in_repo,
    tell_findings,
    tell_written,
    which,
)
from .output import Group, as_json, counted, echo_columns, echo_findings, echo_json, errors_as_json

#: how large evidence may be
LARGEST = 1024 * 1024
day_type = click.DateTime(["%Y-%m-%d"])


@click.group(cls=Group, short_help="List, read and write evidence; engagement out of logs.")
def evidence() -> None:
    """List, read and write evidence, and collect engagement: evidence/ of an ops repo."""


@evidence.command("list")
@which
@click.option("--domain", help="Only this domain.")
@click.option("--since", type=day_type, help="Only files of this day or later.")
@as_json
@errors_as_json
def list_(repo: str, domain: str | None, since: datetime | None, json_: bool) -> None:
    """List the domains, how old the newest evidence of each is, and the files."""
    from custodian_tools.ops import evidence as tool

    with at(repo) as (_, target):
        told = tool.stock(target, now().date(), domain, _day(since))
    if json_:
        echo_json("evidence", told.to_json(), told.findings)
    else:
        echo_columns(
            [
                (
                    each.domain,
                    _ago(each.age_days),
                    "old" if each.is_old else "",
                    printable(each.latest.path) if each.latest else "",
                )
                for each in told.standings
            ]
        )
        click.echo()
        tell_findings(told.findings, "all of it is fresh")
    finish(told.findings)


@evidence.command()
@click.argument("domain")
@in_repo
@as_json
@errors_as_json
def latest(domain: str, repo: str, json_: bool) -> None:
    """Show the newest evidence of DOMAIN."""
    from custodian_tools.ops import evidence as tool

    with at(repo) as (_, target):
        newest = tool.latest(target, domain, now().date())
    if json_:
        echo_json("evidence_latest", {"domain": domain, **newest.to_json()})
        return
    click.echo(
        ", ".join([printable(newest.path), _ago(newest.age_days), *["old"] * bool(newest.is_old)])
    )
    for row in json.dumps(newest.told, ensure_ascii=False, indent=2).splitlines():
        click.echo(printable(row))


@evidence.command()
@click.argument("domain")
@click.argument("file", type=click.File("rb"), default="-")
@in_repo
@click.option("--day", type=day_type, help="The day it is of; else today.")
@click.option("--name", default="", help="What tells it apart from others of that day.")
@dry_run
@as_json
@errors_as_json
def write(
    domain: str,
    file: BinaryIO,
    repo: str,
    day: datetime | None,
    name: str,
    dry_run: bool,
    json_: bool,
) -> None:
    """Commit and push the JSON object in FILE, or on standard input, as evidence of DOMAIN."""
    from custodian_core.ops.evidence import read_piece
    from custodian_tools.ops import evidence as tool

    told = read_piece(file.read(LARGEST + 1))
    if isinstance(told, str):
        raise BadValue("evidence", f"it {told}")
    with at(repo) as (desk, target):
        written = tool.write(
            bench_of(desk), target, domain, told, day=_day(day), name=name, dry_run=dry_run
        )
    tell_written("evidence_write", written, json_=json_)


@evidence.command()
@click.argument("logs", nargs=-1, required=True, type=click.Path(path_type=Path))
@in_repo
@click.option("--hours", type=click.IntRange(1, 24 * 366), default=24, show_default=True)
@click.option("--until", type=click.DateTime(), help="The end of the window, in UTC; else now.")
@click.option("--write", "write_", is_flag=True, help="Commit and push the report as evidence.")
@as_json
@errors_as_json
def engagement(
    logs: tuple[Path, ...],
    repo: str,
    hours: int,
    until: datetime | None,
    write_: bool,
    json_: bool,
) -> None:
    """Say who read what, out of a web server's LOGS of JSON lines.

    Logs that were rotated from them are read too, packed by gzip or not. Every line that could not
    be used is counted.
    """
    from custodian_tools.ops import evidence as tool

    end = until.replace(tzinfo=UTC) if until else now()
    collected = tool.engagement(logs, end, hours)
    findings = list(tool.trouble(collected))
    if write_ and collected.report is not None:
        with at(repo) as (desk, target):
            bench = bench_of(desk)
            written = tool.write(bench, target, "engagement", collected.report, day=end.date())
        more = {"report": collected.report}
        tell_written("engagement", written, json_=json_, more=more, findings=findings)
    if json_:
        echo_json("engagement", collected.report, findings)
    elif collected.report is None:
        click.echo("the logs are empty: no report")
    else:
        _echo_report(collected.report)
        if findings:
            click.echo()
            echo_findings(findings)
    finish(findings)


def _day(said: datetime | None) -> date | None:
    return said.date() if said else None


def _ago(days: int | None) -> str:
    return "never" if days is None else f"{counted(days, 'day')} ago" if days else "today"


def _echo_report(report: dict[str, Any]) -> None:
    window, lines = report["window"], report["lines"]
    click.echo(f"{window['start']} to {window['end']}, {counted(report['logs'], 'log')}")
    echo_columns(
        [
            ("requests", str(report["total_requests"])),
            ("page views", str(report["page_views"])),
            ("visitors", str(report["unique_visitors"])),
            ("referred", str(report["referred_visitors"])),
            ("lines skipped", f"{lines['skipped']} of {lines['read']}"),
        ]
    )
    for page in report["top_pages"]:
        click.echo(f"  {page['views']}  {page['path']}")
    if "note" in report:
        click.echo(report["note"])
