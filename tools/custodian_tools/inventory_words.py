"""An inventory in words and as plain data: one spelling for the command, the tool and pages."""

from datetime import datetime
from typing import Any

from custodian_core.codec import stamp, to_json
from custodian_core.forge.records import ForgeRepo
from custodian_core.inventory import Flag, Row, Section, Stock, Why
from custodian_core.records import Inventory, Repo
from custodian_core.text import printable

#: what of a forge's repo helps to decide whether to take it in
DECIDING = (
    "full_name",
    "description",
    "updated_at",
    "archived",
    "mirror",
    "empty",
    "fork",
    "template",
    "private",
    "language",
    "size_kib",
    "has_workplans",
    "default_branch",
    "can_push",
    "clone_url",
    "html_url",
)


def stock_json(stock: Stock, now: datetime) -> dict[str, Any]:
    """The whole inventory as `--json` shows it."""
    head: dict[str, Any] = to_json(stock.inventory)
    counts = {section.value: number for section, number in stock.counts.items()}
    rows = {section.value: [row_json(row, now) for row in stock.of(section)] for section in Section}
    return {**head, "counts": counts, **rows}


def row_json(row: Row, now: datetime) -> dict[str, Any]:
    """One repo, with what its section is about."""
    told: dict[str, Any] = {"name": printable(row.name)}
    if row.repo:
        told |= _of_hub(row.repo, now)
    if row.forge and row.section is Section.UNREGISTERED:
        told |= {"forge_id": row.forge.id} | _deciding(row.forge)
    elif row.forge:
        told |= {"forge_id": row.forge.id, "full_name": printable(row.forge.full_name)}
        told |= {"html_url": printable(row.forge.html_url)}
    if row.match:
        told["match"] = row.match.value
    if row.section is Section.REGISTERED:
        told["flags"] = [{"flag": flag.value, "told": flag_told(flag, row)} for flag in row.flags]
    if row.why:
        told |= {"why": row.why.value}
    if row.section is Section.OUT_OF_SCOPE:
        told["reason"] = printable(row.reason or "")
    return told


def _of_hub(repo: Repo, now: datetime) -> dict[str, Any]:
    synced = repo.last_state_synced_at
    return {
        "repo": repo.slug,
        "status": repo.status.value,
        "remote_url": printable(repo.remote_url) if repo.remote_url else None,
        "last_state_synced_at": stamp(synced) if synced else None,
        "age_s": max(0, int((now - synced).total_seconds())) if synced else None,
    }


def _deciding(repo: ForgeRepo) -> dict[str, Any]:
    told: dict[str, Any] = to_json(repo)
    return {
        name: printable(told[name], 300) if isinstance(told[name], str) else told[name]
        for name in DECIDING
    }


def flag_told(flag: Flag, row: Row) -> str:
    """What the flag says of this repo, and what to do."""
    repo, forge = row.repo, row.forge
    assert repo is not None  # noqa: S101 - only what both know is flagged
    assert forge is not None  # noqa: S101
    match flag:
        case Flag.ARCHIVED:
            return f"archived on the forge; `custodian repo set {repo.slug} status=archived`"
        case Flag.RENAMED:
            old = printable(repo.remote_url or "")
            return f"renamed: it was at {old}; `git remote set-url` in its checkouts"
        case Flag.BRANCH:
            here, there = (
                printable(repo.default_branch or ""),
                printable(forge.default_branch or ""),
            )
            how = f"`custodian repo set {repo.slug} default_branch={there}`"
            return f"its default branch is {there}, the hub says {here}; {how}"
        case Flag.READ_ONLY:
            return "this token may not push to it"
        case Flag.MIRROR:
            return "a mirror: what is pushed to it is overwritten"
        case Flag.BY_NAME:
            how = f"`custodian repo set {repo.slug} forge_id={forge.id}` if it is this one"
            return f"only its name says that it is {printable(forge.full_name)}; {how}"
        case Flag.SHARED:
            return f"another repo of the hub is {printable(forge.full_name)} too"


def why_told(row: Row, inventory: Inventory) -> str:
    """Why nobody found the repo on the forge, and what that means."""
    who = printable(inventory.login or "this token")
    match row.why:
        case Why.STALE:
            return f"gone from the forge: {who} would see it"
        case Why.LOCAL:
            return "local-only: its remote is no forge's"
        case Why.ELSEWHERE:
            return f"its remote is not on {printable(inventory.forge)}"
        case Why.NOT_VISIBLE:
            return f"not visible to {who}: it is gone, or {who} may not see it"
        case Why.PARTIAL:
            return "unknown: the list of the forge is not whole"
        case Why.NOT_ASKED:
            return "unknown: the forge was not asked for it"
        case None:
            return ""


def properties(repo: ForgeRepo) -> list[str]:
    """What kind of repo it is, in words."""
    kinds = ("archived", "mirror", "empty", "fork", "template", "private")
    words = [word for word in kinds if getattr(repo, word)]
    if repo.has_workplans:
        words.append("has workplans")
    return words
