"""What waits in the vaults of ops repos for a person's yes or no, and what came of the rest."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from custodian_core.errors import BadValue, CustodianError
from custodian_core.ops.proposals import Proposals
from custodian_core.ops.vault import Outcome, State
from custodian_tools.checkouts import Target, all_here, named
from custodian_tools.ops.hearing import hear_all
from custodian_tools.ops.vault import settle
from custodian_tools.ops.vault_items import list_items, text_of
from custodian_tools.sync import Bench

from .entering import required

if TYPE_CHECKING:
    from .app import View

#: in these states a person has to say something
WAITING = frozenset({State.PENDING, State.AWAITING_APPROVAL})
#: and of these nobody can say what is to be done
AMISS = frozenset({State.INVALID, State.UNKNOWN})
#: how many items of a vault are shown one by one
MOST = 100
#: how much of an item's own text
LONGEST = 8000
#: how long one answer of the forge may take while a page waits for it
ANSWER_S = 2.0


def show_all(view: "View") -> Response:
    """Every vault with a checkout on this host, with what the forge tells of pull requests."""
    places = all_here(view.hub, view.settings, idle=False)
    targets = [each for each in places if (each.path / "vault").is_dir()]
    heard = hear_all(view.settings, view.hub, targets, ANSWER_S)
    vaults = [_vault(*each) for each in zip(targets, heard, strict=True)]
    return view.page(
        "approvals.html",
        vaults=vaults,
        host=view.settings.host,
        waiting=sum(len(each["waiting"]) for each in vaults),
        silent=any(each["unheard"] for each in vaults),
        most=MOST,
    )


def _vault(target: Target, heard: Proposals) -> dict[str, Any]:
    """What is in the vault: what waits, what is amiss, and how many there are of the rest."""
    told: dict[str, Any] = {"slug": target.name, "trouble": "", "waiting": [], "amiss": []}
    told["unheard"] = heard.unheard
    try:
        items = list_items(target, heard=heard)
        waiting = [each for each in items if each.state in WAITING]
        texts = [text_of(target, each)[:LONGEST] for each in waiting[:MOST]]
    except CustodianError as error:
        return {**told, "trouble": str(error), "rest": {}}
    amiss = [each for each in items if each.state in AMISS]
    rest = Counter(each.state.value for each in items if each not in (*waiting, *amiss))
    return {
        **told,
        "waiting": list(zip(waiting, texts, strict=False)),
        "amiss": amiss[:MOST],
        "rest": dict(rest),
    }


def decide(view: "View") -> Response:
    """A person's yes or no is where everybody looks, under the visitor's name."""
    slug, name = view.name("slug"), required(view, "name", "the item", 300)
    outcome = view.form.get("outcome", "")
    if outcome not in (Outcome.APPROVED, Outcome.REJECTED):
        raise BadValue("outcome", "it must be approved or rejected")
    note = view.form.get("note", "").strip()[:500]
    if outcome == Outcome.REJECTED and not note:
        raise BadValue("the reason", "say why it is rejected")
    (target,) = named(view.hub, view.settings, [slug])
    bench = Bench.of(view.hub, view.by, view.settings)
    written = settle(bench, target, name, Outcome(outcome), note)
    return view.back("/approvals", "_decided.html", name=name, outcome=outcome, written=written)
