"""Writing what a forge told of its repos, and which of them are nobody's to care for."""

from dataclasses import replace
from typing import Any

from custodian_core.codec import to_json
from custodian_core.commands import ForgeLink, LeaveOut, RecordInventory
from custodian_core.errors import BadValue
from custodian_core.forge.repo import ForgeRepo
from custodian_core.records import Inventory, LeftOut

from . import rows
from .repos import change
from .rows import as_text
from .writing import Reading, Writing, check_name

#: how long the name of a forge, and a repo's on it, may be
FORGE_LIMIT, NAME_LIMIT = 255, 300


def record_inventory(tx: Writing, command: RecordInventory) -> Inventory:
    """The repos are kept; with the last part they are what the forge has, and links are learned."""
    taken = command.inventory
    check_name("forge", taken.forge, FORGE_LIMIT)
    run = {"forge": taken.forge, "run_id": command.run_id}
    for repo in command.repos:
        tx.run("put_forge_repo", **run, **_columns(repo))
    if command.last:
        taken = replace(taken, total=tx.value("count_forge_repos_of_run", **run))
        tx.run("put_inventory", run_id=command.run_id, **_columns(taken))
        tx.run("forget_forge_repos", **run)
        told = {"total": taken.total, "partial": taken.partial, "asked": list(taken.asked)}
        tx.event("inventory.taken", taken.forge, subject=taken.forge, after=told)
    for link in command.links:
        _learn(tx, link)
    return taken


def _columns(record: ForgeRepo | Inventory) -> dict[str, Any]:
    """The record's fields as columns hold them: truths as numbers, lists as JSON."""
    return {name: _column(value) for name, value in to_json(record).items()}


def _column(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return as_text(value) if isinstance(value, list) else value


def _learn(tx: Writing, link: ForgeLink) -> None:
    """The repo has the forge's number, and its new address if it moved.

    A repo that was changed since the inventory read it stays as it is; the next one finds it.
    """
    row = tx.one("repo", slug=link.slug)
    if row is None or row["remote_url"] != link.was:
        return
    said = {"forge_id": link.forge_id, "remote_url": link.remote_url or link.was}
    changes = {name: value for name, value in said.items() if value != row[name]}
    if changes:
        moved = link.was is not None and "remote_url" in changes
        change(tx, link.slug, changes, "repo.renamed" if moved else "repo.changed")


def leave_out(tx: Writing, command: LeaveOut) -> LeftOut:
    """The decision stands, with its reason; saying the same again changes nothing."""
    check_name("forge", command.forge, FORGE_LIMIT)
    check_name("full_name", command.full_name, NAME_LIMIT)
    if not command.reason.strip():
        raise BadValue("reason", "a repo is put out of scope with a reason")
    key = {"forge": command.forge, "forge_id": command.forge_id}
    before = tx.one("left_out", **key)
    if before is None or before["reason"] != command.reason:
        said = {"full_name": command.full_name, "reason": command.reason}
        tx.run("put_left_out", **key, **said, by=tx.by.name, at=tx.at)
        name = f"{command.forge}#{command.forge_id}"
        tx.event("forge.left_out", name, subject=command.full_name, reason=command.reason)
    row = tx.one("left_out", **key)
    assert row is not None  # noqa: S101 - it was put there
    return rows.left_out(row)


def inventories(tx: Reading) -> tuple[Inventory, ...]:
    """The last inventory of each forge."""
    return tuple(rows.inventory(row) for row in tx.all("inventories"))
