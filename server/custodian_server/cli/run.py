"""`custodian run`: one session of a repo's agent, from dispatch to sync."""

import os
import re
import shlex
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING

import click

from custodian_core.errors import BadValue
from custodian_core.text import printable

from .hub import opened
from .output import as_json, echo_finding_lines, echo_hint, echo_json, errors_as_json

if TYPE_CHECKING:
    from custodian_tools.running import Run

_UNITS = {"s": 1, "m": 60, "h": 3600}
LONGEST_S = 24 * 3600


def _seconds(_context: click.Context, _parameter: click.Parameter, said: str) -> int:
    told = re.fullmatch(r"(\d{1,5})([smh])", said.strip())
    seconds = int(told[1]) * _UNITS[told[2]] if told else 0
    if not 1 <= seconds <= LONGEST_S:
        raise BadValue(f"timeout '{said[:20]}'", "it must be like 90s, 30m or 2h, up to 24h")
    return seconds


@click.command(short_help="Let an agent work on a repo's next task, and judge what it left.")
@click.argument("repo", metavar="REPO")
@click.option(
    "--agent-command",
    metavar="COMMAND",
    default="claude --print",
    show_default=True,
    help="The agent; it reads its prompt on standard input.",
)
@click.option("--agent", metavar="NAME", help="Who works.  [env var: CUSTODIAN_AGENT]")
@click.option(
    "--timeout",
    metavar="TIME",
    default="30m",
    show_default=True,
    callback=_seconds,
    help="When it is ended, with all that it started.",
)
@click.option("--worktree", is_flag=True, help="Work in a worktree and on a branch of its own.")
@as_json
def run(
    repo: str, agent_command: str, agent: str | None, timeout: int, worktree: bool, json_: bool
) -> None:
    """Let an agent work on REPO's next task, and judge what it left.

    The task is claimed, and the claim renewed while the agent works and released afterwards. A run
    counts when, under its claim, the task's status moved, a note was written or a person was
    asked: not by the agent's exit code. Then `custodian fix` is run. What the agent printed is kept
    below CUSTODIAN_HOME/runs, without the secrets of these settings.

    \b
    Exit codes: 0 work was done, 1 none was, or it was refused or not synced, 2 could not run;
    without work to do, as `custodian dispatch`: 3 there is none, 4 sync first, 5 a person must act.
    """
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        done = _done(repo, agent_command, agent, timeout, worktree=worktree, json_=json_)
    finally:
        signal.signal(signal.SIGTERM, before)
    if json_:
        echo_json("run", done.to_json(), done.sync.findings if done.sync else ())
    else:
        for line in _lines(done):
            click.echo(line)
        if done.sync:
            echo_finding_lines(done.sync.findings, "  ")
    sys.exit(done.code)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Being asked to end is like Ctrl-C: the agent is ended and its claim given back."""
    raise KeyboardInterrupt


@errors_as_json
def _done(
    repo: str, agent_command: str, agent: str | None, timeout: int, *, worktree: bool, json_: bool
) -> "Run":
    from custodian_prompts import load
    from custodian_tools.running import Wish
    from custodian_tools.running import run as act

    try:
        words = tuple(shlex.split(agent_command))
    except ValueError as error:
        raise BadValue("--agent-command", f"the shell would not read it: {error}") from error
    agent = agent or os.environ.get("CUSTODIAN_AGENT")
    with opened(agent) as desk:
        name = agent or f"runner@{desk.settings.host}"
        wish = Wish(words, name, timeout, worktree=worktree, tell=echo_hint)
        return act(desk.hub, desk.settings, desk.slug(repo), wish, load)


def _lines(done: "Run") -> Iterator[str]:
    from custodian_tools.dispatch import direction

    slug = done.facts.dispatch.repo_slug
    if done.task is None or done.ended is None:
        to_do = direction(done.facts)
        yield f"{slug}: {to_do.directive}: {printable(to_do.reason)}"
        return
    word = click.style("ok", fg="green") if done.ok else click.style("failed", fg="red")
    yield f"{slug}: {word}: {done.task.key} is {done.task.status}"
    yield f"  left: {', '.join(done.evidence) or 'nothing, so the run counts as failed'}"
    yield f"  the agent {_how(done)}"
    if done.branch:
        yield f"  its work is on branch {done.branch}, in {done.folder}"
    yield f"  transcript {done.transcript}"
    yield from (f"  {printable(each)}" for each in done.trouble)
    if done.sync:
        sealed = {True: "local is remote", False: "local is not remote", None: "seal unknown"}
        yield f"  sync: {done.sync.outcome}, {sealed[done.sync.sealed]}"


def _how(done: "Run") -> str:
    assert done.ended is not None  # noqa: S101 - the caller looked
    if done.ended.how == "timeout":
        return "was ended at its time limit"
    if done.ended.how == "lost":
        return "was ended, since its claim was lost"
    return f"ended with {done.ended.code}"
