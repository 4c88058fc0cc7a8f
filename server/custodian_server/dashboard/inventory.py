"""What is on the forge beside what is in the hub, and taking in what is missing."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from custodian_core.codec import now
from custodian_core.errors import BadValue
from custodian_core.forge.client import open_forge
from custodian_core.inventory import Section, Stock
from custodian_core.records import Repo
from custodian_tools.inventory import Wish, keep, kept, take
from custodian_tools.inventory_words import flag_told, why_told
from custodian_tools.onboarding import Wish as TakeIn
from custodian_tools.onboarding import put_out_of_scope, take_in
from custodian_tools.sync import Bench

from .entering import required

if TYPE_CHECKING:
    from .app import View

#: how many repos of a section stand on a page
AT_ONCE = 100
#: how long the forge may be asked while somebody waits
WITHIN_S = 60.0


def show(view: "View") -> Response:
    """What each forge had when it was last asked, in sections."""
    facts: dict[str, Any] = {
        "configured": view.settings.forge_url,
        "roots": view.settings.roots,
        "flag_told": flag_told,
        "why_told": why_told,
        "Section": Section,
        "most": AT_ONCE,
    }
    if view.in_place:
        # (the front page asks for it each time, and it tells no ages of syncs, which are no events)
        stocks = view.remembered("stocks", lambda: kept(view.hub))
        return view.page("_inventory.html", stocks=stocks, **facts)
    search = view.wanted.get("search", "").lower()
    found = [_found(stock, search) for stock in kept(view.hub)]
    return view.page("inventory.html", stocks=found, search=search, **facts)


def _found(stock: Stock, search: str) -> Stock:
    """The rows that hold every word."""
    words = search.split()
    rows = [row for row in stock.rows if all(word in row.name.lower() for word in words)]
    return Stock(stock.inventory, tuple(rows)) if words else stock


def ask(view: "View") -> Response:
    """The forge has been asked just now, and the hub keeps what it told."""
    with open_forge(view.settings) as forge:
        keep(view.hub, view.by, take(forge, view.hub, Wish(within_s=WITHIN_S), now()))
    return view.back("/inventory")


def register(view: "View") -> Response:
    """The forge's repo is in Custodian's care, cloned where that was asked for."""
    name = required(view, "name", "the repo", 300)
    into = _root(view) if view.form.get("clone") else None
    bench = Bench.of(view.hub, view.by, view.settings)
    with open_forge(view.settings) as forge:
        taken = take_in(forge, bench, view.settings, name, TakeIn(clone_into=into))
    return view.back(f"/repo/{taken.repo.slug}", "_taken.html", taken=taken, decided=None)


def _root(view: "View") -> Path:
    roots = view.settings.roots
    if not roots:
        raise BadValue("clone", "set CUSTODIAN_ROOTS to say where checkouts may live")
    return roots[0]


def leave_out(view: "View") -> Response:
    """The repo is nobody's to care for, and why."""
    name = required(view, "name", "the repo", 300)
    reason = required(view, "reason", "the reason", 500)
    decided = put_out_of_scope(lambda: open_forge(view.settings), view.hub, view.by, name, reason)
    called = decided.slug if isinstance(decided, Repo) else decided.full_name
    return view.back("/inventory", "_taken.html", taken=None, decided=(called, reason))
