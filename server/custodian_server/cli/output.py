"""What every command prints alike: JSON envelopes, findings, and the exit code they mean."""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import click

from custodian_core.errors import CustodianError
from custodian_core.findings import Finding, Severity, failed
from custodian_core.status import Status
from custodian_core.text import printable

SCHEMA_VERSION = 1

P = ParamSpec("P")
R = TypeVar("R")

as_json = click.option("--json", "json_", is_flag=True, help="Print one JSON envelope.")

_COLOURS = {
    Severity.FAIL: "red",
    Severity.WARN: "yellow",
    Severity.INFO: "cyan",
    Severity.FIXED: "green",
}
STATUS_COLOURS = {
    Status.TODO: None,
    Status.IN_PROGRESS: "blue",
    Status.BLOCKED: "red",
    Status.DONE: "green",
    Status.CANCELLED: "bright_black",
}


class Group(click.Group):
    """A group whose help says the whole first sentence of each command."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands and what each does."""
        with formatter.section("Commands"):
            found = sorted(self.commands.items())
            formatter.write_dl([(name, each.get_short_help_str(200)) for name, each in found])


def envelope(kind: str, data: object, findings: Iterable[Finding] = ()) -> dict[str, Any]:
    """What every `--json` answer is."""
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": kind,
        "data": data,
        "findings": [finding.to_json() for finding in findings],
    }


def echo_json(kind: str, data: object, findings: Iterable[Finding] = ()) -> None:
    """Print an envelope."""
    click.echo(json.dumps(envelope(kind, data, findings), ensure_ascii=False, indent=2))


def errors_as_json(command: Callable[P, R]) -> Callable[P, R]:
    """With `--json`, an error is an envelope on standard output too."""

    @wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except CustodianError as error:
            if kwargs.get("json_"):
                kind = type(error).__name__
                echo_json("error", {"error": kind, "message": str(error), **vars(error)})
            raise

    return told


def echo_findings(findings: Sequence[Finding]) -> None:
    """Print each finding as `path:line: SEVERITY CODE message`, then what to do about each code."""
    echo_finding_lines(findings)
    echo_todo(findings)


def echo_finding_lines(findings: Iterable[Finding], indent: str = "") -> None:
    """Print each finding on a line."""
    for finding in findings:
        where = f"{printable(finding.where)}: " if finding.where else ""
        grave = click.style(finding.severity.value, fg=_COLOURS[finding.severity], bold=True)
        said = finding.message.removeprefix(f"{finding.code} ")
        click.echo(f"{indent}{where}{grave} {finding.code} {said}")


def echo_todo(findings: Sequence[Finding]) -> None:
    """Print what to do about each code."""
    codes = dict.fromkeys(finding.code for finding in findings)
    if codes:
        click.echo()
    for code in codes:
        todo = next(finding.check.todo for finding in findings if finding.code == code)
        click.echo(f"{click.style(code, bold=True)}: {todo}")


def echo_columns(rows: Sequence[Sequence[str]]) -> None:
    """Print the rows with their columns aligned; a cell may be styled."""
    for row in columns(rows):
        click.echo(row)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines with their columns aligned; a cell may be styled."""
    wide = [max(len(click.unstyle(cell)) for cell in column) for column in zip(*rows, strict=True)]
    lines: list[str] = []
    for row in rows:
        cells = (
            cell + " " * (width - len(click.unstyle(cell)))
            for cell, width in zip(row, wide, strict=True)
        )
        lines.append("  ".join(cells).rstrip())
    return lines


def echo_hint(hint: str) -> None:
    """Tell a person what to do next; standard output stays what a program reads."""
    if hint:
        click.echo(click.style(hint, dim=True), err=True)


def styled_status(status: Status) -> str:
    """The status in its colour."""
    return click.style(status.value, fg=STATUS_COLOURS[status])


def counted(number: int, one: str, many: str = "") -> str:
    """The number with its noun: `no tasks`, `1 task`, `2 tasks`."""
    noun = one if number == 1 else many or f"{one}s"
    return f"{number or 'no'} {noun}"


def exit_code(findings: Iterable[Finding]) -> int:
    """0, or 1 where a finding is a FAIL."""
    return int(failed(findings))
