"""One repo: its goal, work, findings, runs, questions and history."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from custodian_core.commands import SetGoal
from custodian_core.errors import CustodianError
from custodian_core.ops.prereq.lint import PATH
from custodian_core.payload import payload as payload_of
from custodian_core.records import Repo
from custodian_core.schedule.roster import Due
from custodian_prompts import load
from custodian_tools import dispatch
from custodian_tools.health import row
from custodian_tools.hub import state_of
from custodian_tools.schedules import listed

from .entering import required
from .health import sparks
from .work import streams

if TYPE_CHECKING:
    from .app import View

MOST_RUNS, MOST_EVENTS = 30, 30


def show(view: "View") -> Response:
    """All that is known of the repo."""
    slug = view.name("slug")
    shown = view.hub.reconcile_view(slug)
    runs = view.hub.sync_runs(slug, limit=MOST_RUNS)
    return view.page(
        "repo.html",
        repo=shown.repo,
        row=row(state_of(view.hub, shown.repo), view.now),
        goal=shown.goal,
        streams=streams(shown.workstreams, shown.tasks),
        claims=view.hub.claims(repo=slug),
        questions=shown.open_interventions,
        runs=runs,
        events=view.hub.latest_events(repo=slug, limit=MOST_EVENTS),
        spark=sparks(view, [slug]).get(slug),
        due=_due(view, shown.repo),
        tree=_has_tree(view, shown.repo),
        **_next(view, slug),
    )


def _has_tree(view: "View", repo: Repo) -> bool:
    """Whether the checkout on this host has a prerequisite tree to be drawn."""
    path = repo.host_paths.get(view.settings.host)
    return path is not None and (Path(path) / PATH).is_file()


def _due(view: "View", repo: Repo) -> list[Due]:
    """When which agents run in the repo."""
    if repo.kaizen_schedule_updated_at is None:
        return []
    roster = listed(view.hub, view.now, repo.domain)
    return [each for each in roster.due if each.repo == repo.slug]


def _next(view: "View", slug: str) -> dict[str, Any]:
    """What the repo's agent would be told now, as programs and as models get it."""
    try:
        facts = dispatch.facts(view.hub, view.settings, slug)
        told = payload_of(facts)
        prompt = dispatch.prompt(facts, load) if facts.dispatch.task else ""
    except CustodianError as error:
        return {"next": None, "next_trouble": str(error), "payload": "", "prompt": ""}
    pretty = json.dumps(told, indent=2, ensure_ascii=False)
    direction = dispatch.direction(facts)
    return {
        "next": {
            "directive": direction.directive,
            "reason": direction.reason,
            "it": facts.dispatch,
        },
        "next_trouble": "",
        "payload": pretty,
        "prompt": prompt,
    }


def set_goal(view: "View") -> Response:
    """The repo works towards what the form says."""
    slug = view.name("slug")
    title = required(view, "title", "the goal", 300)
    view.do(SetGoal(slug, title, view.form.get("description", "").strip()[:10_000]))
    return view.back(f"/repo/{slug}")
