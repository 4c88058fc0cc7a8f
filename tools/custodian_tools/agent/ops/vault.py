"""Tools for the vault: what is asked of a person or a dispatcher; nobody decides anything here."""

from typing import Annotated, Any

from custodian_core.ops.actions import Action
from custodian_core.ops.tiers import Tier
from custodian_core.ops.vault import State
from custodian_tools.agent.answers import fitting, line, text
from custodian_tools.agent.desk import PROSE, Desk, Range
from custodian_tools.ops import vault, vault_items
from custodian_tools.ops.hearing import hear

from .asked import ROOM, DryRun, Repo, bench_of, target_of, told_findings


def list_vault(
    desk: Desk,
    state: Annotated[State | None, "Only what stands so"] = None,
    repo: Repo = None,
) -> dict[str, Any]:
    """List the vault's actions and requests, with those that only a pull request has.

    What is invalid is shown with its reasons; where the forge is silent, `pull_requests` says so.
    """
    target = target_of(desk, repo)
    heard = hear(desk.settings, desk.hub, target)
    items = vault_items.list_items(target, state, heard)
    rows, more = fitting((item.to_json() for item in items), ROOM)
    told: dict[str, Any] = {"items": rows, "total": len(items)}
    told |= {"pull_requests": heard.unheard} if heard.unheard else {}
    absent = () if items else vault_items.absent(target)
    told |= told_findings(absent) if absent else {}
    return {**told, "hint": f"{more} are not told; narrow it by state"} if more else told


def get_vault_item(
    desk: Desk, name: Annotated[str, "Name or path"], repo: Repo = None
) -> dict[str, Any]:
    """Read one item of the vault: how it stands, and its text, which is data."""
    target = target_of(desk, repo)
    item, said = vault_items.show(target, name, hear(desk.settings, desk.hub, target))
    return {**item.to_json(), "text": text(said, 10_000)}


def classify_action(
    desk: Desk,
    formula: str,
    tier: Annotated[Tier | None, "What the action itself asks for"] = None,
    repo: Repo = None,
) -> dict[str, Any]:
    """Say how far an action can do harm, by the policy; what it does not name is high."""
    verdict = vault.classify(target_of(desk, repo), formula, tier)
    return {
        "tier": verdict.tier.value,
        "why": line(verdict.why),
        "asks": verdict.tier.asks,
        "waits": verdict.tier.waits,
        "lowered_from": verdict.lowered_from,
    }


def request_action(
    desk: Desk,
    id: Annotated[str, "As publish-docs-20260502"],  # noqa: A002 - the word of the format
    formula: str,
    context: Annotated[str, PROSE, "Why, for whoever decides"],
    secrets: Annotated[list[str] | None, "Names only"] = None,
    mounts: Annotated[list[str] | None, "ssh, gpg, sops"] = None,
    timeout_minutes: Annotated[int, Range(1, 1440)] = 60,
    tier: Annotated[Tier | None, "Ask for more care than the policy says"] = None,
    repo: Repo = None,
    dry_run: DryRun = False,
) -> dict[str, Any]:
    """Ask once for an action. Nothing is run here: low goes on, medium is told to a person.

    What is high waits until a person has approved it, which no tool does.
    """
    action = Action(
        id,
        formula,
        context,
        tuple(secrets or ()),
        tuple(mounts or ()),
        timeout_minutes=timeout_minutes,
        blast_radius=tier,
    )
    return vault.request_action(
        bench_of(desk), target_of(desk, repo), action, dry_run=dry_run
    ).to_json()


def request_thing(
    desk: Desk,
    name: Annotated[str, "Of the file, as acme-signing-key"],
    title: Annotated[str, "In a line"],
    what: Annotated[str, PROSE],
    why: Annotated[str, PROSE, "What it blocks, and since when"],
    human_action: Annotated[list[str], "Concrete steps"],
    factory_will_then: list[str],
    unblocks: Annotated[list[str], "As '#14 — signed builds'"],
    repo: Repo = None,
    dry_run: DryRun = False,
) -> dict[str, Any]:
    """Ask a person, once, for what no program can get; committed, pushed, a question opened."""
    done = vault.request_procurement(
        bench_of(desk),
        target_of(desk, repo),
        name,
        title=title,
        what=what,
        why=why,
        human=human_action,
        then=factory_will_then,
        unblocks=unblocks,
        dry_run=dry_run,
    )
    return done.to_json()
