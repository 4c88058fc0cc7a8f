"""The command line as a test calls it: in this process, or as a program of its own."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from custodian_core.commands import Caller, Command
from custodian_server.cli import cli

RED = "\x1b[31mred"
SAFE_RED = "\N{REPLACEMENT CHARACTER}[31mred"

ME = Caller("me")
T1, T2, T3 = (f"DOCS-WP-0001-T0{number}" for number in (1, 2, 3))

Do = Callable[[Command], Any]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)


def checkout(folder: Path, remote: str | None = None) -> Path:
    """A git repo on a branch called trunk."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "trunk")
    if remote:
        git(folder, "remote", "add", "origin", remote)
    return folder


def run(*arguments: str, **kwargs: Any) -> Result:
    return CliRunner().invoke(cli, list(arguments), **kwargs)


def say(*arguments: str, code: int = 0, **kwargs: Any) -> str:
    """What the command prints on standard output when it ends as it should."""
    result = run(*arguments, **kwargs)
    assert result.exit_code == code, result.output or result.exception
    return result.stdout


def data(*arguments: str, code: int = 0) -> Any:
    """The data of the command's envelope."""
    answer = json.loads(say(*arguments, "--json", code=code))
    assert (answer["schema_version"], answer["findings"]) == (1, [])
    return answer["data"]


def refusal(kind: type[Exception], *arguments: str) -> str:
    """What the command says when it is refused in that way."""
    result = run(*arguments)
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def run_program(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("custodian")
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
