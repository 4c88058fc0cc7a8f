"""The `custodian` command: one module a command group, loaded when it is called."""

import importlib
import os
import sys

import click

from custodian_core import __version__
from custodian_core.errors import CustodianError, Refused, Regression, UnknownThing
from custodian_core.text import printable

#: the name of each command: where it lives, and its one line of help
COMMANDS = {
    "agents-md": ("agents_md:agents_md", "Tell agents in AGENTS.md how to work here."),
    "check": ("sync:check", "Say where files, hub and remote differ; nothing is written."),
    "codes": ("codes:codes", "Say what each check code means and what to do about it."),
    "completion": ("completion:completion", "Print the script that completes commands in a shell."),
    "db": ("db:db", "Upgrade, back up, export and import the hub's database."),
    "demo": ("demo:demo", "Show a throw-away fleet at work, in a browser."),
    "deps": ("deps:deps", "Say what the body of an issue or task depends on."),
    "dispatch": ("dispatch:dispatch", "Say what a repo's agent should know and do now."),
    "evidence": (
        "evidence:evidence",
        "List, read and write evidence; engagement out of logs.",
    ),
    "fix": ("sync:fix", "Bring files, hub and remote in step, and push."),
    "goal": ("goal:goal", "Set, show and end what a repo works towards."),
    "hooks": ("hooks:hooks", "Sync after each commit: put lines into repos' git hooks."),
    "host": ("host:host", "Say how this host stands, and what stands around on it."),
    "human": ("human:human", "Ask people, list their open questions, answer them."),
    "inventory": (
        "inventory:inventory",
        "Compare hub and forge, and take in what is missing.",
    ),
    "mcp": ("mcp:mcp", "Serve Custodian's tools to an agent, over standard input and output."),
    "ops": ("ops:ops", "Complete an ops repo, and say what is wrong with it."),
    "prereq": ("prereq:prereq", "Show, lint and edit what objectives need first."),
    "queue": ("queue:queue", "See and ask for what workers are to sync."),
    "register": (
        "repo:register",
        "Register the repo in a folder, with all that can be known of it.",
    ),
    "repo": ("repo:repo", "Register, list, show and change the managed repos."),
    "run": ("run:run", "Let an agent work on a repo's next task, and judge what it left."),
    "schedule": (
        "schedule:schedule",
        "Which agents run in which repos, and runs prepared for them.",
    ),
    "secrets": ("secrets:secrets", "Find and hide what looks like a secret in a text."),
    "serve": ("serve:serve", "Serve the State Hub over HTTP."),
    "service": ("service:service", "Serve the hub, or work, for as long as you are logged in."),
    "settings": ("settings:settings", "Show every setting and where it came from."),
    "sprint": ("sprint:sprint", "Validate sprints, and file their work once."),
    "status": ("status:status", "Show the whole fleet on one screen."),
    "task": ("task:task", "List, claim, move and note tasks."),
    "timer": ("timer:timer", "Sync every so often: a systemd timer, or cron."),
    "token": ("token:token", "Make, list and revoke keys to the hub's HTTP API."),
    "vault": ("vault:vault", "Ask for actions and things; let people decide."),
    "worker": ("worker:worker", "Make this host's syncs as they are asked for."),
    "workplan": ("workplan:workplan", "Lint, show, begin and edit workplans."),
}

#: names that are accepted beside these
ALIASES = {"fix-consistency": "fix", "check-consistency": "check"}
#: names of commands within groups, which the seeds call so
WITHIN = {"gitea-inventory": "inventory:gitea"}

WELCOME = f"""\
Custodian {__version__} keeps many repos' Markdown workplans and a State Hub in step.

In a repo with a workplans/ folder:
  custodian workplan lint              what is amiss, by file and line
  custodian workplan show FILE         one plan and its tasks
  custodian workplan new TITLE         begin a plan with the next free id
  custodian workplan format            how a plan is written
  custodian codes                      what each check code means

With a State Hub (a file in your home, unless one is set):
  custodian register                   manage the repo in this folder
  custodian fix                        bring its files, the hub and the remote in step
  custodian status                     the whole fleet on one screen
  custodian dispatch REPO              what to do there now
  custodian serve                      the hub over HTTP, with a page in the browser

For an agent, as a local MCP server over stdio:
  claude mcp add custodian -- {{mcp}}

custodian --help lists every command.
"""


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, by name."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        cmd_name = ALIASES.get(cmd_name, cmd_name)
        if cmd_name not in COMMANDS and cmd_name not in WITHIN:
            return None
        place = WITHIN.get(cmd_name) or COMMANDS[cmd_name][0]
        module, _, name = place.partition(":")
        command: click.Command = getattr(importlib.import_module(f"{__name__}.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands and what each does, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in sorted(COMMANDS)])


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="custodian", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Keep many repos' Markdown workplans and a State Hub in step.

    \b
    Exit codes: 0 fine, 1 findings or refused, 2 could not run.
    """
    if os.environ.get("NO_COLOR"):
        context.color = False
    if context.invoked_subcommand is None:
        click.echo(WELCOME.format(mcp=beside("custodian-mcp")), nl=False)


def beside(program: str) -> str:
    """The path of a program that was installed with this one."""
    here = os.path.dirname(os.path.abspath(sys.argv[0]))  # noqa: PTH100, PTH120 - pathlib is slow to load
    path = os.path.join(here, program)  # noqa: PTH118
    return path if os.access(path, os.X_OK) else program


def called() -> str:
    """What to type for this program: its name, or its path where the shell would not find it."""
    from shutil import which

    path, found = beside("custodian"), which("custodian")
    same = found is not None and os.path.realpath(found) == os.path.realpath(path)
    return "custodian" if same else path


def main() -> None:
    """Run `custodian`."""
    _run(cli)


def mcp() -> None:
    """Run `custodian-mcp`, which is `custodian mcp`."""
    command = cli.get_command(click.Context(cli), "mcp")
    assert command is not None  # noqa: S101 - it is in the table above
    _run(command)


#: where the names are listed that something could have
LISTS = {
    "repo": "repo list",
    "task": "task list",
    "token": "token list",
    "question": "human list --all",
    "scheduled agent": "schedule validate --json",
}


def _whence(error: CustodianError) -> str:
    """What to type next: where names are listed when no near one was told, and how to go back."""
    if isinstance(error, Regression):
        return f": custodian task reopen {error.task} --reason WHY"
    if isinstance(error, UnknownThing) and not error.near and error.kind in LISTS:
        return f"; custodian {LISTS[error.kind]} lists those there are"
    return ""


def _run(command: click.Command) -> None:
    try:
        command()
    except CustodianError as error:
        click.echo(f"custodian: {printable(str(error))}{_whence(error)}", err=True)
        sys.exit(1 if isinstance(error, Refused) else 2)
    except BrokenPipeError:  # the reader of a pipe has gone, which is its right
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    except OSError as error:  # a full disk behind standard output, for one
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        click.echo(f"custodian: {error.strerror or error}", err=True)
        sys.exit(2)
