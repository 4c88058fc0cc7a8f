"""`custodian agents-md`: how to work with Custodian, where agents read it."""

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from custodian_core.fenced import State
from custodian_core.text import printable

from .checkouts import chosen, repos
from .hub import opened
from .output import Group, as_json, echo_columns, echo_hint, echo_json, errors_as_json

if TYPE_CHECKING:
    from custodian_tools.agents_md import Doc, Docs

dry_run = click.option("--dry-run", is_flag=True, help="Show what would change; write nothing.")

_COLOURS = {
    State.INSTALLED: "green",
    State.OUTDATED: "yellow",
    State.ABSENT: None,
    State.FOREIGN: "red",
}


@click.group("agents-md", cls=Group, short_help="Tell agents in AGENTS.md how to work here.")
def agents_md() -> None:
    """Tell agents in AGENTS.md how to work here.

    A few lines in AGENTS.md, CLAUDE.md or both say how to get work, how to report it and how to
    close. Nothing outside their marks is touched, and nothing is committed.
    """


@agents_md.command()
@repos
@dry_run
@as_json
@errors_as_json
def install(repo: tuple[str, ...], all_: bool, dry_run: bool, json_: bool) -> None:
    """Put the lines into the files that agents read in REPO.

    REPO is a slug or the path of a checkout; without any, the repo in this folder is meant.
    AGENTS.md and CLAUDE.md get them where they are there; AGENTS.md is made where neither is. Exit
    1 where a file was left alone.
    """
    from custodian_tools import agents_md as tool

    with opened() as desk:
        targets = chosen(desk, repo, all_=all_, idle=False)
        done = [tool.install(target, desk.settings, write=not dry_run) for target in targets]
    _tell(done, "agents_md_install", json_=json_, dry_run=dry_run)
    if not dry_run and any(file.changed for each in done for file in each.files):
        echo_hint("nothing was committed; commit the files when you like them")
    sys.exit(int(any(each.refused for each in done)))


@agents_md.command()
@repos
@as_json
@errors_as_json
def status(repo: tuple[str, ...], all_: bool, json_: bool) -> None:
    """Say for each file of REPO: installed, outdated, absent, or foreign and why.

    Exit 1 where one is outdated or foreign.
    """
    from custodian_tools import agents_md as tool

    with opened() as desk:
        targets = chosen(desk, repo, all_=all_)
        found = [tool.status(target, desk.settings) for target in targets]
    _tell(found, "agents_md_status", json_=json_)
    states = {file.state for each in found for file in each.files}
    sys.exit(int(State.OUTDATED in states or any(each.refused for each in found)))


@agents_md.command()
@repos
@dry_run
@as_json
@errors_as_json
def uninstall(repo: tuple[str, ...], all_: bool, dry_run: bool, json_: bool) -> None:
    """Take the lines out of the files of REPO, which are then as they were."""
    from custodian_tools import agents_md as tool

    with opened() as desk:
        targets = chosen(desk, repo, all_=all_, known=False)
        done = [tool.uninstall(target, desk.settings, write=not dry_run) for target in targets]
    _tell(done, "agents_md_uninstall", json_=json_, dry_run=dry_run)
    sys.exit(int(any(each.refused for each in done)))


def _tell(found: Sequence["Docs"], kind: str, *, json_: bool, dry_run: bool = False) -> None:
    if json_:
        echo_json(kind, [each.to_json() for each in found])
        return
    if not found:
        click.echo("no repo has a checkout on this host")
        echo_hint("register one: custodian register PATH")
        return
    echo_columns([row for each in found for row in _rows(each, dry_run=dry_run)])
    if dry_run:
        for each in found:
            for file in each.files:
                _echo_difference(file)


def _rows(each: "Docs", *, dry_run: bool) -> Iterator[tuple[str, ...]]:
    name = click.style(each.target.name, bold=True)
    if each.why:
        yield name, "", click.style("refused", fg="red"), printable(each.why)
    for file in each.files:
        state = click.style(file.state, fg=_COLOURS[file.state])
        would = "would be " if dry_run and file.changed else ""
        yield name, file.name, would + state, printable(_note(file))


def _note(file: "Doc") -> str:
    if file.why:
        return file.why
    verb = "leads" if len(file.also) == 1 else "lead"
    return f"{' and '.join(file.also)} {verb} to it" if file.also else ""


def _echo_difference(file: "Doc") -> None:
    """Print what would change in the file, line by line."""
    from difflib import unified_diff

    if file.before is None or file.after is None:
        return
    old, new = (text.decode(errors="replace").splitlines() for text in (file.before, file.after))
    click.echo()
    for line in unified_diff(old, new, f"a/{file.name}", f"b/{file.name}", lineterm=""):
        click.echo(printable(line))
