"""`custodian fix` and `custodian check`: files, hub and remote tell the same story."""

import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from custodian_core.errors import BadValue, HubTrouble
from custodian_core.findings import Finding, Severity
from custodian_core.text import printable

from .hub import Desk, opened
from .output import (
    as_json,
    counted,
    echo_finding_lines,
    echo_json,
    echo_todo,
    errors_as_json,
    exit_code,
)

if TYPE_CHECKING:
    from custodian_tools.sync import Bench, Options, Report, Target

F = TypeVar("F", bound=Callable[..., Any])

#: how long a person's own checkout must have been quiet, and one that a hook or timer visits
SETTLE_S, SETTLE_BACKGROUND_S = 1, 5


def _which(command: F) -> F:
    """The command takes REPO... or `--all`."""
    every = click.option("--all", "all_", is_flag=True, help="Every repo with a checkout here.")
    return click.argument("repos", nargs=-1, metavar="[REPO]...")(every(command))


@click.command(short_help="Say where files, hub and remote differ; nothing is written.")
@_which
@click.option("--no-fetch", is_flag=True, help="Do not ask the remote.")
@as_json
@errors_as_json
def check(repos: tuple[str, ...], all_: bool, no_fetch: bool, json_: bool) -> None:
    """Say where files, hub and remote differ; not a byte is written anywhere.

    REPO is a slug or the path of a checkout; without any, the repo in this folder is meant.
    """
    from custodian_tools.sync import Options
    from custodian_tools.sync import check as act

    with opened() as desk:
        reports = _run(desk, act, repos, Options(fetch=not no_fetch), all_=all_, json_=json_)
        _finish(desk, reports, json_=json_)


@click.command(short_help="Bring files, hub and remote in step, and push.")
@_which
@click.option("--remote", is_flag=True, help="Pull by fast-forward first where one is behind.")
@click.option("--no-writeback", is_flag=True, help="Do not write the hub's statuses into files.")
@click.option("--no-push", is_flag=True, help="Leave commits unpushed; the run is not sealed then.")
@click.option("--no-fetch", is_flag=True, help="Do not ask the remote what it has.")
@click.option("--relink", is_flag=True, help="Take ids that this hub does not know for none.")
@click.option("--hooks", is_flag=True, help="Run the repo's pre-push hook for people's commits.")
@click.option("--dry-run", is_flag=True, help="Say what would be done and do nothing.")
@click.option("--background", is_flag=True, hidden=True, help="For hooks and timers.")
@as_json
@errors_as_json
def fix(
    repos: tuple[str, ...],
    all_: bool,
    remote: bool,
    no_writeback: bool,
    no_push: bool,
    no_fetch: bool,
    relink: bool,
    hooks: bool,
    dry_run: bool,
    background: bool,
    json_: bool,
) -> None:
    """Bring files, hub and remote in step: no task goes back, and every commit is pushed.

    REPO is a slug or the path of a checkout; without any, the repo in this folder is meant. New
    workplans are taken into the hub, statuses go both ways, and each run ends with local being
    remote or says that it does not.
    """
    from custodian_tools.sync import Options
    from custodian_tools.sync import check as look
    from custodian_tools.sync.background import fix_and_follow

    options = Options(
        fetch=not no_fetch,
        pull=remote,
        writeback=not no_writeback,
        push=not no_push,
        relink=relink,
        hooks=hooks,
        settle_s=SETTLE_BACKGROUND_S if background else SETTLE_S,
    )
    if background:
        _in_background(repos, options, all_=all_)
        return
    with opened() as desk:
        act = look if dry_run else fix_and_follow
        reports = _run(desk, act, repos, options, all_=all_, json_=json_)
        _finish(desk, reports, json_=json_, dry_run=dry_run)


def _targets(desk: Desk, repos: Sequence[str], *, all_: bool) -> "tuple[Target, ...]":
    from custodian_tools.sync import fleet, target

    if all_ and repos:
        raise BadValue("--all", "name repos or say --all, not both")
    if all_:
        return fleet(desk.hub, desk.settings)
    return tuple(target(desk.hub, desk.settings, name) for name in repos or (".",))


def bench_of(desk: Desk, tell: Callable[[str], None] = lambda _text: None) -> "Bench":
    from custodian_tools.sync import Bench

    return Bench.of(desk.hub, desk.by, desk.settings, tell)


def _run(
    desk: Desk,
    act: "Callable[..., Report]",
    repos: Sequence[str],
    options: "Options",
    *,
    all_: bool,
    json_: bool,
) -> "list[Report]":
    """The report of each repo, in the order of their slugs, told as they come."""
    from custodian_tools.sync import sweep

    targets = _targets(desk, repos, all_=all_)
    done: list[Report] = []
    with _progress(len(targets), shown=not json_) as (tell, advance):
        for report in sweep(act, bench_of(desk, tell), targets, options, desk.settings):
            done.append(report)
            advance(report.slug)
    return sorted(done, key=lambda report: report.slug)


@contextmanager
def _progress(
    many: int, *, shown: bool
) -> Generator[tuple[Callable[[str], None], Callable[[str], None]]]:
    """Somebody at a terminal sees what is in work."""
    if not shown or not sys.stderr.isatty():
        yield lambda _stage: None, lambda _slug: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("looking", total=many)
        yield (
            lambda stage: bar.update(task, description=stage),
            lambda slug: bar.update(task, advance=1, description=printable(slug)),
        )


def _finish(desk: Desk, reports: "list[Report]", *, json_: bool, dry_run: bool = False) -> None:
    """Tell all reports, and end as the gravest finding demands."""
    findings = [finding for report in reports for finding in report.findings]
    if json_:
        data = {
            "host": desk.settings.host,
            "hub_id": desk.hub.health().hub_id,
            "dry_run": dry_run,
            "repos": [report.to_json() for report in reports],
        }
        echo_json("sync", data, findings)
    else:
        _echo(reports, findings, dry_run=dry_run)
    sys.exit(exit_code(findings))


def _echo(reports: "Sequence[Report]", findings: Sequence[Finding], *, dry_run: bool) -> None:
    for report in reports:
        click.echo(headline(report))
        if report.mode == "fix" or dry_run:
            for action in report.actions:
                click.echo(f"  {printable(action)}")
        echo_finding_lines(report.findings, "  ")
    if not reports:
        click.echo("no repo has a checkout on this host; `custodian register PATH` makes one known")
    if len(reports) > 1:
        click.echo(_sum(reports))
    echo_todo([finding for finding in findings if finding.severity is not Severity.FIXED])


def headline(report: "Report") -> str:
    parts = [_word(report), *_sealed(report)]
    if report.unchanged:
        parts.append("nothing has changed")
    parts += [counted(len(report.commits), "commit")] if report.commits else []
    return f"{click.style(report.slug, bold=True)}: {', '.join(parts)}"


def _word(report: "Report") -> str:
    colour = "green" if report.outcome == "ok" else "red" if report.failed else "yellow"
    return click.style(report.outcome, fg=colour)


def _sealed(report: "Report") -> Iterator[str]:
    """How local stands to remote, as far as it is known."""
    state = report.after
    if report.sealed:
        yield "local is remote"
    elif report.sealed is None:
        yield "whether local is remote is unknown"
    elif state:
        yield f"local is not remote: {state.ahead} ahead, {state.behind} behind"


def _sum(reports: "Iterable[Report]") -> str:
    reports = list(reports)
    sealed = sum(report.sealed is True for report in reports)
    failed = sum(report.failed for report in reports)
    told = f"{counted(len(reports), 'repo')}, {sealed} with local being remote"
    return f"{told}, {failed} failed" if failed else told


def _in_background(repos: Sequence[str], options: "Options", *, all_: bool) -> None:
    """A run that nobody sees: its lines go to a log, and it never fails whoever called it."""
    import os
    from pathlib import Path

    from custodian_core.codec import now
    from custodian_core.errors import CustodianError
    from custodian_core.settings import load
    from custodian_tools.sync import sweep
    from custodian_tools.sync.background import fix_and_follow, line, log, request

    home = load(os.environ, Path.cwd()).home
    act = fix_and_follow if all_ else request
    try:
        with opened() as desk:
            targets = _targets(desk, repos, all_=all_)
            for report in sweep(act, bench_of(desk), targets, options, desk.settings):
                if report.findings or report.actions:
                    log(home, now(), line(report))
    except HubTrouble as trouble:
        log(home, now(), f"nothing was done: {trouble}")
    except CustodianError as trouble:
        log(home, now(), f"nothing was done for {' '.join(repos) or 'all'}: {trouble}")
