"""`custodian codes`."""

import textwrap

import click

from custodian_core.errors import BadValue
from custodian_core.findings import CATALOGUE, Check, Severity, lookup

from .output import as_json, echo_json, errors_as_json


@click.command(short_help="Say what each check code means and what to do about it.")
@click.argument("code", nargs=-1)
@click.option("--markdown", is_flag=True, help="Print the page of the documentation.")
@as_json
@errors_as_json
def codes(code: tuple[str, ...], markdown: bool, json_: bool) -> None:
    """Say what each check code means, how grave it is, and what to do about it.

    CODE names the ones wanted; an alias finds its code too.
    """
    checks = list(CATALOGUE.values())
    if code:
        found = {name: lookup(name) for name in code}
        if missing := [name for name in code if not found[name]]:
            raise BadValue(
                f"code {', '.join(missing)}", "there is none; `custodian codes` lists all"
            )
        checks = list(dict.fromkeys(check for name in code for check in found[name]))
    if json_:
        echo_json("codes", [check_json(check) for check in checks])
    elif markdown:
        click.echo(as_markdown(checks), nl=False)
    else:
        click.echo("\n\n".join(map(_as_text, checks)))


def check_json(check: Check) -> dict[str, object]:
    """The catalogue's entry as programs see it."""
    return {
        "code": check.code,
        "aliases": list(check.aliases),
        "title": check.title,
        "message": check.message,
        "check": check.check,
        "fix": check.fix,
        "fixable": check.fixable or None,
        "todo": check.todo,
    }


def _word(severity: Severity | None) -> str:
    return severity.value if severity else "-"


def _as_text(check: Check) -> str:
    also = f" (also {', '.join(check.aliases)})" if check.aliases else ""
    head = f"{click.style(check.code, bold=True)}{also}  {check.title}"
    rows = [
        f"severity  check {_word(check.check)}, fix {_word(check.fix)}",
        f"message   {check.message}",
        f"fix does  {check.fixable or 'nothing of its own accord'}",
        f"to do     {check.todo}",
    ]
    wrapped = (
        textwrap.fill(row, 96, initial_indent="  ", subsequent_indent=" " * 12) for row in rows
    )
    return "\n".join([head, *wrapped])


def as_markdown(checks: list[Check]) -> str:
    """The page that the documentation shows."""
    lines = [
        "# Check codes",
        "",
        "What `custodian` can find, how grave it is, and what to do. This page is printed by",
        "`custodian codes --markdown`.",
        "",
        "| code | what | check | fix | fix does |",
        "| --- | --- | --- | --- | --- |",
    ]
    for check in checks:
        also = "".join(f" ({alias})" for alias in check.aliases)
        cells = (
            f"{check.code}{also}",
            check.title,
            _word(check.check),
            _word(check.fix),
            check.fixable or "-",
        )
        lines.append(f"| {' | '.join(cells)} |")
    for check in checks:
        lines += ["", f"## {check.code}: {check.title}", "", f"> {check.message}", "", check.todo]
    return "\n".join([*lines, ""])
