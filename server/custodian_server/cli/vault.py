"""`custodian vault`: what is asked for in an ops repo, and what people decided."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from custodian_core.errors import BadValue
from custodian_core.files import read_file, shown
from custodian_core.text import printable

from .hub import Desk
from .ops_repo import at, bench_of, dry_run, finish, in_repo, tell_findings, tell_written, which
from .output import (
    Group,
    as_json,
    columns,
    echo_findings,
    echo_hint,
    echo_json,
    errors_as_json,
)

if TYPE_CHECKING:
    from custodian_core.findings import Finding
    from custodian_core.ops.proposals import Proposals
    from custodian_tools.checkouts import Target
    from custodian_tools.ops.vault import Requested
    from custodian_tools.ops.vault_items import Item

TIERS = ("low", "medium", "high")
STATES = (
    *("invalid", "pending", "awaiting-approval", "approved", "queued"),
    *("fired", "failed", "rejected", "unknown"),
)
OUTCOMES = ("approved", "fired", "rejected")
_COLOURS = {"high": "red", "medium": "yellow", "low": "green"}
#: how large a file of the vault is read
LARGEST = 64 * 1024


@click.group(cls=Group, short_help="Ask for actions and things; let people decide.")
def vault() -> None:
    """Ask for actions and things, and let people decide: vault/ of an ops repo.

    Nothing here runs an action or reads a secret. An action of tier low goes on, one of tier medium
    is told to a person, and one of tier high waits until a person has approved it.
    """


offline = click.option("--offline", is_flag=True, help="Do not ask the forge for pull requests.")


@vault.command("list")
@which
@click.option("--state", type=click.Choice(STATES), help="Only what stands so.")
@offline
@as_json
@errors_as_json
def list_(repo: str, state: str | None, offline: bool, json_: bool) -> None:
    """List everything in the vault; what is invalid is shown with its reasons.

    What only a pull request of a branch vault/ID has is listed, too, where GITEA_URL names the
    forge. Where that does not answer, it is said, and nothing is taken for absent.
    """
    from custodian_core.ops.vault import State
    from custodian_tools.ops import vault_items as tool

    with at(repo) as (desk, target):
        heard = _heard(desk, target, offline=offline)
        items = tool.list_items(target, State(state) if state else None, heard)
        absent = () if items else tool.absent(target)
    findings = [finding for item in items for finding in item.findings]
    findings += (*tool.unheard(heard), *absent)
    if json_:
        echo_json("vault", [item.to_json() for item in items], findings)
        finish(findings)
    if items:
        _echo_items(items)
    elif not absent:
        click.echo("the vault is empty" if state is None else f"nothing is {state}")
    _echo_amiss(findings)
    finish(findings)


@vault.command()
@click.argument("name")
@in_repo
@offline
@as_json
@errors_as_json
def show(name: str, repo: str, offline: bool, json_: bool) -> None:
    """Show one item, by NAME or path: how it stands, its pull request, and its text."""
    from custodian_tools.ops import vault_items as tool

    with at(repo) as (desk, target):
        heard = _heard(desk, target, offline=offline)
        item, text = tool.show(target, name, heard)
    findings = (*item.findings, *tool.unheard(heard))
    if json_:
        echo_json("vault_item", {**item.to_json(), "text": text}, findings)
        return
    _echo_items([item])
    click.echo()
    for row in text.splitlines():
        click.echo(printable(row))
    if not text:
        click.echo("its text is not here: its branch was not fetched, or is gone")
    _echo_amiss(findings)


@vault.command()
@click.argument("file", type=click.Path(path_type=Path))
@in_repo
@as_json
@errors_as_json
def validate(file: Path, repo: str, json_: bool) -> None:
    """Say all that is wrong with FILE, an action (.toml) or a request (.md)."""
    from custodian_tools.ops import vault as tool

    data = read_file(file, LARGEST)
    place = "vault/actions" if file.suffix == ".toml" else "vault/pending"
    with at(repo) as (_, target):
        findings = tool.validate(target, f"{place}/{file.name}", data)
    if json_:
        echo_json("vault_validate", {"file": shown(file)}, findings)
    else:
        tell_findings(findings, f"{shown(file)}: nothing is wrong")
    finish(findings)


@vault.command()
@click.argument("formula")
@in_repo
@click.option("--tier", help="What the action itself asks for.")
@as_json
@errors_as_json
def classify(formula: str, repo: str, tier: str | None, json_: bool) -> None:
    """Say how far an action with FORMULA can do harm, by the policy; what it does not name is high.

    An action may ask for more than the policy says, and never gets less.
    """
    from custodian_tools.ops import vault as tool

    with at(repo) as (_, target):
        verdict = tool.classify(target, formula, tier)
    if json_:
        data = {
            "formula": formula,
            "tier": verdict.tier.value,
            "why": verdict.why,
            "lowered_from": verdict.lowered_from,
            "asks": verdict.tier.asks,
            "waits": verdict.tier.waits,
        }
        echo_json("vault_tier", data)
        return
    styled = click.style(verdict.tier.value, fg=_COLOURS[verdict.tier], bold=True)
    click.echo(f"{styled}: {printable(verdict.why)}")
    if verdict.lowered_from:
        click.echo("only a person lowers a tier, by a change of vault/policy.toml")


@vault.group(cls=Group, short_help="Ask for an action, or for a thing that a person must get.")
def request() -> None:
    """Ask for an action, or for a thing that a person must get; asking twice asks once."""


@request.command("action")
@click.argument("id_", metavar="ID")
@in_repo
@click.option("--formula", required=True, help="What is to be run.")
@click.option("--context", required=True, help="Why, for whoever decides.")
@click.option("--secret", "secrets", multiple=True, help="The name of one; give one for each.")
@click.option("--mount", "mounts", multiple=True, help="ssh, gpg or sops; give one for each.")
@click.option("--tool", "tools", multiple=True, help="Give one for each.")
@click.option("--model", default="sonnet", show_default=True)
@click.option("--timeout", type=click.IntRange(1), default=60, show_default=True, help="Minutes.")
@click.option("--tier", type=click.Choice(TIERS), help="Ask for more care than the policy says.")
@dry_run
@as_json
@errors_as_json
def request_action(
    id_: str,
    repo: str,
    formula: str,
    context: str,
    secrets: tuple[str, ...],
    mounts: tuple[str, ...],
    tools: tuple[str, ...],
    model: str,
    timeout: int,
    tier: str | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Ask for the action ID, as publish-docs-20260502."""
    from custodian_core.ops.actions import Action
    from custodian_core.ops.tiers import Tier
    from custodian_tools.ops import vault as tool

    radius = Tier(tier) if tier else None
    action = Action(id_, formula, context, secrets, mounts, model, tools, timeout, radius)
    with at(repo) as (desk, target):
        done = tool.request_action(bench_of(desk), target, action, dry_run=dry_run)
    _tell(done, json_=json_)


@request.command("thing")
@click.argument("name")
@in_repo
@click.option("--title", required=True, help="What is asked for, in a line.")
@click.option("--what", required=True, help="What it is.")
@click.option("--why", required=True, help="What it blocks, and since when.")
@click.option("--step", "steps", multiple=True, required=True, help="What to do; one for each.")
@click.option("--then", "then", multiple=True, required=True, help="What goes on; one for each.")
@click.option("--unblocks", multiple=True, required=True, help="As '#14 — builds'; one for each.")
@dry_run
@as_json
@errors_as_json
def request_thing(
    name: str,
    repo: str,
    title: str,
    what: str,
    why: str,
    steps: tuple[str, ...],
    then: tuple[str, ...],
    unblocks: tuple[str, ...],
    dry_run: bool,
    json_: bool,
) -> None:
    """Ask a person for what no program can get; NAME is the file's, as acme-signing-key."""
    from custodian_tools.ops import vault as tool

    with at(repo) as (desk, target):
        done = tool.request_procurement(
            bench_of(desk),
            target,
            name,
            title=title,
            what=what,
            why=why,
            human=steps,
            then=then,
            unblocks=unblocks,
            dry_run=dry_run,
        )
    _tell(done, json_=json_)


@vault.command()
@click.argument("name")
@click.argument("outcome", type=click.Choice(OUTCOMES))
@in_repo
@click.option("--note", default="", help="Why, for whoever reads it later.")
@dry_run
@as_json
@errors_as_json
def resolve(name: str, outcome: str, repo: str, note: str, dry_run: bool, json_: bool) -> None:
    """Decide about NAME: the file goes where the outcome belongs, and says who and when."""
    from custodian_core.ops.vault import Outcome
    from custodian_tools.ops import vault as tool

    with at(repo) as (desk, target):
        written = tool.settle(bench_of(desk), target, name, Outcome(outcome), note, dry_run=dry_run)
    tell_written("vault_resolve", written, json_=json_)


@vault.command("policy-drift")
@which
@click.option(
    "--formulas",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder of formulas, where the ops repo holds none.",
)
@as_json
@errors_as_json
def policy_drift(repo: str, formulas: Path | None, json_: bool) -> None:
    """Say what policy and formulas do not know of each other."""
    from custodian_tools.ops import vault as tool
    from custodian_tools.ops.vault_items import formula_names

    names = None
    if formulas is not None:
        if not formulas.is_dir():
            raise BadValue(shown(formulas), "there is no such folder")
        names = formula_names(each.name for each in formulas.iterdir()) or ()
    with at(repo) as (_, target):
        findings = tool.policy_drift(target, names)
    if json_:
        echo_json("vault_policy_drift", {"count": len(findings)}, findings)
    else:
        tell_findings(findings, "policy and formulas know of each other")
    finish(findings)


def _heard(desk: Desk, target: "Target", *, offline: bool) -> "Proposals":
    """What the forge tells of pull requests, if it may be asked."""
    from custodian_core.ops.proposals import NOT_ASKED
    from custodian_tools.ops.hearing import hear

    return NOT_ASKED if offline else hear(desk.settings, desk.hub, target)


def _echo_items(items: "Sequence[Item]") -> None:
    """A row an item, and below it what its pull request says."""
    rows = columns([_row(item) for item in items])
    for row, item in zip(rows, items, strict=True):
        click.echo(row)
        for told in (item.why, _ended(item), item.proposal.url):
            if told:
                click.echo(click.style(f"    {printable(told, 300)}", dim=True))


def _ended(item: "Item") -> str | None:
    """How a dispatcher says that the action ended."""
    if item.result is None:
        return None
    at = f" at {item.result.told_at}" if item.result.told_at else ""
    return f"ended{at} with exit code {item.result.exit_code}"


def _echo_amiss(findings: "Sequence[Finding]") -> None:
    """The findings; that there is no forge to ask is no more than a hint."""
    hints = [each for each in findings if (each.code, each.severity) == ("VA19", "INFO")]
    rest = [each for each in findings if each not in hints]
    for hint in hints:
        echo_hint(printable(hint.message))
    if rest:
        click.echo()
        echo_findings(rest)


def _row(item: "Item") -> tuple[str, ...]:
    tier = click.style(item.tier, fg=_COLOURS[item.tier]) if item.tier else ""
    red = item.state in ("invalid", "failed", "unknown")
    state = click.style(item.state, fg="red") if red else item.state
    return printable(item.name), item.kind, state, tier, item.title


#: what became of a request that was made before
_ANSWERED = {
    "rejected": "it was asked for before and rejected",
    "approved": "it was asked for before and approved",
    "fired": "it was asked for before and is done",
}


def _tell(done: "Requested", *, json_: bool) -> None:
    if not json_ and done.verdict:
        click.echo(f"tier {done.verdict.tier}: {printable(done.verdict.why)}")
    if not json_ and done.question:
        waits = "a person must answer" if done.waits else "a person is told"
        click.echo(f"{waits}: custodian human list shows {done.question[:8]}")
    if not json_ and done.event and not done.question:
        goes = _ANSWERED.get(done.state, "it goes on")
        click.echo(f"{goes}; the hub's log tells of it, as event {done.event}")
    more = {key: value for key, value in done.to_json().items() if key not in ("git",)}
    tell_written("vault_request", done.written, json_=json_, more=more)
