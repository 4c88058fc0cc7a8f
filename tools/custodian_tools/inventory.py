"""An inventory: the forge is asked, the hub is compared with it, and what was learned is kept."""

import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from custodian_core.commands import Caller, RecordInventory
from custodian_core.errors import BadValue, ForgeTrouble, NotOnForge, TokenTooWeak
from custodian_core.forge.records import ForgeIdentity, ForgeRepo, Listing
from custodian_core.inventory import Section, Stock, compare, forge_name, links, unsettled
from custodian_core.ports import LISTING_S, Forge, Hub
from custodian_core.records import Inventory, Repo
from custodian_core.text import printable

from .hub import every

T = TypeVar("T")
K = TypeVar("K")

#: how many repos are asked for one by one at most, how many at once, and how many are told at once
MOST_ASKED, AT_ONCE, TOGETHER = 300, 8, 1000
#: how much of what a forge says about a repo is kept
LONGEST_DESCRIPTION, LONGEST_NOTE = 300, 300
#: where workplans lie
PLANS = "workplans"
#: how often it is looked whether anybody still wants to know
LOOK_S = 0.05

#: what is asked for just now, how many repos are known, and of how many where that is known
Tell = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a forge is to be asked for; without any names, for all that the token may see."""

    orgs: tuple[str, ...] = ()
    #: what the token's owner may see, beside the organizations
    user: bool = False
    within_s: float = LISTING_S
    tell: Tell = lambda _what, _done, _total: None
    cancelled: Callable[[], bool] = lambda: False


@dataclass
class Taking:
    """One inventory while it is taken: what is here stays, whatever ends it."""

    forge: Forge
    wish: Wish
    until: float
    repos: dict[int, ForgeRepo] = field(default_factory=dict[int, ForgeRepo])
    asked: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])
    hidden: list[str] = field(default_factory=list[str])
    partial: bool = False

    @property
    def left_s(self) -> float:
        """How much time there still is."""
        return max(0.0, self.until - time.monotonic())

    def lacks(self, note: str) -> None:
        """Not all is here, and why."""
        self.partial = True
        self.notes.append(printable(note, LONGEST_NOTE))


def take(forge: Forge, hub: Hub, wish: Wish, at: datetime) -> Stock:
    """Hub and forge side by side; an error only where nothing at all could be learned."""
    taking = Taking(forge, wish, time.monotonic() + wish.within_s)
    identity = _whoami(taking)
    _list(taking, identity)
    repos = list(every(hub.repos))
    _ask_for_the_rest(taking, repos)
    inventory = Inventory(
        forge=forge_name(forge.url, taking.repos.values()),
        url=forge.url,
        at=at,
        login=identity.login if identity else None,
        is_admin=bool(identity and identity.is_admin),
        asked=tuple(taking.asked),
        partial=taking.partial,
        notes=tuple(taking.notes),
        total=len(taking.repos),
        hidden=tuple(taking.hidden),
    )
    left_out = hub.left_out()
    stock = compare(inventory, tuple(taking.repos.values()), repos, left_out)
    _look_for_workplans(taking, hub, stock)
    inventory = replace(inventory, notes=tuple(taking.notes))
    return compare(inventory, tuple(taking.repos.values()), repos, left_out)


def keep(hub: Hub, by: Caller, stock: Stock) -> None:
    """The hub has the inventory, its repos' numbers on the forge, and where they moved to."""
    repos = {row.forge.id: row.forge for row in stock.rows if row.forge}
    told = [_short(repo) for repo in repos.values()]
    run_id, parts = str(uuid.uuid4()), range(0, max(1, len(told)), TOGETHER)
    for start in parts:
        last = start == parts[-1]
        part = tuple(told[start : start + TOGETHER])
        learned = links(stock) if last else ()
        hub.do(RecordInventory(stock.inventory, part, learned, run_id, last=last), by)


def kept(hub: Hub) -> tuple[Stock, ...]:
    """Each forge as it was last told, beside the hub as it is now."""
    repos, left_out = list(every(hub.repos)), hub.left_out()
    return tuple(
        compare(inventory, list(kept_repos(hub, inventory.forge)), repos, left_out)
        for inventory in hub.inventories()
    )


def kept_repos(hub: Hub, forge: str) -> Iterable[ForgeRepo]:
    """What the forge had when it was last asked."""
    return every(partial(hub.forge_repos, forge))


def _short(repo: ForgeRepo) -> ForgeRepo:
    return replace(repo, description=printable(repo.description, LONGEST_DESCRIPTION))


def _whoami(taking: Taking) -> ForgeIdentity | None:
    try:
        return taking.forge.whoami()
    except TokenTooWeak as weak:
        taking.notes.append(f"whose the token is, it may not ask: {weak.reason}")
        return None


def _list(taking: Taking, identity: ForgeIdentity | None) -> None:
    """Every repo that was asked for is here, or it is noted what is missing."""
    forge, wish = taking.forge, taking.wish
    if any(not org.strip() for org in wish.orgs):
        raise BadValue("org", "it is empty; leave it out for all that the token may see")
    sources: list[tuple[str, Callable[..., Listing]]] = [
        (f"the organization {org}", partial(forge.org_repos, org))
        for org in dict.fromkeys(wish.orgs)
    ]
    if wish.user or not sources:
        who = identity.login if identity else "the token's owner"
        sources.append((f"what {who} may see", forge.accessible_repos))
    troubles = [trouble for what, ask in sources if (trouble := _source(taking, what, ask))]
    if len(troubles) == len(sources):
        raise troubles[0]


def _source(taking: Taking, what: str, ask: Callable[..., Listing]) -> ForgeTrouble | None:
    """The trouble that kept this source from telling anything at all."""
    had = len(taking.repos)

    def tell(done: int, total: int | None) -> None:
        taking.wish.tell(what, had + done, total)

    bounds = {"within_s": taking.left_s, "cancelled": taking.wish.cancelled}
    try:
        listing = ask(progress=tell, **bounds)
    except ForgeTrouble as trouble:
        taking.lacks(f"{what}: {trouble}")
        return trouble
    taking.asked.append(what)
    taking.repos |= {repo.id: repo for repo in listing.repos}
    if listing.partial:
        taking.lacks(f"{what}: {'; '.join(listing.notes) or 'the listing is not whole'}")
    return None


def _ask_for_the_rest(taking: Taking, repos: Sequence[Repo]) -> None:
    """Repos of the hub that no listing has are asked for by name: some are renamed, some hidden."""
    names = unsettled(tuple(taking.repos.values()), repos, taking.forge.url)
    told = _side_by_side(taking, "repos that no list has", sorted(names), _one(taking.forge))
    for name, answer in told.items():
        if isinstance(answer, ForgeRepo):
            taking.repos.setdefault(answer.id, answer)
            if answer.renamed_from:
                taking.repos[answer.id] = replace(
                    taking.repos[answer.id], renamed_from=answer.renamed_from
                )
        elif isinstance(answer, NotOnForge):
            taking.hidden.append(name)


def _one(forge: Forge) -> Callable[[str], ForgeRepo]:
    def ask(name: str) -> ForgeRepo:
        return forge.repo_by_id(int(name[1:])) if name.startswith("#") else forge.repo(name)

    return ask


def _look_for_workplans(taking: Taking, hub: Hub, stock: Stock) -> None:
    """Repos that somebody may take in say whether they have workplans already.

    What was seen in a repo that was not touched since is not looked for again.
    """
    before = {repo.id: repo for repo in kept_repos(hub, stock.inventory.forge)}
    to_ask: dict[str, ForgeRepo] = {}
    for row in stock.of(Section.UNREGISTERED):
        repo = row.forge
        assert repo is not None  # noqa: S101 - the forge told of it
        was = before.get(repo.id)
        if repo.empty:
            taking.repos[repo.id] = replace(repo, has_workplans=False)
        elif was and repo.updated_at and was.updated_at == repo.updated_at:
            taking.repos[repo.id] = replace(repo, has_workplans=was.has_workplans)
        if taking.repos[repo.id].has_workplans is None:
            to_ask[repo.full_name] = repo

    def look(name: str) -> bool:
        return taking.forge.has_folder(name, PLANS)

    for name, found in _side_by_side(taking, "workplans", to_ask, look).items():
        if isinstance(found, bool):
            taking.repos[to_ask[name].id] = replace(to_ask[name], has_workplans=found)


def _side_by_side(
    taking: Taking, what: str, keys: Iterable[K], ask: Callable[[K], T]
) -> "dict[K, T | ForgeTrouble]":
    """What each was answered, as far as there was time; a note says of how many nobody asked."""
    wanted = list(keys)
    told: dict[K, T | ForgeTrouble] = {}

    def one(key: K) -> None:
        if taking.left_s and not taking.wish.cancelled():
            try:
                told[key] = ask(key)
            except ForgeTrouble as trouble:
                told[key] = trouble

    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = {pool.submit(one, key) for key in wanted[:MOST_ASKED]}
        try:
            while waiting:
                done, waiting = wait(waiting, timeout=LOOK_S)
                for each in done:
                    each.result()
                taking.wish.tell(what, len(told), len(wanted))
        finally:
            for each in waiting:
                each.cancel()
    if len(told) < len(wanted):
        left = len(wanted) - len(told)
        taking.notes.append(f"{what}: {left} of {len(wanted)} were not asked for")
    _note_troubles(taking, what, told.values())
    return told


def _note_troubles(taking: Taking, what: str, answers: Iterable[object]) -> None:
    """It is noted once of how many nothing was learned; that the forge hides one is an answer."""
    troubles = [
        each
        for each in answers
        if isinstance(each, ForgeTrouble) and not isinstance(each, NotOnForge)
    ]
    if troubles:
        told = f"{what}: of {len(troubles)} nothing was learned, as: {troubles[0]}"
        taking.notes.append(printable(told, LONGEST_NOTE))
