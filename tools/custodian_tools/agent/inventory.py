"""Tools for what is in Custodian's care: what the forge has beside it, taking in, leaving out."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

from custodian_core.codec import now, stamp
from custodian_core.errors import BadValue
from custodian_core.forge.records import ForgeRepo
from custodian_core.inventory import Row, Section, Stock
from custodian_core.ports import Forge
from custodian_core.records import Repo
from custodian_tools import onboarding, registering
from custodian_tools.inventory import Wish, take
from custodian_tools.inventory_words import properties, why_told
from custodian_tools.sync import Bench

from .answers import ROOM, fitting, line, repo_row
from .desk import PROSE, Desk, Progress, Range

#: what is told where no section is named, what needs a decision first: how many characters each
BRIEF = {
    Section.UNREGISTERED: 3_500,
    Section.HUB_ONLY: 1_500,
    Section.UNKNOWN: 700,
    Section.REGISTERED: 1_500,
    Section.OUT_OF_SCOPE: 700,
}


def gitea_inventory(
    desk: Desk,
    progress: Progress,
    orgs: Annotated[list[str] | None, "Only theirs; default: all the token may see"] = None,
    section: Section | None = None,
    limit: Annotated[int, Range(1, 100)] = 50,
    cursor: Annotated[str | None, "Of an earlier answer; the forge is not asked again"] = None,
) -> dict[str, Any]:
    """Compare the forge's repos with the hub's: registered, unregistered, hub_only and why.

    Without section: a brief of each. A partial list says nothing of what is missing.
    """
    stock = _stock(desk, progress, orgs, again=cursor is not None)
    told = _head(stock)
    if section is not None:
        return told | _page(stock, section, limit, cursor)
    for name, room in BRIEF.items():
        rows = [row for row in stock.of(name) if name is not Section.REGISTERED or row.flags]
        # (what needs no decision is counted above, and told when it is asked for)
        key = "registered_flagged" if name is Section.REGISTERED else name.value
        told[key], _ = fitting((_row(row, stock) for row in rows), room)
    return told | {"hint": "section=... pages through one; register_repo forge_names takes in"}


def _stock(desk: Desk, progress: Progress, orgs: list[str] | None, *, again: bool) -> Stock:
    """Hub and forge side by side; a later page is of the same look as the first."""
    if again:
        if desk.stock is None:
            raise BadValue("cursor", "there is nothing to go on with; call without it first")
        return desk.stock

    def tell(what: str, done: int, total: int | None) -> None:
        progress(done, total or max(done, 1), line(what, 100))

    with _forge(desk) as forge:
        desk.stock = take(forge, desk.hub, Wish(tuple(orgs or ()), tell=tell), now())
    return desk.stock


def _forge(desk: Desk) -> AbstractContextManager[Forge]:
    from custodian_core.forge.client import open_forge

    return open_forge(desk.settings)


def _head(stock: Stock) -> dict[str, Any]:
    taken = stock.inventory
    told: dict[str, Any] = {
        "forge": line(taken.forge, 100),
        "asked_as": line(taken.login, 100) if taken.login else None,
        "at": stamp(taken.at),
        "partial": taken.partial,
        "counts": {section.value: number for section, number in stock.counts.items()},
    }
    return told | ({"notes": [line(note, 200) for note in taken.notes[:5]]} if taken.notes else {})


def _page(stock: Stock, section: Section, limit: int, cursor: str | None) -> dict[str, Any]:
    rows = [row for row in stock.of(section) if cursor is None or row.name > cursor]
    shown, _ = fitting((_row(row, stock) for row in rows[:limit]), ROOM - 1_000)
    told: dict[str, Any] = {section.value: shown, "total": stock.counts[section]}
    if len(shown) < len(rows):
        told["cursor"] = rows[len(shown) - 1].name
        told["hint"] = f"call gitea_inventory section={section.value} with cursor to go on"
    return told


def _row(row: Row, stock: Stock) -> dict[str, Any]:
    told: dict[str, Any] = {"name": line(row.name, 150)}
    match row.section:
        case Section.UNREGISTERED:
            assert row.forge is not None  # noqa: S101 - the forge told of it
            told |= dict(_deciding(row.forge))
        case Section.REGISTERED:
            assert row.repo is not None  # noqa: S101 - both know it
            synced = row.repo.last_state_synced_at
            told["last_state_synced_at"] = stamp(synced) if synced else None
            told |= {"flags": [flag.value for flag in row.flags]} if row.flags else {}
        case Section.OUT_OF_SCOPE:
            told["reason"] = line(row.reason or "", 200)
        case Section.HUB_ONLY | Section.UNKNOWN:
            told["why"] = row.why.value if row.why else None
            told["told"] = why_told(row, stock.inventory)
    if row.repo and row.forge:
        told["full_name"] = line(row.forge.full_name, 150)
    return told


def _deciding(repo: ForgeRepo) -> Iterator[tuple[str, Any]]:
    if repo.description:
        yield "description", line(repo.description, 120)
    if repo.updated_at:
        yield "updated_at", stamp(repo.updated_at)
    if repo.language:
        yield "language", line(repo.language, 40)
    if kind := properties(repo):
        yield "is", kind
    if repo.has_workplans is None:
        yield "has_workplans", "unknown"


def register_repo(
    desk: Desk,
    progress: Progress,
    path: Annotated[str, "Top folder of a checkout, absolute or below the server's"] = ".",
    forge_names: Annotated[list[str] | None, "owner/name on the forge, instead of path"] = None,
    clone_into: Annotated[str | None, "Folder to clone them into; installs hooks too"] = None,
) -> dict[str, Any]:
    """Put a repo in Custodian's care; its slug, domain and remote are read there."""
    if clone_into is not None and not forge_names:
        raise BadValue("clone_into", "it is for repos of the forge; name them in forge_names")
    if forge_names:
        return _taken_in(desk, progress, forge_names, clone_into)
    settings = desk.settings
    command = registering.registration(desk.hub, desk.path(path), settings)
    repo: Repo = desk.do(command)
    row = repo_row(repo, settings.host)
    return {**row, "next": f"fix_consistency repos=['{repo.slug}'] takes its workplans in"}


def _taken_in(
    desk: Desk, progress: Progress, names: list[str], clone_into: str | None
) -> dict[str, Any]:
    settings, names = desk.settings, list(dict.fromkeys(names))
    folder = desk.path(clone_into) if clone_into is not None else None
    rows: list[dict[str, Any]] = []
    with _forge(desk) as forge:
        for number, name in enumerate(names):

            def tell(what: str, done: int = number) -> None:
                progress(done, len(names), line(what, 100))

            program = str(Path(sys.executable).with_name("custodian"))
            wish = onboarding.Wish(clone_into=folder, program=program, tell=tell)
            rows.append(_row_taken(onboarding.take_in(forge, _bench(desk), settings, name, wish)))
    desk.stock = None
    slugs = [row["repo"] for row in rows]
    return {"repos": rows, "next": f"fix_consistency repos={slugs} takes their workplans in"}


def _row_taken(done: onboarding.TakenIn) -> dict[str, Any]:
    row: dict[str, Any] = {
        "repo": done.repo.slug,
        "full_name": line(done.full_name, 150),
        "new": done.new,
        "path": line(str(done.path)) if done.path else None,
        "cloned": done.cloned,
    }
    if done.hooks:
        row["hooks"] = "refused" if done.hooks.refused else "installed"
    if done.report:
        row["outcome"] = done.report.outcome
    return row | ({"notes": [line(note) for note in done.notes]} if done.notes else {})


def _bench(desk: Desk) -> Bench:
    return Bench.of(desk.hub, desk.by(), desk.settings)


def set_out_of_scope(
    desk: Desk,
    repo: Annotated[str, "Slug, or owner/name on the forge"],
    reason: Annotated[str, "Why, for people", PROSE],
) -> dict[str, Any]:
    """Say that a repo is not Custodian's to care for; it stays known, with the reason."""
    decided = onboarding.put_out_of_scope(lambda: _forge(desk), desk.hub, desk.by(), repo, reason)
    desk.stock = None
    if isinstance(decided, Repo):
        return repo_row(decided, desk.settings.host)
    return {"name": line(decided.full_name, 150), "reason": line(decided.reason)}
