"""`custodian hooks`: a sync after each commit."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from custodian_core.fenced import State
from custodian_core.text import printable

from .checkouts import chosen, program, repos
from .hub import opened
from .output import Group, as_json, echo_columns, echo_hint, echo_json, errors_as_json

if TYPE_CHECKING:
    from custodian_tools.hooks import Hook, Hooks

_COLOURS = {
    State.INSTALLED: "green",
    State.OUTDATED: "yellow",
    State.ABSENT: None,
    State.FOREIGN: "red",
}


@click.group(cls=Group, short_help="Sync after each commit: put lines into repos' git hooks.")
def hooks() -> None:
    """Sync after each commit: put lines into repos' git hooks.

    A commit, a merge or a rebase then starts `custodian fix` in the background; it is never held
    up and never fails by that. CUSTODIAN_SYNC_HOOK=off in the environment switches it off.
    """


@hooks.command()
@repos
@as_json
@errors_as_json
def install(repo: tuple[str, ...], all_: bool, json_: bool) -> None:
    """Put our lines into post-commit, post-merge and post-rewrite of REPO.

    REPO is a slug or the path of a checkout; without any, the repo in this folder is meant. What is
    in the hooks stays and works as before; a hook that cannot be added to safely is left alone and
    named. Exit 1 where one was.
    """
    from custodian_tools import hooks as tool

    start = program()
    with opened() as desk:
        targets = chosen(desk, repo, all_=all_, idle=False)
        done = [tool.install(target, start, desk.settings) for target in targets]
    _tell(done, "hooks_install", json_=json_, acted=True)
    sys.exit(int(any(each.refused for each in done)))


@hooks.command()
@repos
@as_json
@errors_as_json
def status(repo: tuple[str, ...], all_: bool, json_: bool) -> None:
    """Say for each hook of REPO: installed, outdated, absent, or foreign and why.

    Exit 1 where one is outdated or foreign.
    """
    from custodian_tools import hooks as tool

    start = program()
    with opened() as desk:
        targets = chosen(desk, repo, all_=all_, known=False)
        found = [tool.status(target, start, desk.settings) for target in targets]
    _tell(found, "hooks_status", json_=json_, acted=False)
    states = {hook.state for each in found for hook in each.hooks}
    amiss = State.OUTDATED in states or any(each.refused for each in found)
    sys.exit(int(amiss))


@hooks.command()
@repos
@as_json
@errors_as_json
def uninstall(repo: tuple[str, ...], all_: bool, json_: bool) -> None:
    """Take our lines out of the hooks of REPO, which are then as they were."""
    from custodian_tools import hooks as tool

    with opened() as desk:
        targets = chosen(desk, repo, all_=all_, known=False)
        done = [tool.uninstall(target, desk.settings) for target in targets]
    _tell(done, "hooks_uninstall", json_=json_, acted=True)
    sys.exit(int(any(each.refused for each in done)))


def _tell(found: Sequence["Hooks"], kind: str, *, json_: bool, acted: bool) -> None:
    if json_:
        echo_json(kind, [each.to_json() for each in found])
        return
    rows = [row for each in found for row in _rows(each, acted=acted)]
    if rows:
        echo_columns(rows)
    else:
        click.echo("no repo has a checkout on this host")
        echo_hint("register one: custodian register PATH")


def _rows(each: "Hooks", *, acted: bool) -> Iterator[tuple[str, ...]]:
    name = click.style(each.target.name, bold=True)
    if each.why:
        yield name, "hooks", click.style("refused", fg="red"), printable(each.why)
    for hook in each.hooks:
        yield name, hook.name, click.style(hook.state, fg=_COLOURS[hook.state]), _note(hook, acted)


def _note(hook: "Hook", acted: bool) -> str:
    if hook.why:
        return printable(hook.why)
    return "as before" if acted and not hook.changed else ""
