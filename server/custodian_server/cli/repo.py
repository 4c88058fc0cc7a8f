"""`custodian repo` and `custodian register`: which repos are managed, and what is known of each."""

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import click

from custodian_core.codec import now, stamp, to_json
from custodian_core.commands import ChangeRepo, Command, RegisterRepo, UnregisterRepo
from custodian_core.errors import BadValue
from custodian_core.records import HostSync, Repo, RepoStatus
from custodian_core.text import printable

from .hub import Desk, echo_page, opened, paged
from .output import Group, as_json, counted, echo_hint, echo_json, errors_as_json

_COLOURS = {RepoStatus.ACTIVE: None, RepoStatus.ARCHIVED: "bright_black"}


@click.command(short_help="Register the repo in a folder, with all that can be known of it.")
@click.argument("path", default=Path(), type=click.Path(path_type=Path))
@as_json
@errors_as_json
def register(path: Path, json_: bool) -> None:
    """Register the repo in PATH, or in this folder.

    Its slug is the folder's name, its domain what the newest workplan says or else the slug; remote
    and branch are git's. Registering again brings the hub up to date.
    """
    from custodian_tools.registering import registration

    with opened() as desk:
        repo: Repo = desk.do(registration(desk.hub, path, desk.settings))
    _echo_registered(repo, json_=json_)


@click.group(cls=Group, short_help="Register, list, show and change the managed repos.")
def repo() -> None:
    """Register, list, show and change the managed repos."""


@repo.command("register")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--slug", required=True, help="The name that the hub knows it by.")
@click.option("--domain", help="The field of work; a new one is made known.")
@click.option("--topic", help="A topic that the hub knows.")
@click.option("--remote-url", metavar="URL", help="[default: git's origin]")
@click.option("--default-branch", metavar="BRANCH", help="[default: git's]")
@click.option("--managed", is_flag=True, help="This host's worker keeps a clone of its own.")
@as_json
@errors_as_json
def register_as(
    path: Path | None,
    slug: str,
    domain: str | None,
    topic: str | None,
    remote_url: str | None,
    default_branch: str | None,
    managed: bool,
    json_: bool,
) -> None:
    """Register the repo whose top folder is PATH, under a name of your choice.

    With --managed no checkout of yours is needed: a clone is put into the data folder and kept
    well there by `custodian worker`. The remote is the one that the hub knows, or --remote-url.
    """
    said = RegisterRepo(
        slug, domain or "", topic=topic, remote_url=remote_url, default_branch=default_branch
    )
    with opened() as desk:
        made: Repo = desk.do(_registration(desk, path, said, managed=managed))
    _echo_registered(made, json_=json_)


def _registration(desk: Desk, path: Path | None, said: RegisterRepo, *, managed: bool) -> Command:
    from custodian_tools.managed import adopt
    from custodian_tools.registering import named_registration

    if managed == (path is not None):
        raise BadValue("repo register", "name the folder of a checkout, or say --managed")
    if path is None:
        return adopt(desk.hub, desk.settings, said, echo_hint)
    if not said.domain:
        raise BadValue("--domain", "say in which field of work the repo is")
    return named_registration(desk.hub, path, desk.settings, said)


def _echo_registered(repo: Repo, *, json_: bool) -> None:
    if json_:
        echo_json("repo", to_json(repo))
        return
    click.echo(f"registered {click.style(repo.slug, bold=True)}")
    _echo_card(repo)
    if repo.last_state_synced_at is None:
        echo_hint(
            f"next: custodian fix {repo.slug} takes in its workplans' tasks, "
            f"custodian goal set {repo.slug} TITLE says what it works towards"
        )


@repo.command("list")
@click.option("--domain", help="Only those of this domain.")
@click.option("--status", type=click.Choice([each.value for each in RepoStatus]))
@click.option("--host", help="Only those with a checkout on this host.")
@click.option(
    "--stale",
    metavar="HOURS",
    type=click.FloatRange(0, 1_000_000),
    help="Only those not synced for so long, or never.",
)
@paged
@as_json
@errors_as_json
def list_(
    domain: str | None,
    status: str | None,
    host: str | None,
    stale: float | None,
    limit: int,
    after: str | None,
    json_: bool,
) -> None:
    """List the managed repos, by slug."""
    at = now()
    with opened() as desk:
        page = desk.hub.repos(
            domain=domain,
            status=status,
            host=host,
            synced_before=None if stale is None else at - timedelta(hours=stale),
            after=after,
            limit=limit,
        )
    if json_:
        echo_json("repos", to_json(page))
    else:
        echo_page(
            page, lambda each: _row(each, at), "repo", "register one: custodian register PATH"
        )


def _row(repo: Repo, at: datetime) -> tuple[str, ...]:
    from custodian_tools.hub import ago

    return (
        click.style(repo.slug, bold=True),
        repo.domain,
        _styled(repo.status),
        f"synced {ago(repo.last_state_synced_at, at)}",
        printable(repo.remote_url or "no remote"),
    )


def _styled(status: RepoStatus) -> str:
    return click.style(status.value, fg=_COLOURS.get(status, "yellow"))


@repo.command()
@click.argument("repo", metavar="REPO")
@as_json
@errors_as_json
def show(repo: str, json_: bool) -> None:
    """Show all that is known of REPO, a slug or the path of a checkout."""
    with opened() as desk:
        found = desk.hub.repo(desk.slug(repo))
    if json_:
        echo_json("repo", to_json(found))
        return
    click.echo(click.style(found.slug, bold=True))
    _echo_card(found)


def _echo_card(repo: Repo) -> None:
    for name, value in _facts(repo):
        click.echo(f"  {name:<7} {value}")


def _facts(repo: Repo) -> Iterator[tuple[str, str]]:
    from custodian_tools.hub import ago

    reason = f", {printable(repo.status_reason)}" if repo.status_reason else ""
    yield "domain", repo.domain + (f", topic {repo.topic}" if repo.topic else "")
    yield "status", _styled(repo.status) + reason
    yield "remote", printable(repo.remote_url or "none")
    yield "branch", printable(repo.default_branch or "unknown")
    yield "synced", ago(repo.last_state_synced_at, now())
    if repo.kaizen_schedule_enabled:
        yield "kaizen", "scheduled"
    for host in repo.hosts:
        yield "path", f"{printable(host.path)} on {printable(host.host)}{_synced(host)}"


def _synced(host: HostSync) -> str:
    """How the last sync went there."""
    if host.last_run_at is None:
        return ""
    sealed = ", not sealed" if host.sealed is False else ""
    return f" ({printable(host.outcome or 'run')} at {stamp(host.last_run_at)}{sealed})"


@repo.command("set")
@click.argument("repo", metavar="REPO")
@click.argument("fields", nargs=-1, required=True, metavar="FIELD=VALUE...")
@as_json
@errors_as_json
def set_(repo: str, fields: tuple[str, ...], json_: bool) -> None:
    """Change fields of REPO; an empty value clears one that may be empty.

    \b
    FIELD is domain, topic, remote_url, forge_id, default_branch, status,
    status_reason, last_state_synced_at, kaizen_schedule_enabled,
    kaizen_schedule_updated_at or host_paths (JSON, as {"laptop": "/home/me/x"}).
    """
    from .fields import changes_of

    with opened() as desk:
        changes = changes_of(fields, desk.settings)
        changed: Repo = desk.do(ChangeRepo(desk.slug(repo), changes))
    _echo_changed(changed, json_=json_)


@repo.command("out-of-scope")
@click.argument("repo", metavar="REPO")
@click.option("--reason", required=True, help="Why; it is shown with the repo.")
@as_json
@errors_as_json
def out_of_scope(repo: str, reason: str, json_: bool) -> None:
    """Put REPO out of scope: it stays known and Custodian leaves it alone."""
    changes = {"status": RepoStatus.OUT_OF_SCOPE.value, "status_reason": reason}
    with opened() as desk:
        changed: Repo = desk.do(ChangeRepo(desk.slug(repo), changes))
    _echo_changed(changed, json_=json_)


def _echo_changed(repo: Repo, *, json_: bool) -> None:
    if json_:
        echo_json("repo", to_json(repo))
        return
    click.echo(f"changed {click.style(repo.slug, bold=True)}")
    _echo_card(repo)


@repo.command()
@click.argument("repo", metavar="REPO")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@errors_as_json
def unregister(repo: str, yes: bool, json_: bool) -> None:
    """Forget REPO: its goals, workstreams, tasks and questions leave the hub.

    Its files stay as they are, and what happened stays in the hub's log.
    """
    with opened() as desk:
        slug = desk.slug(repo)
        if not yes:
            _ask(desk, slug)
        gone: Repo = desk.do(UnregisterRepo(slug))
    if json_:
        echo_json("repo_unregistered", to_json(gone))
    else:
        click.echo(f"unregistered {gone.slug}; its files stay as they are")


def _ask(desk: Desk, slug: str) -> None:
    """Go on only if somebody at the terminal agrees."""
    tasks = desk.hub.tasks(repo=slug, limit=1).total
    # (Python has no standard input where it was closed)
    if sys.stdin is None or not sys.stdin.isatty():  # pyright: ignore[reportUnnecessaryComparison]
        raise BadValue("unregister", "say --yes where there is no terminal to ask on")
    click.confirm(f"Forget {slug} and {counted(tasks, 'task')}?", abort=True, err=True)
